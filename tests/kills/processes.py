"""`kill -9` of one real process at a random instant of its run, and what must hold of the record that it leaves."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from controller.cli.tool_file import facts_of, read_tool
from controller.interrupted import NotResumable, interrupted, reconcile
from controller.record.archive import RECORD
from controller.record.fold import summary_of
from controller.record.recover import recover
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.verify import verify
from springback.places import recipe_folder
from tests.cli.commands import begin, wait_for
from tests.kills.short import QUICK, shorten

RECIPE = "cover-grind-expose"  # it dispenses, heats and grinds
ENDS = {("PROCESS_COMPLETE", "ended"): False, ("ABORTED", "interrupted"): True}  # -> whether it was at work


@dataclass(frozen=True, slots=True)
class Kill:
    """What came of one: whether the run was at work when it was killed, what may be done with it, what is wrong."""

    at_work: bool = False
    found: str = ""
    wrong: str = ""


def lasts_s(folder: Path) -> float:
    """How long a run goes on here and now, once its record is there; s."""
    process = _begin(folder)
    began_s = time.monotonic()
    process.communicate()
    return time.monotonic() - began_s


def kill_one(folder: Path, seed: int, most_s: float) -> Kill:
    """Kill a run at an instant of a seed, not later than `most_s` after its record was there, and close its record."""
    folder = folder / f"{seed}"
    process = _begin(folder)
    try:
        process.wait(Random(f"{seed}:kill").uniform(0.0, most_s))
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate()
    try:
        recover(folder / "run" / RECORD)
        return _judged(folder)
    except RecordError as error:
        return Kill(wrong=f"{seed}: {error}")


def _begin(folder: Path) -> subprocess.Popen[str]:
    """A short run in a process of its own, that has begun its record."""
    folder.mkdir()
    recipe = shorten(recipe_folder() / f"{RECIPE}.yaml", folder)
    process = begin("run", recipe, "--scenario", QUICK, "--out", folder / "run")
    wait_for(folder / "run" / RECORD, process)
    return process


def _judged(folder: Path) -> Kill:
    found = verify(folder / "run" / RECORD)
    with RunFile(folder / "run" / RECORD) as record:
        summary = summary_of(record)
    ended = (summary.state, summary.end_reason)
    if not found.intact or ended not in ENDS:
        return Kill(wrong=f"{folder.name}: {found.state} {found.problem} {ended}")
    try:
        old = interrupted(folder / "run", facts_of(read_tool(None)))
    except NotResumable:
        return Kill(ENDS[ended], "nothing, it had not begun")
    return Kill(ENDS[ended], ", ".join(offer.move for offer in reconcile(old, None).offers))
