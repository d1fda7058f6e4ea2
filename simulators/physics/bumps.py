"""Solder bumps under the ground surface: caps of a sphere with scattered heights, in two layers of solder.

Pure functions; lengths in one unit of the caller's choice, areas in its square. `depth` is that of the cut below the
mean top of the bumps. Sources: geometry of the spherical cap, moments of the normal distribution (textbook).
"""

from __future__ import annotations

from math import erf, exp, pi, sqrt

_HIDDEN = 6.0  # so many sigma above the mean top no bump is met


def cap_radius(base_radius: float, height: float) -> float:
    """Return the radius of the sphere of which a bump is a cap."""
    return (base_radius**2 + height**2) / (2.0 * height)


def cap_area(depth: float, radius: float) -> float:
    """Return the area of one bump's section at a depth below its top."""
    return pi * (2.0 * radius * depth - depth**2) if depth > 0.0 else 0.0


def mean_area(depth: float, radius: float, sigma: float) -> float:
    """Return the mean section of bumps whose heights scatter normally by sigma."""
    if depth < -_HIDDEN * sigma:
        return 0.0
    u = depth / sigma
    density = exp(-0.5 * u * u) / sqrt(2.0 * pi)
    share = 0.5 * (1.0 + erf(u / sqrt(2.0)))
    return pi * (2.0 * radius * sigma * (density + u * share) - sigma**2 * ((1.0 + u * u) * share + u * density))


def exposed_share(depth: float, sigma: float) -> float:
    """Return the share of bumps whose top the cut has reached."""
    return 0.5 * (1.0 + erf(depth / (sigma * sqrt(2.0))))
