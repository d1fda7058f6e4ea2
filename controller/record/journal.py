"""The journal of a run: stamps events and scans with the run's clock and hands them to the file in batches.

An intent is durable before `intent` returns, so nothing goes to the wire unrecorded. Other events follow within
`EVENT_COMMIT_S`, samples within `SAMPLE_COMMIT_S`. It decides nothing about the run; reading is `runfile.py`.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.record.events import Event, Intent, RunEnded
from controller.record.store import Batch, RecordError, Store
from controller.record.trace import Trace
from controller.record.writer import InlineWriter, ThreadWriter, Writer
from drivers.reading import TagTable

__all__ = ["RecordError", "Recorder"]

SAMPLE_COMMIT_S = 1.0  # a killed process loses at most this much of the curves
EVENT_COMMIT_S = 0.1  # and this much of the story, while a scan is running
VIRTUAL_FACTOR = 10  # virtual seconds are short: ten of them pass in about 10 ms, and fewer commits cost less
BATCH_ROWS = 2000  # bounds the memory when the clock stands still

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str).encode


class Recorder:
    """Write the record of one run.

    `event` and `sample` never wait and never raise for a bad disk, because they are called from the guard's scan;
    `intent` and `close` raise RecordError, and `failure` holds the reason.
    """

    def __init__(self, path: Path, tags: TagTable, clock: Callable[[], float], *, threaded: bool) -> None:
        """Create the file `path`. The tag table must be complete; `threaded` is for real time."""
        self.path = path
        store = Store(path, tags)
        self._writer: Writer = ThreadWriter(store) if threaded else InlineWriter(store)
        self._trace = Trace(zip(tags.names, tags.units, strict=True))
        self._clock = clock
        self._start_s = clock()
        self._values = tags.value
        self._quality = tags.quality
        self._pack = struct.Struct(f"<{len(tags.names)}d").pack
        self._batch = Batch()
        self._seq = 0
        factor = 1 if threaded else VIRTUAL_FACTOR
        self._sample_commit_s = factor * SAMPLE_COMMIT_S
        self._event_commit_s = factor * EVENT_COMMIT_S
        self._commit_at_s = self._sample_commit_s
        self._closed = False
        self.heard: Callable[[float, Event], None] = lambda t_s, event: None  # told of each event, after it was taken

    @property
    def failure(self) -> RecordError | None:
        """Why the record is not whole, or None."""
        return self._writer.failure

    @property
    def trace_sha256(self) -> str:
        """Fingerprint of everything recorded so far; the same for two runs that did the same."""
        return self._trace.sha256()

    @property
    def elapsed_s(self) -> float:
        """Seconds of the run's clock since the start; what events and samples are stamped with."""
        return self._clock() - self._start_s

    def describe(self, **facts: Any) -> None:
        """Store facts that are no part of the trace: run id, seed, UTC times, lot, recipe text, versions, links."""
        self._batch.meta.update(facts)
        self.flush()

    def event(self, event: Event) -> None:
        """Append one event at the present time."""
        if self._closed:
            return
        t_s = self._clock() - self._start_s
        text = to_text(event)
        self._trace.event(t_s, text)
        self._seq += 1
        self._batch.events.append((self._seq, t_s, event.kind, text))
        self._commit_at_s = min(self._commit_at_s, t_s + self._event_commit_s)
        if t_s >= self._commit_at_s or len(self._batch.events) >= BATCH_ROWS:
            self.flush()
        self.heard(t_s, event)

    async def intent(self, event: Intent) -> None:
        """Append an intent and return when it is on disk. RecordError: do not send the command."""
        if self._closed:
            raise RecordError(f"run record {self.path}: it is closed; start a new run to command anything")
        self.event(event)
        await self._writer.commit(self._take())

    def sample(self) -> None:
        """Append one row with the value and quality of every tag, as they stand now."""
        if self._closed:
            return
        t_s = self._clock() - self._start_s
        row = self._pack(*self._values)
        quality = bytes(self._quality)
        self._trace.sample(t_s, row, quality)
        self._seq += 1
        samples = self._batch.samples
        samples.append((self._seq, t_s, row, quality))
        if t_s >= self._commit_at_s or len(samples) >= BATCH_ROWS:
            self.flush()

    def close(self, state: str, verdict: str, reason: str = "") -> None:
        """Append the one terminal event and finish the file; a second call changes nothing.

        RecordError when the record is not whole; the file then ends at the last commit.
        """
        if self._closed:
            return
        self.event(RunEnded(state, verdict, reason))
        self._closed = True
        self.describe(trace_sha256=self.trace_sha256)
        self._writer.close()
        if self._writer.failure is not None:
            raise self._writer.failure

    def _take(self) -> Batch:
        batch, self._batch = self._batch, Batch()
        self._commit_at_s = self._clock() - self._start_s + self._sample_commit_s
        return batch

    def flush(self) -> None:
        """Hand what was recorded so far to the file."""
        self._writer.post(self._take())


def to_text(event: Event) -> str:
    """JSON of an event. What is not a number (NaN, infinite) becomes null: no NaN crosses a boundary."""
    data = event.to_json()
    try:
        return _encode(data)
    except ValueError:
        return _encode(_finite(data))


def _finite(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, dict):
        return {key: _finite(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_finite(value) for value in data]
    return data
