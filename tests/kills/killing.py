"""A controller that dies at an instant, and the world that goes on: plant, hands, wires, clock and files.

The process is forked where the controller shall die. In the child nothing of the old controller is called ever again:
its stack stands still below, its tasks and timers are taken off the loop and kept, so that not even a clean-up runs.
Plant and hands of the simulated operator live on in the same loop, and a new controller is started on the files.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import json
import os
import shutil
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from controller.cli.campaign.play import WatchedRun
from controller.recipe_run import RecipeRun
from controller.record.events import Event, Intent, JobChanged, Outcome, PhaseChanged
from simulators.virtual_time import VirtualLoop

_KEPT: list[Any] = []  # what a dead controller held; freed, it would run its clean-ups
CHILDREN = (os.cpu_count() or 1) + 1  # awaited in their order: one more keeps the cores at work
KINDS = UNSAFE, LOST, TWICE, OTHER_PART, NOT_ENDED = "unsafe", "lost", "done twice", "another part", "not ended"
DEATH = "death.json"


@dataclass(slots=True)
class Death:
    """One kill point and what came of it: the move that took it up, seconds from start to safe, what is wrong."""

    n: int
    at: str
    step: str
    move: str = ""
    state: str = ""
    safe_s: float = 0.0
    wrong: list[tuple[str, str]] = field(default_factory=list)  # of a kind, and the words
    part: dict[str, float] = field(default_factory=dict)

    def blame(self, kind: str, *texts: object) -> None:
        """Keep what is wrong."""
        self.wrong += [(kind, str(text)) for text in texts]


def die(
    loop: VirtualLoop,
    dead: asyncio.Task[Any] | None,
    hands: asyncio.Task[None] | None,
    after: Coroutine[Any, Any, None],
) -> None:
    """Leave the old controller for good and run what comes `after` in the same loop; call it where it shall die."""
    _KEPT.extend((asyncio.all_tasks(loop), list(loop._ready), list(loop._timers), dead))
    gc.disable()
    if dead is not None:
        asyncio.tasks._leave_task(loop, dead)
    asyncio._set_running_loop(None)
    loop._thread_id = None  # type: ignore[attr-defined]
    ready, scheduled = loop._ready, loop._timers
    alive = [handle for handle in ready if getattr(handle._callback, "__self__", None) is hands]
    waiter = getattr(hands, "_fut_waiter", None)
    timers = [timer for timer in scheduled if waiter is not None and waiter in (timer[2]._args or ())]
    ready.clear()
    ready.extend(alive)
    scheduled[:] = timers
    heapq.heapify(scheduled)
    loop.run_until_complete(after)


class DyingRun(WatchedRun):
    """A run that forks at kill points; the parent goes on as if nothing had happened."""

    def aim(self, wanted: Callable[[int], bool], after: Callable[[Death, Path], Coroutine[Any, Any, None]]) -> None:
        """Die at the wanted ones of the points that differ; `after` is what happens then, in the folder of a death."""
        self.wanted, self.after = wanted, after
        self.points = self.different = 0
        self._world: tuple[float, ...] = ()
        self.acknowledged: list[int] = []  # orders whose intent was said to be durable
        self.deaths: list[Path] = []
        self._children: list[int] = []
        self._step = ""

    def began(self, run: RecipeRun) -> None:
        super().began(run)
        self._recorder = recorder = run.recorder
        record, commit = recorder.event, recorder.intent

        def event(event: Event) -> None:
            if isinstance(event, Outcome):  # the tool has done it, the journal does not know
                self._point(f"before {_named(event)}")
            record(event)
            if isinstance(event, PhaseChanged):
                self._step = event.step
            if isinstance(event, (PhaseChanged, JobChanged, Outcome)) or (isinstance(event, Intent) and event.safe):
                self._point(_named(event))

        async def intent(event: Intent) -> None:
            await commit(event)
            self.acknowledged.append(event.id)
            self._point(_named(event))

        recorder.event, recorder.intent = event, intent  # type: ignore[method-assign]

    def _point(self, at: str) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)  # asked before the fork: a child has none
        self.points += 1
        last, self._world = self._world, self._world_now(loop)
        if self._world == last:  # whoever dies now leaves what the death before has left
            return
        self.different += 1
        if not self.wanted(self.different):
            return
        dead, hands = asyncio.current_task(), self.station._task
        base = self.folder.parent / f"death-{self.points}"
        shutil.copytree(self.folder, base / "killed")
        while len(self._children) >= CHILDREN:
            self._reap()
        pid = os.fork()
        if pid:
            self._children.append(pid)
            self.deaths.append(base)
            return
        death = Death(self.points, at, self._step)
        try:
            die(loop, dead, hands, self.after(death, base))
        except BaseException:
            death.blame(NOT_ENDED, traceback.format_exc(limit=-6))
        finally:
            (base / DEATH).write_text(json.dumps(asdict(death)), encoding="utf-8")
            if not death.wrong:  # some thousand records would fill a disk
                shutil.rmtree(base / "killed")
                shutil.rmtree(base / "again", ignore_errors=True)
            os._exit(0)

    def _world_now(self, loop: VirtualLoop) -> tuple[float, ...]:
        """The time, the rows on the disk and the requests that went out: nothing else of a controller outlives it."""
        assert self.watch is not None
        on_disk = self._recorder._seq - len(self._recorder._batch.rows)
        return loop.time(), on_disk, sum(count for _, count in self.watch._tap._second.values())

    def _reap(self) -> None:
        pid = self._children.pop(0)
        os.waitpid(pid, 0)

    def told(self) -> list[Death]:
        """What came of every death, when the run is over."""
        while self._children:
            self._reap()
        return [Death(**json.loads((base / DEATH).read_text(encoding="utf-8"))) for base in self.deaths]


def _named(event: Event) -> str:
    match event:
        case PhaseChanged():
            return f"phase {event.step} {event.new}"
        case JobChanged():
            return f"job {event.new}"
        case Intent():
            return f"intent {event.output} {event.value:g}"
        case Outcome():
            return f"outcome {event.id} {event.result}"
    return event.kind
