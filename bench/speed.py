"""How fast springback is from the outside: fresh processes, start and report included.

Writes docs/measurements.md and, since it runs the demo anyway, the demo's output in README.md.

The floor is measured in the same session: an event loop on virtual time in which one timer fires per exchange of the
run and nothing else happens. Ratios travel between machines, milliseconds do not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import console
import daemon
import deadman
import reaction
import records
import restart
import soak
import twin

from simulators.virtual_time import VirtualLoop

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "measurements.md"
README = ROOT / "README.md"
COMMAND = [str(Path(sys.executable).with_name("springback"))]
RECIPES = ("compress-release", "cover-grind-expose")
REACTIONS = (
    "In real time over TCP, controller and simulated machine in two processes, the PLC scanned 100 times a second;",
    "each reaction is that of a job at work. *Floor*: what this computer does in the same minute with nothing to do;",
    "where its 99 % is large, the figures below it are the scheduler's. A host that is gone in virtual time is a copy",
    "of the world at that instant, in which no byte of the host comes any more.",
)
DAY = "Virtual time, without the socket: idle polling, a client for ten minutes of each hour, a job every two hours."


@dataclass(frozen=True, slots=True)
class Timed:
    """One fresh process: how long it took and what it printed."""

    wall_s: float
    stdout: str


def timed(*arguments: str) -> Timed:
    """Run springback in an empty folder; a run that fails ends the benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        start_s = time.perf_counter()
        done = subprocess.run([*COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)
        wall_s = time.perf_counter() - start_s
    if done.returncode != 0:
        sys.exit(f"springback {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return Timed(wall_s, done.stdout)


@dataclass(frozen=True, slots=True)
class Runs:
    """Several runs of one recipe; all did the same, only the wall differs."""

    recipe: str
    process_s: float
    walls_s: Sequence[float]
    exchanges: Mapping[str, int]
    floor: float  # simulated seconds per wall second with timers only

    @property
    def speed(self) -> float:
        """Median of simulated seconds per wall second."""
        return self.process_s / statistics.median(self.walls_s)

    def row(self) -> tuple[str, ...]:
        slow, fast = self.process_s / max(self.walls_s), self.process_s / min(self.walls_s)
        return (
            self.recipe,
            f"{self.process_s / 60:.1f} min",
            f"{statistics.median(self.walls_s):.2f} s",
            f"**{self.speed:.0f}** ({slow:.0f} .. {fast:.0f})",
            f"{sum(self.exchanges.values()) / self.process_s:.1f}",
            f"{self.floor:.0f}",
            f"1 : {self.floor / self.speed:.1f}",
        )


def floor_speed(process_s: float, exchanges: Mapping[str, int]) -> float:
    """Simulated seconds per wall second when every exchange is a timer and nothing else."""

    async def tick(period_s: float) -> None:
        for _ in range(round(process_s / period_s)):
            await asyncio.sleep(period_s)

    async def all_ticks() -> None:
        await asyncio.gather(*(tick(process_s / n) for n in exchanges.values() if n))

    loop = VirtualLoop()
    start_s = time.perf_counter()
    loop.run_until_complete(all_ticks())
    wall_s = time.perf_counter() - start_s
    loop.close()
    return process_s / wall_s


def measure(rounds: int) -> list[Runs]:
    """Run both recipes alternately, so that a busy minute of the machine hits both."""
    results: dict[str, list[tuple[float, dict[str, object]]]] = {recipe: [] for recipe in RECIPES}
    for _ in range(rounds):
        for recipe in RECIPES:
            done = timed("run", recipe, "--json")
            results[recipe].append((done.wall_s, json.loads(done.stdout)))
    return [_runs(recipe, found) for recipe, found in results.items()]


def _runs(recipe: str, found: Sequence[tuple[float, dict[str, object]]]) -> Runs:
    result = found[0][1]
    process_s, exchanges = result["process_s"], result["exchanges"]
    assert isinstance(process_s, float) and isinstance(exchanges, dict)
    if len({str(other["trace_sha256"]) for _, other in found}) != 1:
        sys.exit(f"{recipe}: the same seed did not give the same run")
    return Runs(recipe, process_s, [wall_s for wall_s, _ in found], exchanges, floor_speed(process_s, exchanges))


def page(runs: Sequence[Runs], help_s: float, demo_s: float, more: Sequence[str]) -> str:
    """The page as Markdown."""
    head = ("recipe", "process", "wall", "simulated s per wall s", "exchanges per s", "floor", "run : floor")
    names = list(runs[0].exchanges)
    counts = [(name, *(f"{run.exchanges[name] / run.process_s:.2f}" for run in runs)) for name in names]
    total_s = sum(run.process_s for run in runs)
    return "\n".join([
        "# Measurements",
        "",
        "<!-- Written by bench/speed.py (make bench). -->",
        "",
        f"{machine()}. Fresh processes, start, record and report included; median (slowest .. fastest) of"
        f" {len(runs[0].walls_s)} rounds. *Floor*: an event loop on virtual time in which one timer fires per exchange"
        " and nothing else happens, measured in the same session.",
        "",
        table(head, [run.row() for run in runs]),
        "",
        table(
            ("command", "wall"),
            [
                ("`springback --help`", f"{help_s * 1000:.0f} ms"),
                ("`springback demo`", f"{demo_s:.1f} s for {total_s / 60:.0f} min of process"),
            ],
        ),
        "",
        "## Exchanges per simulated second",
        "",
        table(("instrument", *(run.recipe for run in runs)), counts),
        "",
        *more,
    ])  # fmt: skip


def other_parts() -> list[str]:
    """Sections about what is not a whole run: the record, the plant alone, reactions, the daemon, the console."""
    head = ("what", "figure", "goal")
    about = f"The press cycle of {twin.CYCLE_S:.0f} s without instruments, drivers and event loop, best of five."
    return [
        *("## The record", "", "In real time, written by its thread, on this machine's disk.", "",
          table(head, records.measure()), ""),
        *("## The plant alone", "", about, "", table(head, twin.measure()), ""),
        *("## Reactions", "", " ".join(REACTIONS), "", table(head, [*reaction.measure(), *deadman.measure()]), ""),
        *("## The daemon", "", "Real processes and a real socket.", "",
          table(head, [*daemon.measure(), *restart.measure()]), ""),
        *("## A day of the daemon", "", DAY, "", table(head, soak.measure()), ""),
        *("## The console", "", "The real program in a pty, ten whole frames a second.", "",
          table(head, console.measure()), ""),
    ]  # fmt: skip


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


def machine() -> str:
    """What was measured on, without names and dates."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0))
    return f"{model or platform.machine()}, {cores} cores, {platform.system()}, CPython {platform.python_version()}"


def show_demo(printed: str) -> None:
    """Put what the demo printed between the marks in README.md."""
    before, _, rest = README.read_text(encoding="utf-8").partition("<!-- demo -->")
    after = rest.partition("<!-- /demo -->")[2]
    README.write_text(
        f"{before}<!-- demo -->\n```text\n{printed.strip()}\n```\n<!-- /demo -->{after}", encoding="utf-8"
    )


def main() -> None:
    """Measure, print the page and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-write", action="store_true", help="print only")
    options = parser.parse_args()
    timed("--help")  # byte code, disk cache
    help_s = statistics.median(timed("--help").wall_s for _ in range(7))
    runs = measure(options.rounds)
    demo = timed("demo")
    text = page(runs, help_s, demo.wall_s, other_parts())
    print(text)
    if not options.no_write:
        PAGE.write_text(text, encoding="utf-8")
        show_demo(demo.stdout)


if __name__ == "__main__":
    main()
