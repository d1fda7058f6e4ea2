"""Cases that belong to no single tool: the noise of all sensors."""

from __future__ import annotations

from math import sqrt

from simulators.physics.sensors import TABLE_SIZE, gaussian_table
from tests.validation.case import Case


def _mean() -> float:
    return sum(gaussian_table()) / TABLE_SIZE


def _deviation() -> float:
    return sqrt(sum(value * value for value in gaussian_table()) / TABLE_SIZE)


CASES: list[Case] = [
    Case("L1", "mean of the noise of a sensor", 0.0, "σ", 0.01, _mean, "standard normal distribution"),
    Case("L2", "deviation of the noise of a sensor", 1.0, "σ", 0.01, _deviation, "standard normal distribution"),
]
