"""The simulated inspection station off the line: what no instrument of the line measures, with the station's own error.

Looks at a part's true history and returns what a record would say; it changes nothing. The same part and seed give the
same record.
"""

from __future__ import annotations

from math import exp
from random import Random

from simulators.inspection_cover import COVER_FIELDS, inspect_cover
from simulators.parameters import Parameters
from simulators.quality import quality
from simulators.workpiece import KINDS, Part

INSPECTED = COVER_FIELDS | {
    "cracked_leads", "lifted_bonds", "peeled_fraction", "lead_strain_mean", "lead_strain_p99", "lead_strain_max",
    "gap_sigma", "encapsulant_voids", "encapsulant_filled", "encapsulant_cure", "spreader_cure",
}  # fmt: skip


def inspect(part: Part, seed: int, parameters: Parameters | None = None) -> dict[str, tuple[float, str]]:
    """Return what inspection finds: name -> (value, unit); a missing treatment gives 0."""
    p = parameters or Parameters()
    return {
        **_inspect_press(part, Random(f"{seed}:{part.id}:inspection"), p),
        **inspect_cover(part, Random(f"{seed}:{part.id}:cover"), p),
    }


def _inspect_press(part: Part, draw: Random, p: Parameters) -> dict[str, tuple[float, str]]:
    """Return what shows how the leads were formed and what has cured in the press."""
    found, each = quality(part, p), KINDS[part.kind].leads / 1e6
    filling = part.encapsulant
    return {
        "cracked_leads": (float(_count(found.cracked_ppm * each, draw)), ""),
        "lifted_bonds": (float(_count(found.lifted_ppm * each, draw)), ""),
        "peeled_fraction": (_percent(100.0 * found.peeled, 0.005, draw), "%"),
        "lead_strain_mean": (_percent(100.0 * found.strain_mean, 0.05, draw), "%"),
        "lead_strain_p99": (_percent(100.0 * found.strain_p99, 0.05, draw), "%"),
        "lead_strain_max": (_percent(100.0 * found.strain_max, 0.05, draw), "%"),
        "gap_sigma": (max(0.0, found.gap_sigma_um + draw.gauss(0.0, 0.1)) if found.strain_max else 0.0, "um"),
        "encapsulant_voids": (found.void_index * (1.0 + draw.gauss(0.0, 0.05)), ""),
        "encapsulant_filled": (_percent(100.0 * filling.filled, 0.5, draw), "%"),
        "encapsulant_cure": (_percent(100.0 * filling.degree, 0.5, draw), "%"),
        "spreader_cure": (_percent(100.0 * part.adhesive.degree, 0.5, draw), "%"),
    }


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
