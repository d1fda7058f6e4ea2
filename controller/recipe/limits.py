"""Bounds of setpoints, and what happens when two sets of them hold at once: the tool's, tightened by the recipe's.

A limit says what may be asked, not what is measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """Bounds in `unit`; `rate` in `rate_unit`, per second. None is no bound."""

    unit: str
    low: float | None = None
    high: float | None = None
    rate: float | None = None

    @property
    def rate_unit(self) -> str:
        """Unit of `rate`: kPa/s for kPa and kPa abs, K/s for degC."""
        return rate_unit(self.unit)

    def tightened(self, other: Limit) -> Limit:
        """Both limits at once."""
        return Limit(
            self.unit,
            _pick(max, self.low, other.low),
            _pick(min, self.high, other.high),
            _pick(min, self.rate, other.rate),
        )

    def breach(self, value: float) -> str | None:
        """Why `value` may not be asked, or None. NaN is never allowed."""
        if not math.isfinite(value):
            return f"{value} is not a number"
        if self.low is not None and value < self.low - _noise(self.low):
            return f"{shown(value, self.unit)} is below {shown(self.low, self.unit)}"
        if self.high is not None and value > self.high + _noise(self.high):
            return f"{shown(value, self.unit)} is above {shown(self.high, self.unit)}"
        return None

    def too_fast(self, rate: float) -> bool:
        """True when a rate, per second, may not be asked; NaN and standing still included."""
        return not (0.0 < rate < math.inf and (self.rate is None or rate <= self.rate + _noise(self.rate)))


def rate_unit(unit: str) -> str:
    """The unit of a change per second."""
    return "K/s" if unit == "degC" else f"{unit.removesuffix(' abs')}/s"


def tighten(tool: Mapping[str, Limit], recipe: Mapping[str, Limit]) -> dict[str, Limit]:
    """The limits in force while a recipe runs; a name that only the recipe limits is kept."""
    both = {name: limit.tightened(recipe[name]) if name in recipe else limit for name, limit in tool.items()}
    return {**recipe, **both}


def shown(value: float, unit: str) -> str:
    """A number with its unit, for messages."""
    return f"{value:.6g} {unit}".rstrip()


def _noise(bound: float) -> float:
    return 1e-9 * abs(bound)  # of a conversion between units


def _pick(better: Callable[[float, float], float], a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return better(a, b)
