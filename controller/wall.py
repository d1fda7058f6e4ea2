"""Wall time, for labels only: names of runs, UTC stamps, how long a command took. Nothing is controlled by it.

It may jump: somebody sets it, or the machine sleeps. `Jumps` sees that, so that a record can say it.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta

_STARTED_S = time.perf_counter()


def utc_text(days_ago: int = 0) -> str:
    """Now, or so many days ago, as ISO 8601 in UTC."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).isoformat(timespec="seconds")


def utc_after(utc: str, s: float) -> str:
    """So many seconds after an instant, both as `utc_text` writes them."""
    return (datetime.fromisoformat(utc) + timedelta(seconds=s)).isoformat(timespec="seconds")


def local() -> datetime:
    """Now, in the zone of this machine: what people read on the wall."""
    return datetime.now().astimezone()


def seconds_since(utc: str) -> float:
    """How long ago a time in ISO 8601 was, at least 0: a clock that was set back makes nothing younger than now."""
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(utc)).total_seconds())


def today() -> date:
    """The day, in UTC."""
    return datetime.now(UTC).date()


def run_stamp() -> str:
    """Now, as part of a run's name: sorts by time and is unique to a thousandth of a second."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]


def since_start_s() -> float:
    """Seconds since this program began to load."""
    return time.perf_counter() - _STARTED_S


class Jumps:
    """Compares the clock on the wall with one that only rises."""

    SEEN_S = 1.0  # less is the slow correction that keeps a clock right

    def __init__(self) -> None:
        self._ahead_s = _ahead_s()

    def look(self) -> float:
        """By how many seconds the clock on the wall was set since the last look; 0.0 when it was left alone."""
        before_s, self._ahead_s = self._ahead_s, _ahead_s()
        jump_s = self._ahead_s - before_s
        return jump_s if abs(jump_s) > self.SEEN_S else 0.0


def _ahead_s() -> float:
    return time.time() - time.monotonic()
