"""`kill -9` of real processes at random instants, again and again: the record is closed, nothing acknowledged is lost.

`make kills` does it KILLS times (500); the normal tests a few times, and tests/cli/test_restart.py on real ports.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from random import Random

import pytest

from controller.record.archive import RECORD
from controller.record.fold import summary_of
from controller.record.recover import recover
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.verify import Finding, verify
from tests.cli.commands import begin, wait_for

KILLS = int(os.environ.get("KILLS", "500"))
LASTS_S = 1.5  # about as long as a run of smoke on a quiet machine


def kill_one(folder: Path, seed: int) -> str:
    """Kill a run at an instant of a seed, close its record; returns what is wrong, or nothing."""
    process = begin("run", "smoke", "--out", folder / "run")
    wait_for(folder / "run" / RECORD, process)
    try:
        process.wait(Random(f"{seed}:kill").uniform(0.0, LASTS_S))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    path = folder / "run" / RECORD
    try:
        recover(path)
        return _judge(verify(path), path)
    except RecordError as error:
        return f"{seed}: {error}"


def _judge(found: Finding, path: Path) -> str:
    with RunFile(path) as record:
        summary = summary_of(record)
    ended = (summary.state, summary.end_reason) in (("PROCESS_COMPLETE", "ended"), ("ABORTED", "interrupted"))
    return "" if found.intact and ended else f"{found.state} {found.problem} {summary.state} {summary.end_reason}"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_kill_leaves_a_record_that_can_be_closed(seed: int, tmp_path: Path) -> None:
    assert kill_one(tmp_path, seed) == ""


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("shard", range(10))
def test_random_kills_leave_records_that_can_be_closed(
    shard: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = range(shard, KILLS, 10)

    found = []
    for seed in seeds:
        (tmp_path / f"{seed}").mkdir()
        found.append(kill_one(tmp_path / f"{seed}", seed))

    with capsys.disabled():
        print(f"\n{len(found)} processes killed")
    assert [text for text in found if text] == []
