"""Interlock records: kinds, delays, stale inputs, what may be bypassed and what never."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.guard.bypasses import Bypasses
from controller.guard.interlocks import Kind, Watch, conditions_in
from controller.record.events import Bypassed
from tests.unit.guard_bench import Bench

UNKNOWN_S = 0.25


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_violation_counts_after_its_delay_and_shows_what_changed_first(bench: Bench) -> None:
    interlock = bench.interlock(
        delay="1 s",
        must=[{"that": "box.flow >= 3 L/min", "fix": "open the tap"}, {"that": "box.speed < 10 rpm", "fix": "stop it"}],
    )
    assert interlock.watch(0.0, UNKNOWN_S) is None

    bench.put(speed=20.0)
    assert interlock.watch(1.0, UNKNOWN_S) is None
    bench.put(flow=1.0)  # the other one follows
    unmet = interlock.watch(2.0, UNKNOWN_S)

    assert unmet is not None
    assert (unmet.text, unmet.fix, unmet.values) == ("box.speed < 10 rpm", "stop it", {"box.speed": 20.0})


def test_a_violation_that_heals_within_its_delay_is_none(bench: Bench) -> None:
    interlock = bench.interlock(delay="1 s")
    bench.put(flow=1.0)
    assert interlock.watch(0.0, UNKNOWN_S) is None
    bench.put(flow=5.0)
    assert interlock.watch(0.9, UNKNOWN_S) is None
    bench.put(flow=1.0)
    assert interlock.watch(1.5, UNKNOWN_S) is None


def test_a_stale_input_is_not_met_and_is_told_as_unknown(bench: Bench) -> None:
    interlock = bench.interlock()
    bench.lose("flow")

    assert interlock.watch(0.0, UNKNOWN_S) is None
    unmet = interlock.watch(0.3, UNKNOWN_S)

    assert unmet is not None
    assert unmet.sentence() == "box.flow >= 3 L/min is unknown (box.flow unknown)"
    assert interlock.alarm(unmet, "").failure_class == 4
    assert bench.interlock(**{"class": 1}).alarm(unmet, "").failure_class == 2  # not knowing is no emergency


def test_it_watches_only_while_and_not_knowing_whether_is_unknown(bench: Bench) -> None:
    interlock = bench.interlock(**{"while": "box.on"})
    bench.put(flow=1.0, on=0.0)
    assert interlock.watch(0.0, UNKNOWN_S) is None

    bench.lose("on")
    assert interlock.watch(1.0, UNKNOWN_S) is None
    unmet = interlock.watch(2.0, UNKNOWN_S)

    assert unmet is not None
    assert (unmet.known, unmet.values) == (False, {"box.on": None, "box.flow": 1.0})


def test_a_reading_that_comes_back_begins_the_time_of_not_knowing_anew(bench: Bench) -> None:
    interlock = bench.interlock(delay="1 s")
    bench.lose("flow")
    assert interlock.watch(0.0, UNKNOWN_S) is None
    bench.put(flow=1.0)
    assert interlock.watch(0.2, UNKNOWN_S) is None
    bench.lose("flow")
    assert interlock.watch(0.4, UNKNOWN_S) is None


def test_an_inhibit_gates_the_start_of_a_job(bench: Bench) -> None:
    inhibit = bench.interlock(kind="inhibit")

    assert (inhibit.kind, inhibit.gates) == (Kind.INHIBIT, ("job.start",))


@pytest.mark.parametrize("record", [{"kind": "trip"}, {"kind": "permissive", "class": 1}])
def test_a_trip_and_class_1_are_never_bypassed(bench: Bench, record: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is never bypassed"):
        bench.interlock(bypass="1 min", **record)


def test_an_interlock_of_the_line_is_refused_for_there_is_nothing_to_stop(bench: Bench) -> None:
    with pytest.raises(ValueError, match="the line has no output"):
        bench.interlock(kind="interlock", module="line")


def test_an_unknown_key_is_refused(bench: Bench) -> None:
    with pytest.raises(ValueError, match="unknown key colour"):
        bench.interlock(colour="red")


def test_a_bypass_asks_nothing_for_its_time_and_each_end_is_recorded(bench: Bench) -> None:
    interlock = bench.interlock(kind="permissive", bypass="30 min")
    strict = bench.interlock(id="box.strict", kind="permissive")
    bypasses = Bypasses(bench.record.event)
    bypasses.scan(0.0)
    bench.put(flow=1.0)

    assert bypasses.begin("box.flow", [strict, interlock], 0.0, "operator", "no water yet") == ""
    assert bypasses.begin("box.flow", [strict, interlock], 0.0, "operator", "") == "box.flow is bypassed already"
    assert bypasses.begin("box.strict", [strict, interlock], 0.0, "operator", "").endswith("what may be: box.flow")
    assert (interlock.unmet(1.0), strict.unmet(1.0) is None) == (None, False)

    bypasses.scan(1799.0)
    assert interlock.unmet(1799.0) is None
    bypasses.scan(1800.0)

    assert interlock.unmet(1800.0) is not None
    assert [(e.interlock, e.active, e.by) for e in bench.record.of(Bypassed)] == [
        ("box.flow", True, "operator"),
        ("box.flow", False, ""),
    ]


def test_all_conditions_of_a_file_are_known_before_they_are_bound() -> None:
    records = [
        {"id": "a", "while": "box.on", "must": [{"that": "box.flow > 1 L/min", "fix": "open the tap"}], "delay": "1 s"},
        {"id": "b", "must": [{"that": "box.on"}, {"that": "box.speed < 3 rpm"}], "returns": "box.on for 1 s"},
    ]

    assert list(conditions_in(records)) == [
        "box.on", "box.flow > 1 L/min", "box.on", "box.speed < 3 rpm", "box.on for 1 s",
    ]  # fmt: skip
    assert list(conditions_in("no records")) == []


CHEAP: tuple[dict[str, Any], ...] = (
    {"kind": "warning"},
    {"kind": "interlock", "delay": "0.3 s"},
    {"while": "box.on for 0.2 s"},
    {"kind": "warning", "must": [{"that": "box.speed in 0 rpm .. 9 rpm for 0.2 s", "fix": "wait"}]},
    {
        "must": [
            {"that": "box.flow >= 3 L/min", "fix": "tap"},
            {"that": "rate(box.speed, 0.4 s) < 1 rpm/s", "fix": "wait"},
        ]
    },
)
READINGS = st.fixed_dictionaries(
    {},
    optional={
        "flow": st.sampled_from([1.0, 3.0, 5.0, None]),  # None: it turns stale
        "speed": st.sampled_from([0.0, 5.0, 20.0, None]),
        "on": st.sampled_from([0.0, 1.0, None]),
    },
)


@given(st.lists(READINGS, min_size=1, max_size=30))
def test_the_cheap_look_at_what_is_healthy_finds_what_the_full_one_finds(course: list[dict[str, float | None]]) -> None:
    bench = Bench()
    cheap, full = ([bench.interlock(id=f"box.{n}", **record) for n, record in enumerate(CHEAP)] for _ in range(2))
    watch = Watch(bench.tags, cheap)
    stateful = [clause.bound for clause in full[-1].must]

    for scan, readings in enumerate(course):
        now_s = 0.1 * scan
        for name in ("flow", "speed", "on"):
            if name in readings and readings[name] is None:
                bench.lose(name)
            else:
                value = readings.get(name, bench.tags.value[bench.tags.index(f"box.{name}")])
                bench.put(now_s, **{name: value})  # type: ignore[arg-type]
        for bound in stateful:
            bound.evaluate(now_s)
        found = {interlock.id: unmet for interlock, unmet in watch.look(now_s, UNKNOWN_S)}
        expected = {interlock.id: interlock.watch(now_s, UNKNOWN_S) for interlock in full}
        assert {id: found.get(id) for id in expected} == expected
