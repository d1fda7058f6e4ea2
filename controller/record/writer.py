"""Two ways to get batches into the store: at once, or by one thread so that the event loop never waits for a disk.

Inline is for virtual time, where a thread brings nothing and would cost the order of things. What could not be written
is kept, in order, and tried again: a record has no holes. How much may be kept is the recorder's business.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from controller.record.store import Batch, RecordError, Store

SLOW_S = 1.5  # without any progress while rows wait: the disk stands still; less than an intent may take
RETRY_S = 1.0  # between two attempts of the thread
CLOSE_S = 10.0  # how long closing waits for a slow disk


class Writer(Protocol):
    """What the recorder needs: `post` never raises and never waits, `commit` returns when the batch is durable."""

    @property
    def failure(self) -> RecordError | None:
        """Why rows wait that should be on disk, or None."""
        ...

    @property
    def waiting(self) -> int:
        """Number of rows that are not on disk yet."""
        ...

    def post(self, batch: Batch) -> None: ...

    async def commit(self, batch: Batch) -> None: ...

    def close(self) -> None: ...


class InlineWriter:
    """Write in the caller's turn."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batch = Batch()
        self.failure: RecordError | None = None

    @property
    def waiting(self) -> int:
        """Rows of batches that could not be written."""
        return len(self._batch.rows)

    def post(self, batch: Batch) -> None:
        """Write now, with what waits; trouble goes to `failure`."""
        self._batch.extend(batch)
        try:
            self._store.write(self._batch)
        except RecordError as error:
            self.failure = error
        else:
            self.failure, self._batch = None, Batch()

    async def commit(self, batch: Batch) -> None:
        """Write now; RecordError when this or an earlier batch is not on disk."""
        self.post(batch)
        if self.failure is not None:
            raise self.failure

    def close(self) -> None:
        """Close the store."""
        self._store.close()


class ThreadWriter:
    """Write in one thread, in the order of posting; what gathers meanwhile goes into one commit."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._error: RecordError | None = None
        self._news = threading.Condition()  # guards what follows
        self._batch = Batch()
        self._asking: list[asyncio.Future[None]] = []
        self._closing = False
        self._posted = self._written = 0  # rows
        self._seen, self._seen_s = 0, clock()  # how far the disk was, and when it was last seen to be further
        self._thread = threading.Thread(target=self._work, name="record", daemon=True)
        self._thread.start()

    @property
    def failure(self) -> RecordError | None:
        """What the last attempt met, or that there is no end of it."""
        if self._error is not None:
            return self._error
        now_s = self._clock()
        if self._written != self._seen or not self.waiting:
            self._seen, self._seen_s = self._written, now_s
        return self._slow() if now_s - self._seen_s > SLOW_S else None

    @property
    def waiting(self) -> int:
        """Rows that were posted and are not on disk."""
        return self._posted - self._written

    def post(self, batch: Batch) -> None:
        """Queue a batch; trouble goes to `failure`."""
        with self._news:
            self._put(batch)

    async def commit(self, batch: Batch) -> None:
        """Return when the batch is durable; RecordError when this or an earlier batch is not."""
        done = asyncio.get_running_loop().create_future()
        with self._news:
            self._asking.append(done)
            self._put(batch)
        await done

    def close(self) -> None:
        """Write what is queued and end the thread; RecordError when the disk does not answer within CLOSE_S."""
        with self._news:
            self._closing = True
            self._news.notify()
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise self._slow()
        self._store.close()

    def _put(self, batch: Batch) -> None:
        self._batch.extend(batch)
        self._posted += len(batch.rows)
        self._news.notify()

    def _slow(self) -> RecordError:
        return RecordError(f"run record {self._store.path}: the disk does not keep up; see what else writes to it")

    def _work(self) -> None:
        closing = False
        while not closing:
            with self._news:
                self._news.wait_for(lambda: self._batch.rows or self._asking or self._closing)
                closing = self._closing
                batch, self._batch = self._batch, Batch()
                asking, self._asking = self._asking, []
            self._write(batch, asking)

    def _write(self, batch: Batch, asking: list[asyncio.Future[None]]) -> None:
        try:
            self._store.write(batch)
        except RecordError as error:
            self._error = error
        else:
            self._error = None
            self._written += len(batch.rows)
        for done in asking:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                done.get_loop().call_soon_threadsafe(_resolve, done, self._error)
        if self._error is not None:
            with self._news:
                batch.extend(self._batch)
                self._batch = batch
                self._news.wait_for(lambda: self._closing, timeout=RETRY_S)


def _resolve(done: asyncio.Future[None], failure: RecordError | None) -> None:
    if done.done():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
