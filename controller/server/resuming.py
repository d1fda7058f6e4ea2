"""What clients say of interrupted runs: look at one beside the tool, take it up by a move that a person has confirmed.

A confirmation is for now: the job begins at once, or is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from controller.record.events import SCRAP, PersonSaid
from controller.sequence.offers import CONFIRM
from controller.server.connection import Connection
from controller.server.interruptions import refusing
from controller.server.jobs import Jobs
from controller.server.looks import about
from controller.server.params import Params
from controller.server.protocol import Code, Refused
from controller.server.queue import Wanted
from controller.server.releasing import Releasing
from controller.server.requests import check_role
from controller.start import Piece
from controller.station import Station


@dataclass(frozen=True, slots=True)
class Resuming:
    """Taking up, for the jobs of one tool."""

    jobs: Jobs
    releasing: Releasing

    def look(self, client: Connection, params: Params) -> Awaitable[dict[str, Any]]:
        """How far a run came, and what may be done about it now."""
        run = params.text("run")
        params.end()

        async def look() -> dict[str, Any]:
            found = await self.jobs.interruptions.reconciled(run, self._station())
            return {**found.to_json(), "release": await asyncio.to_thread(self.releasing.look, found.old.recipe)}

        return look()

    def resume_run(self, client: Connection, params: Params) -> Awaitable[dict[str, Any]]:
        """Take a run up."""
        run, move, confirmed = params.text("run"), params.text("move"), params.flag("confirmed")
        engineering = params.text("engineering", "").strip()
        params.end()
        if engineering:
            check_role(client, "engineering")
        return self._take_up(client.who.by, run, move, engineering, confirmed=confirmed)

    async def _take_up(self, by: str, run: str, move: str, engineering: str, *, confirmed: bool) -> dict[str, Any]:
        jobs = self.jobs
        found = await jobs.interruptions.reconciled(run, self._station())
        with refusing(run):
            offer, old = found.offered(move), found.old
        piece = Piece(**old.labels, file=None)
        if offer.move != SCRAP:
            if not confirmed:
                raise Refused(Code.STATE, f"nobody has confirmed it: {CONFIRM.text}", "look, then say it confirmed")
            await asyncio.to_thread(jobs.may_run, old.recipe, engineering)
            await jobs.look(old.recipe, piece)
        self._station()  # meanwhile something else may have begun
        job = jobs.add(old.recipe, {}, by, Wanted(piece, engineering, run, move))
        jobs.record(PersonSaid("resume_run", by, f"{run}: {move}"))
        jobs.start(job)
        return about(job)

    def _station(self) -> Station:
        """The idle station; Refused while there is none, or something else is to run."""
        jobs = self.jobs
        jobs.may_start()
        if jobs.running is not None or jobs.queue.next() is not None:
            raise Refused(Code.STATE, "another job runs", "take it up when that has ended")
        if jobs.instruments.station is None:
            raise Refused(Code.STATE, jobs.instruments.down, "try again when the instruments are connected")
        return jobs.instruments.station
