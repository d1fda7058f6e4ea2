"""A liquid in the gap under the part, and the rubber that it becomes: filling, suction, stiffness after gel.

Pure functions in SI units. Sources: Washburn between plates, squeeze film of a disc (Stefan), modulus of a network
beyond its gel point as a power of conversion (all textbook).
"""

from __future__ import annotations

from math import cos


def washburn_time(
    length_m: float, gap_m: float, viscosity_Pa_s: float, tension_N_m: float, wetting_rad: float
) -> float:
    """Return the time in which capillary force draws a liquid this far between two plates, s."""
    return 3.0 * viscosity_Pa_s * length_m * length_m / (gap_m * tension_N_m * cos(wetting_rad))


def squeeze_suction(viscosity_Pa_s: float, radius_m: float, opening_m_s: float, gap_m: float) -> float:
    """Return the under-pressure in the middle of a disc of liquid whose gap opens, Pa."""
    return 3.0 * viscosity_Pa_s * radius_m * radius_m * opening_m_s / gap_m**3


def gelled_modulus(final_Pa: float, degree: float, gel_degree: float) -> float:
    """Return the modulus of a network at a degree of cure; 0 up to gel."""
    if degree <= gel_degree:
        return 0.0
    gel = gel_degree * gel_degree
    return float(final_Pa * ((degree * degree - gel) / (1.0 - gel)) ** (8.0 / 3.0))
