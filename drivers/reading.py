"""Readings and the table they stand in.

A reading is never a bare number: it has a unit, a time and a quality. The table keeps all readings of a tool in
columns, because the scan looks at every one of them ten times a second; a `Reading` object is made when someone asks.
It decides nothing: who may use a stale value is the guard's business.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum


class Quality(IntEnum):
    """How far a value can be trusted. Only GOOD may permit anything."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2
    STALE = 3


@dataclass(frozen=True, slots=True)
class Value:
    """What an instrument reports: declared once, in the driver.

    `low` and `high` are the plausible range of the instrument itself; a number outside is BAD. `at` says where the
    value lives on the wire, in the terms of the protocol (a register, a SCPI header).
    """

    name: str
    unit: str
    low: float
    high: float
    doc: str
    at: object = None


@dataclass(frozen=True, slots=True)
class Reading:
    """One value with its unit, the loop time at which it was read and its quality."""

    tag: str
    value: float
    unit: str
    time_s: float
    quality: Quality


class TagTable:
    """All readings of one tool, in columns; a tag is `<instrument id>.<value>` and has a fixed index.

    Writers are the instruments (`put`, `fail`); readers look at the columns by index and must check `quality` and age
    against `fresh_s`, or call `fresh`.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.units: list[str] = []
        self.docs: list[str] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.value: list[float] = []
        self.time_s: list[float] = []
        self.quality: list[int] = []
        self.fresh_s: list[float] = []  # a reading older than this is stale
        self.inputs: dict[int, tuple[int, ...]] = {}  # of a computed tag: the columns that it is computed from
        self._index: dict[str, int] = {}

    def add(self, instrument: str, value: Value) -> int:
        """Give `value` of `instrument` a column. It is STALE until the first `put`."""
        name = f"{instrument}.{value.name}"
        if name in self._index:
            raise ValueError(f"tag {name} is declared twice")
        self._index[name] = len(self.names)
        self.names.append(name)
        self.units.append(value.unit)
        self.docs.append(value.doc)
        self.low.append(value.low)
        self.high.append(value.high)
        self.value.append(math.nan)
        self.time_s.append(-math.inf)
        self.quality.append(Quality.STALE)
        self.fresh_s.append(0.0)
        return self._index[name]

    def alias(self, name: str, tag: str) -> None:
        """Let people say `name` (`press.pressure`) for `tag` (`press_pressure.pressure`)."""
        if name in self._index:
            raise ValueError(f"tag {name} is declared twice")
        self._index[name] = self._index[tag]

    def index(self, name: str) -> int:
        """Column of a tag or alias; KeyError when there is none."""
        return self._index[name]

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __iter__(self) -> Iterator[str]:
        """All names, aliases included."""
        return iter(self._index)

    def put(self, i: int, value: float, time_s: float, quality: int = Quality.GOOD) -> None:
        """Write one reading; a value outside the instrument's range, NaN included, becomes BAD."""
        self.value[i] = value
        self.time_s[i] = time_s
        self.quality[i] = quality if self.low[i] <= value <= self.high[i] else Quality.BAD

    def fail(self, i: int) -> None:
        """Mark a reading STALE after a failed poll; value and time of the last good one stay visible."""
        self.quality[i] = Quality.STALE

    def fresh(self, i: int, now_s: float) -> bool:
        """True when the reading is GOOD and not older than its limit."""
        return self.quality[i] == 0 and now_s - self.time_s[i] <= self.fresh_s[i]

    def all_fresh(self, columns: Iterable[int], now_s: float) -> bool:
        """True when each of these readings is fresh."""
        quality, time_s, fresh_s = self.quality, self.time_s, self.fresh_s
        for i in columns:  # noqa: SIM110  at each scan: a generator takes twice as long
            if quality[i] or now_s - time_s[i] > fresh_s[i]:
                return False
        return True

    def reading(self, name: str, now_s: float) -> Reading:
        """The reading of `name` as an object, marked STALE when it is too old at `now_s`."""
        i = self._index[name]
        quality = Quality(self.quality[i])
        if quality <= Quality.UNCERTAIN and now_s - self.time_s[i] > self.fresh_s[i]:
            quality = Quality.STALE
        return Reading(name, self.value[i], self.units[i], self.time_s[i], quality)
