"""Strain of one lead that a growing gap bends into an S, and the chance that it cracks.

Pure functions; lengths in any one unit. Evaluated at the end of a treatment, for classes of leads, never in a step.

Sources: two-arc S and straight-piece geometry (textbook); lognormal fracture strain with the median local elongation of
electrolytic copper foil (sourced: tension tests of 25-35 um foil; scatter chosen).
"""

from __future__ import annotations

from math import atan, cos, erfc, log, sin, sqrt


def lead_strain(gap: float, offset: float, length: float, thickness: float) -> float:
    """Return the greatest strain of a lead between ends a gap and an offset apart (bending plus axial)."""
    if gap <= 0.0:
        return 0.0
    chord = sqrt(gap * gap + offset * offset)
    if length <= chord:
        return thickness / (2.0 * thickness) + chord / length - 1.0
    half = atan(gap / offset)
    theta = 2.0 * half
    if length >= offset * theta / sin(theta):
        radius = (offset * offset + gap * gap) / (4.0 * gap)
    else:
        radius = _straightened_radius(gap, offset, length, half)
    return thickness / (2.0 * max(radius, thickness))


def _straightened_radius(gap: float, offset: float, length: float, half: float) -> float:
    """Return the arc radius of an S without slack: two arcs and a straight piece, by bisection on the angle."""
    low, high = half * (1.0 + 1e-9), 2.0 * half
    radius = 0.0
    for _ in range(60):
        angle = 0.5 * (low + high)
        c, k = cos(angle), sin(angle)
        below = (1.0 - c) * c - k * k
        double, straight = (gap * c - offset * k) / below, ((1.0 - c) * offset - k * gap) / below
        radius = 0.5 * double
        if double * angle + straight > length:
            high = angle
        else:
            low = angle
    return radius


def crack_probability(strain: float, median: float, scatter: float) -> float:
    """Return the probability that a lead of lognormal fracture strain has cracked at this strain."""
    if strain <= 0.0:
        return 0.0
    return 0.5 * erfc(-(log(strain / median)) / scatter / sqrt(2.0))
