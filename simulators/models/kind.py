"""What one model of the twin is when it is run by itself: its settings, and what a run gives.

A model names what may be set, with unit and range; `run` gets every setting as a number in its unit and the plant's
parameters. It draws and prints nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from simulators.parameters import Parameters


class Setting(NamedTuple):
    """One thing that may be set: default and range are in `unit`."""

    name: str
    default: float
    unit: str
    low: float
    high: float
    meaning: str


class Column(NamedTuple):
    """One quantity over the run."""

    title: str
    unit: str
    values: list[float]


class Result(NamedTuple):
    """One figure that the run comes down to."""

    name: str
    value: float
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives: key figures, and columns over `x`, all of one length."""

    results: list[Result]
    x: Column
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class Model:
    """One model; `reads` are the groups of the parameter table that it depends on."""

    doc: str
    settings: tuple[Setting, ...]
    reads: tuple[str, ...]
    run: Callable[[Mapping[str, float], Parameters], Outcome]


def thinned(values: list[float], most: int = 600) -> list[float]:
    """Every n-th value, so that at most about `most` are left, and the last one."""
    step = max(1, -(-len(values) // most))
    return [*values[:-1:step], values[-1]]


def first_at(x: list[float], y: list[float], level: float) -> float:
    """Where `y` first reaches `level` from below; NaN when it never does."""
    return next((at for at, value in zip(x, y, strict=True) if value >= level), float("nan"))
