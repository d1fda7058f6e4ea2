"""The resilient element: bonded elastomer pads under load, viscoelastic, with compression set.

Pure functions; stress in Pa, stretch = height / free height, strains compressive and positive.

Sources: Gent-Lindley stress of a bonded block and its correction by the bulk modulus as quoted in Strojniski vestnik 60
(2014) 506 (sourced); Prony series with the exact update for piecewise-linear stress (textbook); compression set fitted
to a one-year ageing study of porous PDMS and to the activation energy of stress relaxation of RTV silicone (sourced,
spread of a decade); shift of relaxation times with temperature (chosen).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, sqrt

GAS_CONSTANT = 8.314462618


def apparent_modulus(modulus_Pa: float, shape_factor: float, beta: float = 2.0, bulk_Pa: float = inf) -> float:
    """Return Gent-Lindley's apparent modulus of a bonded pad; shape factor = loaded area / free area.

    `beta` is 2 for unfilled rubber and less for filled ones; a finite bulk modulus acts in series.
    """
    stiff = modulus_Pa * (1.0 + beta * shape_factor * shape_factor)
    return stiff / (1.0 + stiff / bulk_Pa)


@dataclass(frozen=True, slots=True)
class Bonded:
    """Law of a solid pad bonded between two faces, by its apparent modulus."""

    apparent_Pa: float

    def stress(self, stretch: float) -> float:
        """Return the compressive nominal stress at a stretch below 1 (negative above 1)."""
        return self.apparent_Pa / 3.0 * (1.0 / (stretch * stretch) - stretch)

    def energy(self, stretch: float) -> float:
        """Return the work of compression per volume, J/m3."""
        return self.apparent_Pa / 3.0 * (1.0 / stretch + 0.5 * stretch * stretch - 1.5)

    def stretch_under(self, stress_Pa: float, guess: float) -> float:
        """Return the stretch that carries an elastic stress; Newton from a guess, usually two iterations."""
        c = 3.0 * stress_Pa / self.apparent_Pa
        x = guess
        for _ in range(30):
            step = (x * x * (x + c) - 1.0) / (x * (3.0 * x + 2.0 * c))
            x -= step
            if -1e-10 < step < 1e-10:
                break
        return x


def prony_coefficients(
    dt_s: float, weights: tuple[float, ...], times_s: tuple[float, ...]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return per term the decay e_i and the gain g_i (1 - e_i) tau_i/dt of the exact update over dt."""
    decays = tuple(exp(-dt_s / tau) for tau in times_s)
    gains = tuple(g * (1.0 - e) * tau / dt_s for g, e, tau in zip(weights, decays, times_s, strict=True))
    return decays, gains


def relax_step(
    relaxing_Pa: Sequence[float], decays: Sequence[float], gains: Sequence[float], change_Pa: float
) -> list[float]:
    """Strain control: return the relaxing stresses after a step in which the elastic stress changes linearly."""
    return [e * q + k * change_Pa for q, e, k in zip(relaxing_Pa, decays, gains, strict=True)]


def creep_step(
    stress_Pa: float,
    elastic_Pa: float,
    relaxing_Pa: Sequence[float],
    weights: Sequence[float],
    coefficients: tuple[Sequence[float], Sequence[float]],
) -> float:
    """Load control: return the elastic stress after a step at whose end the pad carries `stress_Pa`.

    `relax_step` with its change then moves the relaxing stresses.
    """
    decays, gains = coefficients
    carried = sum(e * q for e, q in zip(decays, relaxing_Pa, strict=True))
    return (stress_Pa - carried + sum(gains) * elastic_Pa) / (1.0 - sum(weights) + sum(gains))


def time_shift(kelvin: float, reference_K: float, activation_J_mol: float) -> float:
    """Return a_T, by which relaxation times are multiplied at this temperature."""
    return exp(activation_J_mol / GAS_CONSTANT * (1.0 / kelvin - 1.0 / reference_K))


def set_time(kelvin: float) -> float:
    """Return the time constant of compression set (s) of a good grade at this temperature."""
    return 2.48e8 * exp(5184.0 * (1.0 / kelvin - 1.0 / 343.15))


def set_increment(strain: float, reduced_time: float, step: float) -> float:
    """Return the permanent strain that a step of reduced time adds at this strain."""
    return strain * (exp(-sqrt(reduced_time)) - exp(-sqrt(reduced_time + step)))
