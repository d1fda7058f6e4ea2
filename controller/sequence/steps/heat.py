"""Verbs of the heated zones: platen and mold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from controller.equipment.cure import Kinetics
from controller.equipment.heat import HeatZone
from controller.recipe.params import Params
from controller.recipe.quantities import Duration, Quantity, Temperature, TemperatureRate
from controller.recipe.verb import CheckContext, Finding
from controller.sequence.effects import OFF, ON, Effect, near
from controller.sequence.verb import Tool, Verb

Zone = Literal["platen", "mold"]
MODULES = {"platen": "press", "mold": "dispenser"}
TAGS = {"platen": "press.platen", "mold": "mold.temperature"}


ACTIONS = {"platen": "press.heat", "mold": "mold.heat"}


def _zone(tool: Tool, zone: Zone) -> HeatZone:
    return tool.press.platen if zone == "platen" else tool.dispenser.mold


class HeatParams(Params):
    """Temperature of a zone and the rate of its setpoint."""

    zone: Zone
    to: Temperature
    rate: TemperatureRate  # K/min


class Heat(Verb):
    """Ramp a zone; returns when it is within 1 K. Held, the loop keeps the setpoint it has."""

    name, module, params = "heat", "line", HeatParams
    works_material = True

    def uses(self, params: HeatParams) -> str:
        return MODULES[params.zone]

    def shows_for(self, params: HeatParams) -> tuple[str, ...]:
        return (TAGS[params.zone],)

    def check(self, params: HeatParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit(TAGS[params.zone], params.to, "to")
        yield from context.rate(TAGS[params.zone], params.rate / 60.0, "rate")

    def effects(self, params: HeatParams) -> Sequence[Effect]:
        hot = {f"line_plc.{params.zone}_contactor_closed": ON, TAGS[params.zone]: near(params.to, 2.0)}
        return [Effect(asks=ACTIONS[params.zone], sets=hot)]

    async def run(self, tool: Tool, params: HeatParams, memory: dict[str, Any]) -> None:
        await _zone(tool, params.zone).ramp_to(params.to, params.rate / 60.0)


class CoolParams(Params):
    """Heater off, then wait for the zone to be colder than this."""

    zone: Zone
    below: Temperature
    within: Duration


class Cool(Verb):
    """Cool down by itself: there is no active cooling."""

    name, module, params = "cool", "line", CoolParams
    repeatable = True

    def uses(self, params: CoolParams) -> str:
        return MODULES[params.zone]

    def shows_for(self, params: CoolParams) -> tuple[str, ...]:
        return (TAGS[params.zone],)

    def effects(self, params: CoolParams) -> Sequence[Effect]:
        cold = {f"line_plc.{params.zone}_contactor_closed": OFF, TAGS[params.zone]: (0.0, params.below)}
        return [Effect(sets=cold)]

    async def run(self, tool: Tool, params: CoolParams, memory: dict[str, Any]) -> None:
        await _zone(tool, params.zone).cool_below(params.below, params.within)


class CureParams(Params):
    """Degree of cure to wait for, and the material: time for half at a temperature, warming that doubles the rate."""

    zone: Zone
    to: Annotated[float, Quantity("%", min=1.0, max=99.9)]
    half: Annotated[float, Quantity("s", min=1.0)]
    at: Temperature
    doubling: Annotated[float, Quantity("K", min=1.0)]
    within: Duration


class Cure(Verb):
    """Wait until a zone's predicted cure, from its measured temperature, is reached; put it beside what heats.

    A hold leaves it so: what is warm goes on curing, and the prediction with it.
    """

    name, module, params = "cure", "line", CureParams
    works_material = True

    def uses(self, params: CureParams) -> str:
        return MODULES[params.zone]

    def shows_for(self, params: CureParams) -> tuple[str, ...]:
        return (TAGS[params.zone],)

    def effects(self, params: CureParams) -> Sequence[Effect]:
        return ()

    async def run(self, tool: Tool, params: CureParams, memory: dict[str, Any]) -> None:
        zone, now_s = _zone(tool, params.zone), asyncio.get_running_loop().time()
        if "until_s" not in memory:
            zone.cure.begin(Kinetics(params.half, params.at, params.doubling), now_s)
            memory["until_s"] = now_s + params.within
        await zone.cured(params.to, max(0.0, memory["until_s"] - now_s))
