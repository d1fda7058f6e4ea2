"""Liquid through a needle, its viscosity, and how it fills and levels in the recess of the mold tool.

Pure functions in SI units; the constants are the caller's. Sources: Herschel-Bulkley flow in a tube, which contains
Hagen-Poiseuille and the power law, Arrhenius viscosity, Castro-Macosko rise to gel, Orchard's levelling (textbook).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, pi
from typing import NamedTuple

GAS_CONSTANT = 8.314462618


class Fluid(NamedTuple):
    """A Herschel-Bulkley fluid: shear stress = yield + consistency * shear rate ** exponent (Pa s^n, 1, Pa)."""

    consistency: float
    exponent: float = 1.0
    yield_Pa: float = 0.0


def needle_flow(pressure_Pa: float, radius_m: float, length_m: float, fluid: Fluid) -> float:
    """Return the volume flow through a needle, m3/s; nothing flows until the wall's stress passes the yield stress."""
    wall = pressure_Pa * radius_m / (2.0 * length_m)
    above = wall - fluid.yield_Pa
    if above <= 0.0:
        return 0.0
    fluidity, sheared, plug = 1.0 / fluid.exponent, above / wall, fluid.yield_Pa / wall
    shape = sheared**2 / (3.0 + fluidity) + 2.0 * plug * sheared / (2.0 + fluidity) + plug**2 / (1.0 + fluidity)
    return float(pi * radius_m**3 * (above / fluid.consistency) ** fluidity * sheared * shape)


def warming_factor(kelvin: float, reference_K: float, activation_J_mol: float) -> float:
    """Return the factor of temperature on the viscosity: 1 at the reference, more when colder."""
    return exp(activation_J_mol / GAS_CONSTANT * (1.0 / kelvin - 1.0 / reference_K))


def curing_factor(degree: float, gel_degree: float) -> float:
    """Return Castro-Macosko's factor on the viscosity (A 1.5, B 1.0); very large at and beyond gel."""
    if degree >= 0.99 * gel_degree:
        return 1e6
    return float((gel_degree / (gel_degree - degree)) ** (1.5 + degree))


def bubble_lag(bubble_m3: float, absolute_Pa: float, pressure_Pa: float, flow_m3_s: float) -> float:
    """Return by which time constant a needle lags behind an air bubble, s: compliance times resistance.

    The bubble has its volume at the absolute pressure; `pressure_Pa` drives the flow through the needle.
    """
    return bubble_m3 / absolute_Pa * pressure_Pa / flow_m3_s


def levelling_time(viscosity_Pa_s: float, wavelength_m: float, depth_m: float, tension_N_m: float) -> float:
    """Return Orchard's time constant of a surface wave on a film, s."""
    return float(3.0 * viscosity_Pa_s * wavelength_m**4 / (16.0 * pi**4 * tension_N_m * depth_m**3))


def levelling_stress(amplitude_m: float, wavelength_m: float, depth_m: float, tension_N_m: float) -> float:
    """Return the shear stress by which surface tension levels a wave, Pa; below the yield stress the wave stays."""
    return float(tension_N_m * (2.0 * pi / wavelength_m) ** 3 * amplitude_m * depth_m)


def fill_level(volume_m3: float, layers: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Fill a vessel from its floor; return (level above the floor in m, volume that runs over in m3).

    `layers` are (height of the layer's top above the floor, free area) from the floor to the rim.
    """
    below = 0.0
    for top, area in layers:
        room = (top - below) * area
        if volume_m3 <= room:
            return below + volume_m3 / area, 0.0
        volume_m3 -= room
        below = top
    return below, volume_m3
