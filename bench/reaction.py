"""How quickly the controller reacts, in real time: on real ports, the PLC scanned 100 times a second.

The controller lives in this process, the machine in another (`machine.py`), and every reaction is that of a job at
work: one that opens its station, records, and is stopped in the middle of a verb. What the computer itself can do is
measured in the same minute, because nothing can be quicker: a thread that only sleeps, and the loop with nothing to do.
`measure()` returns rows for a table; run as a program it prints them.
"""

from __future__ import annotations

import asyncio
import gc
import math
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from daemon import spread
from machine import PERIOD_S, SCAN, Machine, machine

from controller.cli.tool_file import facts_of
from controller.collecting import MAKING
from controller.recipe.loader import load
from controller.recipe.model import Recipe
from controller.recipe_run import RecipeRun
from controller.record.events import Event, JobChanged, PhaseChanged
from controller.sequence.prompts import Answers
from controller.sequence.steps import VERBS
from controller.station import Station
from controller.tool import ToolFile
from controller.tool import load as load_tool
from simulators.scaled_time import ScaledLoop
from springback.places import config_file

FLOOR, SCANS, JOBS = 500, 1000, 50  # JOBS trips, and as many aborts
AMONG_S = (0.05, 0.55)  # of a step in which something moves: when it is stopped
HEAD = """
recipe: {name}
version: 1
title: Something moves, so that every scan counts
for: {{tool: packaging-line, part: WLP-200}}
on_hold: {{policy: freeze, max: 10 min}}
on_abort: safe-release
steps:
"""
AIR = HEAD.format(name="air") + "  - {name: Move, air: {pressure: 100 kPa}}\n"
WHEEL = (
    HEAD.format(name="wheel") + "  - {name: Turn, spindle: {speed: 500 rpm}}\n  - {name: Move, then: {dwell: 1 h}}\n"
)


def measure() -> list[tuple[str, str, str]]:
    """Rows of what, figure, goal."""
    gc.set_threshold(*MAKING)  # as the command does
    with tempfile.TemporaryDirectory() as name, machine(Path(name)) as plant:
        host = Host(plant, Path(name))
        sleep, bare = sleeping(FLOOR), host.run(ticking(FLOOR))
        sent, seen = host.run(host.scanning())
        trips, aborts = host.run(host.stopped())
    opened = [(trip["safe_s"] - trip["opened_s"]) * 1000 for trip in trips]
    shown = [(trip["safe_s"] - trip["shown_s"]) * 1000 for trip in trips]
    return [
        (f"floor: lateness of a thread that only sleeps, {len(sleep)} times", spread(sleep), "-"),
        (f"floor: lateness of the loop with one timer and nothing else, {len(bare)} times", spread(bare), "-"),
        (f"scan of the PLC: due to request sent, {len(sent)} times", spread(sent), "0.10 ms, 99 %: 0.50 ms"),
        (f"scan of the PLC: due to everything evaluated, {len(seen)} times", spread(seen), "-"),
        (f"input of the PLC changes to its safe order, {len(trips)} trips", spread(opened), "6 ms, 99 %: 12 ms"),
        ("of that, from the scan that reads it", spread(shown), "-"),
        (f"abort in the inbox to the job's new state, {len(aborts)} jobs", spread(aborts), "99 %: 2 ms"),
    ]  # fmt: skip


# ---------------------------------------------------------------------------------------------- the floor
def sleeping(count: int) -> list[float]:
    """How late a thread wakes that sleeps until multiples of the period."""
    late, due_s = [], time.monotonic()
    for _ in range(count):
        due_s += PERIOD_S
        time.sleep(max(0.0, due_s - time.monotonic()))
        late.append((time.monotonic() - due_s) * 1000)
    return late


async def ticking(count: int) -> list[float]:
    """How late timers of the running loop are called."""
    loop = asyncio.get_running_loop()
    late: list[float] = []
    done = loop.create_future()

    def tick(due_s: float) -> None:
        late.append((loop.time() - due_s) * 1000)
        if len(late) < count:
            loop.call_at(due_s + PERIOD_S, tick, due_s + PERIOD_S)
        else:
            done.set_result(None)

    tick(loop.time())
    await done
    return late[1:]


async def timed_scans(station: Station) -> tuple[list[float], list[float]]:
    """Milliseconds from the due time of a scan until its request was written, and until all was evaluated."""
    loop = asyncio.get_running_loop()
    channel, plc = station.lines["plc"].channel, station.instruments["line_plc"]
    write, enough = channel.write, loop.create_future()
    poll: Any = plc._poll  # type: ignore[attr-defined]
    sent: list[float] = []
    seen: list[float] = []

    def late_ms() -> float:
        return (loop.time() - poll.due_s) * 1000  # it moves on when the scan has been evaluated

    def timed(data: bytes, expects_reply: bool) -> None:
        write(data, expects_reply)
        if data[7] == SCAN:
            sent.append(late_ms())

    def evaluated() -> None:
        seen.append(late_ms())
        if len(seen) == SCANS:
            enough.set_result(None)

    channel.write = timed  # type: ignore[method-assign]
    plc.on_poll.append(evaluated)
    await enough
    channel.write = write  # type: ignore[method-assign]
    plc.on_poll.remove(evaluated)
    return sent, seen


def until_part(now_s: float, part: float) -> float:
    """Seconds until this part of a scan's period has passed: each part gets a trip, so that 50 tell the median."""
    return math.ceil(now_s / PERIOD_S) * PERIOD_S + part * PERIOD_S - now_s


# ---------------------------------------------------------------------------------------------- the controller
class Host:
    """Runs jobs on the machine's ports, one after the other, each on a station of its own."""

    def __init__(self, plant: Machine, folder: Path) -> None:
        self._plant, self._folder = plant, folder
        self._tool: ToolFile = load_tool(plant.tool)
        self._air, self._wheel = self._recipe("air", AIR), self._recipe("wheel", WHEEL)
        self._jobs = 0

    def run(self, work: Any) -> Any:
        """Return what a coroutine returns, in the loop that the controller uses in real time."""
        with asyncio.Runner(loop_factory=ScaledLoop) as runner:
            return runner.run(work)

    async def scanning(self) -> tuple[list[float], list[float]]:
        """How long after its due time each scan was sent, and evaluated, while a wheel turns."""
        async with self._job(self._wheel) as job:
            await job.moving
            sent, seen = await timed_scans(job.station)
            job.run.sequencer.post("abort", "bench")
            await job.task
        return sent, seen

    async def stopped(self) -> tuple[list[dict[str, float]], list[float]]:
        """What the machine says of each trip, and how long each abort took, in turns."""
        loop = asyncio.get_running_loop()
        draw = Random(1)
        trips: list[dict[str, float]] = []
        aborts: list[float] = []
        for n in range(JOBS):
            async with self._job(self._air) as job:
                await job.moving
                await asyncio.sleep(draw.uniform(*AMONG_S))
                await asyncio.sleep(until_part(loop.time(), (n + draw.random()) / JOBS))
                self._plant.tell("trip")
                await job.aborting
                await job.task
                trips.append(await asyncio.to_thread(self._plant.hear, "safe"))
                self._plant.tell("mend")
            async with self._job(self._air) as job:
                await job.moving
                await asyncio.sleep(draw.uniform(*AMONG_S))
                begun_s = loop.time()
                job.run.sequencer.post("abort", "bench")
                aborts.append((await job.aborting - begun_s) * 1000)
                await job.task
        return trips, aborts

    @asynccontextmanager
    async def _job(self, recipe: Recipe) -> AsyncIterator[Job]:
        station = Station(self._tool, config_file("interlocks.yaml"), {})
        await station.open()
        try:
            self._jobs += 1
            folder = self._folder / f"run-{self._jobs}"
            yield Job(station, RecipeRun(station, recipe, Answers(defaults=True), folder, threaded=True))
        finally:
            await station.close()

    def _recipe(self, name: str, text: str) -> Recipe:
        path = self._folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return load(path, VERBS, facts_of(self._tool), {})


class Job:
    """One that has begun: `moving` when its step Move is at work, `aborting` with the time at which it aborts."""

    def __init__(self, station: Station, run: RecipeRun) -> None:
        loop = asyncio.get_running_loop()
        self.station, self.run = station, run
        self.moving: asyncio.Future[None] = loop.create_future()
        self.aborting: asyncio.Future[float] = loop.create_future()
        run.recorder.heard = self._heard
        run.describe()
        self.task = loop.create_task(run.run(), name="job")
        self.task.add_done_callback(self._ended)

    def _heard(self, t_s: float, event: Event) -> None:
        if isinstance(event, PhaseChanged) and (event.step, event.new) == ("Move", "RUNNING"):
            self.moving.set_result(None)
        elif isinstance(event, JobChanged) and event.new == "ABORTING":
            self.aborting.set_result(asyncio.get_running_loop().time())

    def _ended(self, task: asyncio.Task[str]) -> None:
        """A job that ends before its time must not be waited for."""
        why = f"the job ended: {self.run.state}, {self.run.sequencer.reason}; is this computer too busy?"
        for awaited in (self.moving, self.aborting):
            if not awaited.done():
                awaited.set_exception(RuntimeError(why))
                awaited.exception()  # seen, also when nobody waits for it


def main() -> None:
    """Print the rows."""
    for row in measure():
        print(f"{row[0]:<75} {row[1]:<50} goal {row[2]}")


if __name__ == "__main__":
    main()
