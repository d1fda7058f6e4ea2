"""From recorded samples to the few points of a drawn curve, without losing a spike or hiding a gap.

It knows scales and points, not what they mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GAP_FACTOR = 5.0  # a pause longer than this many usual scan periods is drawn as a gap


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
    finite = [part for one in series if (part := one[np.isfinite(one)]).size]
    if not finite:
        return 0.0, 1.0
    low, high = min(float(part.min()) for part in finite), max(float(part.max()) for part in finite)
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
    pad = -len(times) % width
    t = np.concatenate([times, np.full(pad, times[-1])]).reshape(-1, width)
    v = np.concatenate([values, np.full(pad, values[-1])]).reshape(-1, width)
    missing = np.isnan(v)
    low = np.where(missing, np.inf, v).argmin(axis=1)
    high = np.where(missing, -np.inf, v).argmax(axis=1)
    rows = np.arange(len(v))[:, None]
    at = np.stack([np.minimum(low, high), np.maximum(low, high)], axis=1)
    broken = missing.any(axis=1)
    t3 = np.concatenate([t[rows, at], t[:, -1:]], axis=1)
    v3 = np.concatenate([v[rows, at], np.where(broken, np.nan, np.inf)[:, None]], axis=1)
    keep = ~np.isinf(v3)
    return t3[keep], v3[keep]


def _mark_gaps(times: Floats, values: Floats) -> tuple[Floats, Floats]:
    if len(times) < 3:
        return times, values
    steps = np.diff(times)
    late = np.flatnonzero(steps > GAP_FACTOR * float(np.median(steps))) + 1
    if not late.size:
        return times, values
    return np.insert(times, late, times[late]), np.insert(values, late, np.nan)


def path(times: Floats, values: Floats, x: Scale, y: Scale) -> str:
    """The `d` of an SVG path, to a tenth of a unit; flat stretches take two points."""
    xs = np.round(x.start + (times - x.low) / (x.high - x.low) * (x.end - x.start), 1)
    ys = np.round(y.start + (values - y.low) / (y.high - y.low) * (y.end - y.start), 1)
    flat = np.zeros(len(ys), dtype=bool)
    flat[1:-1] = (ys[1:-1] == ys[:-2]) & (ys[1:-1] == ys[2:])
    parts: list[str] = []
    pen = "M"
    for px, py in zip(xs[~flat].tolist(), ys[~flat].tolist(), strict=True):
        if py != py:
            pen = "M"
            continue
        parts.append(f"{pen}{px:g} {py:g}")
        pen = "L"
    return "".join(parts)
