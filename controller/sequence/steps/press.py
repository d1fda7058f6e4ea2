"""Verbs of the press: pressure outside, vacuum inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from controller.recipe.params import Params
from controller.recipe.quantities import AbsolutePressure, Duration, Pressure, PressureRate
from controller.recipe.verb import CheckContext, Finding
from controller.sequence.effects import OFF, ON, Effect, near
from controller.sequence.verb import Tool, Verb


class PressParams(Params):
    """Outer pressure, gauge, and its rate."""

    to: Pressure
    rate: PressureRate


class PressTo(Verb):
    """Ramp the outer pressure; returns when it is reached. Held, it keeps the pressure that is there."""

    name, module, params = "press", "press", PressParams
    shows = ("press.pressure", "press.gap")

    def check(self, params: PressParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("press.pressure", params.to, "to")
        yield from context.rate("press.pressure", params.rate, "rate")

    def effects(self, params: PressParams) -> Sequence[Effect]:
        reached = {"press.pressure": near(params.to, 2.0), "press.asked": near(params.to, 0.0)}
        if params.to <= 0.0:
            return [Effect(sets=reached)]
        return [Effect(asks="press.pressurise", unless=f"press.pressure >= {params.to:g} kPa", sets=reached)]

    async def run(self, tool: Tool, params: PressParams, memory: dict[str, Any]) -> None:
        await tool.press.ramp_to(params.to, params.rate)

    async def hold(self, tool: Tool, params: PressParams) -> None:
        await tool.press.freeze()


class VacuumParams(Params):
    """Inner pressure, absolute."""

    to: AbsolutePressure
    rate: PressureRate
    within: Duration


class Vacuum(Verb):
    """Evacuate the inner side; returns when it is within 1 kPa of the target."""

    name, module, params = "vacuum", "press", VacuumParams
    shows = ("press.vacuum", "press.gap")

    def check(self, params: VacuumParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("press.vacuum", params.to, "to")
        yield from context.rate("press.vacuum", params.rate, "rate")

    def effects(self, params: VacuumParams) -> Sequence[Effect]:
        return [
            Effect(sets={"line_plc.out_inner_vent_shut": ON}),
            Effect(
                asks="press.evacuate",
                sets={"line_plc.out_inner_vacuum": ON, "press.vacuum": near(params.to, 2.0)},
            ),
        ]

    async def run(self, tool: Tool, params: VacuumParams, memory: dict[str, Any]) -> None:
        await tool.press.evacuate(params.to, params.rate)
        await tool.press.wait_inner(params.to, params.within)


class AtmosphereParams(Params):
    """Rate back to atmosphere."""

    rate: PressureRate


class Atmosphere(Verb):
    """Let the inner side back to atmosphere at a rate, then open its vent."""

    name, module, params = "atmosphere", "press", AtmosphereParams
    shows = ("press.vacuum", "press.gap")

    def check(self, params: AtmosphereParams, context: CheckContext) -> Iterable[Finding]:
        yield from context.rate("press.vacuum", params.rate, "rate")

    def effects(self, params: AtmosphereParams) -> Sequence[Effect]:
        return [
            Effect(sets={"press.vacuum": (99.3, 103.3), "line_plc.out_inner_vacuum": OFF}),
            Effect(asks="press.vent_inner", sets={"line_plc.out_inner_vent_shut": OFF}),
        ]

    async def run(self, tool: Tool, params: AtmosphereParams, memory: dict[str, Any]) -> None:
        await tool.press.to_atmosphere(params.rate)
