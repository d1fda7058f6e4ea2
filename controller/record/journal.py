"""The journal of a run: stamps events and scans with the run's clock and hands them to the file in batches.

An intent is durable before `intent` returns, so nothing goes to the wire unrecorded. Other events follow within
`EVENT_COMMIT_S`, samples within `SAMPLE_COMMIT_S`. While the disk takes nothing, rows wait in memory and whoever
listens is told; it decides nothing about the run. Reading is `runfile.py`.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller import wall
from controller.record.chain import CLOSED, EVENT, FACT, SAMPLE, Row, counts_by_name
from controller.record.curve import GAP_S
from controller.record.events import Event, Intent, Note, RunEnded
from controller.record.store import Batch, RecordError, Store
from controller.record.trace import Trace
from controller.record.writer import InlineWriter, ThreadWriter, Writer
from drivers.reading import TagTable

__all__ = ["RecordError", "Recorder"]

SAMPLE_COMMIT_S = 1.0  # a killed process loses at most this much of the curves
EVENT_COMMIT_S = 0.1  # and this much of the story, while a scan is running
VIRTUAL_FACTOR = 10  # virtual seconds are short: ten of them pass in about 10 ms, and fewer commits cost less
BATCH_ROWS = 2000  # bounds the memory when the clock stands still
WAITING_ROWS = 36_000  # an hour of scans, about 40 MB; while more than that waits, samples are left out, and counted

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str).encode


class Recorder:
    """Write the record of one run.

    `event` and `sample` never wait and never raise for a bad disk, because they are called from the guard's scan;
    `intent` and `close` raise RecordError. With each scan, `on_failure` is told why rows wait, and `on_recovery` once
    when they are written.
    """

    def __init__(self, path: Path, tags: TagTable, clock: Callable[[], float], *, threaded: bool) -> None:
        """Create the file `path`. The tag table must be complete; `threaded` is for real time."""
        self.path = path
        self.on_failure: Callable[[RecordError], None] = lambda error: None
        self.on_recovery: Callable[[], None] = lambda: None
        store = Store.create(path, tags, real=threaded)
        self._writer: Writer = ThreadWriter(store, clock) if threaded else InlineWriter(store)
        self._trace = Trace(zip(tags.names, tags.units, strict=True))
        self._clock = clock
        self._start_s = clock()
        self._values = tags.value
        self._quality = tags.quality
        self._pack = struct.Struct(f"<{len(tags.names)}d").pack
        self._batch = Batch()
        self._seq = 1  # the first fact is the store's
        self._counts = [1, 0, 0]
        self._left_out = 0
        self._sampled_s = 0.0
        self._jumps = wall.Jumps() if threaded else None  # in virtual time there is no wall
        self._failing = False
        factor = 1 if threaded else VIRTUAL_FACTOR
        self._sample_commit_s = factor * SAMPLE_COMMIT_S
        self._event_commit_s = factor * EVENT_COMMIT_S
        self._commit_at_s = self._sample_commit_s
        self._closed = False
        self.heard: Callable[[float, Event], None] = lambda t_s, event: None  # told of each event, after it was taken

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
        t_s = self._clock() - self._start_s
        for key, value in facts.items():
            self._add(FACT, t_s, key, json.dumps(value, default=str))
        self._flush()

    def event(self, event: Event) -> None:
        """Append one event at the present time."""
        if self._closed:
            return
        t_s = self._clock() - self._start_s
        text = event_text(event)
        self._trace.event(t_s, text)
        self._add(EVENT, t_s, event.kind, text)
        self._commit_at_s = min(self._commit_at_s, t_s + self._event_commit_s)
        self._flush_when_due(t_s)
        self.heard(t_s, event)

    async def intent(self, event: Intent) -> None:
        """Append an intent and return when it is on disk. RecordError: do not send the command."""
        if self._closed:
            raise RecordError(f"run record {self.path}: it is closed; start a new run to command anything")
        self.event(event)
        try:
            await self._writer.commit(self._take())
        except RecordError as error:
            self._failed(error)
            raise

    def sample(self) -> None:
        """Append one row with the value and quality of every tag, as they stand now."""
        if self._closed:
            return
        keeping = self._writer.waiting < WAITING_ROWS
        if keeping and self._left_out:
            self._say_left_out()
        elif keeping and self.elapsed_s - self._sampled_s > GAP_S:
            self._say_gap()
        t_s = self._clock() - self._start_s
        if keeping:
            self._sampled_s = t_s
            row = self._pack(*self._values)
            quality = bytes(self._quality)
            self._trace.sample(t_s, row, quality)
            self._add(SAMPLE, t_s, row, quality)
        else:
            self._left_out += 1
        if self._jumps is not None:
            self._say_jump(self._jumps.look())
        self._flush_when_due(t_s)
        self._look()

    def close(self, state: str, verdict: str, reason: str = "") -> None:
        """Append the one terminal event and finish the file; a second call changes nothing.

        RecordError when the record is not whole; the file then ends at the last commit.
        """
        if self._closed:
            return
        if self._left_out:
            self._say_left_out()
        self.event(RunEnded(state, verdict, reason))
        self._closed = True
        self.describe(trace_sha256=self.trace_sha256)
        self.describe(**{CLOSED: counts_by_name([self._counts[FACT] + 1, *self._counts[1:]])})
        self._writer.close()
        if self._writer.waiting:
            raise self._writer.failure or RecordError(f"run record {self.path}: its end is missing")

    def _add(self, table: int, t_s: float, first: str | bytes, second: str | bytes) -> None:
        self._seq += 1
        self._counts[table] += 1
        self._batch.add(Row(table, self._seq, t_s, first, second))

    def _flush_when_due(self, t_s: float) -> None:
        if t_s >= self._commit_at_s or len(self._batch.rows) >= BATCH_ROWS:
            self._flush()

    def _take(self) -> Batch:
        batch, self._batch = self._batch, Batch()
        self._commit_at_s = self._clock() - self._start_s + self._sample_commit_s
        return batch

    def _flush(self) -> None:
        self._writer.post(self._take())

    def _look(self) -> None:
        failure = self._writer.failure
        if failure is not None:
            self._failed(failure)
        elif self._failing:
            self._failing = False
            self.on_recovery()

    def _failed(self, error: RecordError) -> None:
        self._failing = True
        self.on_failure(error)

    def _say_gap(self) -> None:
        gone_s = self.elapsed_s - self._sampled_s
        self.event(
            Note(f"no samples for {gone_s:.1f} s up to here: the program was stopped or kept waiting", "warning")
        )

    def _say_jump(self, jump_s: float) -> None:
        if jump_s:
            text = f"the clock of this computer was set by {jump_s:+.1f} s; the times of this record go on"
            self.event(Note(text, "warning"))

    def _say_left_out(self) -> None:
        text = f"{self._left_out} samples up to here were not kept: the record could not be written for too long"
        self._left_out = 0
        self.event(Note(text, "warning"))


def event_text(event: Event) -> str:
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
