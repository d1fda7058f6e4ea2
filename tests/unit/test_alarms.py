"""What people are told of alarms: words, first-out, dead bands, shelving, suppression; never twice, never too late."""

from __future__ import annotations

import pytest

from controller.guard.alarms import AlarmRecord, Alarms, load, raised
from controller.guard.interlocks import Interlock
from controller.guard.safe import FailureClass
from controller.record.alarm_load import alarm_load
from controller.record.events import Alarm, AlarmChanged
from tests.unit.guard_bench import Bench

CLASS = FailureClass


@pytest.fixture
def bench() -> Bench:
    return Bench()


def states(bench: Bench) -> list[str]:
    """All states that people saw, in order."""
    return [
        e.state if isinstance(e, Alarm) else e.new for e in bench.record.events if isinstance(e, Alarm | AlarmChanged)
    ]


def test_an_alarm_is_told_with_its_words_its_priority_and_what_it_is_about(bench: Bench) -> None:
    book = bench.alarms({"code": "any.lost", "likely": "{of} is off", "do": "switch {of} on"})

    book.announce(raised("any.lost", CLASS.LOSS_OF_KNOWLEDGE, "gauge does not answer", of="gauge"), 0.0)

    (told,) = bench.record.of(Alarm)
    assert (told.likely, told.do) == ("gauge is off", "switch gauge on")
    assert (told.priority, told.state, told.follows) == ("high", "UNACKNOWLEDGED", "")


def test_a_family_has_one_record_and_words_of_the_finder_win(bench: Bench) -> None:
    book = bench.alarms({"code": "monitor.*", "likely": "the process", "do": "look", "priority": "low"})

    book.announce(raised("monitor.track", CLASS.PROCESS_DEVIATION, "off", do="wait"), 0.0)

    (told,) = bench.record.of(Alarm)
    assert (told.likely, told.do, told.priority) == ("the process", "wait", "low")
    assert book.record_of("unheard.of") == AlarmRecord("unheard.of")


def test_what_is_active_is_not_said_twice_and_is_said_again_when_it_comes_back(bench: Bench) -> None:
    book = bench.alarms({"code": "a"})
    for _ in range(2):
        book.announce(raised("a", CLASS.PROCESS_DEVIATION, "off"), 0.0)
    assert len(bench.record.of(Alarm)) == 1

    book.returned("a", "never.raised")
    book.announce(raised("a", CLASS.PROCESS_DEVIATION, "off"), 1.0)

    assert states(bench) == ["UNACKNOWLEDGED", "RETURNED", "UNACKNOWLEDGED"]


def test_one_code_about_two_things_is_two_alarms_and_the_second_follows_the_first(bench: Bench) -> None:
    book = bench.alarms()

    for name in ("gauge", "spindle"):
        book.announce(raised("any.lost", CLASS.LOSS_OF_KNOWLEDGE, "silent", of=name), 0.0)

    assert book.standing == ["any.lost gauge", "any.lost spindle"]
    assert [told.follows for told in bench.record.of(Alarm)] == ["", "any.lost gauge"]


def test_alarms_of_different_groups_do_not_follow_each_other(bench: Bench) -> None:
    book = bench.alarms(
        {"code": "p", "group": "press"}, {"code": "g", "group": "grinder"}, {"code": "q", "group": "press"}
    )

    for code in ("p", "g", "q"):
        book.announce(raised(code, CLASS.LOSS_OF_KNOWLEDGE, "off"), 0.0)
    book.returned("p")
    book.announce(raised("p", CLASS.LOSS_OF_KNOWLEDGE, "off"), 0.0)

    assert [told.follows for told in bench.record.of(Alarm)] == ["", "", "p", ""]


def test_acknowledged_and_gone_is_normal_and_a_latched_one_wants_a_reset(bench: Bench) -> None:
    book = bench.alarms({"code": "a"}, {"code": "t", "latches": True})
    for code in ("a", "t"):
        book.announce(raised(code, CLASS.LOSS_OF_KNOWLEDGE, "off"), 0.0)

    assert book.reset("t", "operator") == "reset is not possible while t is UNACKNOWLEDGED"
    assert book.acknowledge("", "operator", "seen") == ""
    book.returned("a", "t")

    assert book.standing == ["t"]
    assert book.acknowledge("t", "operator") == "acknowledge is not possible while t is LATCHED_ACKNOWLEDGED"
    assert book.acknowledge("", "operator") == "no alarm waits to be acknowledged"
    assert book.reset("t", "operator", "put right") == ""
    assert book.standing == []
    assert book.reset("t", "operator") == "t does not stand"
    assert {(e.by, e.reason) for e in bench.record.of(AlarmChanged)} == {
        ("operator", "seen"),
        ("", ""),
        ("operator", "put right"),
    }


def test_a_reset_is_refused_before_it_was_acknowledged(bench: Bench) -> None:
    book = bench.alarms({"code": "t", "latches": True})
    book.announce(raised("t", CLASS.EMERGENCY, "off"), 0.0)
    book.returned("t")

    assert book.reset("t", "operator") == "reset is not possible while t is LATCHED_UNACKNOWLEDGED"


def test_a_dead_band_holds_an_alarm_until_the_condition_has_held_for_its_time(bench: Bench) -> None:
    book = bench.alarms({"code": "a", "returns": "box.flow >= 4 L/min for 2 s"})
    book.announce(raised("a", CLASS.PROCESS_DEVIATION, "off"), 0.0)

    bench.put(flow=3.5)
    book.returned("a")
    book.scan(1.0)
    assert states(bench) == ["UNACKNOWLEDGED"]  # healthy, but within the dead band

    bench.put(flow=4.5)
    for now_s in (2.0, 3.0):
        book.scan(now_s)
    assert states(bench) == ["UNACKNOWLEDGED"]

    book.announce(raised("a", CLASS.PROCESS_DEVIATION, "off"), 3.5)  # off again: not gone any more
    book.scan(4.0)
    assert states(bench) == ["UNACKNOWLEDGED"]

    book.returned("a")
    book.scan(5.0)
    assert states(bench) == ["UNACKNOWLEDGED", "RETURNED"]

    book.scan(6.0)  # it waits for a person now; it cannot return a second time
    assert states(bench) == ["UNACKNOWLEDGED", "RETURNED"]
    assert book.acknowledge("a", "operator") == ""
    assert book.standing == []


def test_a_shelved_alarm_is_silent_for_its_time_and_then_heard_again(bench: Bench) -> None:
    book = bench.alarms({"code": "a", "shelve": "10 min"})
    assert book.shelve("a", 60.0, 0.0, "operator") == "a does not stand"
    book.announce(raised("a", CLASS.PROCESS_DEVIATION, "off"), 0.0)

    assert book.shelve("a", 3600.0, 0.0, "operator") == "a may be shelved for 10 min at most, not for 60 min"
    assert book.shelve("a", 60.0, 0.0, "operator", "known") == ""
    book.returned("a")
    book.announce(raised("a", CLASS.PROCESS_DEVIATION, "off"), 10.0)
    book.scan(59.0)
    book.scan(60.0)

    assert states(bench) == ["UNACKNOWLEDGED", "SHELVED", "SHELVED", "UNACKNOWLEDGED"]
    assert book.unshelve("a", "operator") == "a is not shelved"
    book.shelve("a", 60.0, 70.0, "operator")
    assert book.unshelve("a", "operator", "now") == ""
    assert states(bench)[-1] == "UNACKNOWLEDGED"


@pytest.mark.parametrize(
    ("record", "failure_class"), [({}, CLASS.INFORMATION), ({"shelve": "1 h"}, CLASS.LOSS_OF_KNOWLEDGE)]
)
def test_what_is_grave_or_does_not_allow_it_is_never_shelved(
    bench: Bench, record: dict[str, str], failure_class: FailureClass
) -> None:
    book = bench.alarms({"code": "a", **record})
    book.announce(raised("a", failure_class, "off"), 0.0)

    assert book.shelve("a", 60.0, 0.0, "operator") == "a must not be shelved"
    assert states(bench) == ["UNACKNOWLEDGED"]


def test_what_follows_by_design_is_suppressed_until_the_design_no_longer_says_so(bench: Bench) -> None:
    book = bench.alarms({"code": "a", "suppress": "not box.on"})
    bench.put(on=0.0)
    book.announce(raised("a", CLASS.PROCESS_DEVIATION, "off"), 0.0)
    book.scan(1.0)
    assert states(bench) == ["SUPPRESSED"]

    bench.put(on=1.0)
    book.scan(2.0)

    assert states(bench) == ["SUPPRESSED", "UNACKNOWLEDGED"]


def test_what_is_out_of_service_is_recorded_as_such(bench: Bench) -> None:
    book = bench.alarms({"code": "a", "out_of_service": "sensor at the workshop"})

    book.announce(raised("a", CLASS.PROCESS_DEVIATION, "off"), 0.0)

    assert states(bench) == ["OUT_OF_SERVICE"]


@pytest.mark.parametrize("word", ["priority", "colour"])
def test_a_wrong_record_is_refused_by_name(bench: Bench, word: str) -> None:
    with pytest.raises(ValueError, match=r"any\.lost"):
        load([{"code": "any.lost", word: "urgent"}], bench.bind)


def test_the_alarm_of_an_interlock_says_what_it_saw(bench: Bench) -> None:
    interlock: Interlock = bench.interlock(**{"class": 1})
    bench.put(flow=1.0)
    unmet = interlock.unmet(0.0)
    assert unmet is not None

    told = interlock.alarm(unmet, "lifted the wheel")

    assert (told.failure_class, told.first_out, told.values) == (1, "box.flow >= 3 L/min", {"box.flow": 1.0})
    assert told.happened == "box.flow >= 3 L/min is not met (box.flow 1)"


# ---------------------------------------------------------------------------------------------- how many
def test_the_load_is_the_most_in_any_ten_minutes() -> None:
    load = alarm_load([(t_s, f"a{t_s}") for t_s in (0.0, 300.0, 601.0, 602.0, 900.0)])

    assert (load.total, load.most, load.flood, load.chattering) == (5, 4, False, ())


def test_eleven_in_ten_minutes_are_a_flood_and_ten_are_not() -> None:
    assert alarm_load([(60.0 * k, f"a{k}") for k in range(11)]).flood
    assert not alarm_load([(60.0 * k, f"a{k}") for k in range(10)]).flood


def test_three_times_within_a_minute_is_chatter() -> None:
    load = alarm_load([(0.0, "a"), (0.0, "b"), (30.0, "a"), (60.0, "a"), (60.0, "b"), (61.0, "b")])

    assert load.chattering == ("a",)


def test_no_alarm_is_no_load() -> None:
    assert (alarm_load([]).total, alarm_load([]).most) == (0, 0)


def test_a_book_without_alarms_does_nothing_at_a_scan(bench: Bench) -> None:
    book = Alarms(bench.record.event)

    book.scan(1.0)

    assert bench.record.events == []
