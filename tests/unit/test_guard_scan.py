"""The scan without a wire: what trips, what holds, what is only told, and when the heartbeat stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from controller.guard.gate import Gate
from controller.guard.interlocks import Interlock
from controller.guard.monitors import Monitor
from controller.guard.safe import SafeAction
from controller.guard.scan import Guard
from controller.record.events import Alarm, AlarmChanged
from simulators.virtual_time import VirtualLoop
from tests.unit.guard_bench import Bench


class Plc:
    """Counts heartbeats."""

    def __init__(self) -> None:
        self.beats = 0

    def beat(self) -> None:
        self.beats += 1

    def calm(self, nothing_moves: bool) -> None:
        """Nothing to slow down."""


class BoxModule:
    """A module without a safe state of its own."""

    name = "box"

    def __init__(self) -> None:
        self.blocked = 0

    def moves(self) -> bool:
        return False

    def block(self) -> None:
        self.blocked += 1

    def safe_actions(self, failure_class: object, lost: object) -> list[SafeAction]:
        return []


class Scene:
    """A guard over one module, armed; `scan` lets a time pass and looks once."""

    def __init__(self, *interlocks: Interlock, bench: Bench) -> None:
        self.bench, self.plc, self.module = bench, Plc(), BoxModule()
        self.gate = Gate(bench.record, {})
        self.guard = Guard(bench.tags, self.gate, bench.record, self.plc)  # type: ignore[arg-type]
        self.guard.use(interlocks, [])
        self.guard.modules = {"box": self.module}
        self.held: list[str] = []
        self.guard.on_hold = lambda code, reason: self.held.append(code)
        self.guard.arm(["box"])

    async def scan(self, after_s: float = 0.1) -> None:
        await asyncio.sleep(after_s)
        self.guard.scan()

    def monitor(self, action: str) -> Monitor:
        monitor = Monitor("dry", "box.flow >= 3 L/min", self.bench.bind("box.flow >= 3 L/min"), 0.0, action)
        self.guard.monitors = [monitor]
        return monitor


@pytest.fixture
def bench() -> Bench:
    return Bench()


def play(work: Callable[[], Any]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(work())
    finally:
        loop.close()


def codes(bench: Bench) -> list[str]:
    return [alarm.code for alarm in bench.record.of(Alarm)]


def test_a_lost_interlock_blocks_and_holds_once_and_is_told_again_after_it_was_healthy(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench.interlock(kind="interlock"), bench=bench)
        for flow in (1.0, 1.0, 5.0, 1.0):
            bench.put(flow=flow)
            await scene.scan()
        assert (scene.module.blocked, scene.held) == (2, ["box.flow"] * 2)
        assert scene.guard.tripped is None

    play(work)
    assert codes(bench) == ["box.flow"] * 2
    assert [event.new for event in bench.record.of(AlarmChanged)] == ["RETURNED"]


def test_a_trip_latches_raises_the_epoch_and_its_alarm_latches_when_it_has_gone(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench.interlock(**{"class": 2}), bench=bench)
        for flow in (1.0, 5.0, 1.0):
            bench.put(flow=flow)
            await scene.scan()
        assert (scene.gate.epoch, scene.gate.latched) == (1, "box.flow")
        assert scene.plc.beats == 3
        assert await scene.guard.safe_state() == []

    play(work)
    assert codes(bench) == ["box.flow"]
    assert [event.new for event in bench.record.of(AlarmChanged)] == ["LATCHED_UNACKNOWLEDGED"]


@pytest.mark.parametrize(("action", "held", "tripped"), [("warn", 0, False), ("hold", 1, False), ("abort", 0, True)])
def test_a_monitor_does_what_the_recipe_says(bench: Bench, action: str, held: int, tripped: bool) -> None:
    async def work() -> None:
        scene = Scene(bench=bench)
        scene.monitor(action)
        for flow in (1.0, 1.0, 5.0):
            bench.put(flow=flow)
            await scene.scan()
        assert (len(scene.held), scene.guard.tripped is not None) == (held, tripped)

    play(work)
    assert codes(bench) == ["monitor.dry"]
    assert [event.new for event in bench.record.of(AlarmChanged)] == ["RETURNED"]


def test_an_unknown_input_without_an_instrument_to_blame_is_told_as_the_interlock(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench.interlock(**{"class": 1}), bench=bench)
        bench.lose("flow")
        await scene.scan()
        await scene.scan(0.3)

    play(work)
    (alarm,) = bench.record.of(Alarm)
    assert (alarm.code, alarm.failure_class, alarm.values) == ("box.flow", 2, {"box.flow": None})


def test_a_setpoint_that_somebody_else_changes_trips(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench=bench)
        column = bench.tags.index("box.speed")
        bench.tags.fresh_s[column] = 0.5
        scene.gate.written[column] = (100.0, 1.0, 0.0)
        bench.put(now_s=0.1, speed=20.0)
        await scene.scan()  # it may be on its way still
        assert codes(bench) == []
        bench.put(now_s=2.0, speed=20.0)
        await scene.scan(2.0)

    play(work)
    (alarm,) = bench.record.of(Alarm)
    assert (alarm.code, alarm.of) == ("any.readback", "box.speed")


def test_a_scan_that_breaks_trips_once_and_stops_the_heartbeat(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench=bench)
        await scene.scan()
        scene.guard.derivations = {"box": lambda now_s: 1 / 0}  # type: ignore[dict-item,return-value]
        await scene.scan()
        await scene.scan()
        assert (scene.plc.beats, scene.guard.heartbeat_withdrawn) == (1, True)

    play(work)
    assert codes(bench) == ["guard.scan"]


def test_disarmed_it_only_beats(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench.interlock(), bench=bench)
        scene.guard.disarm()
        bench.put(flow=1.0)
        await scene.scan()
        assert scene.plc.beats == 1

    play(work)
    assert codes(bench) == []
