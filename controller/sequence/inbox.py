"""The sequencer's inbox: messages from people, the guard and the sequencer's own activities, the most urgent first."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Urgency(IntEnum):
    """Order in the inbox."""

    ABORT = 0
    STOP = 1
    PAUSE = 2
    REST = 3


URGENCY = {"abort": Urgency.ABORT, "trip": Urgency.ABORT, "stop": Urgency.STOP, "hold": Urgency.PAUSE}


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One entry. `activity` is the number of the activity that reports, 0 for people and the guard."""

    urgency: Urgency
    order: int
    what: str = field(compare=False)
    by: str = field(compare=False, default="")
    reason: str = field(compare=False, default="")
    data: Any = field(compare=False, default=None)
    activity: int = field(compare=False, default=0)


class Inbox:
    """A heap that one task waits on; `post` may be called from any callback of the loop."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._posted = 0
        self._waiting: asyncio.Future[None] | None = None

    def post(self, what: str, by: str = "", reason: str = "", data: Any = None, activity: int = 0) -> None:
        """Add a message."""
        self._posted += 1
        urgency = URGENCY.get(what, Urgency.REST)
        heapq.heappush(self._messages, Message(urgency, self._posted, what, by, reason, data, activity))
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def next(self) -> Message:
        """The most urgent message, as soon as there is one."""
        while not self._messages:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return heapq.heappop(self._messages)
