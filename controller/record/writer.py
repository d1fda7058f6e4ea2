"""Two ways to get batches into the store: at once, or by one thread so that the event loop does not hang on a disk.

Inline is for virtual time, where a thread brings nothing and would cost the order of things. What could not be written
is kept, in order, and tried again: a record has no holes. How much may be kept is the recorder's business.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Protocol

from controller.record.store import Batch, RecordError, Store

INTENT_S = 2.0  # for an intent to be durable
IN_PLACE_S = 2e-3  # of this the loop stands still; chosen: ten times a good disk, a fifth of a scan at 100 Hz
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


_Post = tuple[Batch, "Future[None] | None"]  # rows, and who waits until they are durable


class ThreadWriter:
    """Write in one thread, in the order of posting; what gathers meanwhile goes into one commit."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._error: RecordError | None = None
        self._posts: SimpleQueue[_Post | None] = SimpleQueue()  # None: close
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
        self._put(batch, None)

    async def commit(self, batch: Batch) -> None:
        """Return when the batch is durable; RecordError when this or an earlier batch is not, within INTENT_S.

        A good disk answers sooner than the loop could be woken again, so the loop stands still for a moment; but not
        for a disk that has something to do already.
        """
        keeping_up = not self.waiting
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # what is written cannot be called back
        self._put(batch, done)
        if keeping_up:
            with suppress(TimeoutError):
                return done.result(IN_PLACE_S)
        try:
            async with asyncio.timeout(INTENT_S):
                await asyncio.wrap_future(done)
        except TimeoutError:
            text = f"run record {self._store.path}: the disk did not take an intent within {INTENT_S:g} s"
            raise RecordError(text) from None

    def close(self) -> None:
        """Write what is queued and end the thread; RecordError when the disk does not answer within CLOSE_S."""
        self._posts.put(None)
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            raise self._slow()
        self._store.close()

    def _put(self, batch: Batch, done: Future[None] | None) -> None:
        self._posted += len(batch.rows)
        self._posts.put((batch, done))

    def _slow(self) -> RecordError:
        return RecordError(f"run record {self._store.path}: the disk does not keep up; see what else writes to it")

    def _work(self) -> None:
        self._store.make_room()
        batch, closing = Batch(), False
        while not closing:
            asking: list[Future[None]] = []
            for post in self._news(RETRY_S if batch.rows else None):
                if post is None:
                    closing = True
                    continue
                rows, done = post
                batch.extend(rows)
                if done is not None:
                    asking.append(done)
            if self._write(batch, asking):
                batch = Batch()

    def _news(self, timeout_s: float | None) -> Iterator[_Post | None]:
        """What was posted: at least one within the timeout, and all that came with it."""
        with suppress(Empty):
            yield self._posts.get(timeout=timeout_s)
            while True:
                yield self._posts.get_nowait()

    def _write(self, batch: Batch, asking: list[Future[None]]) -> bool:
        """Write, and tell those who ask."""
        try:
            self._store.write(batch)
        except RecordError as error:
            self._error = error
        else:
            self._error = None
            self._written += len(batch.rows)
        for done in asking:
            if self._error is None:
                done.set_result(None)
            else:
                done.set_exception(self._error)
        return self._error is None
