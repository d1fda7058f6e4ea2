"""What people say during a run: answers, hold, resume, stop, abort. Each ends where it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.run import RunOptions
from controller.record.events import Intent, JobChanged, PhaseChanged, PromptAnswered
from tests.line.behind import Watched, recipe, run, watched

SETTLE_S = 75.0  # press-short: at 250 kPa, in its dwell


def say(folder: Path, *lines: str, answers: str = "") -> Path:
    """An operator file with these sayings."""
    path = folder / "operator.yaml"
    path.write_text("\n".join(["say:", *(f"  - {{{line}}}" for line in lines), answers]), encoding="utf-8")
    return path


def play(folder: Path, *lines: str, name: str = "press-short") -> Watched:
    return watched(name, folder / "run", operator=say(folder, *lines))


def states(run: Watched) -> list[str]:
    return [event.new for event in run.of(JobChanged)]


def phases(run: Watched, step: str) -> list[str]:
    return [event.new for event in run.of(PhaseChanged) if event.step == step]


# ---------------------------------------------------------------------------------------------- hold and resume
def test_a_hold_freezes_the_pressure_and_resume_takes_the_step_up_again(tmp_path: Path) -> None:
    run = play(tmp_path, f"at: {SETTLE_S} s, do: hold, reason: look at it", f"at: {SETTLE_S + 20} s, do: resume")

    assert run.outcome.exit == Exit.PASSED
    assert states(run)[2:] == ["PAUSING", "PAUSED", "PROCESSING", "PROCESS_COMPLETE"]
    assert phases(run, "Settle") == ["RUNNING", "HOLDING", "HELD", "RESTARTING", "RUNNING", "COMPLETE"]
    held = next(row for row in run.outcome.summary.steps if row.step == "Settle")
    assert held.held_s == pytest.approx(20.0, abs=0.5)
    assert held.duration_s == pytest.approx(41.0, abs=1.5)  # its dwell of 20 s is not counted while it is held


def test_a_second_hold_works_as_the_first(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        f"at: {SETTLE_S} s, do: hold", f"at: {SETTLE_S + 5} s, do: resume",
        f"at: {SETTLE_S + 10} s, do: hold", f"at: {SETTLE_S + 15} s, do: resume",
    )  # fmt: skip

    assert run.outcome.exit == Exit.PASSED
    assert states(run).count("PAUSED") == 2


def test_a_hold_in_the_middle_of_a_ramp_keeps_the_pressure_that_is_there(tmp_path: Path) -> None:
    run = play(tmp_path, "at: 66 s, do: hold", "at: 76 s, do: resume", name="press-slow")

    assert run.outcome.exit == Exit.PASSED
    frozen = [event.value for event in run.intents("press.freeze") if event.output == "press_pressure.target"]
    assert len(frozen) == 1
    assert 20.0 < frozen[0] < 180.0


def test_a_hold_that_is_said_twice_is_refused_the_second_time_and_noted(tmp_path: Path) -> None:
    run = play(
        tmp_path, f"at: {SETTLE_S} s, do: hold", f"at: {SETTLE_S + 2} s, do: hold", f"at: {SETTLE_S + 4} s, do: resume"
    )

    assert run.outcome.exit == Exit.PASSED
    assert [note.text for _, note in run.outcome.summary.notes if note.level == "refused"] == [
        "hold refused: the job is PAUSED"
    ]


def test_complete_first_finishes_the_step_before_the_hold(tmp_path: Path) -> None:
    run = play(tmp_path, "at: 2 s, do: hold", "at: 20 s, do: resume", name="complete-first")

    assert run.outcome.exit == Exit.PASSED
    assert phases(run, "Wait") == ["RUNNING", "COMPLETE"]
    assert states(run)[2:] == ["PAUSING", "PAUSED", "PROCESSING", "PROCESS_COMPLETE"]


def test_complete_first_in_the_last_step_completes_after_resume(tmp_path: Path) -> None:
    run = play(tmp_path, "at: 8 s, do: hold", "at: 20 s, do: resume", name="complete-first")

    assert run.outcome.exit == Exit.PASSED
    assert states(run)[2:] == ["PAUSING", "PAUSED", "PROCESSING", "PROCESS_COMPLETE"]


def test_a_hold_that_nobody_ends_becomes_an_abort_into_the_safe_state(tmp_path: Path) -> None:
    run = play(tmp_path, f"at: {SETTLE_S} s, do: hold")

    assert (run.outcome.exit, run.outcome.summary.state) == (Exit.STOPPED_BY_ALARM, "ABORTED")
    assert run.first == "hold.expired"
    row = run.outcome.summary.first_alarm
    assert row is not None
    assert row.raised_s == pytest.approx(SETTLE_S + 30.0, abs=0.5)
    assert abs(run.seen.at_end["outer_kPa"]) < 5.0
    assert run.seen.came_on_again() == []


def test_an_abort_during_a_hold_releases_and_is_the_persons(tmp_path: Path) -> None:
    run = play(tmp_path, f"at: {SETTLE_S} s, do: hold", f"at: {SETTLE_S + 5} s, do: abort, reason: wrong part")

    assert (run.outcome.exit, run.outcome.summary.state) == (Exit.ABORTED_BY_PERSON, "ABORTED")
    assert run.outcome.summary.reason == "wrong part"
    assert phases(run, "Settle")[-2:] == ["ABORTING", "ABORTED"]
    assert abs(run.seen.at_end["outer_kPa"]) < 5.0


# ---------------------------------------------------------------------------------------------- stop and abort
def test_stop_finishes_the_step_and_then_makes_safe(tmp_path: Path) -> None:
    run = play(tmp_path, f"at: {SETTLE_S} s, do: stop, reason: shift ends")

    assert (run.outcome.exit, run.outcome.summary.state) == (Exit.ABORTED_BY_PERSON, "STOPPED")
    assert phases(run, "Settle") == ["RUNNING", "COMPLETE"]
    assert phases(run, "Full release") == []
    assert abs(run.seen.at_end["outer_kPa"]) < 5.0
    assert run.seen.came_on_again() == []


def test_stop_during_a_hold_makes_safe_at_once(tmp_path: Path) -> None:
    run = play(tmp_path, f"at: {SETTLE_S} s, do: hold", f"at: {SETTLE_S + 5} s, do: stop")

    assert run.outcome.summary.state == "STOPPED"
    assert phases(run, "Settle")[-1] == "STOPPED"
    assert run.ended_s < SETTLE_S + 45.0


@pytest.mark.parametrize("at_s", [0.5, 4.0, 40.0, 64.0, SETTLE_S, 92.0])
def test_an_abort_at_any_time_ends_in_the_safe_state(tmp_path: Path, at_s: float) -> None:
    run = play(tmp_path, f"at: {at_s} s, do: abort")

    assert (run.outcome.exit, run.outcome.summary.state) == (Exit.ABORTED_BY_PERSON, "ABORTED")
    assert abs(run.seen.at_end["outer_kPa"]) < 5.0
    assert (run.seen.at_end["platen_contactor"], run.seen.at_end["pressure_control"]) == (0.0, 0.0)
    assert run.seen.came_on_again() == []


def test_after_an_abort_the_first_order_is_one_of_the_safe_state(tmp_path: Path) -> None:
    """A light may wait: on the PLC's wire it would take two exchanges."""
    aborted = play(tmp_path, f"at: {SETTLE_S} s, do: abort")

    events = aborted.events
    at = next(i for i, e in enumerate(events) if isinstance(e, JobChanged) and e.new == "ABORTING")
    orders = [e.action for e in events[at:] if isinstance(e, Intent)]
    assert orders[0] == "press.release"
    assert "line.tower" in orders


def test_a_resume_that_nobody_waits_for_is_refused_and_noted(tmp_path: Path) -> None:
    run = play(tmp_path, f"at: {SETTLE_S} s, do: resume")

    assert run.outcome.exit == Exit.PASSED
    assert [note.text for _, note in run.outcome.summary.notes if note.level == "refused"] == [
        "resume refused: the job is PROCESSING"
    ]


# ---------------------------------------------------------------------------------------------- answers
def answered(run: Watched) -> dict[str, tuple[object, str]]:
    return {event.id: (event.value, event.by) for event in run.of(PromptAnswered)}


def test_the_answers_file_beats_the_operator_who_beats_the_default(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("answers: {Load.carrier: C-1111}", encoding="utf-8")
    operator = tmp_path / "operator.yaml"
    operator.write_text("answers: {Load.carrier: C-2222, Load.batch: 7}", encoding="utf-8")

    run = watched("press-short", tmp_path / "run", answers=answers, operator=operator)

    given = answered(run)
    assert given["Load.carrier"] == ("C-1111", "answers file")
    assert given["Load.batch"] == (7.0, "operator")
    assert given["Load.confirm"] == (True, "operator (default)")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("Load.carrier: X-1", 'Load.carrier: "X-1" is not a scan that matches C-[0-9]{4}'),
        ("Load.batch: 12", "Load.batch: 12 is not a number 1 .. 9"),
        ("Load.confirm: no", 'Load.confirm: "no" is not yes'),
        ("Load.carier: C-1111", 'Load.carier: the recipe does not ask this; did you mean "Load.carrier"?'),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_before_anything_starts(
    tmp_path: Path, answer: str, message: str
) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text(f"answers: {{{answer}}}", encoding="utf-8")

    with pytest.raises(CommandError) as refused:
        run(RunOptions(recipe("press-short"), answers=answers, out=tmp_path / "run"))

    assert (str(refused.value), refused.value.code) == (message, Exit.REFUSED)
    assert not (tmp_path / "run" / "run.sqlite").exists()


def test_a_question_without_answer_and_default_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nobody would answer Load\.lot, Load\.carrier") as refused:
        run(RunOptions(recipe("questions"), out=tmp_path / "run"))

    assert refused.value.code == Exit.REFUSED
    assert not (tmp_path / "run" / "run.sqlite").exists()


def test_the_same_question_is_asked_once_answered(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("answers: {Load.carrier: C-0001, Load.lot: L7}", encoding="utf-8")

    run = watched("questions", tmp_path / "run", answers=answers)

    assert run.outcome.exit == Exit.PASSED
    assert answered(run) == {"Load.carrier": ("C-0001", "answers file"), "Load.lot": ("L7", "answers file")}
