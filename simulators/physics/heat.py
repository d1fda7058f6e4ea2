"""Two thermal masses in series, one heated: the platen with its carrier, the mold tool with its part. Exact update.

Pure functions in SI units, temperatures as differences to ambient or any common zero. Sources: lumped two-node model
and its closed-form exponential (textbook); Skogestad's SIMC rules of PI tuning (sourced).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt


@dataclass(frozen=True, slots=True)
class TwoNodes:
    """Heat capacities (J/K) and conductances (W/K); node 1 is heated and loses `g1`, node 2 hangs on `g12`."""

    c1: float
    c2: float
    g1: float
    g2: float
    g12: float

    def rates(self) -> tuple[float, float]:
        """Return the two eigenvalues (1/s, both negative), slow one first."""
        a = -(self.g1 + self.g12) / self.c1
        d = -(self.g2 + self.g12) / self.c2
        root = sqrt((a - d) ** 2 + 4.0 * self.g12 * self.g12 / (self.c1 * self.c2))
        return (a + d + root) / 2.0, (a + d - root) / 2.0

    def steady(self, power_W: float) -> tuple[float, float]:
        """Return the final temperatures above ambient (K) under constant power."""
        second = self.g12 / (self.g12 + self.g2)
        first = power_W / (self.g1 + self.g12 * (1.0 - second))
        return first, first * second

    def transition(self, dt_s: float) -> tuple[float, float, float, float]:
        """Return the 2x2 matrix exponential over dt, row by row, for the deviation from the steady state."""
        slow, fast = self.rates()
        a = -(self.g1 + self.g12) / self.c1
        d = -(self.g2 + self.g12) / self.c2
        b, c = self.g12 / self.c1, self.g12 / self.c2
        es, ef = exp(slow * dt_s), exp(fast * dt_s)
        gap = slow - fast
        p, q = (es - ef) / gap, (slow * ef - fast * es) / gap
        return p * a + q, p * b, p * c, p * d + q


def two_node_step(
    t1: float, t2: float, steady: tuple[float, float], matrix: tuple[float, float, float, float]
) -> tuple[float, float]:
    """Advance both temperatures by the step for which `matrix` was made, towards `steady` (same zero as t1, t2)."""
    x, y = t1 - steady[0], t2 - steady[1]
    m11, m12, m21, m22 = matrix
    return steady[0] + m11 * x + m12 * y, steady[1] + m21 * x + m22 * y


def simc(gain: float, tau_s: float, dead_time_s: float, closed_loop_s: float) -> tuple[float, float]:
    """Return controller gain (in 1/unit of `gain`) and integral time (s) for a first-order lag with dead time."""
    wait = closed_loop_s + dead_time_s
    return tau_s / (gain * wait), min(tau_s, 4.0 * wait)
