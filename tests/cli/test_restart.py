"""After `kill -9` the first thing of the next start is the safe state, read back; only then is the old record closed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.record.archive import RECORD
from controller.record.events import SiteAct
from controller.record.fold import summary_of
from controller.record.runfile import RunFile
from controller.record.site import FOLDER, objections
from controller.restart import ACT
from tests.cli.commands import begin, simulated_station, springback, wait_for
from tests.cli.test_real_ports import wait_for_step


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
    for path in sorted((runs / FOLDER).glob("*.sqlite")):
        with RunFile(path) as journal:
            found += [(act.act, act.facts) for _, act, _ in journal.events(SiteAct) if isinstance(act, SiteAct)]
    return found


def test_a_live_start_commands_the_safe_state_before_it_closes_what_was_killed(station: Path, tmp_path: Path) -> None:
    killed = killed_in("Press", "smoke", station, tmp_path)

    after = springback(
        "run", "smoke", "--live", "--tool", station, "--out", tmp_path / "runs" / "next", "--json", cwd=tmp_path
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
