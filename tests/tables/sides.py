"""Values on both sides of a limit: where a condition of a healthy tool holds, at the limit itself, and where it fails.

The values lie so near to the limit that a limit moved by one per cent leaves one of them on the wrong side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

NEAR = 0.004  # of the limit; mutants move limits by 0.01
NEAR_ZERO = 0.4  # units; mutants move a limit of 0 by 1


@dataclass(frozen=True, slots=True)
class Course:
    """A value over time, in s from the begin of a case, read every `step_s` from `before_s` ahead of it to `until_s`.

    A bad one fails `after_s`, found at most `within_s` early or late.
    """

    at: Callable[[float], float]
    until_s: float
    step_s: float
    after_s: float = 0.0
    within_s: float = 0.0
    before_s: float = 0.0


Value = float | Course | None  # None: nobody knows, the reading is stale


@dataclass(frozen=True, slots=True)
class Sides:
    """What one tag may read and what not; a good value counts after it was there for `settles_s`."""

    good: tuple[float | Course, ...]
    bad: tuple[float | Course, ...]
    settles_s: float = 0.0

    def for_s(self, settles_s: float) -> Sides:
        """The same, once it has lasted."""
        return replace(self, settles_s=settles_s)


def _near(limit: float) -> float:
    return abs(limit) * NEAR or NEAR_ZERO


on = Sides((1.0,), (0.0,))
off = Sides((0.0,), (1.0,))


def above(limit: float) -> Sides:
    return Sides((limit + _near(limit),), (limit, limit - _near(limit)))


def at_least(limit: float) -> Sides:
    return Sides((limit + _near(limit), limit), (limit - _near(limit),))


def below(limit: float) -> Sides:
    return Sides((limit - _near(limit),), (limit, limit + _near(limit)))


def at_most(limit: float) -> Sides:
    return Sides((limit - _near(limit), limit), (limit + _near(limit),))


def between(low: float, high: float) -> Sides:
    good = (low + high) / 2.0, low + _near(low), high - _near(high), low, high
    return Sides(good, (low - _near(low), high + _near(high)))


def moves_within(limit_s: float) -> Sides:
    """A sensor that lives: its value is another one before so much time has passed; eight samples in a second."""
    step_s, until_s = 0.125, limit_s + 1.0
    moving = Course(lambda t_s: 1.0 + t_s // limit_s % 2.0, until_s, step_s)
    return Sides((moving,), (Course(lambda t_s: 1.0, until_s, step_s, after_s=limit_s),))


def rises(limit_K_min: float, window_s: float) -> Sides:
    """A temperature that rises at least so fast.

    Of a straight line followed by standstill, the slope over a window has fallen to a tenth when 0.804 of the window
    lies behind the corner (s^2 (3 - 2 s) = 0.1 with s the share before it).
    """
    corner_s, before_s = 20.0, window_s + 10.0

    def line(share: float) -> Course:
        return Course(lambda t_s: 50.0 + share * limit_K_min / 60.0 * t_s, 400.0, 1.0, before_s=before_s)

    def stops(t_s: float) -> float:
        return 50.0 + 10.0 * limit_K_min / 60.0 * min(t_s, corner_s)

    after_s = corner_s + 0.804 * window_s
    stopping = Course(stops, 400.0, 1.0, after_s, within_s=6.0, before_s=before_s)
    return Sides((line(1.0 + NEAR),), (line(1.0 - NEAR), stopping))
