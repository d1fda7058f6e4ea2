"""Going on after something went wrong: redo, skip, one step at a time, retries with fix-ups, clocks that go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.run import RunOptions
from controller.record.events import (
    Alarm,
    AlarmChanged,
    Bypassed,
    Intent,
    JobChanged,
    Measured,
    PhaseChanged,
    PromptAhead,
    PromptAsked,
    Refusal,
)
from tests.line.behind import Watched, recipe, run, watched
from tests.line.test_people import SETTLE_S, phases, play, say, states

LOOK_S = 40.0  # recover: held in its second step, which cannot reach what it waits for


def refused(run: Watched) -> list[str]:
    return [note.text for _, note in run.outcome.summary.notes if note.level == "refused"]


def of_step(run: Watched, kind: type[Any], step: str) -> list[Any]:
    return [event for event in run.of(kind) if event.step == step]


# ---------------------------------------------------------------------------------------------- redo, skip, step
def test_redo_begins_the_held_step_anew_and_skip_leaves_it_with_a_result_that_fails(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        "at: 10 s, do: hold", "at: 12 s, do: redo", f"at: {LOOK_S + 20} s, do: skip, reason: no air", name="recover",
    )  # fmt: skip

    assert phases(run, "Cure") == ["RUNNING", "HOLDING", "HELD", "STOPPING", "STOPPED", "RUNNING", "COMPLETE"]
    assert [event.turn for event in of_step(run, PhaseChanged, "Cure")][-1] == 2
    assert phases(run, "Look")[-2:] == ["STOPPING", "STOPPED"]
    (supply,) = of_step(run, Measured, "Look")
    assert (supply.value, supply.ok) == (None, False)
    assert run.outcome.exit == Exit.OUT_OF_ACCEPTANCE
    assert "Look is skipped: no air" in [note.text for _, note in run.outcome.summary.notes]


def test_what_the_recipe_does_not_allow_is_refused_and_the_hold_goes_on(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        "at: 5 s, do: redo",
        "at: 10 s, do: hold", "at: 12 s, do: skip", "at: 14 s, do: resume",
        f"at: {LOOK_S + 5} s, do: redo", f"at: {LOOK_S + 10} s, do: abort",
        name="recover",
    )  # fmt: skip

    assert refused(run) == [
        "redo refused: the job is PROCESSING",
        "skip refused: the recipe does not allow it for Cure (on_hold: allow)",
        "redo refused: the recipe does not allow it for Look (on_hold: allow)",
    ]
    assert run.outcome.exit == Exit.ABORTED_BY_PERSON


def test_one_step_at_a_time_holds_after_each_step_until_resumed(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        "at: 3 s, do: step", "at: 12 s, do: step", "at: 26 s, do: step",
        name="complete-first",
    )  # fmt: skip

    assert run.outcome.exit == Exit.PASSED
    reasons = [event.reason for event in run.of(JobChanged) if event.new == "PAUSING"]
    assert reasons == ["one step at a time"] * len(reasons)
    assert len(reasons) == 2


def test_redo_between_two_steps_means_the_one_before_and_skip_the_one_after(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        "at: 3 s, do: step", "at: 25 s, do: redo", "at: 50 s, do: resume", f"at: {LOOK_S + 38} s, do: skip",
        name="recover",
    )  # fmt: skip

    assert phases(run, "Cure") == ["RUNNING", "COMPLETE", "RUNNING", "COMPLETE"]


def test_nothing_is_left_to_skip_behind_the_last_step(tmp_path: Path) -> None:
    run = play(tmp_path, "at: 8 s, do: step", "at: 30 s, do: skip", "at: 32 s, do: resume", name="complete-first")

    assert "skip refused: no step is left" in refused(run)
    assert run.outcome.exit == Exit.PASSED


# ---------------------------------------------------------------------------------------------- policies
def test_a_retry_is_counted_comes_after_its_fix_ups_and_then_holds(tmp_path: Path) -> None:
    run = play(tmp_path, f"at: {LOOK_S + 30} s, do: abort", name="recover")

    retried = [alarm for alarm in run.of(Alarm) if alarm.code == "step.retried"]
    assert [alarm.we_did for alarm in retried] == [f"tried the step again, {n} of 2, after air" for n in (1, 2)]
    assert [alarm.code for alarm in run.of(Alarm)][2:] == ["step.deviation"]
    fixes = [intent for intent in run.of(Intent) if intent.why == "Look (fix-up)"]
    assert {intent.output for intent in fixes} == {"line_plc.dispenser_air", "dispenser.pressure"}
    assert states(run)[2:4] == ["PAUSING", "PAUSED"]


def test_the_clock_of_a_cure_goes_on_while_it_is_held(tmp_path: Path) -> None:
    run = play(
        tmp_path, "at: 10 s, do: hold", "at: 50 s, do: resume", f"at: {LOOK_S + 55} s, do: abort", name="recover"
    )

    cure = next(row for row in run.outcome.summary.steps if row.step == "Cure")
    assert cure.duration_s == pytest.approx(cure.held_s + 10.0, abs=4.0)  # nothing was left of its 20 s
    assert any("went on while it was held" in note.text for _, note in run.outcome.summary.notes)


# ---------------------------------------------------------------------------------------------- questions
def skipping(tmp_path: Path, *, reaction_s: float = 1.0) -> Watched:
    """Past the step that cannot succeed; `reaction_s` is that of the hands at the start too."""
    operator = say(tmp_path, f"at: {LOOK_S + reaction_s + 5} s, do: skip", answers=f"reaction: {reaction_s:g} s")
    return watched("recover", tmp_path / "run", operator=operator)


def test_a_question_is_announced_once_and_not_later_than_four_minutes_before_the_recipes_dwells_end(
    tmp_path: Path,
) -> None:
    run = skipping(tmp_path)

    ahead = {event.id: event for event in run.of(PromptAhead)}
    assert set(ahead) == {"Ask.confirm", "Last.yes_no"}
    assert ahead["Ask.confirm"].in_s == 20.0
    assert ahead["Last.yes_no"].in_s == 240.0
    asked = {event.id for event in run.of(PromptAsked)}
    assert asked == set(ahead)


def test_a_question_that_nobody_answers_in_its_time_ends_in_the_safe_state(tmp_path: Path) -> None:
    run = skipping(tmp_path, reaction_s=60.0)

    assert (run.outcome.exit, run.first) == (Exit.STOPPED_BY_ALARM, "step.retried")
    assert run.outcome.summary.reason == "Ask.confirm: nobody answered within 40 s"
    assert run.outcome.summary.state == "ABORTED"


# ---------------------------------------------------------------------------------------------- alarms and people
def test_people_acknowledge_shelve_and_reset_and_what_cannot_be_is_refused(tmp_path: Path) -> None:
    operator = say(
        tmp_path,
        "at: 20 s, do: acknowledge, reason: known",
        "at: 22 s, do: shelve, alarm: any.lost spindle, for: 10 s",
        "at: 24 s, do: shelve, alarm: any.lost spindle, for: 2 h",
        "at: 26 s, do: unshelve, alarm: any.lost gauge",
        "at: 28 s, do: reset, alarm: any.lost spindle",
        "at: 30 s, do: acknowledge, alarm: any.lost spindle",
    )
    run = watched("press-short", tmp_path / "run", operator=operator, faults=("spindle=silent@10",))

    assert run.outcome.exit == Exit.PASSED
    changes = [(e.of, e.old, e.new, e.by) for e in run.of(AlarmChanged)]
    assert changes == [
        ("spindle", "UNACKNOWLEDGED", "ACKNOWLEDGED", "operator"),
        ("spindle", "ACKNOWLEDGED", "SHELVED", "operator"),
        ("spindle", "SHELVED", "ACKNOWLEDGED", ""),
    ]
    assert len(refused(run)) == 4
    row = run.outcome.summary.first_alarm
    assert row is not None
    assert (row.state, row.by) == ("ACKNOWLEDGED", "operator")


def test_a_held_step_that_goes_on_returns_its_alarm_and_a_new_hold_raises_it_again(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        f"at: {LOOK_S + 5} s, do: resume", f"at: {LOOK_S + 40} s, do: abort",
        name="recover",
    )  # fmt: skip

    deviations = [alarm for alarm in run.of(Alarm) if alarm.code == "step.deviation"]
    assert len(deviations) == 2


# ---------------------------------------------------------------------------------------------- starting
def test_an_inhibit_refuses_the_start_and_says_what_fixes_it(tmp_path: Path) -> None:
    run = watched("press-short", tmp_path / "run", faults=("press.supply=low",))

    assert (run.outcome.exit, run.outcome.summary.state) == (Exit.REFUSED, "STOPPED")
    assert run.of(Alarm) == []  # a refusal is no fault
    (told,) = run.of(Refusal)
    assert (told.interlock, told.fix) == ("press.air", "check the compressed air supply")
    assert run.of(Intent)[0].output == "line_plc.tower"


def test_a_bypass_lets_it_start_and_shows_on_every_surface(tmp_path: Path) -> None:
    bypasses = {"press.air": "trying the door"}
    run = watched("press-short", tmp_path / "run", faults=("press.supply=low",), bypasses=bypasses)

    assert states(run)[1] == "PROCESSING"
    assert [(e.interlock, e.by, e.reason) for e in run.of(Bypassed)] == [("press.air", "operator", "trying the door")]
    assert run.outcome.result["bypassed"] == ["press.air"]
    assert "press.air from 0:00, trying the door" in run.outcome.report.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["press.over", "press.pressurise", "nothing"])
def test_what_is_never_bypassed_refuses_the_start(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match=f"{name} is never bypassed") as error:
        run(RunOptions(recipe("press-short"), out=tmp_path / "run", bypasses={name: "why not"}))

    assert error.value.code == Exit.REFUSED


# ---------------------------------------------------------------------------------------------- settled in between
def test_a_hold_of_a_monitor_returns_with_resume_and_is_found_again(tmp_path: Path) -> None:
    run = play(tmp_path, f"at: {SETTLE_S} s, do: step", f"at: {SETTLE_S + 30} s, do: resume")

    assert run.outcome.exit == Exit.PASSED
