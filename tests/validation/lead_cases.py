"""Cases of the leads: shape, strain, cracks, peel, and the population of a part."""

from __future__ import annotations

from math import degrees, radians, sqrt

from simulators.parameters import Parameters
from simulators.physics import leads, peel
from simulators.quality import lead_classes
from simulators.workpiece import Part
from tests.validation.case import Case

G, E, T, W = 10.0, 117e9, 12e-6, 30e-6  # J/m2, Pa, m, m


def _strain_percent(gap: float) -> float:
    return 100.0 * leads.lead_strain(gap, 150.0, 240.0, 12.0)


def _beam_length(gap: float, offset: float, steps: int = 2000) -> float:
    """Length of y = g (3 s^2 - 2 s^3) by the midpoint rule."""
    slopes = (6.0 * gap / offset * s * (1.0 - s) for s in ((i + 0.5) / steps for i in range(steps)))
    return sum(sqrt(1.0 + slope * slope) for slope in slopes) * offset / steps


def _formed() -> Part:
    return Part(1, lowest_gap_um=89.3, highest_gap_after_um=147.3, gap_um=147.3, fastest_rise_um_s=2.4)


CASES: list[Case] = [
    Case("V22a", "length of a lead of small slope, gap 20, offset 200", 201.20, "um", 0.02,
         lambda: leads.small_slope_length(20.0, 200.0), "clamped beam"),
    Case("V22b", "the same against the exact integral, 201.195 um", _beam_length(20.0, 200.0), "um", 0.01,
         lambda: leads.small_slope_length(20.0, 200.0), "arc length of a clamped beam, by the midpoint rule"),
    Case("V22c", "its curvature", 0.003, "1/um", 3e-7,
         lambda: leads.small_slope_curvature(20.0, 200.0), "clamped beam"),
    Case("V22d", "its strain, 12 um thick", 1.80, "%", 1.8e-4,
         lambda: 100.0 * leads.lead_strain(20.0, 200.0, 210.0, 12.0), "clamped beam"),
    Case("V23a", "angle of two arcs over a gap as large as the offset", 90.0, "deg", 1e-6,
         lambda: degrees(leads.two_arc_angle(150.0, 150.0)), "geometry"),
    Case("V23b", "their radius, 150 um", 75.0, "um", 1e-6, lambda: leads.two_arc_radius(150.0, 150.0), "geometry"),
    Case("V23c", "their length", 235.619449, "um", 1e-6, lambda: leads.two_arc_length(150.0, 150.0), "geometry"),
    Case("V23d", "strain of a lead 12 um thick", 8.00, "%", 1e-6, lambda: _strain_percent(150.0), "geometry"),
    *(Case(f"V23-{gap}", f"strain of the default lead at a gap of {gap} um", expected, "%", tolerance,
           lambda gap=gap: _strain_percent(gap), "two arcs and a straight piece")
      for gap, expected, tolerance in ((50, 4.80, 0.005), (100, 7.38, 0.005), (125, 7.87, 0.005), (160, 8.84, 0.01),
                                       (170, 12.3, 0.05), (175, 16.3, 0.05), (180, 25.9, 0.1))),
    Case("V23-taut", "axial strain of a taut lead, gap 200, beyond the bend over its own thickness", 4.1667, "%", 1e-4,
         lambda: _strain_percent(200.0) - 50.0, "chord over length"),
    *(Case(f"V25-{angle}", f"peel force per width at {angle} deg, G 10 J/m2, copper 12 um", expected, "N/m",
           1e-3 * expected,
           lambda angle=angle: peel.peel_force_per_width(G, radians(angle), E, T), "Kendall 1975")
      for angle, expected in ((0, 5299.0), (10, 648.4), (30, 74.63), (90, 10.00), (180, 5.00))),
    Case("V25-lead", "force on a lead 30 um wide at 90 deg", 0.300, "mN", 3e-4,
         lambda: 1e3 * W * peel.peel_force_per_width(G, radians(90.0), E, T), "Kendall 1975"),
    Case("LEAD1", "energy of adhesion at the reference rate", 40.0, "J/m2", 1e-9,
         lambda: peel.peel_energy(20.0, 10.0, 10.0, 0.3), "power law of the rate"),
    Case("LEAD2a", "share of leads that crack at a strain of 12.3 %", 0.6, "%", 0.06,
         lambda: 100.0 * leads.exceeds(0.123, 0.18, 0.15), "lognormal fracture strain"),
    Case("LEAD2b", "share at 16.3 %", 25.0, "%", 1.0, lambda: 100.0 * leads.exceeds(0.163, 0.18, 0.15),
         "lognormal fracture strain"),
    Case("LEAD3", "leads of all classes of a wafer", 20_000.0, "", 1e-6,
         lambda: sum(lead.count for lead in lead_classes(_formed(), Parameters())), "conservation"),
]  # fmt: skip
