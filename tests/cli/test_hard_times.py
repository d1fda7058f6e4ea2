"""A process that may open no more files, or stands still for a while: nothing recorded is lost, gaps are marked."""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from controller.record.events import Note
from controller.record.fold import summary_of
from controller.record.runfile import RunFile
from controller.record.verify import verify
from tests.cli.commands import RECIPES, Finished, begin, springback, wait_for

AIR = Path(__file__).parent / "recipes" / "air.yaml"
SOME_ROWS = 20  # the run is well under way


def rows(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM samples").fetchone()[0])


def finish(process: subprocess.Popen[str], path: Path) -> Finished:
    out, err = process.communicate(timeout=90)
    assert "Traceback" not in err
    assert verify(path).intact
    return Finished(process.returncode, out, err)


def under_way(process: subprocess.Popen[str], path: Path) -> None:
    wait_for(path, process)
    while rows(path) < SOME_ROWS:
        assert process.poll() is None
        time.sleep(0.05)


@pytest.mark.parametrize("spare", [0, 2])
def test_a_run_that_may_open_no_more_files_is_recorded_to_its_end(tmp_path: Path, spare: int) -> None:
    path = tmp_path / "run" / "run.sqlite"
    process = begin("run", AIR, "--real-time", "--out", path.parent, "--json")
    under_way(process, path)
    opened = [int(file.name) for file in Path(f"/proc/{process.pid}/fd").iterdir()]
    free = [number for number in range(max(opened) + 10) if number not in opened]
    limit = free[spare] if spare else 3
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (limit, hard))

    finish(process, path)

    with RunFile(path) as record:
        assert summary_of(record).state == "PROCESS_COMPLETE"


@pytest.mark.parametrize("limit", [5, 6])
def test_too_few_files_from_the_start_are_told_and_nothing_begins(tmp_path: Path, limit: int) -> None:
    program = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({limit}, {limit}));"
        "from springback.main import main; main()"
    )
    done = springback("run", RECIPES / "press-short.yaml", "--out", tmp_path / "run", program=program)
    assert (done.code, done.out) == (9, "")
    assert "that more files may be opened (`ulimit -n`)" in done.err
    assert "Traceback" not in done.err


def test_a_stopped_process_marks_the_gap_and_has_gone_safe(tmp_path: Path) -> None:
    path = tmp_path / "run" / "run.sqlite"
    process = begin("run", AIR, "--set", "hold=60 s", "--real-time", "--out", path.parent)
    under_way(process, path)
    process.send_signal(signal.SIGSTOP)
    time.sleep(4.0)
    process.send_signal(signal.SIGCONT)

    done = finish(process, path)

    assert done.code == 6  # the hard-wired watchdog has taken the energy away meanwhile
    with RunFile(path) as record:
        gaps = [stamped for stamped in record.events(Note) if stamped.event.text.startswith("no samples for ")]
        times_s = record.series("press.pressure")[0]
        assert summary_of(record).state == "ABORTED"
    wide = [(a, b) for a, b in pairwise(times_s) if b - a > 2.5]
    assert wide
    assert all(any(a < gap.t_s <= b for gap in gaps) for a, b in wide)
    assert all(a < b for a, b in pairwise(times_s))
