"""`explain`: each hold, refusal and abort of a record, with what changed first, who may clear it and what came next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli.exits import Exit
from controller.cli.explain import explain_run, stop_lines
from controller.record.archive import NoSuchRun
from controller.record.events import Alarm, AlarmChanged, Event, JobChanged, Note, PersonSaid, Refusal
from controller.record.explanation import CLEARS, Stop, explain
from tests.line.behind import watched


def alarm(code: str, failure_class: int, state: str = "UNACKNOWLEDGED", of: str = "") -> Alarm:
    values = {"grinder.coolant": 2.5}
    words = (f"{code} happened", "did", "likely", "do", "coolant >= 3 L/min")
    return Alarm(code, failure_class, True, *words, values, of, state=state)


def job(new: str, reason: str = "") -> JobChanged:
    return JobChanged("X", new, reason)


def told(*events: Event) -> list[Stop]:
    return explain((float(t_s), event) for t_s, event in enumerate(events))


def test_a_hold_is_put_down_to_the_alarm_that_came_first_and_not_to_information() -> None:
    (stop,) = told(
        alarm("any.lost", 4, of="gauge"),
        alarm("press.shelved", 3, state="SHELVED"),
        alarm("grind.feed", 3),
        alarm("grind.other", 3),
        job("PAUSING", "reason of the job"),
        job("PAUSED"),
        AlarmChanged("grind.feed", "", "UNACKNOWLEDGED", "ACKNOWLEDGED", "operator"),
        AlarmChanged("grind.feed", "", "ACKNOWLEDGED", "NORMAL"),
        Note("repeats", "branch"),
        job("PROCESSING"),
        alarm("later", 3),
    )

    assert (stop.t_s, stop.what, stop.by, stop.why) == (4.0, "held", "grind.feed", "grind.feed happened")
    assert (stop.condition, stop.values) == ("coolant >= 3 L/min", {"grinder.coolant": 2.5})
    assert (stop.followed_by, stop.who_clears) == (["grind.other"], CLEARS["held"])
    assert stop.next == [
        (5.0, "the job was PAUSED"),
        (6.0, "grind.feed was ACKNOWLEDGED by operator"),
        (9.0, "the job was PROCESSING"),
    ]


def test_an_abort_needs_something_graver_than_a_hold() -> None:
    held, aborted = told(
        alarm("grind.feed", 3),
        job("PAUSING"),
        alarm("hold.expired", 2),
        job("ABORTING", "nobody"),
        Note("safe: press: release"),
        alarm("safe.unconfirmed", 1, of="dump"),
        job("ABORTED"),
    )

    assert (held.by, held.followed_by) == ("grind.feed", ["hold.expired"])
    assert (aborted.by, aborted.followed_by) == ("hold.expired", ["safe.unconfirmed dump"])
    assert aborted.next[0][1] == "safe: press: release"


def test_a_person_is_named_when_no_alarm_did_it() -> None:
    (stop,) = told(PersonSaid("hold", "operator", "look"), job("PAUSING", "look"), PersonSaid("resume", "operator"))

    assert (stop.by, stop.why) == ("operator", "look")
    assert stop.next == [(2.0, "operator said resume")]


def test_nobody_may_have_done_it() -> None:
    (stop,) = told(job("STOPPING", "why"))

    assert (stop.what, stop.by, stop.why) == ("stopped", "", "why")


def test_a_refusal_is_told_with_its_condition_and_a_start_that_was_refused_is_told_once() -> None:
    refusal = Refusal("job.start", "", "supply is low", "check it", "press.air", "supply > 4", {"press.supply": None})
    (stop,) = told(refusal, job("STOPPING", "job.start refused: supply is low"), job("STOPPED"))

    assert (stop.what, stop.by, stop.do, stop.who_clears) == ("refused", "press.air", "check it", CLEARS["refused"])
    assert stop.next == [(2.0, "the job was STOPPED")]
    text = "\n".join(stop_lines(stop))
    assert "must be  supply > 4" in text
    assert "was      press.supply unknown" in text


def test_a_long_story_is_cut_and_keeps_its_end() -> None:
    stop = Stop(0.0, "aborted", "why", condition="gauge", next=[(float(k), f"event {k}") for k in range(30)])
    lines = list(stop_lines(stop))

    assert len(lines) < 20
    assert "event 29" in lines[-1]
    assert "18 more" in lines[-2]
    assert "first    gauge" in lines[2]
    assert all(len(line) <= 80 for line in lines)


# ---------------------------------------------------------------------------------------------- the command
def test_the_command_finds_a_run_by_folder_by_file_and_by_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "runs" / "drill"
    run = watched("press-short", folder, faults=("platen_heater=silent@75",))
    monkeypatch.chdir(tmp_path)

    said = []
    for name in (str(folder), str(run.outcome.record), "drill"):
        assert explain_run(name, as_json=False) == Exit.PASSED
        said.append(capsys.readouterr().out)

    assert said[0] == said[1] == said[2]
    assert "ABORTED at 1:" in said[0]
    assert "by any.lost platen_heater" in said[0]
    assert "check power and cable of platen_heater; then reset" in said[0]

    explain_run("drill", as_json=True)
    data = json.loads(capsys.readouterr().out)
    assert (data["schema"], data["state"]) == ("springback.explain/1", "ABORTED")
    assert data["stops"][0]["by"] == "any.lost platen_heater"

    with pytest.raises(NoSuchRun, match="no run 'drlil' in runs; did you mean \"drill\""):
        explain_run("drlil", as_json=False)


def test_a_run_without_a_stop_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = watched("complete-first", tmp_path / "run")
    explain_run(str(run.outcome.record), as_json=False)

    assert "It was not held, refused or aborted." in capsys.readouterr().out


def test_where_there_are_no_runs_it_says_what_to_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(NoSuchRun, match="no run 'drill' in runs"):
        explain_run("drill", as_json=False)
