"""Cases that belong to no single tool: the noise of all sensors, and the liquid that the default recess takes."""

from __future__ import annotations

from math import pi, sqrt

from simulators.parameters import Parameters
from simulators.physics.sensors import TABLE_SIZE, gaussian_table
from tests.validation.case import Case


def _deviation() -> float:
    return sqrt(sum(value * value for value in gaussian_table()) / TABLE_SIZE)


def _nominal_cover() -> float:
    p = Parameters()
    return (p["recess.below_face"] + p["recess.area"] * 70e-6) * 1e6


CASES: list[Case] = [
    Case("L1", "mean of the noise of a sensor", 0.0, "σ", 0.01, lambda: sum(gaussian_table()) / TABLE_SIZE, "normal"),
    Case("L2", "deviation of the noise of a sensor", 1.0, "σ", 0.01, _deviation, "standard normal distribution"),
    Case(
        "L3", "liquid that covers the chip face by 70 um, ring and gap beside the wafer filled",
        (pi * (104**2 - 100**2) * 0.725 - pi * (102**2 - 101**2) * 0.60 + pi * 104**2 * 0.070) * 1e-3, "mL", 0.005,
        _nominal_cover, "geometry of the recess",
    ),
]  # fmt: skip
