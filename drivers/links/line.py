"""One wire and its one owner: an RS-485 pair, a socket, a VISA resource.

The owner task is the only one that writes. It takes safe commands first, then commands, then polls that are due. A
request in flight is never cancelled, because RTU and SCPI replies carry no identity and a late one would answer the
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
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
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

    def start(self) -> Dialogue[Any]:
        return self.dialogue()


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
        self.epoch = 0
        self.on_lost: list[Callable[[], None]] = []
        self._safe: deque[Command] = deque()
        self._commands: deque[Command] = deque()
        self._polls: list[tuple[float, int, Poll]] = []
        self._order = 0
        self._free_at = 0.0
        self._retry_at = 0.0
        self._buffer = bytearray()
        self._parse: Parser | None = None
        self._reply: asyncio.Future[Any] | None = None
        self._deadline_at = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._idle: asyncio.Future[None] | None = None
        self._owner: asyncio.Task[None] | None = None
        self._in_flight: Command | Poll | None = None

    # ------------------------------------------------------------------------------------------ for instruments
    async def open(self) -> None:
        """Connect and start the owner; raises LinkLost when there is nothing at the address."""
        await self.channel.open(self._on_data, self._on_lost)
        self.connected = True
        self._owner = asyncio.get_running_loop().create_task(self._own(), name=f"line {self.name}")

    async def close(self) -> None:
        """Stop the owner, fail what waits, release the channel."""
        if self._owner is not None:
            self._owner.cancel()
            await asyncio.gather(self._owner, return_exceptions=True)
            self._owner = None
        if self._watch is not None:
            self._watch.cancel()
        self._fail_queue(LinkLost(f"{self.name}: the line was closed"), lambda command: True)
        self.connected = False
        await self.channel.close()

    def add_poll(self, poll: Poll) -> None:
        """Ask from now on; the first time at `poll.due_s` (absolute loop time)."""
        self._push(poll)
        self._wake()

    def hurry(self, poll: Poll) -> None:
        """Ask this poll again at once, e.g. after a command changed what it reads."""
        if poll is self._in_flight:
            poll.hurried = True
            return
        poll.due_s = asyncio.get_running_loop().time()
        self._push(poll)
        self._wake()

    def advance(self, poll: Poll) -> None:
        """The period has become shorter: ask at its next multiple, unless that happens anyway."""
        due_s = _next_due(asyncio.get_running_loop().time(), poll.period_s)
        if poll is not self._in_flight and due_s < poll.due_s:
            poll.due_s = due_s
            self._push(poll)
            self._wake()

    async def transact(
        self, who: str, dialogue: Callable[[], Dialogue[T]], deadline_s: float, permit: Permit | None = None
    ) -> T:
        """Run a dialogue and return its result, once the instrument has answered.

        `deadline_s` holds for each ask. Raises NoReply, GarbledReply, LinkLost, whatever the dialogue raises, and
        Superseded when a trip came first. Cancelling the caller does not cancel a request in flight.
        """
        if permit is not None and not permit.safe and permit.epoch < self.epoch:
            raise Superseded(f"{self.name}: a trip came before this command was sent")
        if len(self._commands) >= QUEUE_MAX:
            raise LinkLost(f"{self.name}: {QUEUE_MAX} commands wait already; the line does not keep up")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        command = Command(who, dialogue, deadline_s, permit, future)
        (self._safe if permit is not None and permit.safe else self._commands).append(command)
        self._wake()
        return await future

    def flush(self, epoch: int) -> None:
        """Raise the epoch: whatever was permitted before and still waits is failed with Superseded."""
        self.epoch = epoch
        self._fail_queue(
            Superseded(f"{self.name}: a trip came before this command was sent"),
            lambda command: command.permit is not None and not command.permit.safe and command.permit.epoch < epoch,
        )

    # ------------------------------------------------------------------------------------------ the owner
    async def _own(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            job = self._next(now)
            if job is None:
                await self._sleep(loop)
            elif self.connected or await self._reopen(now):
                await self._perform(job, loop)
            else:
                self._fail(job, LinkLost(f"{self.name}: no connection to {self.channel.address}"), now)

    def _next(self, now: float) -> Command | Poll | None:
        for queue in (self._safe, self._commands):
            while queue:
                if now < self._free_at:
                    return None
                command = queue.popleft()
                if not command.future.done():
                    return command
        polls = self._polls
        while polls and polls[0][0] <= now and now >= self._free_at:
            due, _, poll = heapq.heappop(polls)
            if due == poll.due_s:  # otherwise an entry that `hurry` has replaced
                return poll
        return None

    async def _sleep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._idle = loop.create_future()
        if self._safe or self._commands:
            wake_at = self._free_at
        elif self._polls:
            wake_at = max(self._polls[0][0], self._free_at)
        else:
            await self._idle
            return
        timer = loop.call_at(wake_at, self._wake)
        try:
            await self._idle
        finally:
            timer.cancel()

    def _wake(self) -> None:
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)

    async def _perform(self, job: Command | Poll, loop: asyncio.AbstractEventLoop) -> None:
        self._in_flight = job
        dialogue = job.start() if isinstance(job, Poll) else job.dialogue()
        try:
            ask = next(dialogue)
            while True:
                reply = await self._exchange(ask, job, loop)
                ask = dialogue.send(reply)
        except StopIteration as stop:
            self._succeed(job, stop.value, loop.time())
        except InstrumentError as error:
            dialogue.close()
            self._fail(job, error, loop.time())
            if isinstance(error, NoReply | GarbledReply):
                await self._resynchronise(loop)
        except asyncio.CancelledError:
            self._fail(job, LinkLost(f"{self.name}: the line was closed"), loop.time())
            raise
        except Exception as error:
            # a bug in a dialogue or in who is told of its result must not silence the line
            log.exception("%s: %s", self.name, job.who)
            self._fail(job, GarbledReply(f"{self.name}: {job.who}: {error!r}"), loop.time())
        finally:
            self._in_flight = None
            self._free_at = max(self._free_at, loop.time() + self.gap_s)

    async def _exchange(self, ask: Ask, job: Command | Poll, loop: asyncio.AbstractEventLoop) -> Any:
        if not self.connected:  # the link dropped between two asks of one dialogue
            raise LinkLost(f"{self.name}: no connection to {self.channel.address}")
        log.debug("%s > %r", self.name, ask.data)
        if ask.parse is None:
            self.channel.write(ask.data, False)
            return None
        self._buffer.clear()
        self._parse = ask.parse
        reply = self._reply = loop.create_future()
        self.channel.write(ask.data, True)
        if not reply.done():  # a wire in memory may answer at once
            self._set_deadline(loop, loop.time() + job.deadline_s)
        result = await reply
        self.exchanges[job.who] += 1
        return result

    def _set_deadline(self, loop: asyncio.AbstractEventLoop, at_s: float) -> None:
        self._deadline_at = at_s
        if self._watch is not None and at_s < self._watch.when():
            self._watch.cancel()
            self._watch = None
        if self._watch is None:
            self._watch = loop.call_at(at_s, self._check_deadline, loop)

    def _check_deadline(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer per line: when it fires it looks at the present deadline, and only then is late or waits on."""
        self._watch = None
        if self._reply is None or self._reply.done():
            return
        if loop.time() >= self._deadline_at:
            got = f"{len(self._buffer)} bytes" if self._buffer else "nothing"
            self._reply.set_exception(
                NoReply(
                    f"{self.name}: no complete reply from {self.channel.address} in time, got {got}; is it switched on?"
                )
            )
        else:
            self._watch = loop.call_at(self._deadline_at, self._check_deadline, loop)

    async def _resynchronise(self, loop: asyncio.AbstractEventLoop) -> None:
        self._free_at = loop.time() + self.quiet_s
        await self.channel.reset()

    async def _reopen(self, now: float) -> bool:
        if now < self._retry_at:
            return False
        self._retry_at = now + RETRY_S
        try:
            await self.channel.close()
            await self.channel.open(self._on_data, self._on_lost)
        except LinkLost as error:
            log.info("%s", error)
            return False
        self.connected = True
        return True

    # ------------------------------------------------------------------------------------------ outcomes
    def _succeed(self, job: Command | Poll, result: Any, now: float) -> None:
        if isinstance(job, Command):
            if not job.future.done():
                job.future.set_result(result)
            return
        job.failures = 0
        job.done(result, now)
        self._again(job, now, job.period_s)

    def _fail(self, job: Command | Poll, error: InstrumentError, now: float) -> None:
        if isinstance(job, Command):
            if not job.future.done():
                job.future.set_exception(error)
            return
        job.failures += 1
        job.failed(error)
        self._again(job, now, job.period_s if job.failures < DEAD_AFTER else max(RETRY_S, job.period_s))

    def _again(self, poll: Poll, now: float, period_s: float) -> None:
        if poll.hurried:
            poll.hurried = False
            poll.due_s = now
            self._push(poll)
            return
        poll.due_s = _next_due(now, period_s)
        self._push(poll)

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
        log.debug("%s < %r", self.name, data)
        reply = self._reply
        if reply is None or reply.done() or self._parse is None:
            return  # unsolicited, or too late: never an answer to anything
        self._buffer += data
        try:
            result = self._parse(self._buffer)
        except InstrumentError as error:
            reply.set_exception(error)
            return
        if result is None:
            self.channel.want_more()
        else:
            reply.set_result(result)

    def _on_lost(self, why: str) -> None:
        if not self.connected:
            return
        self.connected = False
        self._retry_at = 0.0
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(LinkLost(f"{self.name}: {self.channel.address} closed the connection: {why}"))
        for told in self.on_lost:
            told()


def _next_due(now_s: float, period_s: float) -> float:
    """Next multiple of the period: polls do not drift, and those of different lines fall into one turn of the loop."""
    return period_s * (math.floor(now_s / period_s + 1e-9) + 1)
