"""A real-time loop on which time runs `speed` times as fast as on the wall.

The default asyncio loop rounds every wait up to a whole millisecond (epoll); `select` does not, and its limit of 1024
descriptors is far above what a line opens. This file may read the wall's monotonic clock.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from typing import Any


class _ScaledSelector(selectors.SelectSelector):
    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / self._speed if timeout else timeout)


class ScaledLoop(asyncio.SelectorEventLoop):
    """A selector loop whose `time()` starts at 0 and runs `speed` seconds per second."""

    def __init__(self, speed: float = 1.0, **options: Any) -> None:
        self._speed = speed
        self._start_s = time.monotonic()
        super().__init__(_ScaledSelector(speed), **options)

    def time(self) -> float:
        return (time.monotonic() - self._start_s) * self._speed
