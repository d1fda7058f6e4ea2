"""What is asked on a line, by whom, and how a channel carries it. No logic: `line` runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

from drivers.errors import InstrumentError
from drivers.permit import Permit

T = TypeVar("T")

Parser = Callable[[bytearray], Any]
"""Takes the bytes received so far; returns the reply, or None when it needs more; raises GarbledReply."""


class Ask(NamedTuple):
    """One request on the wire and how its reply is read; `parse` None means that nothing answers."""

    data: bytes
    parse: Parser | None


Reply = tuple[Any, InstrumentError | None]
"""What came of one ask: a parsed value, or the error that is raised inside the dialogue."""

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
    failing_since_s: float = 0.0
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

    @property
    def safe(self) -> bool:
        """It takes energy away: it goes first and is never too old."""
        return self.permit is not None and self.permit.safe

    def too_old(self, epoch: int) -> bool:
        """A trip has raised the epoch since it was permitted."""
        return self.permit is not None and not self.permit.safe and self.permit.epoch < epoch
