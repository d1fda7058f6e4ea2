"""Answers on their way out: in order, each after its delay, never more than a bounded number waiting."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from simulators.wire.firmware import Answer

MAX_WAITING = 256  # answers; later ones are lost, as in a full transmit buffer


class Outbox:
    """Hands answers to `write` when they are due; one timer for all of them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, write: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._write = write
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, answers: Iterable[Answer]) -> None:
        """Write what is due at once, keep the rest; an answer never overtakes an earlier one."""
        for data, delay_s in answers:
            if not delay_s and not self._waiting:
                self._write(data)
            elif len(self._waiting) < MAX_WAITING:
                last_s = self._waiting[-1][0] if self._waiting else 0.0
                self._waiting.append((max(self._loop.time() + delay_s, last_s), data))
        if self._waiting and self._timer is None:
            self._timer = self._loop.call_at(self._waiting[0][0], self._due)

    def close(self) -> None:
        """Forget what has not gone out."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _due(self) -> None:
        self._timer = None
        now_s = self._loop.time()
        while self._waiting and self._waiting[0][0] <= now_s:
            self._write(self._waiting.popleft()[1])
        if self._waiting:
            self._timer = self._loop.call_at(self._waiting[0][0], self._due)
