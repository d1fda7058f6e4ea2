"""Verbs of the press: pressure outside, vacuum inside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controller.recipe.quantities import AbsolutePressure, Duration, Pressure, PressureRate
from controller.recipe.verb import CheckContext, Finding, Params
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

    async def run(self, tool: Tool, params: AtmosphereParams, memory: dict[str, Any]) -> None:
        await tool.press.to_atmosphere(params.rate)
