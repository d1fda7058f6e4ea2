"""One wire and its one owner: an RS-485 pair, a socket, a VISA resource.

The line alone writes, one dialogue at a time. It runs in callbacks of the event loop, without a task of its own, for
it is the busiest part of the program. A request in flight is never cancelled: RTU and SCPI replies carry no identity,
and a late one would answer the next question. After a time-out the channel is reset and the line stays quiet before it
asks again. A command is never repeated here: whoever knows that it is idempotent may give it again. A poll only reads;
after its first failure it is asked again at once, so that one lost reply does not look like a lost instrument.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from drivers.errors import GarbledReply, InstrumentError, LinkLost, NoReply, Superseded
from drivers.links.conversation import Conversation
from drivers.links.queue import Queue
from drivers.links.request import Channel, Command, Dialogue, Poll
from drivers.permit import Permit

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_S = 5.0  # a dead unit, and a dead link, is tried this often, so that it does not starve the others
DEAD_AFTER = 3  # failed polls in a row


class Line:
    """The owner of one channel."""

    def __init__(self, name: str, channel: Channel, *, gap_s: float = 0.0, quiet_s: float = 0.05) -> None:
        self.name = name
        self.channel = channel
        self.gap_s = gap_s  # silence between a reply and the next request, e.g. 3.5 characters on RTU
        self.quiet_s = quiet_s  # silence after a time-out
        self._closed = True
        self.epoch = 0
        self.on_lost: list[Callable[[], None]] = []
        self._queue = Queue()
        self._talk = Conversation(name, channel, self._ended)
        self._free_at = 0.0
        self._retry_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._starting = False
        self._mending: asyncio.Task[None] | None = None  # the channel is being reset or reopened

    @property
    def exchanges(self) -> Counter[str]:
        """Completed request-reply pairs per instrument."""
        return self._talk.exchanges

    @property
    def connected(self) -> bool:
        """True while the channel is open."""
        return self._talk.connected

    # ------------------------------------------------------------------------------------------ for instruments
    async def open(self) -> None:
        """Connect; raises LinkLost when there is nothing at the address."""
        self._loop = asyncio.get_running_loop()
        await self.channel.open(self._talk.on_data, self._on_lost)
        self._talk.connected, self._closed = True, False

    async def close(self) -> None:
        """Ask nothing more, fail what waits, release the channel."""
        closed = LinkLost(f"{self.name}: the line was closed")
        self._closed = True
        self._queue.clear_polls()
        if self._timer is not None:
            self._timer.cancel()
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.gather(self._mending, return_exceptions=True)
        self._queue.fail(closed, lambda command: True)
        job = self._talk.job
        if isinstance(job, Command) and not job.future.done():
            job.future.set_exception(closed)
        self._talk.drop()
        self._talk.connected = False
        await self.channel.close()

    def add_poll(self, poll: Poll) -> None:
        """Ask from now on; the first time at `poll.due_s` (absolute loop time)."""
        self._queue.add_poll(poll)
        self._start()

    def hurry(self, poll: Poll) -> None:
        """Ask this poll again at once, e.g. after a command changed what it reads."""
        if poll is self._talk.job:
            poll.hurried = True
            return
        poll.due_s = self._loop.time()
        self._queue.add_poll(poll)
        self._start()

    def advance(self, poll: Poll) -> None:
        """The period has become shorter: ask at its next multiple, unless that happens anyway."""
        due_s = _next_due(self._loop.time(), poll.period_s)
        if poll is not self._talk.job and due_s < poll.due_s:
            poll.due_s = due_s
            self._queue.add_poll(poll)
            self._start()

    async def transact(
        self, who: str, dialogue: Callable[[], Dialogue[T]], deadline_s: float, permit: Permit | None = None
    ) -> T:
        """Run a dialogue and return its result, once the instrument has answered.

        `deadline_s` holds for each ask. Raises NoReply, GarbledReply, LinkLost, whatever the dialogue raises, and
        Superseded when a trip came first. Cancelling the caller does not cancel a request in flight.
        """
        if self._closed:
            raise LinkLost(f"{self.name}: the line is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        command = Command(who, dialogue, deadline_s, permit, future)
        if self._queue.full and not command.safe:
            raise LinkLost(f"{self.name}: too many commands wait already; the line does not keep up")
        if command.safe and not self.connected:
            self._retry_at = 0.0  # what takes energy away does not wait for the next attempt to reconnect
        self._queue.add(command)
        self._start()
        return await future

    def flush(self, epoch: int) -> None:
        """Raise the epoch: whatever was permitted before and still waits is failed with Superseded."""
        self.epoch = epoch
        self._queue.fail(self._superseded(), lambda command: command.too_old(epoch))

    # ------------------------------------------------------------------------------------------ what comes next
    def _start(self) -> None:
        """Begin what is due, one job after the other as long as the wire answers at once; else wait for the next."""
        if self._starting:
            return
        self._starting = True
        try:
            while self._talk.job is None and self._mending is None:
                now = self._loop.time()
                job = self._queue.next(now) if now >= self._free_at else None
                if job is None:
                    self._wait()
                elif self._talk.connected:
                    self._begin(job)
                    continue
                elif now >= self._retry_at:
                    self._retry_at = now + RETRY_S
                    self._mend(partial(self._reopen, job))
                else:
                    self._finish(job, None, LinkLost(f"{self.name}: no connection to {self.channel.address}"), now)
                    continue
                return
        finally:
            self._starting = False

    def _wait(self) -> None:
        at_s = max(self._queue.next_at(), self._free_at)
        timer = self._timer
        if timer is not None:
            if timer.when() == at_s:
                return
            timer.cancel()
            self._timer = None
        if at_s < math.inf:
            self._timer = self._loop.call_at(at_s, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._start()

    # ------------------------------------------------------------------------------------------ one job
    def _begin(self, job: Command | Poll) -> None:
        if isinstance(job, Command) and job.too_old(self.epoch):
            self._finish(job, None, self._superseded(), self._loop.time())
        else:
            self._talk.begin(job, self._loop)

    def _superseded(self) -> Superseded:
        return Superseded(f"{self.name}: a trip came before this command was sent")

    def _ended(self, job: Command | Poll, result: Any, error: InstrumentError | None) -> None:
        now = self._loop.time()
        self._free_at = now + self.gap_s
        if isinstance(error, NoReply | GarbledReply):
            self._free_at = now + self.quiet_s
            self._mend(self.channel.reset)
        self._finish(job, result, error, now)
        self._start()

    # ------------------------------------------------------------------------------------------ mending
    def _mend(self, work: Callable[[], Awaitable[None]]) -> None:
        """Reset or reopen the channel; nothing is sent meanwhile."""

        async def mend() -> None:
            try:
                await work()
            except Exception as error:
                log.info("%s: %s", self.name, error)
                self._on_lost(str(error))
            finally:
                self._mending = None
            self._start()

        self._mending = self._loop.create_task(mend(), name=f"mend {self.name}")

    async def _reopen(self, job: Command | Poll) -> None:
        try:
            await self.channel.close()
            await self.channel.open(self._talk.on_data, self._on_lost)
        except Exception as error:  # whatever the library of the resource raises
            lost = error if isinstance(error, LinkLost) else LinkLost(f"{self.name}: {self.channel.address}: {error}")
            self._finish(job, None, lost, self._loop.time())
            return
        self._talk.connected = True
        if isinstance(job, Command):
            self._queue.add_first(job)
        else:
            self._queue.add_poll(job)

    # ------------------------------------------------------------------------------------------ outcomes
    def _finish(self, job: Command | Poll, result: Any, error: InstrumentError | None, now: float) -> None:
        if isinstance(job, Poll):
            self._finish_poll(job, result, error, now)
        elif not job.future.done():
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)

    def _finish_poll(self, poll: Poll, result: Any, error: InstrumentError | None, now: float) -> None:
        try:
            if error is None:
                poll.failures = 0
                poll.done(result, now)
            else:
                poll.failing_since_s = poll.failing_since_s if poll.failures else now
                poll.failures += 1
                poll.failed(error)
        except Exception as raised:  # whoever is told of a reading must not stop the polls
            self._talk.bug(poll, raised)
        period_s = max(RETRY_S, poll.period_s) if poll.failures and self._dead(poll, now) else poll.period_s
        poll.due_s = now if poll.hurried or poll.failures == 1 else _next_due(now, period_s)
        poll.hurried = False
        self._queue.add_poll(poll)

    def _dead(self, poll: Poll, now_s: float) -> bool:
        """Whether it has failed so often, and for so long that its last values are stale and whoever watches knows."""
        stale_s = 2.0 * poll.period_s + poll.deadline_s
        return poll.failures >= DEAD_AFTER and now_s - poll.failing_since_s > stale_s

    def _on_lost(self, why: str) -> None:
        if not self.connected:
            return
        self._talk.connected = False
        self._retry_at = 0.0
        for told in self.on_lost:
            told()
        self._talk.on_lost(LinkLost(f"{self.name}: {self.channel.address} closed the connection: {why}"))


def _next_due(now_s: float, period_s: float) -> float:
    """Next multiple of the period: polls do not drift, and those of different lines fall into one turn of the loop."""
    return period_s * (math.floor(now_s / period_s + 1e-9) + 1)
