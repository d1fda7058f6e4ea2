"""Two runs side by side, aligned by step and not by the clock: durations, results, and what the steps moved."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from controller.record.events import Measured
from controller.record.fold import summary_of
from controller.record.plots import plots_of
from controller.record.result import StepRow, Summary
from controller.record.runfile import RunFile


@dataclass(frozen=True, slots=True)
class Pair:
    """One quantity of both runs; None where a run has none."""

    step: str
    name: str
    unit: str
    a: float | None
    b: float | None

    @property
    def difference(self) -> float | None:
        """B less A."""
        return None if self.a is None or self.b is None else self.b - self.a


@dataclass(frozen=True, slots=True)
class Followed:
    """A tag during a step: where it ended in both runs, and how far apart they were at most, at equal step times."""

    ends: Pair
    apart: float
    at_s: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs; steps and results in the order of A, then those that only B has."""

    durations: list[Pair]
    results: list[Pair]
    tags: list[Followed]

    def to_json(self) -> dict[str, Any]:
        """Plain data, schema `springback.compare/1`."""

        def pair(one: Pair) -> dict[str, Any]:
            return {**asdict(one), "difference": one.difference}

        return {
            "schema": "springback.compare/1",
            "durations": [pair(one) for one in self.durations],
            "results": [pair(one) for one in self.results],
            "tags": [{**pair(one.ends), "apart": one.apart, "apart_at_s": one.at_s} for one in self.tags],
        }


def compare(a: RunFile, b: RunFile) -> Comparison:
    """Compare what both recorded; a step that was repeated is compared turn by turn."""
    one, two = summary_of(a), summary_of(b)
    return Comparison(_durations(one, two), _results(one, two), _tags(a, b, one, two))


def _label(row: StepRow) -> str:
    return f"{row.step} ({row.turn})" if row.turn > 1 else row.step


def _durations(a: Summary, b: Summary) -> list[Pair]:
    first, second = ({_label(row): row.duration_s for row in run.steps} for run in (a, b))
    return [Pair(step, "duration", "s", first.get(step), second.get(step)) for step in {**first, **second}]


def _results(a: Summary, b: Summary) -> list[Pair]:
    def key(result: Measured) -> tuple[str, str, str]:
        return result.step, result.name, result.unit

    first, second = ({key(result): result.value for result in run.results} for run in (a, b))
    return [Pair(*which, first.get(which), second.get(which)) for which in {**first, **second}]


def _tags(a: RunFile, b: RunFile, one: Summary, two: Summary) -> list[Followed]:
    rows = {_label(row): row for row in two.steps}
    found = []
    for plot in plots_of(a.meta):
        if plot.actual not in b.tags:
            continue
        unit = plot.unit or a.tags[plot.actual].unit
        curves = a.series(plot.actual), b.series(plot.actual)
        for row in one.steps:
            other = rows.get(_label(row))
            if row.step in plot.steps and other is not None:
                followed = _follow(_during(curves[0], row), _during(curves[1], other), _label(row), plot.actual, unit)
                found += [followed] if followed else []
    return found


Curve = tuple[Sequence[float], Sequence[float]]


def _during(curve: Curve, row: StepRow) -> Curve:
    """The trusted part of a curve during a step, in seconds since the step's start."""
    times, values = curve
    end_s = math.inf if row.end_s is None else row.end_s
    part = slice(bisect_left(times, row.start_s), bisect_left(times, end_s))
    good = [(t - row.start_s, v) for t, v in zip(times[part], values[part], strict=True) if v == v]
    return [t for t, _ in good], [v for _, v in good]


def _follow(a: Curve, b: Curve, step: str, tag: str, unit: str) -> Followed | None:
    if not a[0] or not b[0]:
        return None
    apart, at_s = 0.0, 0.0
    for t_s, value in zip(*a, strict=True):
        if t_s > b[0][-1]:
            break
        difference = abs(value - _at(b, t_s))
        if difference > apart:
            apart, at_s = difference, t_s
    return Followed(Pair(step, tag, unit, a[1][-1], b[1][-1]), apart, at_s)


def _at(curve: Curve, t_s: float) -> float:
    """The value of a curve at an instant, on the straight line between its samples."""
    times, values = curve
    right = bisect_left(times, t_s)
    if right == 0 or times[right] == t_s:
        return values[right]
    share = (t_s - times[right - 1]) / (times[right] - times[right - 1])
    return values[right - 1] + share * (values[right] - values[right - 1])
