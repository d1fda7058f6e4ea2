"""Ranges for acceptance and for choices: "142.5 um .. 152 um", "50 um +- 1.5 um", "min 99.5 %", "max 10 um".

Both ends belong to a range. What is done with a value outside is the step's business.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.recipe import units
from controller.recipe.quantities import QuantityError, parse, read, shown


@dataclass(frozen=True, slots=True)
class Range:
    """What is accepted: `low` to `high` in `unit`, both ends included; None is an open end."""

    low: float | None
    high: float | None
    unit: str

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float):
            return False
        # a bound is reached when the value differs from it by no more than the noise of a conversion
        slack = 1e-9 * max(abs(self.low or 0.0), abs(self.high or 0.0))
        low_ok = self.low is None or value >= self.low - slack
        return low_ok and (self.high is None or value <= self.high + slack)

    def side(self, value: float) -> str:
        """Say "low" or "high" for a value outside, "" for one inside; NaN is neither, ask `in` first."""
        if value in self:
            return ""
        return "low" if self.low is not None and value < self.low else "high"

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.low is None:
            return f"max {self.high:g}{unit}"
        if self.high is None:
            return f"min {self.low:g}{unit}"
        return f"{self.low:g}{unit} .. {self.high:g}{unit}"


def parse_range(text: object, unit: str | None = None, *, what: str = "this") -> Range:
    """Read "a .. b", "a +- d", "min a" or "max b" into `unit`, or into the unit of its first quantity when None."""
    clean = str(text).strip() if isinstance(text, str | int | float) and not isinstance(text, bool) else ""
    if clean.startswith("min "):
        low, used = _bound(clean[4:], unit, what)
        return Range(low, None, used)
    if clean.startswith("max "):
        high, used = _bound(clean[4:], unit, what)
        return Range(None, high, used)
    if " .. " in clean:
        first, second = clean.split(" .. ", 1)
        low, used = _bound(first, unit, what)
        return _ordered(low, parse(second, used, what=what), used, clean)
    if " +- " in clean:
        first, second = clean.split(" +- ", 1)
        middle, used = _bound(first, unit, what)
        spread = parse(second, units.DIFFERENCE_OF.get(used, used), what="the tolerance")
        return _ordered(middle - spread, middle + spread, used, clean)
    hint = 'write "142.5 um .. 152 um", "50 um +- 1.5 um", "min 99.5 %" or "max 10 um"'
    raise QuantityError("R117", f'"{shown(text)}" is not a range', hint)


def _bound(text: str, unit: str | None, what: str) -> tuple[float, str]:
    used = read(text).unit if unit is None else unit
    return parse(text, used, what=what), used


def _ordered(low: float, high: float, unit: str, text: str) -> Range:
    if low > high:
        raise QuantityError("R117", f'"{text}" is empty: its low end is above its high end', "exchange the two")
    return Range(low, high, unit)
