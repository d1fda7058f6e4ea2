"""From recorded samples to the few points of a drawn curve, without losing a spike or hiding a gap.

It knows scales and points, not what they mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import sub

Floats = Sequence[float]

# Samples come with every scan (0.1 s) while something moves and once a second while nothing does. Both may stand in
# one curve, so a gap cannot be told from the usual step; it is what is longer than two calm samples and a slow scan.
GAP_S = 2.5


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from data to drawing units, one axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, about: int) -> list[float]:
        """Round values inside the range, about so many, in steps of 1, 2 or 5."""
        raw = (self.high - self.low) / max(about, 1)
        power = 10.0 ** math.floor(math.log10(raw))
        step = min((power * m for m in (1, 2, 5, 10)), key=lambda s: abs(math.log(s / raw)))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [k * step for k in range(first, last + 1)]


def time_ticks(low_s: float, high_s: float, at_most: int) -> list[int]:
    """Round instants in a time range: multiples of 1, 2, 5, 10, 20, 30 s, min or h."""
    step = next((s for s in _TIME_STEPS if (high_s - low_s) / s <= at_most), _TIME_STEPS[-1])
    return list(range(math.ceil(low_s / step) * step, math.floor(high_s / step) * step + 1, step))


_TIME_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


def padded(*series: Floats, share: float = 0.08) -> tuple[float, float]:
    """Lowest and highest finite value of all series, widened so that a curve never touches the frame."""
    finite = [part for one in series if (part := list(filter(math.isfinite, one)))]
    if not finite:
        return 0.0, 1.0
    low, high = min(map(min, finite)), max(map(max, finite))
    # A steady value must look steady: noise of a thousandth must not fill the strip.
    span = max(high - low, 0.01 * max(abs(low), abs(high)), 1e-9)
    middle, half = (low + high) / 2, span * (0.5 + share)
    return middle - half, middle + half


def reduce(times: Floats, values: Floats, points: int) -> tuple[Floats, Floats]:
    """At most `points` points: the lowest and the highest of each stretch, in the order in which they came.

    A stretch with a missing value ends in NaN, so the curve breaks there.
    """
    times, values = _mark_gaps(times, values)
    if len(times) <= points:
        return times, values
    width = -(-len(times) // (points // 3))  # lowest, highest, and room for a break
    kept_s: list[float] = []
    kept: list[float] = []
    for start in range(0, len(times), width):
        stretch = values[start : start + width]
        good = list(filter(math.isfinite, stretch))
        for at in sorted({stretch.index(min(good)), stretch.index(max(good))} if good else ()):
            kept_s.append(times[start + at])
            kept.append(stretch[at])
        if len(good) < len(stretch):
            kept_s.append(times[start + len(stretch) - 1])
            kept.append(math.nan)
    return kept_s, kept


def _mark_gaps(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    late = [i for i, step in enumerate(map(sub, times[1:], times), start=1) if step > GAP_S]
    if not late:
        return times, values
    marked_s, marked = list(times), list(values)
    for i in reversed(late):
        marked_s.insert(i, times[i])
        marked.insert(i, math.nan)
    return marked_s, marked


def path(times: Floats, values: Floats, x: Scale, y: Scale) -> str:
    """The `d` of an SVG path, to a tenth of a unit; flat stretches take two points."""
    ys = [round(y(value), 1) for value in values]
    parts: list[str] = []
    pen = "M"
    for time, before, py, after in zip(times, [math.nan, *ys], ys, [*ys[1:], math.nan], strict=False):
        if not math.isfinite(py):
            pen = "M"
        elif not before == py == after:
            parts.append(f"{pen}{round(x(time), 1):g} {py:g}")
            pen = "L"
    return "".join(parts)
