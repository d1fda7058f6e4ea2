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

    def wrote_100_rpm(self) -> None:
        """At 0 s, as the gate keeps it."""
        column = self.bench.tags.index("box.speed")
        self.bench.tags.fresh_s[column] = 0.5
        self.gate.written[column] = (100.0, 1.0, 0.0)

    def monitor(self, action: str, that: str = "box.flow >= 3 L/min") -> Monitor:
        monitor = Monitor("dry", that, self.bench.bind(that), 0.0, action)
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


def test_a_warning_is_told_once_and_nothing_else_happens(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench.interlock(kind="warning"), bench=bench)
        for flow in (1.0, 1.0, 5.0, 1.0):
            bench.put(flow=flow)
            await scene.scan()
        assert (scene.module.blocked, scene.held, scene.guard.tripped) == (0, [], None)

    play(work)
    assert codes(bench) == ["box.flow"] * 2
    assert [alarm.failure_class for alarm in bench.record.of(Alarm)] == [4, 4]


def test_not_to_know_is_no_warning(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench.interlock(kind="warning"), bench=bench)
        for _ in range(10):
            await scene.scan(1.0)

    play(work)
    assert codes(bench) == []


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


@pytest.mark.parametrize(
    ("action", "failure_class", "held", "tripped"),
    [("warn", 4, 0, False), ("hold", 3, 1, False), ("abort", 2, 0, True)],
)
def test_a_monitor_does_what_the_recipe_says(
    bench: Bench, action: str, failure_class: int, held: int, tripped: bool
) -> None:
    async def work() -> None:
        scene = Scene(bench=bench)
        scene.monitor(action)
        for flow in (1.0, 1.0, 5.0):
            bench.put(flow=flow)
            await scene.scan()
        assert (len(scene.held), scene.guard.tripped is not None) == (held, tripped)

    play(work)
    assert [(alarm.code, alarm.failure_class) for alarm in bench.record.of(Alarm)] == [("monitor.dry", failure_class)]
    assert [event.new for event in bench.record.of(AlarmChanged)] == ["RETURNED"]


def test_a_warning_that_nobody_can_judge_is_no_news(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench.interlock(kind="warning"), bench=bench)
        bench.lose("flow")
        await scene.scan()
        await scene.scan(0.3)
        assert scene.guard.tripped is None

    play(work)
    assert codes(bench) == []


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
        scene.wrote_100_rpm()
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
        scene.guard.derivations = {"box": lambda now_s: 1 / 0}  # type: ignore[dict-item]
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


def test_a_wait_ends_in_the_scan_in_which_its_condition_holds_and_one_that_holds_is_none(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench=bench)
        flows = [asyncio.ensure_future(scene.guard.until(flowing(bench, least))) for least in (6.0, 7.0, 8.0)]
        await scene.guard.until(flowing(bench, 5.0))  # it does already
        await scene.scan()
        assert [wait.done() for wait in flows] == [False] * 3
        flows[1].cancel()  # whoever waited has gone
        bench.put(flow=7.0)
        await scene.scan()
        await asyncio.sleep(0)
        assert [wait.done() for wait in flows] == [True, True, False]
        scene.guard.disarm()  # waits go on: a module that is out of use may still be followed
        bench.put(flow=8.0)
        await scene.scan()
        await flows[2]

    play(work)


def flowing(bench: Bench, least_L_min: float) -> Callable[[], bool]:
    return lambda: bench.tags.value[bench.tags.index("box.flow")] >= least_L_min


def test_what_has_to_last_is_seen_at_every_scan_also_while_nobody_asks(bench: Bench) -> None:
    """The gate asks once, and the flow has been there for long enough by then."""

    async def work() -> None:
        lasting = {"that": "box.flow >= 3 L/min for 1 s", "fix": "wait for it"}
        scene = Scene(bench.interlock(kind="permissive", gates=["box.pour"], must=[lasting]), bench=bench)
        await scene.scan()
        assert scene.gate.unmet("box.pour") is not None
        await scene.scan(1.1)
        assert scene.gate.unmet("box.pour") is None

    play(work)


def test_all_is_computed_and_only_what_is_in_use_is_watched(bench: Bench) -> None:
    computed: list[str] = []

    async def work() -> None:
        elsewhere = bench.interlock(id="spare.flow", module="spare")
        scene = Scene(elsewhere, bench=bench)
        scene.guard.derivations = {
            "box": lambda now_s: computed.append("box"),
            "spare": lambda now_s: computed.append("spare"),
        }
        bench.put(flow=1.0)
        await scene.scan()
        assert scene.guard.tripped is None

    play(work)
    assert computed == ["box", "spare"]


def test_the_first_trip_stays_the_reason_and_each_is_told(bench: Bench) -> None:
    async def work() -> None:
        fast = {"that": "box.speed < 10 rpm", "fix": "stop it"}
        scene = Scene(bench.interlock(), bench.interlock(id="box.speed", must=[fast]), bench=bench)
        for readings in ({"flow": 1.0}, {"speed": 20.0}):
            bench.put(**readings)
            await scene.scan()
        assert scene.guard.tripped is not None
        assert scene.guard.tripped.code == scene.gate.latched == "box.flow"

    play(work)
    assert codes(bench) == ["box.flow", "box.speed"]


@pytest.mark.parametrize("before", [False, True], ids=["while it is watched", "before it is watched"])
def test_a_person_may_bypass_what_allows_it_and_it_comes_back_into_force(bench: Bench, before: bool) -> None:
    async def work() -> None:
        scene = Scene(bench.interlock(kind="interlock", bypass="1 min"), bench=bench)
        assert scene.guard.bypass("box.flow", "engineer", "no water yet") == ""
        if before:
            scene.guard.arm(["box"])
        bench.put(flow=1.0)
        await scene.scan(59.0)
        assert scene.held == []
        await scene.scan(1.0)
        await scene.scan()
        assert scene.held == ["box.flow"]

    play(work)


def test_a_setpoint_that_reads_as_written_or_is_not_known_does_not_trip(bench: Bench) -> None:
    async def work() -> None:
        scene = Scene(bench=bench)
        scene.wrote_100_rpm()
        bench.put(now_s=2.0, speed=100.9)
        await scene.scan(2.0)
        bench.put(now_s=3.0, speed=20.0)
        bench.lose("speed")
        await scene.scan(1.0)

    play(work)
    assert codes(bench) == []
