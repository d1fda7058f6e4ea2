"""Verbs for people and doors: have the part carried, secure it, open up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from controller.equipment.line import PART, PRESENT, Call
from controller.equipment.module import NotReached
from controller.recipe.params import Params
from controller.recipe.quantities import Duration
from controller.sequence.effects import OFF, ON, Effect
from controller.sequence.verb import Tool, Verb

Place = Literal["press", "mold", "chuck"]
UNLOAD = {"press": Call.UNLOAD_PRESS, "mold": Call.UNLOAD_MOLD, "chuck": Call.UNLOAD_CHUCK}
LOAD = {"press": Call.LOAD_PRESS, "mold": Call.LOAD_MOLD, "chuck": Call.LOAD_CHUCK}

REACH_PRESS = (
    ("not press.door_locked", "open the press first"),
    ("press.clamp_pressure < 20 kPa", "open the press first"),
)
REACH_MOLD = (("dispenser.needle_up", "lift the needle first"),)
REACH_CHUCK = (("grinder.standstill", "rest the wheel first"), ("not grinder.guard_locked", "open the grinder first"))
# What a person needs to put a part into a place, or to take it out, and what the PLC sees then.
TO = {
    "press": Effect(REACH_PRESS, sets={"press.part_present": ON, "press.door_closed": ON}),
    "mold": Effect(REACH_MOLD, sets={"mold.part_present": ON}),
    "chuck": Effect(REACH_CHUCK, sets={"grinder.part_present": ON}),
}
OUT_OF = {
    "press": Effect(
        (*REACH_PRESS, ("press.part_present", "carry a part to the press first")),
        sets={"press.part_present": OFF, "press.door_closed": ON},
    ),
    "mold": Effect(
        (*REACH_MOLD, ("mold.part_present", "carry a part to the mold first")), sets={"mold.part_present": OFF}
    ),
    "chuck": Effect(
        (*REACH_CHUCK, ("grinder.part_present", "carry a part to the chuck first")),
        sets={"grinder.part_present": OFF},
    ),
}


class CarryParams(Params):
    """Call a person: `to` loads a place, `out_of` empties it; both together carry from one to the other."""

    to: Place | None = None
    out_of: Place | None = None
    within: Duration


class Carry(Verb):
    """Light the call lamp and wait until the PLC sees the part where it should be; its id must be the run's."""

    name, module, params = "carry", "line", CarryParams
    repeatable = True

    def effects(self, params: CarryParams) -> Sequence[Effect]:
        out_of = [OUT_OF[params.out_of]] if params.out_of is not None else []
        return [*out_of, TO[params.to]] if params.to is not None else out_of

    async def run(self, tool: Tool, params: CarryParams, memory: dict[str, Any]) -> None:
        if params.out_of == "mold" and params.to == "chuck":
            await self._have(tool, Call.MOLD_TO_CHUCK, lambda: _gone(tool, "mold") and _there(tool, "chuck"), params)
        else:
            if params.out_of is not None and "taken" not in memory:
                await self._have(tool, UNLOAD[params.out_of], lambda: _gone(tool, params.out_of or "press"), params)
                memory["taken"] = True
            if params.to is not None:
                await self._have(tool, LOAD[params.to], lambda: _there(tool, params.to or "press"), params)
        if "press" in (params.to, params.out_of):
            await tool.line.reached(lambda: tool.line.on("press.door_closed"), params.within, "press door closed")
        if params.to is not None:
            self._same_part(tool, params.to)

    async def _have(self, tool: Tool, call: Call, done: Callable[[], bool], params: CarryParams) -> None:
        """Call until it is done; the lamp goes out whatever happens."""
        await tool.line.call(call)
        try:
            await tool.line.reached(done, params.within, call.name.replace("_", " ").lower())
        finally:
            await tool.line.call(Call.NONE)

    def _same_part(self, tool: Tool, place: Place) -> None:
        part = int(tool.line.value(PART[place]))
        if tool.part and part != tool.part:
            raise NotReached(f"line: part {part} lies in the {place}, this run is about part {tool.part}; swap them")
        tool.part = part


def _there(tool: Tool, place: Place) -> bool:
    return tool.line.on(PRESENT[place])


def _gone(tool: Tool, place: Place) -> bool:
    return tool.line.fresh(PRESENT[place]) and tool.line.value(PRESENT[place]) == 0.0


class ModuleParams(Params):
    """Which module."""

    module: Literal["press", "grinder"]


class Secure(Verb):
    """Press: lock the door, clamp, shut the dump. Grinder: chuck vacuum on, guard locked."""

    name, module, params = "secure", "line", ModuleParams
    repeatable = True

    def effects(self, params: ModuleParams) -> Sequence[Effect]:
        if params.module == "grinder":
            part = (("grinder.part_present", "carry a part to the chuck first"),)
            return [Effect(part, sets={"grinder.chuck_vacuum": (-101.0, -64.0), "grinder.guard_locked": ON})]
        closed = (("press.door_closed", "have the press door closed first"),)
        held = {"press.door_locked": ON, "press.clamp_pressure": (454.0, 700.0), "line_plc.out_dump_shut": ON}
        return [Effect(closed, sets=held)]

    def uses(self, params: ModuleParams) -> str:
        return params.module

    async def run(self, tool: Tool, params: ModuleParams, memory: dict[str, Any]) -> None:
        if params.module == "press":
            await tool.press.close()
        else:
            await tool.grinder.hold_part()


class Open(Verb):
    """Press: vented, unclamped, unlocked. Grinder: guard unlocked, chuck vacuum off. Refused while not permitted."""

    name, module, params = "open", "line", ModuleParams
    repeatable = True

    def effects(self, params: ModuleParams) -> Sequence[Effect]:
        if params.module == "grinder":
            free = {"grinder.guard_locked": OFF, "grinder.chuck_vacuum": (-101.0, 2.0)}
            return [Effect(asks="grinder.unlock_guard", sets=free)]  # the chuck lets go slowly, as the clamp does
        vented = {"line_plc.out_inner_vent_shut": OFF, "press.vacuum": (1.0, 103.3), "line_plc.out_dump_shut": OFF}
        return [
            Effect(sets={"line_plc.platen_contactor_closed": OFF, "line_plc.out_inner_vacuum": OFF}),
            Effect(asks="press.vent_inner", sets=vented),
            Effect(asks="press.unclamp", sets={"press.clamp_pressure": (-2.0, 700.0)}),
            Effect(asks="press.unlock", sets={"press.door_locked": OFF}),
        ]

    def uses(self, params: ModuleParams) -> str:
        return params.module

    async def run(self, tool: Tool, params: ModuleParams, memory: dict[str, Any]) -> None:
        if params.module == "press":
            await tool.press.open()
        else:
            await tool.grinder.release_part()
