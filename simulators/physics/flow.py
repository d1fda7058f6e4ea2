"""Liquid through a needle, its viscosity, and how it fills the recess of the mold tool.

Pure functions in SI units. Sources: Hagen-Poiseuille, Arrhenius viscosity, Castro-Macosko rise towards gel, Orchard's
levelling (all textbook); the constants are the caller's.
"""

from __future__ import annotations

from math import exp, pi

GAS_CONSTANT = 8.314462618


def poiseuille(pressure_Pa: float, radius_m: float, length_m: float, viscosity_Pa_s: float) -> float:
    """Return the volume flow of a Newtonian liquid through a needle, m3/s."""
    return pi * radius_m**4 * pressure_Pa / (8.0 * viscosity_Pa_s * length_m)


def viscosity(reference_Pa_s: float, kelvin: float, reference_K: float, activation_J_mol: float) -> float:
    """Return the viscosity of the uncured liquid at a temperature."""
    return reference_Pa_s * exp(activation_J_mol / GAS_CONSTANT * (1.0 / kelvin - 1.0 / reference_K))


def curing_factor(degree: float, gel_degree: float) -> float:
    """Return Castro-Macosko's factor on the viscosity (A 1.5, B 1.0); very large at and beyond gel."""
    if degree >= 0.99 * gel_degree:
        return 1e6
    return float((gel_degree / (gel_degree - degree)) ** (1.5 + degree))


def levelling_time(viscosity_Pa_s: float, wavelength_m: float, depth_m: float, tension_N_m: float) -> float:
    """Return Orchard's time constant of a surface wave on a film, s."""
    return float(3.0 * viscosity_Pa_s * wavelength_m**4 / (16.0 * pi**4 * tension_N_m * depth_m**3))


def cover_height(volume_m3: float, below_face_m3: float, area_m2: float) -> float:
    """Return the height of a level liquid above the chip face; `below_face_m3` fills beside the chip first."""
    return max(0.0, (volume_m3 - below_face_m3) / area_m2)
