"""Statistical process control of one result over runs: an individuals chart, its limits, and what is out of the usual.

The formulas are those of textbooks (e.g. NIST/SEMATECH e-Handbook 6.3.2.2): sigma from the mean moving range of two,
limits at three of them. It knows numbers in the order of the runs, not what they mean. Control limits say what the
process does, specification limits what is wanted; they have nothing to do with each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean

from controller.record.events import Measured
from controller.record.result import Summary, latest

LEAST = 3  # runs from which a chart is drawn
FIRM = 10  # runs below which its limits are an indication; chosen
D2 = 1.128  # textbook: mean range of two over sigma
RUN = 8  # textbook: so many in a row on one side of the mean


@dataclass(frozen=True, slots=True)
class Chart:
    """One result over runs, the oldest first; the last is the run itself. Values in the unit of the result."""

    result: Measured
    values: tuple[float, ...]
    mean: float
    sigma: float

    @property
    def low(self) -> float:
        """Lower control limit."""
        return self.mean - 3.0 * self.sigma

    @property
    def high(self) -> float:
        """Upper control limit."""
        return self.mean + 3.0 * self.sigma

    @property
    def cpk(self) -> float | None:
        """Distance from the mean to the nearer specification limit in units of three sigma; None without either."""
        r = self.result
        sides = [side for side in (r.low is not None and self.mean - r.low, r.high is not None and r.high - self.mean)
                 if side is not False]  # fmt: skip
        return min(sides) / (3.0 * self.sigma) if sides and self.sigma > 0.0 else None

    def hits(self) -> list[str]:
        """What is out of the usual, in words."""
        found = []
        outside = sum(not self.low <= value <= self.high for value in self.values)
        if self.sigma > 0.0 and not self.low <= self.values[-1] <= self.high:
            found.append("this run is outside the control limits")
        elif self.sigma > 0.0 and outside:
            found.append(f"{outside} of {len(self.values)} outside the control limits")
        last = self.values[-RUN:]
        if len(last) == RUN and (min(last) > self.mean or max(last) < self.mean):
            found.append(f"the last {RUN} on one side of the mean")
        return found


def charts(summary: Summary, before: Iterable[Summary], most: int) -> list[Chart]:
    """A chart for each result of the run that has limits and that enough runs have, in the order of the results."""
    earlier = [{(r.name, r.step, r.unit): r.value for r in latest(one.all_results)} for one in before]
    found = []
    for result in summary.results:
        if result.source == "predicted" or (result.low is None and result.high is None):
            continue
        key = (result.name, result.step, result.unit)
        values = (*(one[key] for one in earlier if key in one), result.value)
        if len(values) >= LEAST and result.unit:  # a count has no sigma
            found.append(chart(result, values))
    return found[:most]


def chart(result: Measured, values: Sequence[float]) -> Chart:
    """The chart of these values."""
    moving = [abs(b - a) for a, b in pairwise(values)]
    return Chart(result, tuple(values), fmean(values), fmean(moving) / D2)
