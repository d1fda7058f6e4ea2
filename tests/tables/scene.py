"""One interlock in a guard over the tool's tags, in virtual time: what it does when, with which readings.

No wire and no modules: readings are put, and what the guard asks of a module is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cache
from typing import Any

from controller.guard.gate import Gate, OrderRefused
from controller.guard.interlocks import Interlock
from controller.guard.safe import SafeAction
from controller.guard.scan import Guard
from controller.recipe.expressions import Bound, parse
from controller.record.events import Alarm
from controller.station import Station
from controller.tool import load as load_tool
from drivers.reading import Quality, TagTable
from simulators.virtual_time import VirtualLoop
from springback.places import config_file
from tests.tables.sides import Course, Value
from tests.unit.guard_bench import Kept

MODULES = ("press", "dispenser", "grinder")
Readings = Mapping[str, Value]


@cache
def tool_tags() -> TagTable:
    """The tags of the shipped tool, with nothing that would poll or compute them."""
    return Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {}).tags


def bind(text: str) -> Bound:
    """A condition over the tool's tags, as the station binds it."""
    tags = tool_tags()
    return parse(text, {name: tags.units[tags.index(name)] for name in tags}, {}).bind(tags)


class Plc:
    def beat(self) -> None:
        """Nobody listens."""

    def calm(self, nothing_moves: bool) -> None:
        """Nobody listens."""


class KeptModule:
    """A module that keeps whether its output was blocked."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.blocked = False

    def moves(self) -> bool:
        return False

    def block(self) -> None:
        self.blocked = True

    def safe_actions(self, failure_class: object, lost: object) -> list[SafeAction]:
        return []


class Scene:
    """A guard that watches one interlock of a module."""

    def __init__(self, interlock: Interlock, module: str, actions: Sequence[str]) -> None:
        self.record, self.module, self._actions = Kept(), module, actions
        self.tags = tool_tags()
        self.tags.quality[:] = [Quality.STALE] * len(self.tags.quality)  # whatever was put before
        self.gate = Gate(self.record, {})
        self.guard = Guard(self.tags, self.gate, self.record, Plc())  # type: ignore[arg-type]
        self.guard.use([interlock], [])
        self._modules = {name: KeptModule(name) for name in MODULES}
        self.guard.modules = dict(self._modules)
        self._held = False
        self.first_out = ""  # the condition that was named last
        self.guard.on_hold = self._on_hold
        self.guard.arm([module])
        self.start_s = float(int(self.now_s()) + 200)  # whole seconds: sums of times stay exact

    def now_s(self) -> float:
        """The loop's time."""
        return asyncio.get_running_loop().time()

    def _on_hold(self, code: str, reason: str) -> None:
        self._held = True

    async def look(self, t_s: float, readings: Readings) -> frozenset[str]:
        """Go to an instant of the case, put readings, scan; returns what is refused, held or tripped then."""
        now_s = self.start_s + t_s
        await _until(now_s)
        for tag, value in readings.items():
            self._put(self.tags.index(tag), value, t_s, now_s)
        effects = {f"refuses {refusal.action}" for refusal in self._refusals()}
        self.guard.scan()
        for alarm in self.record.of(Alarm):
            self.first_out = alarm.first_out
        if self.guard.tripped is not None:
            return frozenset({f"trips, class {self.guard.tripped.failure_class:d}"})
        for name, module in self._modules.items():
            if module.blocked and self._held:
                effects.add(f"holds {name}, class {self.record.of(Alarm)[-1].failure_class}")
        return frozenset(effects)

    def _refusals(self) -> list[OrderRefused]:
        """What is refused now: actions, and the start of a job."""
        asked = [*map(self.gate.unmet, self._actions), self.gate.inhibited([self.module])]
        refusals = [refusal for refusal in asked if refusal is not None]
        for refusal in refusals:
            self.first_out = refusal.reason
        return refusals

    def _put(self, column: int, value: Value, t_s: float, now_s: float) -> None:
        if value is None:
            self.tags.quality[column] = Quality.STALE
            return
        self.tags.fresh_s[column] = 3600.0
        self.tags.put(column, value.at(t_s) if isinstance(value, Course) else value, now_s)


async def _until(then_s: float) -> None:
    """To an instant exactly."""
    loop = asyncio.get_running_loop()
    there = loop.create_future()
    loop.call_at(then_s, there.set_result, None)
    await there


def play(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run in virtual time."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(work())
    finally:
        loop.close()
