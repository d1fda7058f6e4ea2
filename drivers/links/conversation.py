"""One dialogue at a time on a channel: write what it asks, parse what comes back, keep the deadline of each reply.

It decides neither what comes next nor what an outcome means; the line does.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

from drivers.errors import GarbledReply, InstrumentError, LinkLost, NoReply
from drivers.links.request import Ask, Channel, Command, Dialogue, Parser, Poll, Reply

log = logging.getLogger(__name__)

Ended = Callable[[Command | Poll, Any, InstrumentError | None], None]


class Conversation:
    """The job in flight. `ended` is called once for each job, with its result or its error."""

    def __init__(self, name: str, channel: Channel, ended: Ended) -> None:
        self.name, self.channel, self.ended = name, channel, ended
        self.job: Command | Poll | None = None
        self.exchanges: Counter[str] = Counter()
        self.connected = False
        self._dialogue: Dialogue[Any] | None = None
        self._parse: Parser | None = None
        self._buffer = bytearray()
        self._sending = False
        self._instant: Reply | None = None  # came while the request was still being written
        self._deadline_at = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._bugs: set[str] = set()

    def begin(self, job: Command | Poll, loop: asyncio.AbstractEventLoop) -> None:
        """Start the dialogue of a job; it may end before this returns."""
        self._loop = loop
        self.job = job
        self._go_on((None, None))

    def drop(self) -> None:
        """Forget the job in flight: the line is closed."""
        self.job = self._dialogue = self._parse = None
        if self._watch is not None:
            self._watch.cancel()

    # ------------------------------------------------------------------------------------------ called by the channel
    def on_data(self, data: bytes) -> None:
        """Bytes have arrived."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s < %r", self.name, data)
        if self._parse is None:
            return  # unsolicited, or too late: never an answer to anything
        self._buffer += data
        try:
            value = self._parse(self._buffer)
        except InstrumentError as error:
            self._arrived((None, error))
            return
        if value is None:
            self.channel.want_more()
        else:
            self._arrived((value, None))

    def on_lost(self, error: LinkLost) -> None:
        """The connection is gone: nobody will answer any more."""
        if self._parse is not None:
            self._arrived((None, error))

    # ------------------------------------------------------------------------------------------ the dialogue
    def _go_on(self, reply: Reply) -> None:
        """Give the dialogue its reply and send what it asks next, until it has to wait or is done."""
        job = self.job
        assert job is not None
        result: Any = None
        try:
            dialogue = self._dialogue = self._dialogue or job.dialogue()
            while True:
                value, error = reply
                ask = dialogue.send(value) if error is None else dialogue.throw(error)
                answer = self._send(ask, job)
                if answer is None:
                    return
                reply = answer
        except StopIteration as stop:
            result, error = stop.value, None
        except InstrumentError as raised:
            error = raised
        except Exception as raised:
            self.bug(job, raised)  # it must not silence the line
            error = GarbledReply(f"{self.name}: {job.who}: {raised!r}")
        self.job = self._dialogue = None
        self.ended(job, result, error)

    def _send(self, ask: Ask, job: Command | Poll) -> Reply | None:
        """Write a request; returns what came back at once, or None when it has to be waited for."""
        if not self.connected:  # the link dropped between two asks of one dialogue
            return None, LinkLost(f"{self.name}: no connection to {self.channel.address}")
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s > %r", self.name, ask.data)
        if ask.parse is None:
            self.channel.write(ask.data, False)
            return None, None
        self._buffer.clear()
        self._parse = ask.parse
        self._instant, self._sending = None, True
        try:
            self.channel.write(ask.data, True)
        finally:
            self._sending = False
        instant: Reply | None = self._instant
        if instant is None:
            self._set_deadline(self._loop.time() + job.deadline_s)
        elif instant[1] is None:
            self.exchanges[job.who] += 1
        return instant

    def _arrived(self, reply: Reply) -> None:
        self._parse = None
        if self._sending:
            self._instant = reply
        elif self.job is not None:
            if reply[1] is None:
                self.exchanges[self.job.who] += 1
            self._go_on(reply)

    # ------------------------------------------------------------------------------------------ the deadline
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
        assert self.job is not None  # a parser waits, so there is a job
        late = NoReply(f"{self.job.who}: no complete reply from {where} in time, got {got}; is it switched on?")
        self._arrived((None, late))

    def bug(self, job: Command | Poll, raised: Exception) -> None:
        """Log a bug of ours once, however often it comes back."""
        text = f"{job.who}: {raised!r}"
        if text not in self._bugs:
            self._bugs.add(text)
            log.error("%s: %s", self.name, text, exc_info=raised)
