"""Two ways to get batches into the store: at once, or by one thread so that the event loop never waits for a disk.

Inline is for virtual time, where a thread brings nothing and would cost the order of things. After the first failure a
writer stays failed: a record with a hole in it must not look whole.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from controller.record.store import Batch, RecordError, Store

QUEUE_BATCHES = 64  # about a minute of samples; when it is full the disk has stood still for that long
CLOSE_S = 10.0  # how long closing waits for a slow disk


class Writer(Protocol):
    """What the recorder needs: `post` never raises and never waits, `commit` returns when the batch is durable."""

    failure: RecordError | None

    def post(self, batch: Batch) -> None: ...

    async def commit(self, batch: Batch) -> None: ...

    def close(self) -> None: ...


class InlineWriter:
    """Write in the caller's turn."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failure: RecordError | None = None

    def post(self, batch: Batch) -> None:
        """Write now; trouble goes to `failure`."""
        if self.failure is None:
            try:
                self._store.write(batch)
            except RecordError as error:
                self.failure = error

    async def commit(self, batch: Batch) -> None:
        """Write now; RecordError when this or an earlier batch is not on disk."""
        self.post(batch)
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Close the store."""
        self._store.close()


@dataclass(slots=True)
class _Job:
    batch: Batch
    done: asyncio.Future[None] | None = None


class ThreadWriter:
    """Write in one thread, in the order of posting, through a bounded queue."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.failure: RecordError | None = None
        self._queue: queue.Queue[_Job | None] = queue.Queue(QUEUE_BATCHES)
        self._thread = threading.Thread(target=self._work, name="record", daemon=True)
        self._thread.start()

    def post(self, batch: Batch) -> None:
        """Queue a batch; trouble goes to `failure`."""
        self._put(_Job(batch))

    async def commit(self, batch: Batch) -> None:
        """Return when the batch is durable; RecordError when this or an earlier batch is not."""
        done = asyncio.get_running_loop().create_future()
        self._put(_Job(batch, done))
        if self.failure is not None:
            raise self.failure
        await done

    def close(self) -> None:
        """Write what is queued and end the thread; RecordError when the disk does not answer within CLOSE_S."""
        try:
            self._queue.put(None, timeout=CLOSE_S)
        except queue.Full:
            raise self._stuck() from None
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise self._stuck()
        self._store.close()

    def _put(self, job: _Job) -> None:
        if self.failure is not None:
            return
        try:
            self._queue.put_nowait(job)
        except queue.Full:
            self.failure = self._stuck()

    def _stuck(self) -> RecordError:
        return RecordError(f"run record {self._store.path}: the disk does not keep up; check it, then start a new run")

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            if self.failure is None:
                try:
                    self._store.write(job.batch)
                except RecordError as error:
                    self.failure = error
            if job.done is not None:
                self._tell(job.done)

    def _tell(self, done: asyncio.Future[None]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            done.get_loop().call_soon_threadsafe(_resolve, done, self.failure)


def _resolve(done: asyncio.Future[None], failure: RecordError | None) -> None:
    if done.done():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
