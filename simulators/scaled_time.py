"""A real-time loop on which time runs `speed` times as fast as on the wall.

The default asyncio loop rounds every wait up to a whole millisecond (epoll); `select` does not, and its limit of 1024
descriptors is far above what a line opens. A thread that sleeps still wakes a little late: the kernel takes 50 us of
liberty to join timers, which is given back here, and needs a while to wake anybody. So the loop sleeps until shortly
before an instant and is awake when it comes. A thread that computes gives way to the loop after half a millisecond.
This file may read the wall's monotonic clock.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

SLACK = Path("/proc/self/timerslack_ns")  # Linux: of the process's first thread, in which loops run
SWITCH_S = 5e-4
AWAKE_S = 80e-6  # before an instant; at 100 scans a second less than 1 % of a core


class _ScaledSelector(selectors.SelectSelector):
    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if not timeout or timeout < 0.0:
            return super().select(timeout)
        wait_s = timeout / self._speed
        due_s = time.monotonic() + wait_s
        found = super().select(max(0.0, wait_s - AWAKE_S))
        while not found and time.monotonic() < due_s:
            found = super().select(0)
        return found


class ScaledLoop(asyncio.SelectorEventLoop):
    """A selector loop whose `time()` starts at 0 and runs `speed` seconds per second; for the first thread."""

    def __init__(self, speed: float = 1.0, **options: Any) -> None:
        self._speed = speed
        self._start_s = time.monotonic()
        sys.setswitchinterval(SWITCH_S)
        with suppress(OSError):
            SLACK.write_text("1", encoding="ascii")
        super().__init__(_ScaledSelector(speed), **options)

    def time(self) -> float:
        return (time.monotonic() - self._start_s) * self._speed
