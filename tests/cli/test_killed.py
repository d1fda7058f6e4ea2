"""`kill -9` of a run: what was acknowledged stays, the next start closes the record, a cut is told to the record."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from controller.record.fold import summary_of
from controller.record.runfile import RunFile
from controller.record.verify import verify
from tests.cli.commands import RECIPES, begin, springback, wait_for
from tests.unit.test_record_verify import killed_run


def kill(folder: Path, after_s: float) -> Path:
    """Start a run and kill it so long after its record is there."""
    process = begin("run", "compress-release", "--out", folder)
    wait_for(folder / "run.sqlite", process)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    return folder / "run.sqlite"


def closed_as_interrupted(path: Path) -> None:
    assert verify(path).intact
    with RunFile(path) as record:
        summary = summary_of(record)
    assert (summary.state, summary.end_reason, summary.verdict.value) == ("ABORTED", "interrupted", "NONE")


@pytest.mark.parametrize("after_s", [0.3])
def test_the_next_run_closes_the_record_of_a_killed_one(tmp_path: Path, after_s: float) -> None:
    killed = kill(tmp_path / "killed", after_s)
    assert verify(killed).state == "open"

    after = springback("run", RECIPES / "press-short.yaml", "--out", tmp_path / "next", "--json")

    assert (after.code, after.json["verdict"]) == (0, "PASS")
    assert json.loads(after.err)["warning"].endswith("killed was interrupted: its record is closed as aborted")
    closed_as_interrupted(killed)
    assert springback("verify", "--all", "--in", tmp_path).code == 0


@pytest.mark.long
@pytest.mark.parametrize("after_s", [n / 20 for n in range(40)])
def test_a_killed_run_can_be_closed_whenever_it_was_killed(tmp_path: Path, after_s: float) -> None:
    killed = kill(tmp_path / "killed", after_s)

    done = springback("runs", "recover", "--in", tmp_path)

    assert done.code == 0, (done.out, done.err)
    closed_as_interrupted(killed)


def cut(whole: Path, folder: Path, name: str, size: int) -> Path:
    """A copy of a record that was never closed, with one of its two files cut off."""
    for path in whole.parent.iterdir():
        content = path.read_bytes()
        (folder / path.name).write_bytes(content[:size] if path.name == name else content)
    return folder / whole.name


def prefix_or_damage(whole: Path, path: Path) -> None:
    """What remains is the beginning of what was there, told as such, or the damage is told."""
    found = verify(path)
    if found.state != "damaged":
        assert found.state == "open"
        with RunFile(path) as record, RunFile(whole) as original:
            events = record.events()
            assert events == original.events()[: len(events)]
            assert found.records <= verify(whole).records


@pytest.mark.parametrize("part", ["run.sqlite-wal", "run.sqlite"])
def test_a_cut_at_any_of_some_bytes_leaves_a_beginning_or_is_told(tmp_path: Path, part: str) -> None:
    (tmp_path / "whole").mkdir()
    whole = killed_run(tmp_path / "whole" / "run.sqlite")
    shutil.rmtree(tmp_path / "whole" / "living")
    size = (whole.parent / part).stat().st_size
    (tmp_path / "cut").mkdir()

    for at in {*range(0, size, max(size // 40, 1)), size - 1, size - 8, size - 24, size - 4096}:
        shutil.rmtree(tmp_path / "cut")
        (tmp_path / "cut").mkdir()
        prefix_or_damage(whole, cut(whole, tmp_path / "cut", part, max(at, 0)))


@pytest.mark.long
@pytest.mark.parametrize("part", ["run.sqlite-wal", "run.sqlite"])
def test_a_cut_at_every_byte_of_the_tail_leaves_a_beginning_or_is_told(tmp_path: Path, part: str) -> None:
    (tmp_path / "whole").mkdir()
    whole = killed_run(tmp_path / "whole" / "run.sqlite")
    shutil.rmtree(tmp_path / "whole" / "living")
    size = (whole.parent / part).stat().st_size

    for at in range(max(size - 3 * 4120, 0), size):
        (tmp_path / "cut").mkdir()
        prefix_or_damage(whole, cut(whole, tmp_path / "cut", part, at))
        shutil.rmtree(tmp_path / "cut")
