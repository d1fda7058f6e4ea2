"""The instruments and the jobs on them: one open station while idle, one job at a time, in the order of the queue.

Every job has a freshly opened station, so identities are checked anew and nothing of the job before is left. It knows
nothing of sockets, roles or requests.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller import wall
from controller.recipe.model import Recipe
from controller.recipe.problems import RecipeError
from controller.recipe_run import FolderError, RecipeRun
from controller.record.events import SCRAP, Event, Note
from controller.record.journal import RecordError
from controller.restart import restart
from controller.server.audit import Audit
from controller.server.closing import put_away
from controller.server.handover import Handovers
from controller.server.hub import Hub
from controller.server.instruments import Instruments
from controller.server.interruptions import Interruptions
from controller.server.looks import job_state
from controller.server.lot import Lots
from controller.server.prompts import OpenPrompts
from controller.server.protocol import Code, Refused
from controller.server.queue import PLAIN, Job, Queue, Wanted
from controller.server.standing import Standing
from controller.server.surroundings import Surroundings
from controller.start import NotReady, Piece, Start, before_start, scans
from controller.station import Station

log = logging.getLogger(__name__)

REOPEN_S = 5.0  # between two attempts to open a station that did not open
ASKS = {  # command -> events of the job's table, one of which must be possible
    "hold": ("PAUSE",),
    **dict.fromkeys(("resume", "redo", "skip"), ("RESUME",)),
    "step": ("PAUSE", "RESUME"),
    "stop": ("STOP",),
    "abort": ("ABORT",),
}
NOT_NOW = (NotReady, RecordError, RecipeError)  # a part, a journal or a maintenance file forbids the start


@dataclass(slots=True)
class Running:
    """The job that runs."""

    job: Job
    run: RecipeRun
    started_utc: str = field(default_factory=wall.utc_text)


class Jobs:
    """The queue and its worker, `work`."""

    def __init__(self, surroundings: Surroundings, folder: Path, speed: float, ready: Callable[[str], None]) -> None:
        """`folder` takes the runs. `ready` is told of each opening of the station: nothing, or why it did not open."""
        self.hub = Hub(speed, self.state)
        self.prompts = OpenPrompts()
        self.queue = Queue()
        self.running: Running | None = None
        self.audit = Audit(folder, speed)
        self.lots = Lots()
        self.handovers = Handovers(self.enter)
        self.instruments = Instruments(surroundings.station, self.hub, ready, speed, self._first)
        self.interruptions = Interruptions(folder, self._warn, self.hub.changed, lives_on=surroundings.lives_on)
        self._around, self._folder = surroundings, folder
        self._restarted = False  # the safe state comes before anything else, once
        self._standing = Standing()
        self._last: dict[str, Any] | None = None
        self._tripped: dict[str, Any] | None = None
        self._more = asyncio.Event()
        self._ending = ""

    # ------------------------------------------------------------------------------------------ for commands
    async def look(self, recipe: Recipe, piece: Piece) -> None:
        """Refused when this recipe must not start on this part now. It is looked at again when the job begins."""
        station = self.instruments.station
        if station is not None:
            try:
                await self._before(station, recipe, piece)
            except NOT_NOW as error:
                raise Refused(Code.STATE, str(error), "put it right, then load the job again") from None

    def add(self, recipe: Recipe, settings: Mapping[str, str], by: str, wanted: Wanted = PLAIN) -> Job:
        """Put a checked recipe into the queue; Refused when it is full."""
        job = self.queue.add(recipe, settings, by, wanted)
        self.hub.changed()
        return job

    def start(self, job: Job) -> None:
        """Let a job that `may_run` begin when those before it are done; Refused while a trip stands."""
        self.may_start()
        job.started = True
        self._more.set()
        self.hub.changed()

    def may_run(self, recipe: Recipe, engineering: str) -> str:
        """Refused for a recipe that is not released; it reads a file."""
        return self._around.may_run(recipe, engineering)

    def may_start(self) -> None:
        """Refused while nothing may be started."""
        if self._tripped is not None:
            raise Refused(Code.STATE, f"{self._tripped['code']} has tripped", "look at the machine, then reset")
        if self.instruments.unreachable:
            raise Refused(Code.STATE, self.instruments.unreachable, "start when the instruments answer")
        if self._ending:
            raise Refused(Code.STATE, "the daemon is ending", "start it again")

    def remove(self, job: Job) -> None:
        """Take a job out of the queue; its part goes back to the lot."""
        self.queue.jobs.remove(job)
        self._give_back(job)
        self.hub.changed()

    def _give_back(self, job: Job) -> None:
        """A job that has not begun will not be: its part goes back, unless it had begun before a crash."""
        if not job.wanted.resumes:
            self.lots.give_back(job.piece)

    def say(self, command: str, by: str, reason: str) -> dict[str, Any]:
        """Tell the job one of ASKS; Refused when there is none, or not in its state."""
        running = self._runs(command)
        job = running.run.sequencer.job
        if not any(job.may(event) for event in ASKS[command]):
            raise Refused(Code.STATE, f"{command} is not possible: the job is {job.state}", "see its state")
        running.run.sequencer.post(command, by, reason)
        return {"job": running.job.id, "state": job.state}

    def say_of_alarm(self, command: str, alarm: str, by: str, reason: str, data: Any) -> dict[str, Any]:
        """Tell the job acknowledge, shelve or unshelve; `alarm` is empty for all. Refused when it does not stand."""
        running = self._runs(command)
        if alarm and alarm not in running.run.sequencer.guard.alarms.standing:
            raise Refused(Code.STATE, f"{command}: {alarm} does not stand", "see the alarms in the status")
        running.run.sequencer.post(command, by, reason, data)
        return {"alarm": alarm}

    def _runs(self, command: str) -> Running:
        if self.running is None:
            raise Refused(Code.STATE, f"{command}: no job runs", "nothing has to be done")
        return self.running

    def reset(self) -> None:
        """Forget the trip of the last job: a person has looked at the machine. It starts nothing."""
        if self._tripped is None or self.running is not None:
            raise Refused(Code.STATE, "nothing has to be reset", "see the state of the job")
        self._tripped = None
        self._standing.alarms.clear()
        self.hub.changed()

    def record(self, event: Event) -> None:
        """Record what people did: in the run's record, outside a run in the site journal."""
        if self.running is not None:
            self.running.run.recorder.event(event)  # which tells the hub
        else:
            self.enter(event)

    def enter(self, event: Event) -> None:
        """Enter into the site journal what belongs to no run."""
        self.audit.enter(event)
        self.hub.event("", 0.0, event)

    def end(self, why: str) -> None:
        """Abort what runs and start nothing more; `work` returns when the safe state was read back."""
        self._ending = why
        self._more.set()
        if self.running is not None:
            self.running.run.sequencer.post("abort", "daemon", why)

    # ------------------------------------------------------------------------------------------ the worker
    async def work(self) -> None:
        """Open a station, wait for a job, run it, close the station, for ever; returns after `end`."""
        while not self._ending:
            try:
                station = await self.instruments.open()
                if station is None:
                    await self._pause()
                elif (job := await self._next()) is not None:
                    await self._run(job, station)
            finally:
                await self.instruments.close()
            gc.collect()  # stations that were closed refer to themselves; now no scan can be late for it

    async def _first(self, station: Station) -> None:
        if not self._restarted:
            for said in await restart(station, self._folder):
                log.warning("%s", said)
            self._restarted = True
            self.interruptions.look(station)

    def _warn(self, text: str) -> None:
        self.record(Note(text, "warning"))

    async def _pause(self) -> None:
        """Before the next attempt to open; whoever started a job meanwhile has to start it again."""
        self.queue.take_starts_back()
        self.hub.changed()
        with suppress(TimeoutError):
            async with asyncio.timeout(REOPEN_S):
                await self._until(lambda: bool(self._ending))

    async def _next(self) -> Job | None:
        await self._until(lambda: bool(self._ending) or self.queue.next() is not None)
        return None if self._ending else self.queue.next()

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            self._more.clear()
            await self._more.wait()

    async def _run(self, job: Job, station: Station) -> None:
        self.queue.jobs.remove(job)
        folder = self._folder / job.id
        self._standing = Standing()
        try:
            resumption = await self.interruptions.resumption(job, station) if job.wanted.resumes else None
            scraps = resumption is not None and resumption.offer.move == SCRAP  # which is always possible
            release = "" if scraps else self.may_run(job.recipe, job.engineering)  # again: it has waited
            start = Start(facts=job.piece.labels) if scraps else await self._before(station, job.recipe, job.piece)
            answers = self._around.answers(job.recipe, self.prompts)
            answers.script = {**answers.script, **scans(job.recipe, job.piece.labels)}
            run = RecipeRun(station, job.recipe, answers, folder, threaded=True, resumption=resumption)
        except (FolderError, Refused, *NOT_NOW) as error:
            self._give_back(job)
            self._ended(job, folder, "ABORTED", "NONE", str(error), by_person=False)
            return
        now_s = asyncio.get_running_loop().time()
        station.tool.opened_s = {lot: now_s - ago_s for lot, ago_s in start.opened_s_ago.items()}
        run.recorder.heard = self._heard
        self.running = Running(job, run)
        self.hub.show(station.tags)  # with the job's results
        set_ = ", ".join(f"{name} {text}" for name, text in job.settings.items())
        run.describe(**self._around.facts(), set=set_, release=release, **start.facts)
        for event in (*job.said(), *(Note(text, "warning") for text in start.warned)):
            self.record(event)
        self._around.began(run)
        state, reason = "ABORTED", ""
        try:
            state = run.scrap() if scraps else await run.run()
            reason = run.sequencer.reason
        except RecordError as error:
            reason = str(error)
        finally:
            trip = station.tool.guard.tripped
            self._tripped = {"code": trip.code, "reason": trip.reason} if trip is not None else None
            self.running = None
            self._ended(job, folder, state, run.verdict, reason, by_person=scraps or run.sequencer.person)
        await put_away(run.recorder.path, self._around.sign, self.audit, self._warn)
        if resumption is not None:
            self.interruptions.look(station)

    async def _before(self, station: Station, recipe: Recipe, piece: Piece) -> Start:
        return await asyncio.to_thread(
            before_start, recipe, station.file, piece, self._folder, simulated=station.simulated
        )

    def _ended(self, job: Job, folder: Path, state: str, verdict: str, reason: str, *, by_person: bool) -> None:
        self._last = {
            "id": job.id, "recipe": job.recipe.name, "state": state, "verdict": verdict, "reason": reason,
            "by_person": by_person, "folder": str(folder.absolute()), "engineering": job.engineering,
        }  # fmt: skip
        if state != "PROCESS_COMPLETE":
            self.queue.take_starts_back()
        self.record(Note(f"{job.id} ended: {state}, verdict {verdict}"))

    def _heard(self, t_s: float, event: Event) -> None:
        assert self.running is not None
        told = self.hub.event(self.running.job.id, t_s, event)
        self._standing.take(event, told)

    # ------------------------------------------------------------------------------------------ state
    def state(self) -> dict[str, Any]:
        """The state as the protocol describes it."""
        running, standing, station = self.running, self._standing, self.instruments.station
        trip = station.tool.guard.tripped if station is not None and running is not None else None
        return {
            "job": job_state(running.job, running.started_utc, standing) if running is not None else None,
            "queue": self.queue.to_json(),
            "last": self._last,
            "prompts": self.prompts.to_json(),
            "alarms": list(standing.alarms.values()),
            "trip": {"code": trip.code, "reason": trip.reason} if trip is not None else self._tripped,
            "lot": self.lots.to_json(),
            "notes": self.handovers.to_json(),
            "interrupted": self.interruptions.to_json(),
            **self.instruments.to_json(),
        }
