"""After `kill -9` the next start begins with the safe state, read back; only then is the old record closed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.record.archive import RECORD, SITE
from controller.record.events import Intent, PhaseChanged, SiteAct
from controller.record.fold import summary_of
from controller.record.runfile import RunFile
from controller.record.site import objections
from controller.restart import ACT
from tests.cli.commands import RECIPES, Finished, begin, refused, simulated_station, springback, wait_for
from tests.cli.test_real_ports import wait_for_step

OWN = Path(__file__).parent / "recipes"
AIR, TOUCH = OWN / "air.yaml", OWN / "touch.yaml"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tool file of a simulated station in another process, which outlives the controllers that are killed."""
    with simulated_station(tmp_path_factory.mktemp("station")) as (_, tool):
        yield tool


def killed_in(step: str, recipe: str | Path, tool: Path, folder: Path) -> Path:
    """The folder of a live run that was killed once a step had begun."""
    out = folder / "runs" / "killed"
    process = begin("run", recipe, "--live", "--tool", tool, "--out", out, cwd=folder)
    wait_for(out / RECORD, process)
    wait_for_step(step, out / RECORD)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    return out


def acts(runs: Path) -> list[tuple[str, dict[str, Any]]]:
    """What stands in the journal of a folder of runs, in order."""
    found = []
    for path in sorted((runs / SITE).glob("*.sqlite")):
        with RunFile(path) as journal:
            found += [(act.act, act.facts) for _, act, _ in journal.events(SiteAct) if isinstance(act, SiteAct)]
    return found


def test_a_live_start_commands_the_safe_state_before_it_closes_what_was_killed(station: Path, tmp_path: Path) -> None:
    killed = killed_in("Press", TOUCH, station, tmp_path)

    after = springback(
        "run", AIR, "--live", "--tool", station, "--out", tmp_path / "runs" / "next", "--json", cwd=tmp_path
    )

    assert (after.code, after.json["verdict"]) == (0, "PASS"), after.err
    assert "killed was interrupted" in after.err
    with RunFile(killed / RECORD) as record:
        summary = summary_of(record)
    assert (summary.state, summary.end_reason) == ("ABORTED", "interrupted")
    told = dict(acts(tmp_path / "runs"))
    assert told[ACT]["interrupted"] == ["killed"]
    assert all(told[ACT]["confirmed"].values())
    assert "press_pressure.control 0: done" in told[ACT]["orders"]
    assert "line_plc.platen_contactor 0: done" in told[ACT]["orders"]
    assert told[ACT]["read_back"]["line_plc.out_dump_shut"] == 0.0
    assert told[ACT]["read_back"]["press_pressure.control"] == 0.0
    assert objections(tmp_path / "runs") == []


def test_an_interrupted_run_is_looked_at_and_taken_up_as_a_new_job(station: Path, tmp_path: Path) -> None:
    killed = killed_in("Press", TOUCH, station, tmp_path)
    (tmp_path / "answers.yaml").write_text("answers: {resume.move: redo, resume.confirm: yes}\n", encoding="utf-8")

    def resume(*arguments: str) -> Finished:
        return springback("resume", "killed", *arguments, "--json", cwd=tmp_path)

    unseen = resume("--check", "--tool", str(station)).json
    known = {row["step"]: row["known"] for row in unseen["steps"]}
    assert (known["Close"], known["Press"], known["Release"]) == ("done", "in doubt", "not started")
    assert [offer["move"] for offer in unseen["offers"]] == ["redo", "scrap"]
    live = ("--live", "--tool", str(station))
    assert "scrap" in resume(*live, "--check").out
    assert "nobody would answer resume.confirm" in refused(resume(*live, "--choose", "redo"), 5)
    assert "rework is not offered" in refused(resume(*live, "--choose", "rework", "--confirm"), 5)

    after = resume(*live, "--answers", "answers.yaml")

    assert after.out, after.err
    assert (after.code, after.json["resumes"], after.json["verdict"]) == (0, "killed", "PASS"), after.err
    with RunFile(tmp_path / Path(after.json["report"]).parent / RECORD) as record:
        begun = [event.step for _, event, _ in record.events(PhaseChanged) if event.old == "IDLE"]
        orders = [event.why for _, event, _ in record.events(Intent) if event.why and not event.safe]
    assert begun[0] == "Press" and orders[0] == "Press (fix-up)"
    assert "was taken up already" in refused(resume(*live, "--choose", "redo", "--confirm"), 5)
    assert objections(tmp_path / "runs") == []
    assert killed.is_dir()


def test_a_run_that_ended_in_order_is_not_taken_up(station: Path, tmp_path: Path) -> None:
    springback("run", RECIPES / "press-short.yaml", "--out", tmp_path / "runs" / "whole", cwd=tmp_path)

    said = springback("resume", "whole", "--check", cwd=tmp_path)

    assert "was not interrupted: it ended PROCESS_COMPLETE" in refused(said, 5)
