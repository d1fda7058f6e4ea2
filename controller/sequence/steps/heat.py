"""Verbs of the heated zones: platen and mold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from controller.equipment.heat import HeatZone
from controller.recipe.quantities import Duration, Temperature, TemperatureRate
from controller.recipe.verb import CheckContext, Finding, Params
from controller.sequence.verb import Tool, Verb

Zone = Literal["platen", "mold"]
MODULES = {"platen": "press", "mold": "dispenser"}
TAGS = {"platen": "press.platen", "mold": "mold.temperature"}


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

    def uses(self, params: HeatParams) -> str:
        return MODULES[params.zone]

    def shows_for(self, params: HeatParams) -> tuple[str, ...]:
        return (TAGS[params.zone],)

    def check(self, params: HeatParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit(TAGS[params.zone], params.to, "to")
        yield from context.rate(TAGS[params.zone], params.rate / 60.0, "rate")

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

    def uses(self, params: CoolParams) -> str:
        return MODULES[params.zone]

    def shows_for(self, params: CoolParams) -> tuple[str, ...]:
        return (TAGS[params.zone],)

    async def run(self, tool: Tool, params: CoolParams, memory: dict[str, Any]) -> None:
        await _zone(tool, params.zone).cool_below(params.below, params.within)
