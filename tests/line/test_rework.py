"""What a recipe says about a failed measurement is done: repeat with a limit, go to, hold, abort, go on."""

from __future__ import annotations

from pathlib import Path

from controller.cli.exits import Exit
from controller.cli.run import RunOptions, RunOutcome
from controller.record.result import Verdict
from tests.line.behind import recipe, run


def turns(outcome: RunOutcome) -> list[tuple[str, int]]:
    return [(row.step, row.turn) for row in outcome.summary.steps]


def play(name: str, out: Path, operator: str = "") -> RunOutcome:
    script = None
    if operator:
        script = out / "operator.yaml"
        script.write_text(operator, encoding="utf-8")
    return run(RunOptions(recipe(name), out=out / "run", operator=script))


def test_a_step_is_repeated_until_its_measurement_is_good_and_the_last_result_counts(tmp_path: Path) -> None:
    outcome = play("rework-passes", tmp_path)

    assert outcome.exit == Exit.PASSED
    assert [step for step in turns(outcome) if step[0] == "Measure"] == [("Measure", 1), ("Measure", 2), ("Measure", 3)]
    assert [result.ok for result in outcome.summary.all_results] == [False, False, True]
    assert [(result.name, result.ok) for result in outcome.summary.results] == [("left", True)]


def test_a_repeat_ends_at_its_limit_and_the_part_fails(tmp_path: Path) -> None:
    outcome = play("rework-limit", tmp_path)

    assert outcome.exit == Exit.OUT_OF_ACCEPTANCE
    assert [step for step in turns(outcome) if step[0] == "Wait"] == [("Wait", 1), ("Wait", 2), ("Wait", 3)]
    assert turns(outcome)[-1] == ("Go on", 1)
    assert [note.text for _, note in outcome.summary.notes if note.level == "branch"][:2] == [
        "mold low: repeats Wait (1 of 2)",
        "mold low: repeats Wait (2 of 2)",
    ]


def test_after_the_limit_of_a_repeat_comes_what_stands_under_else(tmp_path: Path) -> None:
    outcome = play("rework-else", tmp_path)

    assert (outcome.exit, outcome.summary.state) == (Exit.STOPPED_BY_ALARM, "ABORTED")
    assert turns(outcome) == [("Wait", 1), ("Measure", 1), ("Wait", 2), ("Measure", 2)]


def test_go_to_leaves_out_the_steps_between(tmp_path: Path) -> None:
    outcome = play("fail-go-to", tmp_path)

    assert outcome.exit == Exit.OUT_OF_ACCEPTANCE
    assert turns(outcome) == [("Measure", 1), ("Close up", 1)]


def test_a_hold_on_failure_goes_on_with_the_next_step_when_a_person_resumes(tmp_path: Path) -> None:
    outcome = play("fail-hold", tmp_path, "say: [{at: 10 s, do: resume}]")

    assert outcome.exit == Exit.OUT_OF_ACCEPTANCE
    assert turns(outcome) == [("Measure", 1), ("Go on", 1)]
    assert outcome.summary.alarms[0].alarm.code == "result.outside"


def test_a_hold_on_failure_of_the_last_step_completes_when_a_person_resumes(tmp_path: Path) -> None:
    outcome = play("fail-hold-last", tmp_path, "say: [{at: 10 s, do: resume}]")

    assert (outcome.exit, outcome.summary.state) == (Exit.OUT_OF_ACCEPTANCE, "PROCESS_COMPLETE")


def test_a_hold_on_failure_that_nobody_ends_aborts(tmp_path: Path) -> None:
    outcome = play("fail-hold", tmp_path)

    assert (outcome.exit, outcome.summary.state) == (Exit.STOPPED_BY_ALARM, "ABORTED")
    assert [row.alarm.code for row in outcome.summary.alarms] == ["result.outside", "hold.expired"]
    assert turns(outcome) == [("Measure", 1)]


def test_abort_on_failure_ends_at_once_and_the_part_has_failed(tmp_path: Path) -> None:
    outcome = play("fail-abort", tmp_path)

    assert (outcome.exit, outcome.summary.state) == (Exit.STOPPED_BY_ALARM, "ABORTED")
    assert outcome.summary.verdict is Verdict.FAIL
    assert turns(outcome) == [("Spin", 1)]


def test_a_result_that_cannot_be_worked_out_fails_and_is_null_in_the_output(tmp_path: Path) -> None:
    outcome = play("fail-unknown", tmp_path)

    rise = next(row for row in outcome.result["results"] if row["name"] == "rise")
    assert outcome.exit == Exit.OUT_OF_ACCEPTANCE
    assert (rise["value"], rise["pass"]) == (None, False)
