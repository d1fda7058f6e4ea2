"""The wire part of the monitor, on a tool itself: bytes of the wires and the record's file, no plant.

What the host writes is read by the instruments' own firmware, which was written from the manuals: a shadow station that
moves nothing turns bytes into actuations, and its answers are dropped. Only rules that need no true state are judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from simulators.station import Scene as Played
from simulators.station import SimulatedStation
from simulators.watch.limits import read_limits
from simulators.watch.line import Finite, Latch, Pace
from simulators.watch.paper import Confirmed, NoBug, OneEnd, Recorded, Samples, States, Stored
from simulators.watch.press import Bounds
from simulators.watch.record import Record
from simulators.watch.rule import Rule, Scene, Violation
from simulators.watch.tap import Tap
from simulators.wire.firmware import Firmware


class RecordedAtTheEnd(Recorded):
    """Every actuation has its order in the record, at its time or before; judged when the record is closed."""

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        springs = value == 0.0 and not self.plant.hardwired.enabled
        if self.scene.record.path is not None and self.wants_order(actuator, value) and not springs:
            self._pending.append((t_s, actuator, value))

    def end(self, t_s: float) -> None:
        for at_s, actuator, value in self._pending:
            if not self._ordered(actuator, value, at_s) and not self._beside(actuator, value, at_s):
                self.report(at_s, f"{actuator} {value:g} was driven without an order in the record")


class ConfirmedInTicks(Confirmed):
    """The same on the shadow's clock, which ticks in 10 ms: an order and the record's beginning may each be one off."""

    LATE_S = 0.021


WIRE_RULES: tuple[type[Rule], ...] = (
    Bounds, Latch, Pace, Finite, RecordedAtTheEnd, ConfirmedInTicks, States, NoBug, OneEnd, Samples, Stored,
)  # fmt: skip


class WireWatch:
    """Build it in the running loop. `tell` hears of each violation that the wire alone shows, when it is seen."""

    def __init__(
        self, plc_map: Path, tool_text: str, recipe_text: str, tell: Callable[[Violation], None] = lambda found: None
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._shadow = SimulatedStation(Played(), plc_map)
        plant = self._plant = self._shadow.plant
        plant.schedule(lambda: plant.press_reset(True))  # its ENABLE needs no hand
        self._tap = Tap(self._now_s)
        self._firmware: dict[str, Firmware] = {
            name: wire.firmware() for name, wire in self._tap.put_on(self._shadow.wires).items()
        }
        self._scene = Scene(plant, self._tap, read_limits(tool_text, recipe_text), Record(), recipe_text)
        self._rules = [rule(self._scene) for rule in WIRE_RULES]
        self._tell, self._told = tell, 0
        plant.on_drive = self._driven

    @property
    def lines(self) -> frozenset[str]:
        """The lines that it can read."""
        return frozenset(self._firmware)

    def heard(self, line: str, data: bytes, out: bool) -> None:
        """Bytes have passed on a line."""
        if out:
            self._firmware[line].receive(data)

    def begin(self, record: Path) -> None:
        """The run begins, and this is its record."""
        self._scene.record.begin(record, self._now_s())

    def finish(self) -> list[Violation]:
        """The run is over and its record closed: everything that was broken, in the order of time."""
        self._scene.record.look()
        for rule in self._rules:
            rule.end(self._now_s())
        return sorted(self._scene.violations, key=lambda violation: violation.t_s)

    def _now_s(self) -> float:
        return self._plant.now_tick() * 0.01

    def _driven(self, actuator: str, value: float) -> None:
        for rule in self._rules:
            rule.drive(self._now_s(), actuator, value)
        for found in self._scene.violations[self._told :]:
            self._tell(found)
        self._told = len(self._scene.violations)
