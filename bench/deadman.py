"""Whether the machine lets go of everything when the host is gone: killed or stopped, at any instant of a run.

`virtual` does not end a process for each instant. It copies the whole world (fork) at random instants of a run in
virtual time, and in the copy nothing of the program is called any more while the clock goes on: that is what a kill and
a stop have in common, and all that the machine can notice. The run itself goes on to the next instant. `real` kills and
stops processes: `springback run --live`, which meets a simulated machine in another process on real ports.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from machine import energised, machine

from controller.cli.run import CommandRun, RunOptions, prepare
from controller.recipe_run import RecipeRun
from simulators.virtual_time import VirtualLoop

LIMIT_S = 1.0
LONGEST_S = 3.0  # looked at after a kill
STEP_S = 0.01  # of the plant's grid
SPANS_S = {"smoke": 16.0, "compress-release": 2700.0, "cover-grind-expose": 2800.0}  # of these runs, ENABLE is on
VIRTUAL, REAL, LANES = 1000, 20, 4
MAIN = "from springback.main import main; main()"


@dataclass(frozen=True, slots=True)
class Kill:
    """One end of a host: how long ENABLE stayed on, None for LONGEST_S, and what had power or pressure after that."""

    how: str
    at_s: float
    off_after_s: float | None
    energised: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        """Everything was off in time."""
        return self.off_after_s is not None and 0.0 <= self.off_after_s <= LIMIT_S and not self.energised


# ---------------------------------------------------------------------------------------------- in virtual time
class KilledRun(CommandRun):
    """A run that is killed at every one of some instants, and goes on."""

    def __init__(self, recipe: str, instants_s: Sequence[float], folder: Path) -> None:
        options = RunOptions(recipe, out=folder)
        super().__init__(options, *prepare(options), folder, lambda t_s: None)
        self.instants_s, self.kills = instants_s, list[Kill]()

    def make_station(self) -> Any:
        self.station = super().make_station()
        return self.station

    def began(self, run: RecipeRun) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        began_s = loop.time()
        for at_s in self.instants_s:
            loop.call_at(began_s + at_s, self._kill, loop, at_s)

    def _kill(self, loop: VirtualLoop, at_s: float) -> None:
        if not self.station.plant.truth()["enabled"]:
            return  # nothing can be let go of
        heard, said = os.pipe()
        if os.fork() == 0:
            try:
                os.write(said, json.dumps(self._alone(loop)).encode())
            finally:
                os._exit(0)
        os.close(said)
        with os.fdopen(heard, "rb") as answer:
            off_after_s, on = json.loads(answer.read())
        os.wait()
        self.kills.append(Kill(self.recipe.name, at_s, off_after_s, tuple(on)))

    def _alone(self, loop: VirtualLoop) -> tuple[float | None, list[str]]:
        """What the machine does without a host."""
        for n in range(1, round(LONGEST_S / STEP_S) + 1):
            loop.stall(STEP_S)
            truth = self.station.plant.truth()
            if not truth["enabled"]:
                return n * STEP_S, energised(truth)
        return None, energised(truth)


def virtual(count: int, recipes: Sequence[str], seed: int = 1) -> list[Kill]:
    """As many kills while ENABLE is on, spread over runs of these recipes."""
    draw = Random(seed)
    kills: list[Kill] = []
    for i, recipe in enumerate(recipes):
        wanted = count * (i + 1) // len(recipes)
        while len(kills) < wanted:  # again for those that came before ENABLE was on
            instants_s = [draw.uniform(0.0, SPANS_S[recipe]) for _ in range(wanted - len(kills))]
            found = _kills_of_one_run(recipe, instants_s)
            if not found:
                sys.exit(f"ENABLE was never on in a run of {recipe}")
            kills += found
    return kills


def _kills_of_one_run(recipe: str, instants_s: Sequence[float]) -> list[Kill]:
    with tempfile.TemporaryDirectory() as name, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        run = KilledRun(recipe, instants_s, Path(name) / "run")
        runner.run(run.run())
    return run.kills


# ---------------------------------------------------------------------------------------------- of real processes
def real(count: int, seed: int = 1) -> list[Kill]:
    """As many hosts killed and stopped in turns, LANES of them side by side, each with a machine of its own."""
    draw = Random(seed)
    ends = [(signal.SIGKILL if i % 2 else signal.SIGSTOP, draw.uniform(0.0, 8.0)) for i in range(count)]
    with ThreadPoolExecutor(LANES) as lanes:
        return list(lanes.map(lambda end: _end(*end), ends))


def _end(number: signal.Signals, at_s: float) -> Kill:
    with tempfile.TemporaryDirectory() as name, machine(Path(name)) as plant:
        command = [sys.executable, "-c", MAIN, "run", "smoke", "--live", "--tool", str(plant.tool)]
        own = {**os.environ, "SPRINGBACK_RUN_DIR": name}  # or one lock would be for all
        host = subprocess.Popen(command, cwd=name, env=own, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            plant.hear("enable")
            time.sleep(at_s)
            gone_s = time.monotonic()
            host.send_signal(number)
            off = plant.hear("enable")
        finally:
            host.kill()
            host.wait()
    return Kill(number.name, at_s, off["at_s"] - gone_s, tuple(off["energised"]))


# ---------------------------------------------------------------------------------------------- figures
def measure() -> list[tuple[str, str, str]]:
    """Rows of what, figure, goal."""
    goal = f"all within {LIMIT_S:.1f} s"
    begun_s = time.perf_counter()
    copies = virtual(VIRTUAL, list(SPANS_S))
    took_s = time.perf_counter() - begun_s
    return [
        (f"host gone in virtual time to ENABLE off and all it feeds, in {took_s:.0f} s", summary(copies), goal),
        ("the same, real processes, SIGKILL and SIGSTOP in turns", summary(real(REAL)), goal),
    ]


def summary(kills: Sequence[Kill]) -> str:
    """How many, and the slowest."""
    slowest_s = max((kill.off_after_s or LONGEST_S) for kill in kills)
    return f"{sum(kill.safe for kill in kills)} of {len(kills)}, slowest {slowest_s:.2f} s"


def main() -> None:
    """Print the rows, or with a number of kills each of them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--virtual", type=int, default=0, metavar="N", help="only so many kills of a short run")
    parser.add_argument("--real", type=int, default=0, metavar="N", help="only so many processes")
    options = parser.parse_args()
    if options.virtual or options.real:
        kills = virtual(options.virtual, ["smoke"]) if options.virtual else real(options.real)
        print(json.dumps([{**asdict(kill), "safe": kill.safe} for kill in kills]))
        return
    for row in measure():
        print(f"{row[0]:<75} {row[1]:<50} goal {row[2]}")


if __name__ == "__main__":
    main()
