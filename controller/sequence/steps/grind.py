"""Verbs of the grinder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from controller.recipe.params import Params
from controller.recipe.quantities import Duration, Length_um, Rotation, Speed_um_s
from controller.recipe.verb import CheckContext, Finding
from controller.sequence.effects import OFF, ON, Effect, near
from controller.sequence.measure import result
from controller.sequence.verb import Tool, Verb


class HomeParams(Params):
    """Nothing to say."""


class Home(Verb):
    """Home the stage upwards and put the head down into its working position, far above the part."""

    name, module, params = "home", "grinder", HomeParams
    repeatable = True

    def effects(self, params: HomeParams) -> Sequence[Effect]:
        return [Effect(sets={"grinder.z": near(60.0, 0.1), "grinder.wheel_lifted": OFF})]

    async def run(self, tool: Tool, params: HomeParams, memory: dict[str, Any]) -> None:
        await tool.grinder.home()


class SpindleParams(Params):
    """Speed of the wheel."""

    speed: Rotation


class Spindle(Verb):
    """Coolant and chuck on, spindle to speed. A head that springs have lifted is homed and put down first."""

    name, module, params = "spindle", "grinder", SpindleParams
    shows = ("grinder.spindle",)

    def check(self, params: SpindleParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("grinder.spindle", params.speed, "speed")

    def effects(self, params: SpindleParams) -> Sequence[Effect]:
        turning = {
            "grinder.spindle": near(params.speed, 0.02 * params.speed + 5.0),
            "grinder.speed_error": (0.0, 1.99),
            "grinder.standstill": OFF,
        }
        return [
            Effect(sets={"grinder.guard_locked": ON, "grinder.coolant": (3.0, 30.0)}),
            Effect(asks="grinder.spindle", sets=turning),
        ]

    async def run(self, tool: Tool, params: SpindleParams, memory: dict[str, Any]) -> None:
        await tool.grinder.spin(params.speed)


class GrindParams(Params):
    """Grind until the part is `to` + `leave` thicker than the earlier measurement `above`."""

    to: Length_um
    above: str
    leave: Length_um = 0.0
    feed: Speed_um_s


class Grind(Verb):
    """Feed until the gauge reads the target. Held, the wheel retracts 50 um and turns on; resumed, it comes back."""

    name, module, params = "grind", "grinder", GrindParams
    shows = ("grinder.thickness", "grinder.power")

    def check(self, params: GrindParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("grinder.feed", params.feed, "feed")
        yield from context.measured(params.above, "above")

    def effects(self, params: GrindParams) -> Sequence[Effect]:
        head = (("not grinder.wheel_lifted", "home the stage first"),)
        return [Effect(head, asks="grinder.feed", sets={"grinder.z": (0.7, 3.0)})]

    async def run(self, tool: Tool, params: GrindParams, memory: dict[str, Any]) -> None:
        above_um = result(tool, params.above)
        await tool.grinder.approach()
        await tool.grinder.grind_to(above_um + params.to + params.leave, params.feed)

    async def hold(self, tool: Tool, params: GrindParams) -> None:
        await tool.grinder.retract()


class SparkOutParams(Params):
    """How long the wheel turns without feed."""

    time: Duration


class SparkOut(Verb):
    """Let the deflection grind itself away: no feed, the wheel turns. A hold leaves it so; the time runs on."""

    name, module, params = "spark_out", "grinder", SparkOutParams
    shows = ("grinder.thickness", "grinder.power")

    def effects(self, params: SparkOutParams) -> Sequence[Effect]:
        return ()

    async def run(self, tool: Tool, params: SparkOutParams, memory: dict[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        end_s = memory.setdefault("end_s", loop.time() + params.time)
        await asyncio.sleep(max(0.0, end_s - loop.time()))


class WheelRestParams(Params):
    """Nothing to say."""


class WheelRest(Verb):
    """Wheel to its safe height, spindle to standstill, coolant off."""

    name, module, params = "wheel_rest", "grinder", WheelRestParams
    repeatable = True
    shows = ("grinder.spindle",)

    def effects(self, params: WheelRestParams) -> Sequence[Effect]:
        rests = {
            "grinder.z": (49.9, 60.1),
            "grinder.spindle": (0.0, 5.0),
            "grinder.speed_error": (99.0, 101.0),
            "grinder.standstill": ON,
            "grinder.coolant": (-0.5, 30.0),  # it runs dry slowly
        }
        return [Effect(sets=rests)]

    async def run(self, tool: Tool, params: WheelRestParams, memory: dict[str, Any]) -> None:
        await tool.grinder.rest()
