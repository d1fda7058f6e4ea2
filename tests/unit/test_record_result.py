"""What a run came to: verdicts by the rules, steps, alarms, and the sentences on what was unusual."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.record.events import (
    Alarm,
    Event,
    Measured,
    Outcome,
    PhaseChanged,
    PromptAnswered,
    PromptAsked,
    Refusal,
    RunEnded,
)
from controller.record.fold import summarize, summary_of
from controller.record.result import Verdict, judge
from controller.record.runfile import RunFile
from controller.record.text import clock_text, limits_text, number, plain
from controller.record.unusual import happened_first, near_limit, unusual
from tests.unit.recorded_run import Bench, write_run


def measured(
    value: float,
    *,
    ok: bool | None = True,
    source: str = "measured",
    low: float | None = 48.5,
    high: float | None = 51.5,
) -> Measured:
    return Measured("standoff", value, "um", low, high, ok, source, "Measure")


def stamped(*events: Event) -> list[tuple[float, Event]]:
    return [(10.0 * i, event) for i, event in enumerate(events)]


@pytest.mark.parametrize(
    ("results", "completed", "verdict"),
    [
        ([measured(50.0)], True, Verdict.PASS),
        ([measured(50.0)], False, Verdict.NONE),
        ([measured(53.0, ok=False)], True, Verdict.FAIL),
        ([measured(53.0, ok=False)], False, Verdict.FAIL),
        ([measured(50.0, source="inspected")], True, Verdict.PASS),
        ([measured(50.0, source="predicted")], True, Verdict.NONE),
        ([measured(53.0, ok=False, source="predicted"), measured(50.0)], True, Verdict.PASS),
        ([measured(50.0, ok=None)], True, Verdict.NONE),
        ([measured(53.0, ok=False), measured(50.0)], True, Verdict.PASS),
        ([measured(50.0), measured(53.0, ok=False)], True, Verdict.FAIL),
        ([], True, Verdict.NONE),
    ],
)
def test_only_what_was_measured_or_inspected_decides_and_the_last_repeat_counts(
    results: list[Measured], completed: bool, verdict: Verdict
) -> None:
    assert judge(results, completed=completed) is verdict


def test_the_run_can_make_its_verdict_worse_but_never_better() -> None:
    good, bad = measured(50.0), measured(53.0, ok=False)

    worse = summarize(stamped(good, RunEnded("PROCESS_COMPLETE", "FAIL", "quarantined by qa0044")))
    better = summarize(stamped(bad, RunEnded("PROCESS_COMPLETE", "PASS", "")))

    assert worse.verdict is Verdict.FAIL
    assert better.verdict is Verdict.FAIL


def test_a_step_counts_its_held_time_and_each_repeat_is_a_turn() -> None:
    events: list[tuple[float, Event]] = [
        (0.0, PhaseChanged("Fine", 7, 1, "IDLE", "RUNNING")),
        (10.0, PhaseChanged("Fine", 7, 1, "RUNNING", "HOLDING", "coolant")),
        (11.0, PhaseChanged("Fine", 7, 1, "HOLDING", "HELD")),
        (30.0, PhaseChanged("Fine", 7, 1, "HELD", "RESTARTING")),
        (32.0, PhaseChanged("Fine", 7, 1, "RESTARTING", "RUNNING")),
        (50.0, PhaseChanged("Fine", 7, 1, "RUNNING", "COMPLETE")),
        (50.0, PhaseChanged("Fine", 7, 2, "IDLE", "RUNNING")),
    ]

    first, second = summarize(events, {"planned_s": {"Fine": 25}}).steps

    assert (first.start_s, first.end_s, first.held_s, first.state, first.planned_s) == (0.0, 50.0, 22.0, "COMPLETE", 25)
    assert (second.turn, second.end_s, second.duration_s) == (2, None, None)


def test_the_first_alarm_and_its_first_input_are_told() -> None:
    summary = summarize(
        stamped(
            Alarm("GRD-LOAD", 2, True, "load 71 %", "feed halved", "wheel loaded", "dress it", "grinder.load"),
            Alarm("PRS-LOST", 1, True, "no reply", "vented", "cable", "look", ""),
            Alarm("GRD-LOAD", 2, False, "", "", "", ""),
        )
    )

    assert happened_first(summary) == "At 0:00 GRD-LOAD: load 71 %. The input that changed first: grinder.load."
    assert [(row.alarm.code, row.cleared_s) for row in summary.alarms] == [("GRD-LOAD", 20.0), ("PRS-LOST", None)]
    assert "2 alarms: gravest PRS-LOST (class 1) at 0:10." in unusual(summary)


def test_at_most_five_sentences_and_the_gravest_first() -> None:
    summary = summarize(
        stamped(
            Alarm("PRS-DEV", 2, True, "", "", "", ""),
            PhaseChanged("Cure", 5, 1, "IDLE", "RUNNING"),
            PhaseChanged("Cure", 5, 1, "RUNNING", "HELD"),
            PhaseChanged("Cure", 5, 1, "HELD", "RUNNING"),
            PhaseChanged("Cure", 5, 2, "IDLE", "RUNNING"),
            measured(53.0, ok=False),
            Outcome(1, "failed", detail="read back 0 kPa"),
            Refusal("vent", "press.vent", "door open", "close it"),
            RunEnded("ABORTED", "NONE", "operator"),
        )
    )

    assert unusual(summary) == [
        "The run ended ABORTED at 1:20: operator.",
        "standoff 53 um is outside 48.5 … 51.5 um.",
        "1 alarm: PRS-DEV (class 2) at 0:00.",
        "Held for 0:10 in all, in Cure.",
        "Run more than once: Cure (2 times).",
    ]


def test_a_quiet_run_has_nothing_unusual() -> None:
    assert unusual(summarize(stamped(measured(50.0), RunEnded("PROCESS_COMPLETE", "PASS", "")))) == []


@pytest.mark.parametrize(
    ("result", "edge"),
    [
        (measured(50.0), None),
        (measured(51.19), None),
        (measured(51.21), 51.5),
        (measured(48.79), 48.5),
        (measured(53.0, ok=False), None),
        (Measured("exposed", 99.9, "%", 99.5, None, True, "inspected", "Verify"), None),
        (Measured("exposed", 99.52, "%", 99.5, None, True, "inspected", "Verify"), 99.5),
        (Measured("range", 1.4, "um", None, 1.5, True, "measured", "Verify"), 1.5),
    ],
)
def test_close_means_within_a_tenth_of_the_tolerance_band(result: Measured, edge: float | None) -> None:
    assert near_limit(result) == edge


def test_an_answer_finds_its_question() -> None:
    summary = summarize(
        stamped(
            PromptAsked("p1", "Load", "Seated?", "confirm"),
            PromptAsked("p2", "Measure", "Readings?", "number"),
            PromptAnswered("p1", True, "op1147"),
        )
    )

    first, second = summary.prompts
    assert (first.value, first.by, first.answered_s) == (True, "op1147", 20.0)
    assert second.answered_s is None


def test_the_result_object_of_a_stored_run_is_plain_json(tmp_path: Path) -> None:
    write_run(tmp_path / "run.db")

    with RunFile(tmp_path / "run.db") as run:
        data = json.loads(json.dumps(summary_of(run).to_json(), allow_nan=False))

    assert data["schema"] == "springback.run/1"
    assert (data["verdict"], data["state"], data["simulated"]) == ("PASS", "PROCESS_COMPLETE", True)
    final = [r for r in data["results"] if r["step"] == "Measure"]
    assert [(r["name"], r["value"], r["pass"], r["source"]) for r in final] == [
        ("standoff", 51.3, True, "measured"),
        ("standoff", 49.4, True, "predicted"),
        ("exposed leads", 99.9, True, "inspected"),
    ]
    assert data["alarms"][0]["code"] == "PRS-DEV"
    assert data["steps"][4]["held_s"] == pytest.approx(37.0)


def test_a_record_without_an_end_is_interrupted_and_not_passed(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.db")
    bench.recorder.event(measured(50.0))
    bench.now_s += 5.0
    bench.recorder.sample()
    bench.recorder.describe(run_id="7")

    with RunFile(tmp_path / "run.db") as run:
        summary = summary_of(run)

    assert (summary.state, summary.verdict, summary.duration_s) == ("INTERRUPTED", Verdict.NONE, 5.0)
    bench.recorder.close("ABORTED", "NONE")


def test_numbers_and_times_read_well() -> None:
    assert [number(v) for v in (49.6, 0.0, -0.0, 1013.25, 250000.0, 0.00002, None)] == [
        "49.6", "0", "0", "1013", "250000", "0.00002", "–",
    ]  # fmt: skip
    assert [clock_text(t) for t in (0.4, 59.6, 745, 3725)] == ["0:00", "1:00", "12:25", "1:02:05"]
    assert [limits_text(*pair) for pair in ((48.5, 51.5), (99.5, None), (None, 1.5), (None, None))] == [
        "48.5 … 51.5", "≥ 99.5", "≤ 1.5", "–",
    ]  # fmt: skip


def test_control_characters_become_visible() -> None:
    assert plain("a\x1b[31mb\x07\u202ec\nd") == "a\\x1b[31mb\\x07\\x202ec\nd"
