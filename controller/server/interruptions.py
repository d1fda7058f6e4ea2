"""The interrupted runs of the tool: which are offered, and what one of them is made of when it is taken up.

Records are read in threads, readings in the loop. It begins nothing; whether plant and parts have outlived the
controller is for the surroundings to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from controller.interrupted import NotResumable, Reconciled, interrupted, not_taken_up, reconcile, sound
from controller.recipe.problems import RecipeError
from controller.recipe.verb import ToolFacts
from controller.record.archive import RECORD
from controller.record.index import digests
from controller.record.store import RecordError
from controller.sequence.resumption import Resumption
from controller.server.protocol import Code, Refused
from controller.server.queue import Job
from controller.station import Station

DAYS = 31  # an older one is taken up by its name
OFFERED_MAX = 5


class Interruptions:
    """Those of one folder of runs. `say` hears of one that cannot be offered."""

    def __init__(self, runs: Path, say: Callable[[str], None], changed: Callable[[], None], *, lives_on: bool) -> None:
        """`changed` is told when others are offered. `lives_on` is False for a plant that ends with its controller:
        nothing can be taken up there."""
        self._runs, self._say, self._changed, self._lives_on = runs, say, changed, lives_on
        self._offered: list[dict[str, Any]] = []
        self._facts: ToolFacts | None = None
        self._looking: asyncio.Task[None] | None = None

    def look(self, station: Station) -> None:
        """Look beside everything else for those that nobody has taken up."""
        if self._lives_on:
            found = self._find(self._tool(station), station.simulated)
            self._looking = asyncio.get_running_loop().create_task(found, name="interrupted runs")

    async def _find(self, facts: ToolFacts, simulated: bool) -> None:
        self._offered, problems = await asyncio.to_thread(self._read_all, facts, simulated)
        for problem in problems:
            self._say(problem)
        self._changed()

    def _tool(self, station: Station) -> ToolFacts:
        """As it was before a job added its results to it."""
        self._facts = self._facts or station.facts()
        return self._facts

    def _read_all(self, facts: ToolFacts, simulated: bool) -> tuple[list[dict[str, Any]], list[str]]:
        found, problems = [], []
        for one in not_taken_up(digests(self._runs)[0], facts.name, simulated=simulated, days=DAYS)[:OFFERED_MAX]:
            try:
                found.append(interrupted(Path(one.place), facts).to_json())
            except (NotResumable, RecipeError, RecordError) as error:
                problems.append(f"{one.run} was interrupted and cannot be taken up: {error}")
        return found, problems

    async def reconciled(self, run: str, station: Station) -> Reconciled:
        """One of them beside the tool as it reads now; Refused when it cannot be taken up."""
        place = self._runs / run
        with refusing(run):
            if not self._lives_on:
                raise NotResumable("the simulated plant ended with its controller", "begin a new run")
            if "/" in run or not run.isascii() or not (place / RECORD).is_file():  # a longer name is an OSError
                raise NotResumable(f"no run {run} in {self._runs}", "see the status, or springback runs list")
            old = await asyncio.to_thread(interrupted, place, self._tool(station))
            await asyncio.to_thread(sound, old)
            return reconcile(old, station)

    async def resumption(self, job: Job, station: Station) -> Resumption:
        """What a job takes up, by the move that a person has confirmed; Refused when it is not offered any more."""
        found = await self.reconciled(job.wanted.resumes, station)
        with refusing(job.wanted.resumes):
            return Resumption(found.old.trail, found.old.carried, found.offered(job.wanted.move), job.by)

    def to_json(self) -> list[dict[str, Any]]:
        """For the state, the latest first."""
        return self._offered


@contextmanager
def refusing(run: str) -> Iterator[None]:
    """Why a run is not taken up, as clients are told it."""
    try:
        yield
    except NotResumable as error:
        raise Refused(Code.STATE, error.message, error.fix) from None
    except RecipeError as error:
        raise Refused(Code.RECIPE, f"its recipe does not fit the tool any more: {error}", "begin a new run") from None
    except RecordError as error:
        raise Refused(Code.STATE, str(error), f"see springback verify {run}") from None
