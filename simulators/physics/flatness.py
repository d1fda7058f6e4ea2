"""What shape grinding and cure give a part: thickness variation by the wheel's tilt, warpage by a shrinking cover.

Pure functions in SI units. Sources: infeed geometry of a tilted cup wheel whose edge passes through the part's centre,
Timoshenko's bilayer with biaxial moduli, whose thin-film limit is Stoney's formula (all textbook).
"""

from __future__ import annotations

from math import sqrt

_RADII = 20


def infeed_profile(radius_m: float, alpha_rad: float, beta_rad: float, wheel_radius_m: float) -> float:
    """Return the height of the ground surface at a radius over that at the centre, m.

    `alpha_rad` tilts the wheel along the line of the centres, `beta_rad` across it.
    """
    across = sqrt(1.0 - (radius_m / (2.0 * wheel_radius_m)) ** 2)
    return alpha_rad * radius_m**2 / (2.0 * wheel_radius_m) + beta_rad * radius_m * across


def profile(part_radius_m: float, alpha_rad: float, beta_rad: float, wheel_radius_m: float) -> list[float]:
    """Return the ground surface at evenly spaced radii from the centre to the edge, m above that at the centre."""
    steps = (part_radius_m * i / _RADII for i in range(_RADII + 1))
    return [infeed_profile(radius, alpha_rad, beta_rad, wheel_radius_m) for radius in steps]


def bilayer_curvature(film: tuple[float, float], plate: tuple[float, float], strain: float) -> float:
    """Return the curvature of a plate with a film on it, 1/m.

    `film` and `plate` are (thickness m, biaxial modulus Pa); `strain` is by how much the film wants to be shorter.
    """
    m, n = film[0] / plate[0], film[1] / plate[1]
    if m <= 0.0:
        return 0.0
    stiff = 3.0 * (1.0 + m) ** 2 + (1.0 + m * n) * (m * m + 1.0 / (m * n))
    return 6.0 * strain * (1.0 + m) ** 2 / ((film[0] + plate[0]) * stiff)


def bow(curvature: float, diameter_m: float) -> float:
    """Return the height of a shallow arc over its chord, m."""
    return curvature * diameter_m**2 / 8.0
