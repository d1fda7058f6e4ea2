"""Verbs of the dispenser: material, calibration on the balance, shots into the mold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import Field

from controller.equipment.line import Call
from controller.recipe.params import Params
from controller.recipe.quantities import Duration, Mass_g, Pressure
from controller.recipe.verb import CheckContext, Finding
from controller.record.events import Note
from controller.record.text import clock_text
from controller.sequence.effects import OFF, ON, Effect
from controller.sequence.verb import Tool, Verb

PERSON_S = 300.0  # a person puts the cup under the needle within this
SETTLE_S = 2.0  # the fluid's tail between two shots


class MaterialParams(Params):
    """Pot life of the lot that was scanned, and the most of it that this run may dispense."""

    pot_life: Duration
    cap: Mass_g


class Material(Verb):
    """Take the scanned lot into use; moves nothing. The pot life of a lot that an earlier real run opened goes on."""

    name, module, params = "material", "line", MaterialParams
    repeatable = True

    def uses(self, params: MaterialParams) -> str:
        return "dispenser"

    def effects(self, params: MaterialParams) -> Sequence[Effect]:
        life = {"dispenser.pot_life_left": (0.1, params.pot_life / 60.0)}
        return [Effect(sets={**life, "dispenser.lot_scanned": ON, "dispenser.mass_cap": (params.cap, params.cap)})]

    async def run(self, tool: Tool, params: MaterialParams, memory: dict[str, Any]) -> None:
        left_s = min(params.pot_life, tool.pot_life_s)
        if tool.lot in tool.opened_s:
            open_s = asyncio.get_running_loop().time() - tool.opened_s[tool.lot]
            left_s -= open_s
            tool.guard.record.event(Note(f"lot {tool.lot} was opened {clock_text(open_s)} ago, in an earlier run"))
        tool.dispenser.material(left_s, params.cap)


class AirParams(Params):
    """Pressure to try."""

    pressure: Pressure


class Air(Verb):
    """Try the dispenser's air: on, regulator set, no alarm, off again."""

    name, module, params = "air", "dispenser", AirParams
    repeatable = True

    def check(self, params: AirParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("dispenser.pressure", params.pressure, "pressure")

    def effects(self, params: AirParams) -> Sequence[Effect]:
        return ()

    async def run(self, tool: Tool, params: AirParams, memory: dict[str, Any]) -> None:
        await tool.dispenser.air_on(params.pressure)
        await tool.dispenser.air_off()


class WeighParams(Params):
    """How long the balance may take to settle."""

    within: Duration


class Weigh(Verb):
    """Read the balance once it is stable; moves nothing."""

    name, module, params = "weigh", "line", WeighParams
    repeatable = True

    def uses(self, params: WeighParams) -> str:
        return "dispenser"

    def effects(self, params: WeighParams) -> Sequence[Effect]:
        return ()

    async def run(self, tool: Tool, params: WeighParams, memory: dict[str, Any]) -> None:
        await tool.dispenser.balance.weigh(params.within)


class CalibrateParams(Params):
    """One shot into the balance cup."""

    pressure: Pressure
    time: Duration


class Calibrate(Verb):
    """Weigh one shot; keeps the rate in g/s for predicting what goes into the mold. Last, the empty pan has to weigh
    nothing."""

    name, module, params = "calibrate", "dispenser", CalibrateParams
    works_material = True

    def check(self, params: CalibrateParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("dispenser.pressure", params.pressure, "pressure")
        yield from context.limit("dispenser.shot", params.time, "time")

    def effects(self, params: CalibrateParams) -> Sequence[Effect]:
        return [
            Effect(sets={"dispenser.cup_present": ON}),
            Effect(asks="dispenser.calibrate", sets={"dispenser.rate": (1e-3, 100.0), "dispenser.cup_present": OFF}),
        ]

    async def run(self, tool: Tool, params: CalibrateParams, memory: dict[str, Any]) -> None:
        line, dispenser = tool.line, tool.dispenser
        await line.call(Call.CUP_UNDER_NEEDLE)
        await line.reached(lambda: line.on("dispenser.cup_present"), PERSON_S, "the cup under the needle")
        await line.call(Call.NONE)
        await dispenser.air_on(params.pressure)
        if "mass" not in memory:
            memory["mass"] = await dispenser.calibrate(params.time)
        await dispenser.air_off()
        await line.call(Call.REMOVE_CUP)
        await line.reached(lambda: not line.on("dispenser.cup_present"), PERSON_S, "the cup removed")
        await line.call(Call.NONE)
        await dispenser.check_zero()

    async def hold(self, tool: Tool, params: CalibrateParams) -> None:
        await tool.dispenser.air_off()


class DispenseParams(Params):
    """Shots into the mold."""

    pressure: Pressure
    time: Duration
    shots: Annotated[int, Field(ge=1, le=50)]


class Dispense(Verb):
    """Needle down, the shots, needle up. A hold falls between two shots; a shot that was begun counts as done."""

    name, module, params = "dispense", "dispenser", DispenseParams
    works_material = True
    shows = ("dispenser.mass_out",)

    def check(self, params: DispenseParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("dispenser.pressure", params.pressure, "pressure")
        yield from context.limit("dispenser.shot", params.time, "time")

    def effects(self, params: DispenseParams) -> Sequence[Effect]:
        known = (("dispenser.rate > 0 g/s", "calibrate first"),)
        return [
            Effect(known, sets={"dispenser.needle_down": ON, "dispenser.needle_up": OFF}),
            Effect(asks="dispenser.shot", sets={"dispenser.needle_down": OFF, "dispenser.needle_up": ON}),
        ]

    async def run(self, tool: Tool, params: DispenseParams, memory: dict[str, Any]) -> None:
        dispenser = tool.dispenser
        await dispenser.air_on(params.pressure)
        await dispenser.needle(down=True)
        while memory.get("shots", 0) < params.shots:
            memory["shots"] = memory.get("shots", 0) + 1
            await dispenser.shoot(params.time)
            await asyncio.sleep(SETTLE_S)
        await dispenser.needle(down=False)
        await dispenser.air_off()

    async def hold(self, tool: Tool, params: DispenseParams) -> None:
        await tool.dispenser.air_off()
        await tool.dispenser.needle(down=False)
