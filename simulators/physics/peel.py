"""Peel of the releasable end of a lead: the force it takes, and how that grows with the rate.

Pure functions in SI units. Sources: Kendall 1975 for the peel of an elastic film (sourced: abstract); a power of the
peel rate on the energy of adhesion (chosen).
"""

from __future__ import annotations

from math import cos, sqrt


def peel_energy(at_rest_J_m2: float, rate: float, reference_rate: float, exponent: float) -> float:
    """Return the energy of adhesion at a peel rate; both rates in one unit."""
    return float(at_rest_J_m2 * (1.0 + (rate / reference_rate) ** exponent))


def peel_force_per_width(energy_J_m2: float, angle_rad: float, modulus_Pa: float, thickness_m: float) -> float:
    """Return Kendall's force per width, N/m: (F/w)^2 / (2 t E) + (F/w) (1 - cos angle) = G."""
    stiffness = modulus_Pa * thickness_m
    open_ = 1.0 - cos(angle_rad)
    return stiffness * (sqrt(open_ * open_ + 2.0 * energy_J_m2 / stiffness) - open_)
