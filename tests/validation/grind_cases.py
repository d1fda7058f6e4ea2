"""Cases of the grinder: deflection and power, bumps under the wheel, the shape that a tilted wheel leaves, heat."""

from __future__ import annotations

from functools import cache
from math import pi, sqrt
from random import Random

from simulators.physics import bumps, flatness, grinding
from tests.validation.case import Case

COARSE = (10e9, 0.0314, 0.3, 47.1, 30e6)  # J/m3, m2, -, m/s, N/m: 200 mm at 3000 rpm of a 300 mm wheel
FEED = 3e-6
SPHERE = bumps.cap_radius(40.0, 35.0)


@cache
def _coarse() -> tuple[float, float]:
    """The deflection and the height removed after 10 s at 3 um/s, m."""
    deflection = removed = 0.0
    for _ in range(1000):
        deflection, step = grinding.deflection_step(deflection, FEED, grinding.lag_time(*COARSE), 0.01)
        removed += step
    return deflection, removed


def _left_after(time_constants: float) -> float:
    """The share of the deflection that spark-out leaves, %."""
    return 100.0 * grinding.deflection_step(1.0, 0.0, 1.0, time_constants)[0]


def _by_monte_carlo() -> float:
    draw = Random(40)
    heights = [draw.gauss(0.0, 1.0) for _ in range(200_000)]
    return sum(bumps.cap_area(height, SPHERE) for height in heights) / len(heights)


def _variation(alpha_rad: float, beta_rad: float) -> float:
    surface = flatness.profile(0.1, alpha_rad, beta_rad, 0.15)
    return (max(surface) - min(surface)) * 1e6


CASES: list[Case] = [
    Case("V37a", "coarse grinding of 200 mm: time constant", 0.7407, "s", 7e-4,
         lambda: grinding.lag_time(*COARSE), "closed form u A/(mu v k)"),
    Case("V37b", "coarse grinding: normal force", 66.7, "N", 0.07,
         lambda: 30e6 * _coarse()[0], "closed form u A f/(mu v)"),
    Case("V37c", "coarse grinding: power", 942.0, "W", 0.9,
         lambda: grinding.removal_power(COARSE[0], COARSE[1], FEED), "closed form u A f"),
    Case("V37d", "coarse grinding: lag behind the feed", 2.222, "um", 2e-3,
         lambda: 30.0 - _coarse()[1] * 1e6, "closed form f tau"),
    Case("V38", "deflection left after a spark-out of three time constants", 4.979, "%", 0.001,
         lambda: _left_after(3.0), "closed form exp(-3)"),
    Case("V39a", "sphere of a bump with base radius 40 um, height 35 um", 40.357, "um", 0.001,
         lambda: SPHERE, "geometry of the cap"),
    Case("V39b", "its section 5 um below the top", 1189.3, "um2", 1.2,
         lambda: bumps.cap_area(5.0, SPHERE), "geometry of the cap"),
    Case("V39c", "the same as a share of a pitch of 150 um", 5.286, "%", 0.006,
         lambda: bumps.cap_area(5.0, SPHERE) / 150.0**2 * 100.0, "geometry of the cap"),
    Case("V39d", "mean section at the mean top, heights scatter by 1 um", 99.59, "um2", 0.1,
         lambda: bumps.mean_area(0.0, SPHERE, 1.0), "closed form of the normal distribution"),
    Case("V39e", "the same by drawing 200,000 bumps", bumps.mean_area(0.0, SPHERE, 1.0), "um2", 0.5,
         _by_monte_carlo, "Monte Carlo with the section of one bump"),
    Case("V39f", "mean section 5 um below the mean top, little scatter", pi * (2.0 * SPHERE * 5.0 - 25.0), "um2", 0.1,
         lambda: bumps.mean_area(5.0, SPHERE, 0.01), "section of one bump"),
    Case("V40a", "thickness variation of 200 mm, wheel tilted by 10 urad along the centres", 1.0 / 3.0, "um", 1e-4,
         lambda: _variation(10e-6, 0.0), "closed form alpha r^2/(2 Rw)"),
    Case("V40b", "thickness variation, wheel tilted by 10 urad across", 2.0 * sqrt(2.0) / 3.0, "um", 1e-4,
         lambda: _variation(0.0, 10e-6), "closed form beta r sqrt(1 - (r/2Rw)^2)"),
    Case("V40c", "both tilts together", 1.0 / 3.0 + 2.0 * sqrt(2.0) / 3.0, "um", 1e-4,
         lambda: _variation(10e-6, 10e-6), "the parts superpose"),
    Case("G1", "coolant carries 1 kW at 5 L/min", 2.871, "K", 0.003,
         lambda: grinding.coolant_rise(1000.0, 5.0 / 60e3), "heat balance of water"),
    Case("G2", "surface under 1 kW on 0.034 m2, film 20 kW/(m2 K)", 0.7353, "K", 1e-4,
         lambda: grinding.surface_rise(1000.0, 0.034, 2e4), "half of the heat through the film"),
    Case("G3", "wheel that keeps half of its sharpness over 20 parts of 45 um", 0.5, "", 1e-3,
         lambda: grinding.dulled(1.0, 900.0, 1.0 / 1298.4), "closed form exp(-h/h0)"),
]  # fmt: skip
