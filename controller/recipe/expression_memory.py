"""What an expression remembers from scan to scan: since when a condition holds, and the slope of a tag.

Memory is bounded whatever the window and the poll rate. Times come from the caller; nothing here reads a clock.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence

from drivers.reading import TagTable

Test = Callable[[float], bool]  # of the time in seconds

SLOPE_BINS = 32
UNSEEN_S = 5.0  # between two samples of a tag that was watched all the time
_TIME_NOISE_S = 1e-9  # sums of scan periods are not exact


class HeldTest:
    """True once a condition has been true for a while without a break."""

    __slots__ = ("_for_s", "_since_s", "_test")

    def __init__(self, test: Test, for_s: float) -> None:
        self._test = test
        self._for_s = for_s - _TIME_NOISE_S
        self._since_s: float | None = None

    def __call__(self, now_s: float) -> bool:
        if not self._test(now_s):
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s = now_s
        return now_s - self._since_s >= self._for_s

    def reset(self) -> None:
        """Begin to count again."""
        self._since_s = None


class UnchangedFor:
    """Seconds from the first to the last of a tag's identical samples: noise should have moved a sensor that lives.

    It begins anew after a while in which nobody asked: samples that it has not seen may have differed.
    """

    __slots__ = ("_column", "_last_s", "_since_s", "_table", "_value")

    def __init__(self, table: TagTable, column: int) -> None:
        self._table, self._column = table, column
        self.reset()

    def reset(self) -> None:
        """Begin with the next sample."""
        self._value = math.nan
        self._since_s = self._last_s = 0.0

    def __call__(self, now_s: float) -> float:
        value, time_s = self._table.value[self._column], self._table.time_s[self._column]
        if value != self._value or time_s - self._last_s > UNSEEN_S:
            self._value, self._since_s = value, time_s
        self._last_s = time_s
        return time_s - self._since_s


class SlopeOf:
    """Least-squares slope of one tag over a window, NaN until the window is full.

    Samples are averaged into at most 32 bins, so memory does not depend on window and poll rate. A gap of half a window
    starts it anew: a slope over a hole would be a guess.
    """

    __slots__ = ("_bin", "_bins", "_column", "_factor", "_last_s", "_since_s", "_slope", "_table", "_window_s")

    def __init__(self, table: TagTable, column: int, window_s: float, factor: float) -> None:
        self._table = table
        self._column = column
        self._window_s = window_s
        self._factor = factor
        self._bins: deque[tuple[float, float]] = deque(maxlen=SLOPE_BINS)
        self.reset()

    def reset(self) -> None:
        """Forget all samples."""
        self._bins.clear()
        self._bin = (0.0, 0.0, 0.0, 0)  # start, sum of times since start, sum of values, count
        self._since_s = self._last_s = -math.inf
        self._slope = math.nan

    def __call__(self, now_s: float) -> float:
        time_s = self._table.time_s[self._column]
        if time_s > self._last_s:
            self._take(time_s, self._table.value[self._column])
        full = self._last_s - self._since_s >= self._window_s - _TIME_NOISE_S
        return self._slope if full else math.nan

    def _take(self, time_s: float, value: float) -> None:
        if time_s - self._last_s > self._window_s / 2 + _TIME_NOISE_S:
            self.reset()
            self._since_s = time_s
            self._bin = (time_s, 0.0, 0.0, 0)
        start_s, times, values, count = self._bin
        if count and time_s - start_s >= self._window_s / SLOPE_BINS - _TIME_NOISE_S:
            self._bins.append((start_s + times / count, values / count))
            self._forget(time_s - self._window_s)
            self._slope = slope(self._bins) * self._factor
            start_s, times, values, count = time_s, 0.0, 0.0, 0
        self._bin = (start_s, times + time_s - start_s, values + value, count + 1)
        self._last_s = time_s

    def _forget(self, before_s: float) -> None:
        while self._bins and self._bins[0][0] < before_s - _TIME_NOISE_S:
            self._bins.popleft()


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least-squares slope of (time, value) points; NaN for fewer than two."""
    count = len(points)
    if count < 2:
        return math.nan
    start_s, first = points[0]  # sums of small numbers lose nothing
    times = values = squares = products = 0.0
    for time_s, value in points:
        dt_s, change = time_s - start_s, value - first
        times += dt_s
        values += change
        squares += dt_s * dt_s
        products += dt_s * change
    return (count * products - times * values) / (count * squares - times * times)
