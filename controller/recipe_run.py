"""One recipe on an open station: its record, its limits, its sequencer, its verdict.

What `springback run` and the daemon have in common. It opens no station and writes no report.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from controller import wall
from controller.collecting import at_work
from controller.recipe.limits import tighten
from controller.recipe.model import Recipe
from controller.record.events import JobChanged, RunStarted
from controller.record.journal import Recorder
from controller.record.result import Verdict, judge
from controller.run_facts import facts_of_run
from controller.sequence.measure import declare_results
from controller.sequence.prompts import Answers
from controller.sequence.recording import RecordWatch
from controller.sequence.resumption import Resumption
from controller.sequence.sequencer import Sequencer
from controller.station import Station


class FolderError(Exception):
    """The folder of a run cannot be made or written into."""


class RecipeRun:
    """One run, the first on its station. Build it when it shall begin: the record starts then."""

    def __init__(
        self,
        station: Station,
        recipe: Recipe,
        answers: Answers,
        folder: Path,
        *,
        threaded: bool,
        resumption: Resumption | None = None,
    ) -> None:
        """FolderError or RecordError when nothing can be recorded. `threaded` is for real time; with a `resumption` it
        takes up an interrupted run."""
        self.station, self.recipe, self.folder = station, recipe, folder
        make_folder(folder)
        declare_results(station.tags, recipe)
        self.recorder = Recorder(
            folder / "run.sqlite", station.tags, asyncio.get_running_loop().time, threaded=threaded
        )
        station.attach(self.recorder)
        station.tool.guard.gate.limits = tighten(station.file.limits, recipe.limits)
        self._threaded, self._resumption = threaded, resumption
        self.sequencer = Sequencer(station.tool, recipe, answers, resumption.start if resumption else None)
        RecordWatch(self.recorder, self.sequencer)
        self.state = ""
        self.verdict = ""

    def describe(self, **facts: Any) -> None:
        """Begin the record with what is run on what; `facts` are those that only the caller knows."""
        recipe, station = self.recipe, self.station
        self.recorder.describe(run_id=self.folder.name, **facts, **facts_of_run(recipe, station))
        self.recorder.event(
            RunStarted(
                recipe.name,
                recipe.version,
                recipe.sha256,
                station.file.name,
                station.simulated,
                {name: instrument.identity for name, instrument in station.instruments.items()},
                self._resumption.carried.run if self._resumption else "",
            )
        )
        if self._resumption is not None:
            self._resumption.begin(station.tool, recipe)

    async def run(self) -> str:
        """Run to the end, close the record, return the final E40 state; RecordError when the record is not whole."""
        station = self.station
        reason = "no result"
        try:
            with at_work() if self._threaded else nullcontext():
                self.state = await self.sequencer.run()
            reason = self.sequencer.reason
        finally:
            verdict = judge(station.tool.judged, completed=self.state == "PROCESS_COMPLETE")
            self.verdict = verdict.value
            station.tool.guard.disarm()
            counts = {name: {"exchanges": n} for name, n in station.exchanges.items()}
            self.recorder.describe(end_utc=wall.utc_text(), links=station.link_of, exchanges=counts)
            self.recorder.close(self.state or "ABORTED", self.verdict, reason)
        return self.state

    def scrap(self) -> str:
        """Nothing is done any more: the part fails, and nothing is energised; returns the final E40 state."""
        self.state, self.verdict = "STOPPED", Verdict.FAIL.value
        reason = f"scrapped by {self._resumption.by}" if self._resumption else "scrapped"
        self.recorder.event(JobChanged("QUEUED", self.state, reason))
        self.recorder.describe(end_utc=wall.utc_text())
        self.recorder.close(self.state, self.verdict, reason)
        return self.state


def make_folder(folder: Path) -> None:
    """Make the folder of a run; FolderError when that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(f"cannot make the folder {folder}: {error.strerror}") from None
    if not os.access(folder, os.W_OK):
        raise FolderError(f"cannot write into the folder {folder}")
