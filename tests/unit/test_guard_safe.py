"""The safe state: tried until its deadline, confirmed by readings, begun again for what is worse; or no heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from controller.guard.safe import FailureClass, SafeAction, SafeOutcome, SafeState, make_safe
from controller.guard.safing import BLIND_S, HARDWARE_S
from controller.record.events import Alarm, Note
from drivers.reading import Value
from tests.unit.guard_bench import Bench
from tests.unit.test_guard_scan import BoxModule, Scene, play

EMERGENCY, LOSS = FailureClass.EMERGENCY, FailureClass.LOSS_OF_KNOWLEDGE


class Valve:
    """An actuator that is shut by an order: the first orders fail as told, and it takes a while to be seen shut."""

    def __init__(self, *errors: Exception, shuts_after_s: float = 0.0) -> None:
        self.errors = list(errors)
        self.shuts_after_s = shuts_after_s
        self.orders: list[float] = []
        self.shut_at_s = float("inf")

    async def shut(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self.orders.append(now_s)
        if self.errors:
            raise self.errors.pop(0)
        self.shut_at_s = now_s + self.shuts_after_s

    def is_shut(self) -> bool:
        return asyncio.get_running_loop().time() >= self.shut_at_s

    def action(self, deadline_s: float = 2.0) -> SafeAction:
        return SafeAction("valve", self.shut, self.is_shut, deadline_s)


def carried_out(*actions: SafeAction) -> tuple[list[SafeOutcome], list[SafeOutcome], float]:
    """What came of them, in which order it was told, and when the last one was known."""
    told: list[SafeOutcome] = []
    outcomes: list[SafeOutcome] = []
    times: list[float] = []

    async def work() -> None:
        outcomes.extend([await task for task in make_safe(actions, told.append)])
        times.append(asyncio.get_running_loop().time())

    play(work)
    return outcomes, told, times[0]


# ---------------------------------------------------------------------------------------------- one action
def test_what_obeys_is_confirmed_by_its_reading_and_not_ordered_again() -> None:
    valve = Valve(shuts_after_s=0.7)

    outcomes, _, took_s = carried_out(valve.action())

    assert outcomes == [SafeOutcome("valve", True, "")]
    assert len(valve.orders) == 1
    assert 0.7 <= took_s < 0.8


@pytest.mark.parametrize("error", [OSError("no reply"), TimeoutError("it took too long")])
def test_an_order_that_fails_is_given_again_until_it_is_obeyed(error: Exception) -> None:
    valve = Valve(error, error)

    outcomes, _, _ = carried_out(valve.action())

    assert outcomes == [SafeOutcome("valve", True, "")]
    assert valve.orders == [0.0, 0.5, 1.0]


def test_what_fails_until_its_deadline_is_reported_with_the_last_reason() -> None:
    valve = Valve(*[OSError("no reply")] * 9)

    outcomes, _, took_s = carried_out(valve.action())

    assert outcomes == [SafeOutcome("valve", False, "no reply")]
    assert took_s == 2.0


def test_an_error_without_words_is_told_by_its_name() -> None:
    outcomes, _, _ = carried_out(Valve(*[ValueError()] * 9).action())

    assert outcomes == [SafeOutcome("valve", False, "ValueError()")]


def test_what_obeys_and_is_never_seen_to_do_so_is_not_confirmed() -> None:
    outcomes, _, _ = carried_out(Valve(shuts_after_s=60.0).action())

    assert outcomes == [SafeOutcome("valve", False, "not confirmed within 2 s")]


def test_what_is_seen_safe_at_the_deadline_counts_by_whatever_means_it_got_there() -> None:
    """A spring shuts it while the order hangs."""
    valve = Valve()

    async def hangs() -> None:
        valve.shut_at_s = 1.0
        await asyncio.sleep(60.0)

    outcomes, _, _ = carried_out(SafeAction("valve", hangs, valve.is_shut, 2.0))

    assert outcomes == [SafeOutcome("valve", True, "")]


def test_one_that_does_not_obey_delays_no_other_and_each_is_told_when_it_is_known() -> None:
    slow, quick = SafeAction("slow", Valve(shuts_after_s=60.0).shut, lambda: False, 5.0), Valve()

    outcomes, told, _ = carried_out(slow, quick.action())

    assert [outcome.name for outcome in told] == ["valve", "slow"]
    assert [outcome.confirmed for outcome in outcomes] == [False, True]
    assert quick.orders == [0.0]


# ---------------------------------------------------------------------------------------------- under way
class Begun:
    """What a safe state was begun for; each takes a second."""

    def __init__(self) -> None:
        self.begun: list[tuple[FailureClass, frozenset[str]]] = []
        self.state = SafeState(self.start)

    def start(self, failure_class: FailureClass, lost: frozenset[str]) -> list[asyncio.Task[SafeOutcome]]:
        self.begun.append((failure_class, lost))
        return [asyncio.get_running_loop().create_task(self.carry_out(failure_class))]

    async def carry_out(self, failure_class: FailureClass) -> SafeOutcome:
        await asyncio.sleep(1.0)
        return SafeOutcome(failure_class.name, True, "")


def test_nothing_begun_is_nothing_to_wait_for() -> None:
    async def work() -> None:
        assert await Begun().state.wait() == []

    play(work)


@pytest.mark.parametrize(
    ("second", "begun"),
    [
        ((LOSS, frozenset[str]()), [(LOSS, frozenset())]),  # the same
        ((FailureClass.PROCESS_DEVIATION, frozenset[str]()), [(LOSS, frozenset())]),  # less
        ((EMERGENCY, frozenset[str]()), [(LOSS, frozenset()), (EMERGENCY, frozenset())]),
        ((FailureClass.PROCESS_DEVIATION, frozenset({"plc"})), [(LOSS, frozenset()), (LOSS, frozenset({"plc"}))]),
    ],
    ids=["the same", "less", "worse", "more is lost"],
)
def test_it_is_begun_again_for_what_is_worse_only_and_whoever_waits_gets_the_last_one(
    second: tuple[FailureClass, frozenset[str]], begun: list[tuple[FailureClass, frozenset[str]]]
) -> None:
    async def work() -> None:
        safe = Begun()
        safe.state.begin(LOSS, frozenset())
        waiting = asyncio.ensure_future(safe.state.wait())
        await asyncio.sleep(0.5)
        safe.state.begin(*second)
        (outcome,) = await waiting
        assert outcome.name == begun[-1][0].name
        assert safe.begun == begun
        assert asyncio.get_running_loop().time() == (1.0 if len(begun) == 1 else 1.5)

    play(work)


def test_what_is_begun_again_in_the_same_turn_gives_no_order_for_the_first() -> None:
    gentle, quick = Valve(), Valve()
    actions = {LOSS: gentle.action(), EMERGENCY: quick.action()}

    async def work() -> None:
        state = SafeState(lambda failure_class, lost: make_safe([actions[failure_class]], lambda outcome: None))
        state.begin(LOSS, frozenset())
        state.begin(EMERGENCY, frozenset())
        assert await state.wait() == [SafeOutcome("valve", True, "")]

    play(work)
    assert (gentle.orders, quick.orders) == ([], [0.0])


def test_orders_go_out_before_what_is_scheduled_after_them() -> None:
    valve = Valve()
    seen: list[int] = []

    async def work() -> None:
        tasks = make_safe([valve.action()], lambda outcome: None)
        asyncio.get_running_loop().call_soon(lambda: seen.append(len(valve.orders)))
        await asyncio.wait(tasks)

    play(work)
    assert seen == [1]


# ---------------------------------------------------------------------------------------------- of the modules in use
class SafeBox(BoxModule):
    """A module with actions for its safe state; keeps what it was asked for."""

    def __init__(self, *actions: SafeAction) -> None:
        super().__init__()
        self.actions = actions
        self.asked: list[tuple[object, object]] = []

    def safe_actions(self, failure_class: object, lost: object) -> Sequence[SafeAction]:  # type: ignore[override]
        self.asked.append((failure_class, lost))
        return self.actions


def scene_with(box: SafeBox) -> Scene:
    bench = Bench()
    enabled = bench.tags.add("line_plc", Value("enabled", "", 0.0, 1.0, "of the bench"))
    bench.tags.alias("line.enabled", "line_plc.enabled")
    bench.tags.put(enabled, 1.0, 0.0)
    scene = Scene(bench=bench)
    scene.guard.modules = {"box": box, "spare": SafeBox(Valve(shuts_after_s=60.0).action())}
    return scene


def test_modules_in_use_go_to_the_safe_state_and_each_action_is_noted() -> None:
    box = SafeBox(Valve().action())
    scene = scene_with(box)

    async def work() -> None:
        scene.guard.begin_safe_state(LOSS)
        assert await scene.guard.safe_state() == [SafeOutcome("valve", True, "")]

    play(work)
    assert box.asked == [(LOSS, frozenset())]
    assert [note.text for note in scene.bench.record.of(Note)] == ["safe: valve"]
    assert not scene.guard.heartbeat_withdrawn


@pytest.mark.parametrize("drops", [True, False])
def test_what_is_not_confirmed_withdraws_the_heartbeat_until_the_hardware_is_seen_to_act(drops: bool) -> None:
    scene = scene_with(SafeBox(Valve(shuts_after_s=60.0).action()))

    async def work() -> None:
        scene.guard.begin_safe_state(LOSS)
        await scene.scan(1.0)
        assert scene.plc.beats == 1
        await scene.scan(1.5)
        assert (scene.plc.beats, scene.guard.heartbeat_withdrawn) == (1, True)
        if drops:
            scene.bench.tags.put(scene.bench.tags.index("line.enabled"), 0.0, 2.5)
        await scene.scan(0.5)
        await scene.guard.safe_state()
        assert asyncio.get_running_loop().time() == (3.0 if drops else 2.0 + HARDWARE_S)

    play(work)
    (alarm,) = scene.bench.record.of(Alarm)
    assert (alarm.code, alarm.of, alarm.failure_class) == ("safe.unconfirmed", "valve", 1)
    notes = [note.text for note in scene.bench.record.of(Note)]
    assert notes == ([] if drops else ["ENABLE was not seen to drop; the PLC may be lost"])


def test_without_the_plc_no_action_is_waited_for_longer_than_a_wheel_takes_to_stop() -> None:
    never = SafeAction("wheel", Valve().shut, lambda: False, 300.0)
    soon = SafeAction("valve", Valve().shut, lambda: False, 2.0)
    scene = scene_with(SafeBox(never, soon))
    scene.guard.lost.add("line_plc")

    async def work() -> None:
        scene.guard.begin_safe_state(LOSS)
        await scene.guard.safe_state()
        assert asyncio.get_running_loop().time() == BLIND_S  # the hardware has had its time since the first failed

    play(work)
    details = {alarm.of: alarm.happened for alarm in scene.bench.record.of(Alarm)}
    assert details == {"valve": "valve: not confirmed within 2 s", "wheel": "wheel: not confirmed within 30 s"}


@pytest.mark.parametrize("opens_again", [False, True])
def test_what_gets_worse_repeats_only_what_is_not_safe_already(opens_again: bool) -> None:
    valve, slow = Valve(), Valve(shuts_after_s=2.0)
    still = replace(slow.action(5.0), name="slow valve")
    scene = scene_with(SafeBox(valve.action(), still))

    async def work() -> None:
        scene.guard.begin_safe_state(LOSS)
        await asyncio.sleep(1.0)
        if opens_again:
            valve.shut_at_s = float("inf")
        scene.guard.begin_safe_state(FailureClass.EMERGENCY)
        assert all(outcome.confirmed for outcome in await scene.guard.safe_state())

    play(work)
    assert (valve.orders, slow.orders) == ([0.0, 1.0] if opens_again else [0.0], [0.0, 1.0])
