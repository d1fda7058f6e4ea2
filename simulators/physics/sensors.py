"""From a true value to what an instrument shows: gain, offset, drift, noise, range, resolution.

Noise is a pure function of (seed, channel, sample): reading twice gives the same number, and there is no shared
generator whose state a read could move. The number of a sample is the table's at (sample * STRIDE + offset of the
channel) modulo its size (textbook). Lags are not here: a lag has a state, which belongs to the model that is sensed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import cos, inf, log, sin, sqrt, tau
from random import Random
from typing import NamedTuple
from zlib import crc32

TABLE_SIZE = 16384
STRIDE = 40503  # odd, so that successive samples walk through the whole table
SAMPLES_PER_HOUR = 360_000  # samples are the ticks of 10 ms
Read = Callable[[int], float]
"""Reads a channel at a sample, counted in ticks from the start."""


class Errors(NamedTuple):
    """Errors of one sensor, in its unit: `gain` also converts, `sigma` is one standard deviation, `step` resolves."""

    gain: float = 1.0
    offset: float = 0.0
    sigma: float = 0.0
    step: float = 0.0
    low: float = -inf
    high: float = inf
    drift_per_h: float = 0.0


@lru_cache(maxsize=1)
def gaussian_table() -> tuple[float, ...]:
    """Return the table of standard normal numbers, the same in every process (textbook: Box and Muller)."""
    uniform = Random(20011).random
    pairs = ((uniform() * tau, sqrt(-2.0 * log(1.0 - uniform()))) for _ in range(TABLE_SIZE // 2))
    return tuple(number for turn, radius in pairs for number in (cos(turn) * radius, sin(turn) * radius))


def noise_offset(seed: int, channel: str) -> int:
    """Return where in the table a channel starts under a seed."""
    return crc32(f"{seed}:{channel}".encode()) % TABLE_SIZE


def sensor(model: object, attribute: str, errors: Errors, start: int) -> Read:
    """Return the function that shows an attribute of a model with the errors of its sensor.

    In this order: gain, offset and drift, noise (from `start` in the table), clip to the range, round to the step.
    """
    gain, offset, sigma, step, low, high, drift_per_h = errors
    drift = drift_per_h / SAMPLES_PER_HOUR
    noise = gaussian_table()

    def read(sample: int) -> float:
        value: float = getattr(model, attribute) * gain + offset + drift * sample
        if sigma:
            value += sigma * noise[(sample * STRIDE + start) % TABLE_SIZE]
        if not low <= value <= high:
            value = low if value < low else high
        return round(value / step) * step if step else value

    return read
