"""How soon after `kill -9` the tool is safe again: from the start of the next process to the safe state, read back.

Real processes on real ports; the machine lives on in a process of its own. `measure()` returns rows for a table; run as
a program it prints them, with their goals.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from daemon import HEAD, MAIN, RECIPES
from machine import machine

from controller.record.events import PhaseChanged
from controller.record.runfile import RunFile
from controller.record.store import RecordError

RESTARTS = 7
PATIENCE_S = 60.0
CLOSED = "was interrupted"  # said when the safe state was confirmed and the record of the killed run is closed


def measure() -> list[tuple[str, str, str]]:
    """Rows of what, figure, goal."""
    with tempfile.TemporaryDirectory() as name, machine(Path(name)) as plant:
        folder = Path(name)
        (folder / "air.yaml").write_text(HEAD.format(name="air") + RECIPES["air"], encoding="utf-8")
        begin_and_kill(folder, plant.tool, 0)
        took = [begin_and_kill(folder, plant.tool, n) for n in range(1, RESTARTS + 1)]
    figure = f"{statistics.median(took):.2f} s, worst {max(took):.2f} s"
    return [(f"start after `kill -9` to the safe state, read back, {RESTARTS} times", figure, "2 s")]


def begin_and_kill(folder: Path, tool: Path, n: int) -> float:
    """A live run that is killed when it moves something; seconds from its start until the run before was closed."""
    out = folder / "runs" / str(n)
    command = ["run", "air.yaml", "--live", "--tool", str(tool), "--out", str(out)]
    begun_s = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    if n and not any(CLOSED in line for line in iter(process.stderr.readline, "")):
        sys.exit("the run that was killed was not found by the next one")
    took_s = time.perf_counter() - begun_s
    while not moving(out / "run.sqlite"):
        if process.poll() is not None or time.perf_counter() - begun_s > PATIENCE_S:
            sys.exit(f"the run that was to be killed did not begin: {process.stderr.read()}")
        time.sleep(0.02)
    process.kill()
    process.communicate()
    return took_s


def moving(path: Path) -> bool:
    """Whether a step of the run has begun."""
    try:
        with RunFile(path) as record:
            return any(stamped.event.new == "RUNNING" for stamped in record.events(PhaseChanged))
    except RecordError:
        return False


def main() -> None:
    """Print what was measured."""
    for what, figure, goal in measure():
        print(f"{what:75} {figure:50} goal {goal}")


if __name__ == "__main__":
    main()
