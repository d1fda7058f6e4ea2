"""One wire and its one owner: an RS-485 pair, a socket, a VISA resource.

The line alone writes, one dialogue at a time: safe commands first, then commands, then polls that are due. It runs in
callbacks of the event loop, without a task of its own, because it is the busiest part of the program. A request in flight is never cancelled, because RTU and SCPI replies carry no identity and a late one would answer the
next question; after a time-out the channel is reset and the line stays quiet before it asks again. Nothing is repeated
here: whoever knows that a request is idempotent may ask again.

It does not know what the bytes mean: dialogues (drivers.protocols, drivers.instruments) bring request and parser.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from drivers.errors import GarbledReply, InstrumentError, LinkLost, NoReply, Superseded
from drivers.permit import Permit

log = logging.getLogger(__name__)
T = TypeVar("T")

Parser = Callable[[bytearray], Any]
"""Takes the bytes received so far; returns the reply, or None when it needs more; raises GarbledReply."""

QUEUE_MAX = 256  # commands that may wait on one line; more is a bug of the caller
RETRY_S = 5.0  # a dead unit, and a dead link, is tried this often, so that it does not starve the others
DEAD_AFTER = 3  # failed polls in a row


class Ask(NamedTuple):
    """One request on the wire and how its reply is read; `parse` None means that nothing answers."""

    data: bytes
    parse: Parser | None


class Reply(NamedTuple):
    """What came of one ask: a parsed value, or the error that is raised inside the dialogue."""

    value: Any
    error: InstrumentError | None


Dialogue = Generator[Ask, Any, T]
"""One or more asks that belong together; returns the result. The line is not given away in between."""


class Channel(Protocol):
    """Bytes to and from one resource; carries no meaning and keeps no deadline."""

    kind: str
    address: str

    async def open(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Connect, or raise LinkLost with what to do. `on_data` and `on_lost` are called in the event loop."""

    def write(self, data: bytes, expects_reply: bool) -> None:
        """Send without waiting."""

    def want_more(self) -> None:
        """The reply is not complete yet: go on reading (only resources that read on demand care)."""

    async def reset(self) -> None:
        """Forget whatever may still arrive from an unanswered request."""

    async def close(self) -> None:
        """Release the resource; harmless when it is closed already."""


@dataclass(slots=True)
class Poll:
    """A question asked again and again.

    `done` gets the result and the loop time of the reply; `failed` the error. The instrument may change `period_s` in
    `done`: slower while nothing moves. Times are absolute, so a poll does not drift.
    """

    who: str
    period_s: float
    deadline_s: float
    dialogue: Callable[[], Dialogue[Any]]
    done: Callable[[Any, float], None]
    failed: Callable[[InstrumentError], None]
    due_s: float = 0.0
    failures: int = 0
    fresh_for_s: float = 0.0  # period for which the age limits of its values were last set
    hurried: bool = False  # asked for again while it was in flight


@dataclass(slots=True)
class Command:
    """A dialogue that somebody waits for."""

    who: str
    dialogue: Callable[[], Dialogue[Any]]
    deadline_s: float
    permit: Permit | None
    future: asyncio.Future[Any] = field(repr=False)


class Line:
    """The owner of one channel. `exchanges` counts completed request-reply pairs per instrument."""

    def __init__(self, name: str, channel: Channel, *, gap_s: float = 0.0, quiet_s: float = 0.05) -> None:
        self.name = name
        self.channel = channel
        self.gap_s = gap_s  # silence between a reply and the next request, e.g. 3.5 characters on RTU
        self.quiet_s = quiet_s  # silence after a time-out
        self.exchanges: Counter[str] = Counter()
        self.connected = False
        self._closed = True
        self.epoch = 0
        self.on_lost: list[Callable[[], None]] = []
        # what waits
        self._safe: deque[Command] = deque()
        self._commands: deque[Command] = deque()
        self._polls: list[tuple[float, int, Poll]] = []
        self._order = 0
        self._free_at = 0.0
        self._retry_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._starting = False
        self._mending: asyncio.Task[None] | None = None  # the channel is being reset or reopened
        self._bugs: set[str] = set()
        # what is in flight
        self._job: Command | Poll | None = None
        self._dialogue: Dialogue[Any] | None = None
        self._parse: Parser | None = None
        self._buffer = bytearray()
        self._sending = False
        self._instant: Reply | None = None  # came while the request was still being written
        self._deadline_at = 0.0
        self._watch: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------------------------ for instruments
    async def open(self) -> None:
        """Connect; raises LinkLost when there is nothing at the address."""
        self._loop = asyncio.get_running_loop()
        await self.channel.open(self._on_data, self._on_lost)
        self.connected, self._closed = True, False

    async def close(self) -> None:
        """Ask nothing more, fail what waits, release the channel."""
        closed = LinkLost(f"{self.name}: the line was closed")
        self._closed = True
        self._polls.clear()
        for timer in (self._timer, self._watch):
            if timer is not None:
                timer.cancel()
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.gather(self._mending, return_exceptions=True)
        self._fail_queue(closed, lambda command: True)
        if isinstance(self._job, Command) and not self._job.future.done():
            self._job.future.set_exception(closed)
        self._job = self._parse = None
        self.connected = False
        await self.channel.close()

    def add_poll(self, poll: Poll) -> None:
        """Ask from now on; the first time at `poll.due_s` (absolute loop time)."""
        self._push(poll)
        self._start()

    def hurry(self, poll: Poll) -> None:
        """Ask this poll again at once, e.g. after a command changed what it reads."""
        if poll is self._job:
            poll.hurried = True
            return
        poll.due_s = self._loop.time()
        self._push(poll)
        self._start()

    def advance(self, poll: Poll) -> None:
        """The period has become shorter: ask at its next multiple, unless that happens anyway."""
        due_s = _next_due(self._loop.time(), poll.period_s)
        if poll is not self._job and due_s < poll.due_s:
            poll.due_s = due_s
            self._push(poll)
            self._start()

    async def transact(
        self, who: str, dialogue: Callable[[], Dialogue[T]], deadline_s: float, permit: Permit | None = None
    ) -> T:
        """Run a dialogue and return its result, once the instrument has answered.

        `deadline_s` holds for each ask. Raises NoReply, GarbledReply, LinkLost, whatever the dialogue raises, and
        Superseded when a trip came first. Cancelling the caller does not cancel a request in flight.
        """
        safe = permit is not None and permit.safe
        if self._closed:
            raise LinkLost(f"{self.name}: the line is closed")
        if len(self._commands) >= QUEUE_MAX and not safe:
            raise LinkLost(f"{self.name}: {QUEUE_MAX} commands wait already; the line does not keep up")
        if safe and not self.connected:
            self._retry_at = 0.0  # what takes energy away does not wait for the next attempt to reconnect
        future: asyncio.Future[T] = self._loop.create_future()
        command = Command(who, dialogue, deadline_s, permit, future)
        (self._safe if safe else self._commands).append(command)
        self._start()
        return await future

    def flush(self, epoch: int) -> None:
        """Raise the epoch: whatever was permitted before and still waits is failed with Superseded."""
        self.epoch = epoch
        self._fail_queue(
            Superseded(f"{self.name}: a trip came before this command was sent"),
            lambda command: self._too_old(command.permit),
        )

    # ------------------------------------------------------------------------------------------ what comes next
    def _start(self) -> None:
        """Begin what is due, one job after the other as long as the wire answers at once; else wait for the next."""
        if self._starting:
            return
        self._starting = True
        try:
            while self._job is None and self._mending is None:
                now = self._loop.time()
                job = self._next(now)
                if job is None:
                    self._wait()
                elif self.connected:
                    self._begin(job)
                    continue
                elif now >= self._retry_at:
                    self._retry_at = now + RETRY_S
                    self._mend(partial(self._reopen, job))
                else:
                    self._finish(job, None, LinkLost(f"{self.name}: no connection to {self.channel.address}"))
                    continue
                return
        finally:
            self._starting = False

    def _next(self, now: float) -> Command | Poll | None:
        if now < self._free_at:
            return None
        for queue in (self._safe, self._commands):
            while queue:
                command = queue.popleft()
                if not command.future.done():
                    return command
        polls = self._polls
        while polls and polls[0][0] <= now:
            due, _, poll = heapq.heappop(polls)
            if due == poll.due_s:  # otherwise an entry that has been replaced by an earlier one
                return poll
        return None

    def _wait(self) -> None:
        if self._safe or self._commands:
            at_s = self._free_at
        elif self._polls:
            at_s = max(self._polls[0][0], self._free_at)
        else:
            return
        timer = self._timer
        if timer is not None and not timer.cancelled() and timer.when() == at_s > self._loop.time():
            return
        if timer is not None:
            timer.cancel()
        self._timer = self._loop.call_at(at_s, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._start()

    # ------------------------------------------------------------------------------------------ one job
    def _begin(self, job: Command | Poll) -> None:
        if isinstance(job, Command) and self._too_old(job.permit):
            self._finish(job, None, Superseded(f"{self.name}: a trip came before this command was sent"))
            return
        self._job = job
        self._dialogue = job.dialogue()
        self._go_on(Reply(None, None))

    def _too_old(self, permit: Permit | None) -> bool:
        return permit is not None and not permit.safe and permit.epoch < self.epoch

    def _go_on(self, reply: Reply) -> None:
        """Give the dialogue its reply and send what it asks next, until it has to wait or is done."""
        job, dialogue = self._job, self._dialogue
        assert job is not None and dialogue is not None
        result: Any = None
        error: InstrumentError | None = None
        try:
            while True:
                ask = dialogue.send(reply.value) if reply.error is None else dialogue.throw(reply.error)
                answer = self._send(ask, job)
                if answer is None:
                    return
                reply = answer
        except StopIteration as stop:
            result = stop.value
        except InstrumentError as raised:
            error = raised
        except Exception as raised:
            self._bug(job, raised)  # it must not silence the line
            error = GarbledReply(f"{self.name}: {job.who}: {raised!r}")
        self._job = self._dialogue = None
        self._free_at = self._loop.time() + self.gap_s
        if isinstance(error, NoReply | GarbledReply):
            self._free_at = self._loop.time() + self.quiet_s
            self._mend(self.channel.reset)
        self._finish(job, result, error)

    def _send(self, ask: Ask, job: Command | Poll) -> Reply | None:
        """Write a request; returns what came back at once, or None when it has to be waited for."""
        if not self.connected:  # the link dropped between two asks of one dialogue
            return Reply(None, LinkLost(f"{self.name}: no connection to {self.channel.address}"))
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s > %r", self.name, ask.data)
        if ask.parse is None:
            self.channel.write(ask.data, False)
            return Reply(None, None)
        self._buffer.clear()
        self._parse = ask.parse
        self._instant, self._sending = None, True
        try:
            self.channel.write(ask.data, True)
        finally:
            self._sending = False
        if self._instant is None:
            self._set_deadline(self._loop.time() + job.deadline_s)
        elif self._instant.error is None:
            self.exchanges[job.who] += 1
        return self._instant

    def _arrived(self, reply: Reply) -> None:
        self._parse = None
        if self._sending:
            self._instant = reply
            return
        if self._job is not None:
            if reply.error is None:
                self.exchanges[self._job.who] += 1
            self._go_on(reply)
            self._start()

    def _set_deadline(self, at_s: float) -> None:
        self._deadline_at = at_s
        if self._watch is not None and at_s < self._watch.when():
            self._watch.cancel()
            self._watch = None
        if self._watch is None:
            self._watch = self._loop.call_at(at_s, self._check_deadline)

    def _check_deadline(self) -> None:
        """One timer per line: when it fires it looks at the present deadline, and only then is late or waits on."""
        self._watch = None
        if self._parse is None:
            return
        if self._loop.time() < self._deadline_at:
            self._watch = self._loop.call_at(self._deadline_at, self._check_deadline)
            return
        got = f"{len(self._buffer)} bytes" if self._buffer else "nothing"
        where = self.channel.address
        self._arrived(
            Reply(None, NoReply(f"{self.name}: no complete reply from {where} in time, got {got}; is it switched on?"))
        )

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
            await self.channel.open(self._on_data, self._on_lost)
        except Exception as error:  # whatever the library of the resource raises
            lost = error if isinstance(error, LinkLost) else LinkLost(f"{self.name}: {self.channel.address}: {error}")
            self._finish(job, None, lost)
            return
        self.connected = True
        if isinstance(job, Command):
            (self._safe if job.permit is not None and job.permit.safe else self._commands).appendleft(job)
        else:
            self._push(job)

    # ------------------------------------------------------------------------------------------ outcomes
    def _finish(self, job: Command | Poll, result: Any, error: InstrumentError | None) -> None:
        if isinstance(job, Poll):
            self._finish_poll(job, result, error)
        elif not job.future.done():
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)

    def _finish_poll(self, poll: Poll, result: Any, error: InstrumentError | None) -> None:
        now = self._loop.time()
        try:
            if error is None:
                poll.failures = 0
                poll.done(result, now)
            else:
                poll.failures += 1
                poll.failed(error)
        except Exception as raised:  # whoever is told of a reading must not stop the polls
            self._bug(poll, raised)
        period_s = poll.period_s if poll.failures < DEAD_AFTER else max(RETRY_S, poll.period_s)
        poll.due_s = now if poll.hurried else _next_due(now, period_s)
        poll.hurried = False
        self._push(poll)

    def _bug(self, job: Command | Poll, raised: Exception) -> None:
        """Log a bug of ours once, however often it comes back."""
        text = f"{job.who}: {raised!r}"
        if text not in self._bugs:
            self._bugs.add(text)
            log.error("%s: %s", self.name, text, exc_info=raised)

    def _push(self, poll: Poll) -> None:
        self._order += 1
        heapq.heappush(self._polls, (poll.due_s, self._order, poll))

    def _fail_queue(self, error: InstrumentError, which: Callable[[Command], bool]) -> None:
        for queue in (self._safe, self._commands):
            for command in [c for c in queue if which(c)]:
                queue.remove(command)
                if not command.future.done():
                    command.future.set_exception(error)

    # ------------------------------------------------------------------------------------------ called by the channel
    def _on_data(self, data: bytes) -> None:
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s < %r", self.name, data)
        if self._parse is None:
            return  # unsolicited, or too late: never an answer to anything
        self._buffer += data
        try:
            value = self._parse(self._buffer)
        except InstrumentError as error:
            self._arrived(Reply(None, error))
            return
        if value is None:
            self.channel.want_more()
        else:
            self._arrived(Reply(value, None))

    def _on_lost(self, why: str) -> None:
        if not self.connected:
            return
        self.connected = False
        self._retry_at = 0.0
        for told in self.on_lost:
            told()
        if self._parse is not None:
            self._arrived(Reply(None, LinkLost(f"{self.name}: {self.channel.address} closed the connection: {why}")))


def _next_due(now_s: float, period_s: float) -> float:
    """Next multiple of the period: polls do not drift, and those of different lines fall into one turn of the loop."""
    return period_s * (math.floor(now_s / period_s + 1e-9) + 1)
