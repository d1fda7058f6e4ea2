"""Shape and strain of one lead that a growing gap bends into an S, and the chance that it cracks.

Pure functions; lengths in any one unit. Evaluated at the end of a treatment, for classes of leads, never in a step.

Four regimes follow each other as the gap grows: a clamped beam of small slope; two arcs with slack left in plan; two
arcs with a straight piece between once the slack is used up; taut.

Sources: clamped beam, two-arc S and straight-piece geometry (textbook); lognormal fracture strain with the median local
elongation of electrolytic copper foil (sourced: tension tests of 25-35 um foil; scatter chosen).
"""

from __future__ import annotations

from math import atan, cos, erfc, log, sin, sqrt

_SMALL_SLOPE = 0.1  # gap / offset up to which a lead is taken for a beam


def small_slope_length(gap: float, offset: float) -> float:
    """Return the length of a clamped-clamped lead of small slope, y = g (3 s^2 - 2 s^3)."""
    return offset + 0.6 * gap * gap / offset


def small_slope_curvature(gap: float, offset: float) -> float:
    """Return its greatest curvature, at the ends."""
    return 6.0 * gap / (offset * offset)


def two_arc_angle(gap: float, offset: float) -> float:
    """Return the steepest angle of two arcs without a straight piece, rad."""
    return 2.0 * atan(gap / offset)


def two_arc_radius(gap: float, offset: float) -> float:
    """Return the radius of the two arcs."""
    return (offset * offset + gap * gap) / (4.0 * gap)


def two_arc_length(gap: float, offset: float) -> float:
    """Return the length that the two arcs need; more than that is slack in plan."""
    if gap <= 0.0:
        return offset
    theta = two_arc_angle(gap, offset)
    return offset * theta / sin(theta)


def lead_strain(gap: float, offset: float, length: float, thickness: float) -> float:
    """Return the greatest strain of a lead between ends a gap and an offset apart (bending plus axial)."""
    if gap <= 0.0:
        return 0.0
    chord = sqrt(gap * gap + offset * offset)
    if length <= chord:
        return 0.5 + chord / length - 1.0  # bent over its own thickness, and drawn
    if gap <= _SMALL_SLOPE * offset:
        return 0.5 * thickness * small_slope_curvature(gap, offset)
    if length >= two_arc_length(gap, offset):
        radius = two_arc_radius(gap, offset)
    else:
        radius = _straightened_radius(gap, offset, length)
    return 0.5 * thickness / max(radius, thickness)


def _straightened_radius(gap: float, offset: float, length: float) -> float:
    """Return the arc radius of an S without slack: two arcs and a straight piece, by bisection on the angle."""
    half = atan(gap / offset)
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


def exceeds(value: float, median: float, scatter: float) -> float:
    """Return the probability that a value is above a lognormal limit of this median and logarithmic scatter."""
    if value <= 0.0:
        return 0.0
    return 0.5 * erfc(-log(value / median) / scatter / sqrt(2.0))
