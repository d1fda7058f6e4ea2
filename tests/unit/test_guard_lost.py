"""Which instruments do not answer: by the age of what they report, and by whose fault it is where they share a wire."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from controller.guard.lost import BACK_S, Answering
from controller.record.events import Alarm, AlarmChanged
from drivers.errors import NoReply, Superseded
from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.links.request import Ask, Dialogue, Poll
from drivers.permit import Permit
from drivers.reading import Quality, TagTable, Value
from tests.unit.guard_bench import Bench
from tests.unit.scripted import ScriptedChannel, scripted_line
from tests.unit.test_guard_scan import Scene, play

FRESH_S = 1.0
SILENT = NoReply("no complete reply in time")


class Gauge(Instrument):
    """An instrument with one polled value."""

    VALUES = (Value("level", "mm", 0.0, 100.0, "of the bench"),)

    def identify(self) -> Dialogue[str]:
        raise NotImplementedError

    def polls(self) -> Sequence[Poll]:
        return ()

    def reads(self, value: float, now_s: float) -> None:
        self.put("level", value, now_s)

    def fails(self) -> None:
        self.tags.fail(self.tag["level"])
        for told in self.on_failure:
            told(SILENT)


def gauge(name: str, line: Line, tags: TagTable) -> Gauge:
    box = Gauge(name, line, tags, {})
    box.watched.append(box.tag["level"])
    tags.fresh_s[box.tag["level"]] = FRESH_S
    box.reads(50.0, 0.0)
    return box


class Wires:
    """Gauges `near` and `far` on one bus and `other` on its own wire; the modules that need them are given."""

    def __init__(self, tags: TagTable, **needed_by: str) -> None:
        bus, own = (Line(name, ScriptedChannel(())) for name in ("bus", "own"))
        self.near, self.far = gauge("near", bus, tags), gauge("far", bus, tags)
        self.other = gauge("other", own, tags)
        self.all = {
            box.name: (box, frozenset({needed_by.get(box.name, "box")})) for box in (self.near, self.far, self.other)
        }


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def tags(bench: Bench) -> TagTable:
    return bench.tags


def watching(tags: TagTable) -> tuple[Answering, Wires]:
    wires, answering = Wires(tags), Answering(tags)
    answering.watch(wires.all)
    answering.arm()
    return answering, wires


async def at(then_s: float) -> None:
    await asyncio.sleep(then_s - asyncio.get_running_loop().time())


# ---------------------------------------------------------------------------------------------- found
def test_an_instrument_is_lost_once_its_readings_are_older_than_they_may_be(tags: TagTable) -> None:
    answering, wires = watching(tags)
    for box in (wires.far, wires.other):
        box.reads(50.0, 1.0)

    assert answering.look(1.0) == ([], [])
    assert answering.look(1.1) == (["near"], [])
    assert answering.look(1.2) == ([], [])
    assert answering.lost == {"near"}


def test_what_was_lost_by_age_alone_is_back_with_its_next_reading(tags: TagTable) -> None:
    answering, wires = watching(tags)
    assert answering.look(2.0) == (["far", "near", "other"], [])

    for box in (wires.near, wires.far):
        box.reads(50.0, 2.1)

    assert answering.look(2.2) == ([], ["far", "near"])
    assert answering.lost == {"other"}


def test_what_failed_is_back_when_nothing_failed_for_a_while(tags: TagTable) -> None:
    answering, wires = watching(tags)

    async def work() -> None:
        await at(2.0)
        wires.near.fails()
        assert "near" in answering.look(2.0)[0]
        for then_s in (3.0, 2.0 + BACK_S - 0.1):
            for box in (wires.near, wires.far, wires.other):
                box.reads(50.0, then_s)
            assert "near" not in answering.look(then_s)[1]
        wires.near.reads(50.0, 2.0 + BACK_S)
        assert answering.look(2.0 + BACK_S)[1] == ["near"]

    play(work)


def test_it_fails_from_its_first_failure_until_its_next_reading(tags: TagTable) -> None:
    answering, wires = watching(tags)

    async def work() -> None:
        assert not answering.failing("near")
        for then_s in (1.0, 2.0):  # the second one changes nothing
            await at(then_s)
            wires.near.fails()
            assert answering.failing("near")
        await at(2.5)
        wires.far.fails()
        assert answering.cause("far") == "near"
        wires.near.reads(50.0, 3.0)
        assert not answering.failing("near")
        assert answering.cause("far") == "far"

    play(work)


def test_what_fails_on_another_wire_is_nobodys_excuse(tags: TagTable) -> None:
    answering, wires = watching(tags)

    async def work() -> None:
        await at(1.0)
        wires.other.fails()
        await at(2.0)
        wires.near.fails()
        assert (answering.cause("near"), answering.cause("other")) == ("near", "other")

    play(work)


def test_a_silent_tag_names_the_instruments_behind_it_through_what_is_computed(tags: TagTable) -> None:
    answering, wires = watching(tags)
    mean = tags.add("box", Value("mean", "mm", 0.0, 100.0, "of two"))
    tags.inputs[mean] = (wires.near.tag["level"], wires.other.tag["level"])
    tags.quality[mean] = Quality.STALE

    async def work() -> None:
        await at(1.0)
        wires.other.fails()
        assert list(answering.owners(mean)) == ["near", "other"]
        assert answering.silent(mean) == ["other"]
        answering.lost.add("near")
        assert answering.silent(mean) == ["near", "other"]

    play(work)


def test_a_reading_that_is_there_but_bad_and_a_tag_of_no_instrument_blame_nobody(tags: TagTable) -> None:
    answering, wires = watching(tags)
    answering.lost.add("near")
    wires.near.reads(1e6, 1.0)  # out of its range

    assert answering.silent(wires.near.tag["level"]) == []
    assert answering.silent(tags.index("box.flow")) == []


# ---------------------------------------------------------------------------------------------- reported
def wired(bench: Bench, **needed_by: str) -> tuple[Scene, Wires]:
    """A guard that uses the module `box`, and needs the instruments of it."""
    scene, wires = Scene(bench=bench), Wires(bench.tags, **needed_by)
    scene.guard.answering.watch(wires.all)
    scene.guard.arm(["box"])
    return scene, wires


def told(bench: Bench) -> list[tuple[str, int, str]]:
    return [(alarm.of, alarm.failure_class, alarm.first_out) for alarm in bench.record.of(Alarm)]


def test_what_a_run_needs_trips_and_what_it_does_not_need_is_only_told(bench: Bench) -> None:
    async def work() -> None:
        scene, wires = wired(bench, other="elsewhere")
        wires.near.reads(50.0, 2.0)
        wires.far.reads(50.0, 2.0)
        await scene.scan(2.0)
        assert scene.guard.tripped is None
        await scene.scan(1.5)
        assert scene.guard.tripped is not None
        assert scene.guard.tripped.code == "any.lost"

    play(work)
    assert told(bench) == [("other", 4, "other"), ("far", 2, "far"), ("near", 2, "near")]


def test_the_one_that_failed_first_on_a_wire_is_told_first(bench: Bench) -> None:
    async def work() -> None:
        scene, wires = wired(bench)
        await at(0.5)
        wires.near.reads(50.0, 0.4)
        wires.near.fails()  # its reading is still young enough
        await at(1.1)
        wires.far.fails()
        wires.other.reads(50.0, 1.1)
        await scene.scan(0.1)
        await scene.scan(0.1)

    play(work)
    assert told(bench) == [("near", 2, "near"), ("far", 2, "near")]
    happened = bench.record.of(Alarm)[1].happened
    assert happened == "far does not answer; near, on the same line bus, failed first"


def test_an_instrument_that_is_back_ends_its_alarm(bench: Bench) -> None:
    async def work() -> None:
        scene, wires = wired(bench, other="elsewhere")
        for box in (wires.near, wires.far):
            box.reads(50.0, 2.0)
        await scene.scan(2.0)
        wires.other.reads(50.0, 2.1)
        await scene.scan(0.1)

    play(work)
    assert [(change.of, change.new) for change in bench.record.of(AlarmChanged)] == [("other", "RETURNED")]


@pytest.mark.parametrize("by", ["interlock", "monitor"])
def test_a_condition_that_is_not_known_names_the_instrument_and_not_itself(bench: Bench, by: str) -> None:
    async def work() -> None:
        that = {"that": "near.level >= 3 mm", "fix": "look at it"}
        scene, wires = wired(bench)
        if by == "interlock":
            scene.guard.interlocks = [bench.interlock(must=[that])]
        scene.guard.arm(["box"])
        if by == "monitor":
            scene.monitor("hold", that["that"])
        await at(0.2)
        wires.near.fails()
        for _ in range(3):
            await scene.scan(0.15)
            for box in (wires.far, wires.other):
                box.reads(50.0, asyncio.get_running_loop().time())
        assert scene.held == []

    play(work)
    assert told(bench) == [("near", 2, "near")]


def test_an_instrument_that_is_known_to_be_lost_is_not_told_again_by_a_condition_that_wants_it(bench: Bench) -> None:
    """The run does not need it; the condition of the run does, and acts itself."""

    async def work() -> None:
        that = {"that": "other.level >= 3 mm", "fix": "look at it"}
        scene, wires = wired(bench, other="elsewhere")
        scene.guard.interlocks = [bench.interlock(id="box.level", must=[that])]
        scene.guard.arm(["box"])
        for _ in range(4):
            for box in (wires.near, wires.far):
                box.reads(50.0, asyncio.get_running_loop().time() + 0.4)
            await scene.scan(0.4)

    play(work)
    assert [(alarm.code, alarm.of) for alarm in bench.record.of(Alarm)] == [("any.lost", "other"), ("box.level", "")]


def test_a_plc_that_does_not_answer_is_seen_without_a_scan_and_no_heartbeat_changes(bench: Bench) -> None:
    async def work() -> None:
        scene, _ = wired(bench)
        await at(2.0)
        scene.guard.scan_failed()
        assert (scene.plc.beats, len(told(bench))) == (0, 3)
        scene.guard.disarm()
        await at(9.0)
        scene.guard.scan_failed()
        assert len(told(bench)) == 3

    play(work)


def test_a_trip_flushes_what_waits_on_the_lines(bench: Bench) -> None:
    """Of two commands the first is on the wire already, and nothing takes it back."""

    def ask(word: bytes) -> Dialogue[bytes]:
        reply: bytes = yield Ask(word, lambda received: bytes(received) or None)
        return reply

    async def work() -> None:
        scene = Scene(bench=bench)
        async with scripted_line([(b"first", [b"done"])]) as line:
            scene.guard.lines = [line]
            give = asyncio.ensure_future
            first = give(line.transact("near", lambda: ask(b"first"), 1.0, Permit(0)))
            second = give(line.transact("near", lambda: ask(b"second"), 1.0, Permit(0)))
            await asyncio.sleep(0)
            scene.guard.supersede("a trip")
            assert await first == b"done"
            with pytest.raises(Superseded):
                await second

    play(work)
