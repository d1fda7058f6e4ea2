"""What a day does to the daemon: jobs, hub and journal for 24 hours of virtual time, in a process of its own.

The socket is left out, for virtual time has no descriptors: clients attach to the hub itself and are told everything.
Each hour has ten minutes with a client, every other hour a job with its record and report; all else is idle polling.
Memory is that of the whole process, simulators included, after a collection. Threads run in the loop's turn.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from controller.cli.scenario import load_scenario
from controller.cli.script import OperatorScript
from controller.cli.serve import Surrounding, simulated_tool
from controller.cli.simulated import make_scene, make_station
from controller.cli.simulated import serve as serve_lines
from controller.recipe_run import RecipeRun
from controller.server.jobs import Jobs
from controller.server.outbox import Outbox
from controller.tool import load as load_tool
from simulators.virtual_time import VirtualLoop
from springback.places import config_file, recipe_folder

HOURS, HOUR_S, WITH_CLIENT_S, JOB_EVERY = 24, 3600.0, 600.0, 2
SETTLED = 2  # hours, after which libraries are loaded and tables full


class DayLoop(VirtualLoop):
    """What goes to a thread is done at once."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        done = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:
            done.set_exception(error)
        return done


async def live(hours: int, folder: Path) -> list[dict[str, float]]:
    """Let so many hours pass; what the process held when ready, and after each hour."""
    tool = load_tool(config_file("tool.yaml"))
    station = make_station(make_scene(1, load_scenario(None), OperatorScript()))
    here = simulated_tool(tool, await serve_lines(station, list(tool.lines)))
    ready = asyncio.Event()
    around = Surrounding(here, recipe_folder(), OperatorScript(), None, station, {})
    jobs = Jobs(around, folder, 1.0, lambda why: ready.set())
    recipe = around.load("smoke", {})
    work = asyncio.get_running_loop().create_task(jobs.work(), name="jobs")
    await ready.wait()
    seen = [held(folder)]
    for hour in range(1, hours + 1):
        client = Outbox(lambda data: None)
        jobs.hub.attach(client, None)
        if hour % JOB_EVERY == 0:
            jobs.start(jobs.add(recipe, {}, "bench"))
        await asyncio.sleep(WITH_CLIENT_S)
        jobs.hub.detach(client)
        await asyncio.sleep(HOUR_S - WITH_CLIENT_S)
        seen.append(held(folder))
    jobs.end("the day is over")
    await work
    await station.close()
    return seen


def held(folder: Path) -> dict[str, float]:
    """Memory in MB, descriptors, tasks; and how many jobs have their report."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "MB": pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "tasks": len(asyncio.all_tasks()),
        "jobs": sum(1 for _ in folder.glob("*/report.html")),
    }


def inline(*arguments: Any, **options: Any) -> RecipeRun:
    """A run whose record is written in the loop's turn."""
    return RecipeRun(*arguments, **{**options, "threaded": False})


def measure(hours: int = HOURS) -> list[tuple[str, str, str]]:
    """Rows of what, figure, goal."""
    begun_s = time.perf_counter()
    done = subprocess.run([sys.executable, __file__, "--here", "--hours", str(hours)], capture_output=True, check=True)
    took_s = time.perf_counter() - begun_s
    ready, *seen = json.loads(done.stdout)
    settled, last = seen[min(SETTLED, len(seen)) - 1], seen[-1]
    grown = {key: last[key] - settled[key] for key in last}
    return [
        (f"memory when ready; {hours} h took {took_s:.0f} s", f"{ready['MB']:.0f} MB", "60 MB"),
        (f"growth from hour {SETTLED} to hour {hours}, {last['jobs']:.0f} jobs", f"{grown['MB']:+.1f} MB", "3 MB"),
        ("more descriptors, tasks", f"{grown['descriptors']:+.0f}, {grown['tasks']:+.0f}", "0, 0"),
    ]


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=HOURS)
    parser.add_argument("--here", action="store_true", help="live in this process, print what it held as JSON")
    options = parser.parse_args()
    if not options.here:
        for row in measure(options.hours):
            print(f"{row[0]:<75} {row[1]:<50} goal {row[2]}")
        return
    with (
        tempfile.TemporaryDirectory() as name,
        patch("controller.server.jobs.RecipeRun", inline),
        asyncio.Runner(loop_factory=DayLoop) as runner,
    ):
        print(json.dumps(runner.run(live(options.hours, Path(name)))))


if __name__ == "__main__":
    main()
