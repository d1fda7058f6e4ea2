"""What people did outside a run goes into the site's journal: in order, by a thread; the loop waits for no disk.

Who answers a command waits for it, for a bounded time: an act that cannot be entered is told in the daemon's log.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from controller import wall
from controller.record.events import Event, SiteAct
from controller.record.site import SiteJournal, closed
from controller.record.store import RecordError

log = logging.getLogger(__name__)

WRITTEN_S = 2.0  # how long an answer waits for a slow disk
ACTS_MAX = 1000  # that wait; a disk that takes none of so many takes no more


class Audit:
    """Enters acts into the journal of one folder of runs."""

    def __init__(self, runs: Path, speed: float) -> None:
        """`speed` is how fast the loop's clock runs against the wall."""
        self.entered = 0  # acts so far
        self._journal = SiteJournal(runs)
        self._written_s = speed * WRITTEN_S
        self._acts: list[SiteAct] = []
        self._writing: asyncio.Task[None] | None = None

    def enter(self, event: Event) -> None:
        """Enter an event soon; `kind` says what act it is."""
        facts = event.to_json()
        self._enter(SiteAct(facts.pop("kind"), wall.utc_text(), facts))

    async def enter_closed(self, record: Path) -> None:
        """Enter the head of a record that was closed."""
        try:
            self._enter(await asyncio.to_thread(closed, record, wall.utc_text()))
        except RecordError as error:
            log.error("%s", error)

    async def written(self) -> None:
        """Return when everything is on disk, or cannot be, or after a bounded time."""
        if self._writing is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._written_s):
                    await asyncio.shield(self._writing)

    def _enter(self, act: SiteAct) -> None:
        self.entered += 1
        if len(self._acts) >= ACTS_MAX:
            log.error("site journal: the disk is too slow; not entered: %s", act)
            return
        self._acts.append(act)
        if self._writing is None:
            self._writing = asyncio.get_running_loop().create_task(self._write(), name="audit")

    async def _write(self) -> None:
        while self._acts:
            acts, self._acts = self._acts, []
            try:
                await asyncio.to_thread(self._journal.enter, acts)
            except Exception as error:  # an act without a journal is in the log, and the daemon goes on
                log.error("site journal: %s; not entered: %s", error, acts)
        self._writing = None
