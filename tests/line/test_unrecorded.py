"""A run that cannot be recorded: held safe with one alarm, resumed without a restart, nothing missing afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from controller.record.events import Intent, JobChanged, Outcome
from controller.record.fold import summary_of
from controller.record.runfile import RunFile
from controller.record.verify import verify
from tests.line.test_people import say

_RUN = """
import asyncio, resource, signal, sys
from pathlib import Path
import controller.cli.run as command
import controller.recipe_run as one_run
from tests.line.behind import recipe

full_s, room_s = float(sys.argv[3]), float(sys.argv[4])

class Disk(one_run.RecordWatch):
    def __init__(self, recorder, sequencer):
        super().__init__(recorder, sequencer)
        full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (recorder.path.stat().st_size, -1))
        room = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
        asyncio.get_running_loop().call_later(full_s, full)
        asyncio.get_running_loop().call_later(room_s, room)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
one_run.RecordWatch = Disk
out = command.run(command.RunOptions(recipe("press-short"), out=Path(sys.argv[1]), operator=Path(sys.argv[2])))
print(out.exit.name, end="")
"""


def run(folder: Path, full_s: float, room_s: float, *says: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, folder / "run", say(folder, *says), str(full_s), str(room_s)],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("full_s", [75.0, 62.0])  # in a dwell, and on the way up
def test_a_full_disk_holds_the_run_until_a_person_resumes_it(tmp_path: Path, full_s: float) -> None:
    says = [f"at: {full_s + 14} s, do: resume, reason: too early", f"at: {full_s + 25} s, do: resume"]

    assert run(tmp_path, full_s, full_s + 20, *says) == "PASSED"

    path = tmp_path / "run" / "run.sqlite"
    assert verify(path).intact
    with RunFile(path) as record:
        events = [stamped.event for stamped in record.events()]
        summary = summary_of(record)
    (row,) = summary.alarms
    assert (row.alarm.code, row.alarm.failure_class, row.cleared_s is not None) == ("record.failed", 3, True)
    assert row.alarm.do == "make room on the disk, then resume"
    states = [event.new for event in events if isinstance(event, JobChanged)]
    assert states[2:] == ["PAUSING", "PAUSED", "PROCESSING", "PAUSING", "PAUSED", "PROCESSING", "PROCESS_COMPLETE"]
    unsent = {event.id for event in events if isinstance(event, Outcome) and event.result == "unsent"}
    assert not any(event.safe for event in events if isinstance(event, Intent) and event.id in unsent)


def test_a_disk_that_stays_full_ends_in_the_safe_state_and_says_that_the_record_is_cut(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN, tmp_path / "run", say(tmp_path, "at: 1 s, do: resume"), "75", "100000"],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip

    assert "free space or choose another folder" in done.stderr
    assert verify(tmp_path / "run" / "run.sqlite").state == "open"
