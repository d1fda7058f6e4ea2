"""The gate: what it refuses and in which words, and what it makes of a reply that is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from controller.guard.gate import Gate, Order, OrderRefused
from controller.recipe.limits import Limit
from controller.record.events import Intent, Outcome, Refusal
from controller.record.store import RecordError
from drivers.errors import GarbledReply, NoReply, ReadbackMismatch, Refused, Superseded
from drivers.permit import Permit
from simulators.virtual_time import VirtualLoop
from tests.unit.guard_bench import Bench

T = TypeVar("T")
LOST = NoReply("box: no complete reply in time")
MIRROR = 0


class Box:
    """An instrument with one setpoint; `replies` says what becomes of each write in turn: obeyed, deaf, or an error."""

    def __init__(self, *replies: str | Exception) -> None:
        self.replies = list(replies)
        self.held = 0.0
        self.written: list[float] = []
        self.read_error: Exception | None = None

    def order(self, value: float = 5.0, *, readable: bool = True, safe: bool = False) -> Order:
        async def send(permit: Permit) -> float:
            reply = self.replies.pop(0)
            if reply != "deaf" and not isinstance(reply, Refused | Superseded):
                self.held = value
            self.written.append(value)
            if reply == "obeyed":
                return self.held
            raise LOST if isinstance(reply, str) else reply

        async def read() -> float:
            if self.read_error is not None:
                raise self.read_error
            return self.held

        return Order(
            "box.pour",
            "box.flow",
            value,
            "L/min",
            send,
            "box.flow",
            safe=safe,
            mirror=MIRROR,
            read=read if readable else None,
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def gate(bench: Bench) -> Gate:
    gate = Gate(bench.record, {"box.flow": Limit("L/min", 0.0, 10.0)})
    gate.use(
        [bench.interlock(kind="permissive", gates=["box.pour"], must=[{"that": "box.on", "fix": "switch the box on"}])]
    )
    return gate


def run(work: Callable[[], Awaitable[T]]) -> T:
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(_awaited(work))
    finally:
        loop.close()


async def _awaited(work: Callable[[], Awaitable[T]]) -> T:
    return await work()


def outcomes(bench: Bench) -> list[tuple[str, str]]:
    return [(e.result, e.detail) for e in bench.record.of(Outcome)]


def test_an_order_that_is_obeyed_is_done(bench: Bench, gate: Gate) -> None:
    box = Box("obeyed")

    assert run(lambda: gate.act(box.order())) == 5.0

    assert outcomes(bench) == [("done", "")]
    assert gate.written[MIRROR][0] == 5.0


def test_a_lost_reply_is_confirmed_by_reading_back_and_nothing_is_written_twice(bench: Bench, gate: Gate) -> None:
    box = Box("lost")

    assert run(lambda: gate.act(box.order())) == 5.0

    assert outcomes(bench) == [("confirmed", "confirmed by read-back: its reply was lost")]
    assert box.written == [5.0]
    assert MIRROR in gate.written


@pytest.mark.parametrize("first", ["deaf"])
def test_an_order_that_was_not_heard_is_given_once_more(bench: Bench, gate: Gate, first: str) -> None:
    box = Box(first, "obeyed")

    assert run(lambda: gate.act(box.order())) == 5.0

    assert outcomes(bench) == [("done", "given again: its reply was lost and it was not obeyed")]
    assert box.written == [5.0, 5.0]


def test_it_is_not_given_a_third_time(bench: Bench, gate: Gate) -> None:
    box = Box("deaf", "deaf")

    with pytest.raises(NoReply):
        run(lambda: gate.act(box.order()))

    assert [result for result, _ in outcomes(bench)] == ["failed"]
    assert box.written == [5.0, 5.0]


@pytest.mark.parametrize(("readable", "safe"), [(False, False), (True, True)])
def test_what_cannot_be_read_or_is_safe_is_not_decided_by_reading(
    bench: Bench, gate: Gate, readable: bool, safe: bool
) -> None:
    box = Box(GarbledReply("noise"))

    with pytest.raises(GarbledReply):
        run(lambda: gate.act(box.order(readable=readable, safe=safe)))

    assert [result for result, _ in outcomes(bench)] == ["failed"]
    assert box.written == [5.0]


def test_a_reading_that_is_lost_too_fails_the_order(bench: Bench, gate: Gate) -> None:
    box = Box("lost")
    box.read_error = LOST

    with pytest.raises(NoReply):
        run(lambda: gate.act(box.order()))

    assert [result for result, _ in outcomes(bench)] == ["failed"]


def test_it_is_given_again_only_when_it_is_still_permitted(bench: Bench, gate: Gate) -> None:
    box = Box("deaf", "obeyed")
    order = box.order()

    async def switched_off() -> float:
        bench.put(on=0.0)
        return 0.0

    off = Order(order.action, order.output, order.value, order.unit, order.send, order.limit, read=switched_off)

    with pytest.raises(OrderRefused):
        run(lambda: gate.act(off))

    assert box.written == [5.0]
    assert [result for result, _ in outcomes(bench)] == ["failed"]


@pytest.mark.parametrize(
    ("error", "result"), [(Refused("out of range"), "failed"), (Superseded("a trip came"), "superseded")]
)
def test_what_the_instrument_or_a_trip_says_is_final(bench: Bench, gate: Gate, error: Exception, result: str) -> None:
    box = Box(error)

    with pytest.raises(type(error)):
        run(lambda: gate.act(box.order()))

    assert [found for found, _ in outcomes(bench)] == [result]
    assert box.written == [5.0]


def test_a_refusal_names_the_condition_once_with_its_values_and_what_fixes_it(bench: Bench, gate: Gate) -> None:
    bench.put(on=0.0)

    with pytest.raises(OrderRefused) as refused:
        run(lambda: gate.act(Box("obeyed").order()))

    assert str(refused.value) == "box.pour refused: box.on is not met (box.on 0). Switch the box on."
    (told,) = bench.record.of(Refusal)
    assert (told.interlock, told.unmet, told.values, told.fix) == (
        "box.flow",
        "box.on",
        {"box.on": 0.0},
        "switch the box on",
    )


def test_a_value_outside_its_limit_is_refused_without_a_word_of_interlocks(bench: Bench, gate: Gate) -> None:
    with pytest.raises(OrderRefused, match=r"box\.flow"):
        run(lambda: gate.act(Box("obeyed").order(11.0)))

    assert bench.record.of(Refusal)[0].interlock == ""


def test_after_a_trip_nothing_is_permitted_but_what_is_safe(bench: Bench, gate: Gate) -> None:
    gate.raise_epoch("box.trip")

    with pytest.raises(OrderRefused, match=r"box\.trip has tripped"):
        run(lambda: gate.act(Box("obeyed").order()))
    assert run(lambda: gate.act(Box("obeyed").order(0.0, safe=True))) == 0.0


def test_a_call_for_a_person_is_recorded_before_it_goes_out_and_permitted_after_a_trip(
    bench: Bench, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.raise_epoch("box.trip")
    call = replace(Box("obeyed").order(3.0, safe=True), calls=True)

    assert run(lambda: gate.act(call)) == 3.0

    async def full(event: Intent) -> None:
        raise RecordError("the disk is full")

    monkeypatch.setattr(bench.record, "intent", full)
    unlit = Box("obeyed")
    with pytest.raises(OrderRefused, match="the disk is full"):
        run(lambda: gate.act(replace(unlit.order(3.0, safe=True), calls=True)))
    assert unlit.written == []


def test_a_reply_that_comes_after_a_trip_is_not_compared_with_what_is_polled(bench: Bench, gate: Gate) -> None:
    order = Box("obeyed").order()

    async def trip_meanwhile(permit: Permit) -> float:
        gate.raise_epoch("box.trip")
        return 5.0

    late = Order(order.action, order.output, 5.0, order.unit, trip_meanwhile, order.limit, mirror=MIRROR)
    run(lambda: gate.act(late))

    assert MIRROR not in gate.written


def test_another_value_read_back_is_a_mismatch(bench: Bench, gate: Gate) -> None:
    told: list[str] = []
    gate.on_mismatch = told.append

    async def other(permit: Permit) -> float:
        return 4.0

    with pytest.raises(ReadbackMismatch, match="someone else"):
        run(lambda: gate.act(Order("box.pour", "box.flow", 5.0, "L/min", other)))

    assert len(told) == 1


def test_an_inhibit_refuses_the_start_of_a_job_that_uses_its_module(bench: Bench) -> None:
    gate = Gate(bench.record, {})
    gate.use([bench.interlock(kind="inhibit")])
    bench.put(flow=1.0)

    async def start(*modules: str) -> OrderRefused | None:
        return gate.inhibited(modules)

    refusal = run(lambda: start("box"))
    assert str(refusal).startswith("job.start refused: box.flow >= 3 L/min is not met")
    assert run(lambda: start("other")) is None


def test_a_trip_while_an_intent_is_being_recorded_sends_nothing(bench: Bench, gate: Gate) -> None:
    box, keep = Box("obeyed"), bench.record.intent

    async def slowly(intent: Intent) -> None:
        await keep(intent)
        gate.raise_epoch("box.trip")

    bench.record.intent = slowly  # type: ignore[method-assign,assignment]

    with pytest.raises(Superseded):
        run(lambda: gate.act(box.order()))

    assert box.written == []
    assert outcomes(bench) == [("superseded", "")]


def test_what_cannot_be_recorded_is_not_sent(bench: Bench, gate: Gate) -> None:
    box = Box("obeyed")

    async def full(intent: Intent) -> None:
        raise RecordError("the disk is full")

    bench.record.intent = full  # type: ignore[method-assign,assignment]

    with pytest.raises(OrderRefused, match=r"the disk is full\. Make room"):
        run(lambda: gate.act(box.order()))

    assert box.written == []
    assert outcomes(bench) == [("unsent", "the disk is full")]


@pytest.mark.parametrize(("rate_L_min_s", "allowed"), [(2.0, True), (2.1, False)])
def test_a_second_value_of_an_order_keeps_its_limit_too(bench: Bench, rate_L_min_s: float, allowed: bool) -> None:
    gate = Gate(bench.record, {"box.flow": Limit("L/min", 0.0, 10.0, rate=2.0)})
    box = Box("obeyed")
    order = replace(box.order(), also=(("box.flow#rate", rate_L_min_s),))

    if allowed:
        assert run(lambda: gate.act(order)) == 5.0
    else:
        with pytest.raises(OrderRefused, match="2"):
            run(lambda: gate.act(order))

    assert bool(box.written) is allowed


def test_a_safe_order_that_is_not_obeyed_fails_and_is_no_second_trip(bench: Bench, gate: Gate) -> None:
    told: list[str] = []
    gate.on_mismatch = told.append

    async def other(permit: Permit) -> float:
        assert permit.safe
        return 4.0

    with pytest.raises(ReadbackMismatch):
        run(lambda: gate.act(Order("box.stop", "box.flow", 0.0, "L/min", other, safe=True)))

    assert told == []
    assert [result for result, _ in outcomes(bench)] == ["failed"]
