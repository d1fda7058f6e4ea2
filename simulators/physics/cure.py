"""Cure of the mold epoxy: Kamal's autocatalytic rate, glass transition, stop by diffusion.

Pure functions; temperature in K, rates in 1/s, degree of cure 0..1. Sources: Kamal form with m = 1 as encapsulation
solvers document it (sourced), DiBenedetto's glass transition (textbook), constants of the default fast mold epoxy
(chosen).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp

GAS_CONSTANT = 8.314462618


@dataclass(frozen=True, slots=True)
class Kamal:
    """Rate constants (1/s, J/mol), orders and glass transition (degC) of one resin."""

    a1: float
    e1: float
    a2: float
    e2: float
    m: float
    n: float
    tg0: float
    tg1: float
    lam: float

    def constants(self, kelvin: float) -> tuple[float, float]:
        """Return k1 and k2 at a temperature."""
        rt = GAS_CONSTANT * kelvin
        return self.a1 * exp(-self.e1 / rt), self.a2 * exp(-self.e2 / rt)

    def glass_transition(self, degree: float) -> float:
        """Return Tg in degC."""
        return self.tg0 + (self.tg1 - self.tg0) * self.lam * degree / (1.0 - (1.0 - self.lam) * degree)


def kamal_rate(degree: float, k1: float, k2: float, m: float, n: float) -> float:
    """Return the rate of cure, 1/s."""
    return float((k1 + k2 * degree**m) * (1.0 - degree) ** n)


def runge_kutta(rate: Callable[[float], float], degree: float, dt_s: float) -> float:
    """Advance a degree of cure by dt under any law of its rate (1/s); classic fourth order, never beyond 1."""
    s1 = rate(degree)
    s2 = rate(min(1.0, degree + 0.5 * dt_s * s1))
    s3 = rate(min(1.0, degree + 0.5 * dt_s * s2))
    s4 = rate(min(1.0, degree + dt_s * s3))
    return min(1.0, degree + dt_s / 6.0 * (s1 + 2.0 * (s2 + s3) + s4))


def kamal_step(degree: float, k1: float, k2: float, orders: tuple[float, float], dt_s: float) -> float:
    """Advance the degree of cure by dt (at most about 5 s in a hot mold) with constant k1, k2."""
    m, n = orders
    return runge_kutta(lambda a: kamal_rate(a, k1, k2, m, n), degree, dt_s)


def cure_step(resin: Kamal, degree: float, kelvin: float, dt_s: float) -> float:
    """Advance the degree of cure by dt at a temperature, slowed where the resin turns to glass."""
    k1, k2 = resin.constants(kelvin)
    lag = (resin.glass_transition(degree) - (kelvin - 273.15) - 20.0) / 10.0
    stop = 1.0 / (1.0 + exp(min(lag, 50.0)))
    return kamal_step(degree, k1 * stop, k2 * stop, (resin.m, resin.n), dt_s)


def softness(celsius: float, glass_transition_degC: float, margin_K: float, width_K: float) -> float:
    """Return how rubbery a resin is at a temperature: 0 glass, 1 rubber, half way at Tg less the margin.

    A wheel strains the resin much faster than a test bench does, so it must be colder than Tg by a margin to break
    like glass (chosen form).
    """
    return 1.0 / (1.0 + exp(min(50.0, (glass_transition_degC - margin_K - celsius) / width_K)))
