"""Curves of a few hours: the smallest and the largest value of every half second, drawn in braille.

Each column shows all that was within it, so that no spike is lost. Bad and stale readings leave a gap.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

BUCKET_S = 0.5
KEPT_S = 6 * 3600.0
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # braille: row of four, column of two


class Curve:
    """One tag over time; `times_s` are the begins of its buckets, rising."""

    def __init__(self) -> None:
        self.times_s: list[float] = []
        self.lows: list[float] = []
        self.highs: list[float] = []

    def add(self, t_s: float, value: float) -> None:
        """One more reading, not before the one before it."""
        bucket_s = t_s - t_s % BUCKET_S
        if self.times_s and self.times_s[-1] >= bucket_s:
            self.lows[-1] = min(self.lows[-1], value)
            self.highs[-1] = max(self.highs[-1], value)
            return
        self.times_s.append(bucket_s)
        self.lows.append(value)
        self.highs.append(value)
        if len(self.times_s) > 1.1 * KEPT_S / BUCKET_S:
            n = len(self.times_s) - int(KEPT_S / BUCKET_S)
            del self.times_s[:n], self.lows[:n], self.highs[:n]

    def columns(self, begin_s: float, end_s: float, n: int) -> list[tuple[float, float] | None]:
        """Smallest and largest of each of `n` equal parts of a time span; None where nothing was read."""
        found: list[tuple[float, float] | None] = [None] * n
        first = bisect_left(self.times_s, begin_s)
        share = n / (end_s - begin_s)
        for i in range(first, bisect_left(self.times_s, end_s, first)):
            at = min(n - 1, int((self.times_s[i] - begin_s) * share))
            low, high, before = self.lows[i], self.highs[i], found[at]
            found[at] = (low, high) if before is None else (min(before[0], low), max(before[1], high))
        return found

    def at(self, t_s: float) -> float | None:
        """The value at a time; None before the first one."""
        i = bisect_left(self.times_s, t_s + 1e-9) - 1
        return self.highs[i] if i >= 0 else None


def spread(columns: Iterable[Sequence[tuple[float, float] | None]], least: float) -> tuple[float, float]:
    """The range of values that holds all columns, at least `least` wide."""
    values = [value for each in columns for pair in each if pair for value in pair]
    low, high = (min(values), max(values)) if values else (0.0, least)
    if high - low < least:
        middle = (low + high) / 2
        low, high = middle - least / 2, middle + least / 2
    return low, high


def joined(columns: Sequence[tuple[float, float] | None], most: int) -> list[tuple[float, float] | None]:
    """With short holes filled by the value before them: a reading stands until the next one."""
    out: list[tuple[float, float] | None] = []
    missing = most
    last = 0.0
    for pair in columns:
        if pair is not None:
            missing, last = 0, pair[1]
            out.append(pair)
        else:
            missing += 1
            out.append((last, last) if missing <= most else None)
    return out


def strip(columns: Sequence[tuple[float, float] | None], low: float, high: float, height: int) -> list[str]:
    """`height` rows of braille, two of the columns in each character."""
    rows = 4 * height
    share = (rows - 1) / (high - low)
    dots = [[0] * (len(columns) // 2) for _ in range(height)]
    before: int | None = None
    for x in range(len(columns) // 2 * 2):
        pair = columns[x]
        if pair is None:
            before = None
            continue
        top = rows - 1 - round((min(max(pair[1], low), high) - low) * share)
        bottom = rows - 1 - round((min(max(pair[0], low), high) - low) * share)
        if before is not None:  # no step of a curve is torn apart
            top, bottom = min(top, before + 1), max(bottom, before - 1)
            top, bottom = min(top, bottom), max(top, bottom)
        for y in range(top, bottom + 1):
            dots[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
        before = rows - 1 - round((min(max(pair[1], low), high) - low) * share)
    return ["".join(chr(0x2800 + bits) if bits else " " for bits in row) for row in dots]
