"""The site journal: what happened outside a run, who logged in, what was refused. One record a day, as that of a run.

It has no curves and decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from controller import wall
from controller.record.events import Event
from controller.record.journal import Recorder
from drivers.reading import TagTable


class SiteJournal:
    """Append events to the record of the day; each start of the program, and each day, begins a file of its own."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder, self._clock = folder, clock
        self._day = ""
        self._recorder: Recorder | None = None

    def event(self, event: Event) -> float:
        """Append one event, and have it on disk at once; returns its time in the journal in s."""
        recorder = self._today()
        recorder.event(event)
        recorder.flush()
        return recorder.elapsed_s

    def close(self, reason: str) -> None:
        """Finish the file of the day."""
        if self._recorder is not None:
            self._recorder.close("CLOSED", "NONE", reason)
            self._recorder = None

    def _today(self) -> Recorder:
        day = wall.utc_text()[:10]
        if self._recorder is None or day != self._day:
            self.close("the day is over")
            self._day = day
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"site-{wall.run_stamp()}.sqlite"
            self._recorder = Recorder(path, TagTable(), self._clock, threaded=True)
            self._recorder.describe(run_id=path.stem, start_utc=wall.utc_text(), title="site journal")
        return self._recorder
