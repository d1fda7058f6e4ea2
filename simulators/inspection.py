"""The simulated inspection station off the line: what no instrument of the line measures, with the station's own error.

Looks at a part's true history and returns what a record would say; it changes nothing. The same part and seed give the
same record.
"""

from __future__ import annotations

from math import exp
from random import Random
from typing import NamedTuple

from simulators.inspection_cover import COVER_FIELDS, inspect_cover
from simulators.parameters import Parameters
from simulators.physics.leads import crack_probability, lead_strain
from simulators.workpiece import KINDS, Damage, Part

INSPECTED = COVER_FIELDS | {"cracked_leads", "peeled_fraction", "lead_strain_max"}
_CLASSES = 20  # of leads, by the height of the pad beside them
_SPREAD = 2.5  # classes reach this many sigma to both sides
_PEELED_AT_BEST = 99.97


class _Leads(NamedTuple):
    """What the leads of a part have gone through: highest strain and expected number of cracks."""

    highest: float
    cracks: float


def inspect(part: Part, seed: int, parameters: Parameters | None = None) -> dict[str, tuple[float, str]]:
    """Return what inspection finds: name -> (value, unit); a missing treatment gives 0."""
    p = parameters or Parameters()
    draw = Random(f"{seed}:{part.id}:inspection")
    leads = _leads(part, p)
    return {
        "cracked_leads": (float(_count(leads.cracks, draw)), ""),
        "peeled_fraction": (_percent(_peeled(part, p), 0.005, draw), "%"),
        "lead_strain_max": (max(0.0, 100.0 * leads.highest + draw.gauss(0.0, 0.05)), "%"),
        **inspect_cover(part, Random(f"{seed}:{part.id}:cover"), p),
    }


def _leads(part: Part, p: Parameters) -> _Leads:
    """Strain leads by classes over the scatter of printed pads, at the highest gap after compression."""
    if part.highest_gap_after_um <= 0.0:
        return _Leads(0.0, 0.0)
    sigma = p["pad.print_sigma"] * part.highest_gap_after_um
    highest = cracks = weights = 0.0
    for i in range(_CLASSES):
        z = _SPREAD * (2.0 * i / (_CLASSES - 1) - 1.0)
        weight = exp(-0.5 * z * z)
        gap = part.highest_gap_after_um + z * sigma
        strain = lead_strain(gap, p["lead.offset"], p["lead.length"], p["lead.thickness"])
        cracks += weight * crack_probability(strain, p["lead.fracture_strain"], p["lead.fracture_scatter"])
        weights += weight
        highest = max(highest, strain)
    broken = 1.0 if Damage.BROKEN in part.damage else cracks / weights
    return _Leads(highest, broken * KINDS[part.kind].leads)


def _peeled(part: Part, p: Parameters) -> float:
    """Return the share of releasable ends that have peeled off, %: the gap must rise far enough after compression."""
    if part.highest_gap_after_um <= 0.0:
        return 0.0
    rise = part.highest_gap_after_um - part.lowest_gap_um
    return _PEELED_AT_BEST * min(1.0, max(0.0, rise / p["lead.peel_travel"]))


def _count(mean: float, draw: Random) -> int:
    """Draw a Poisson number; large means are rounded."""
    if mean > 50.0:
        return round(mean)
    limit, product, count = exp(-mean), draw.random(), 0
    while product > limit:
        product *= draw.random()
        count += 1
    return count


def _percent(value: float, sigma: float, draw: Random) -> float:
    """Return a measured share: with error, within 0..100; nothing stays nothing."""
    if value <= 0.0:
        return 0.0
    return min(100.0, max(0.0, value + draw.gauss(0.0, sigma)))
