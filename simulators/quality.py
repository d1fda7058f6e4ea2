"""What the press has made of a part: height, its scatter and tilt, leads by classes, voids. True values, no errors.

Evaluated from the part's history when somebody asks, never in a step. Leads are a population in classes of equal height
of the pads beside them; within a class adhesion and strength are lognormal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, hypot

from simulators.pads import PadLaw
from simulators.parameters import Parameters
from simulators.physics import leads, peel
from simulators.workpiece import KINDS, Damage, Part

CLASSES = 20
_SPREAD = 2.5  # classes reach this many sigma to both sides
_PPM = 1e6


@dataclass(frozen=True, slots=True)
class LeadClass:
    """Leads with the same gap beside them; counts are expected numbers, strain is the highest they went through."""

    count: float
    gap_um: float
    strain: float
    cracked: float
    lifted: float
    peeled: float


@dataclass(frozen=True, slots=True)
class Quality:
    """Results of the press; um, shares 0..1 and parts per million. Strains and shares are 0 while nothing has moved."""

    gap_um: float
    gap_sigma_um: float
    tilt_um: float
    height_ratio: float
    strain_mean: float
    strain_p99: float
    strain_max: float
    peeled: float
    cracked_ppm: float
    lifted_ppm: float
    void_index: float


def quality(part: Part, parameters: Parameters) -> Quality:
    """Return the quality of a part as it is now."""
    p, classes = parameters, lead_classes(part, parameters)
    total = KINDS[part.kind].leads
    strains = [lead.strain for lead in classes]
    return Quality(
        gap_um=part.gap_um,
        gap_sigma_um=_sigma(part, part.gap_um, p),
        tilt_um=max(part.tilt_um) - min(part.tilt_um),
        height_ratio=part.gap_um / (p["pad.height"] * part.flaws.height),
        strain_mean=sum(lead.count * lead.strain for lead in classes) / total,
        strain_p99=_percentile(classes, 0.99 * total),
        strain_max=max(strains, default=0.0),
        peeled=sum(lead.peeled for lead in classes) / total,
        cracked_ppm=sum(lead.cracked for lead in classes) / total * _PPM,
        lifted_ppm=sum(lead.lifted for lead in classes) / total * _PPM,
        void_index=part.encapsulant.suction,
    )


def lead_classes(part: Part, parameters: Parameters) -> list[LeadClass]:
    """Return all leads of a part in classes; their counts add up to the part's. Empty before they have been formed."""
    if part.highest_gap_after_um <= 0.0:
        return []
    steps = [_SPREAD * (2.0 * i / (CLASSES - 1) - 1.0) for i in range(CLASSES)]
    weights = [exp(-0.5 * z * z) for z in steps]
    share = KINDS[part.kind].leads / sum(weights)
    sigma = _sigma(part, part.highest_gap_after_um, parameters) / part.highest_gap_after_um
    law = PadLaw(parameters, KINDS[part.kind].pad)
    return [
        _class(part, parameters, law, 1.0 + z * sigma, share * weight) for z, weight in zip(steps, weights, strict=True)
    ]


def _class(part: Part, p: Parameters, law: PadLaw, height: float, count: float) -> LeadClass:
    """Form the leads beside pads of a height, as a share of the mean."""
    low, high = part.lowest_gap_um * height, part.highest_gap_after_um * height
    offset = p["lead.offset"]
    strain = leads.lead_strain(high, offset, p["lead.length"], p["lead.thickness"])
    cracks = leads.exceeds(strain, p["lead.fracture_strain"], p["lead.fracture_scatter"])
    broken = 1.0 if Damage.BROKEN in part.damage else cracks
    needed = leads.two_arc_length(high, offset) - leads.two_arc_length(low, offset)
    if needed <= 0.0:
        return LeadClass(count, high, strain, count * broken, 0.0, 0.0)
    rate = part.fastest_rise_um_s * needed / (high - low)
    energy = p["lead.adhesion"] * part.flaws.adhesion
    energy = peel.peel_energy(energy, rate, p["lead.peel_rate"], p["lead.peel_exponent"])
    share = min(1.0, p["lead.bonded"] / needed)  # of the rise, at which the end has come off
    done = low + (high - low) * share
    thickness, width = p["lead.thickness"] * 1e-6, p["lead.width"] * 1e-6
    angle = leads.two_arc_angle(done, offset)
    force = width * peel.peel_force_per_width(energy, angle, p["lead.modulus"], thickness)
    lifted = leads.exceeds(force, p["lead.bond_strength"], hypot(p["lead.adhesion_scatter"], p["lead.bond_scatter"]))
    stays = leads.exceeds(force, _pull(part, p, law, done / height), p["lead.adhesion_scatter"])
    come_off = (1.0 - lifted) * (1.0 - stays) * (1.0 - p["lead.never_peels"])
    peeled = come_off if p["lead.bonded"] <= needed else 0.0
    return LeadClass(count, high, strain, count * broken, count * lifted, count * peeled)


def _pull(part: Part, p: Parameters, law: PadLaw, gap_um: float) -> float:
    """Return the force per lead with which the relaxed pads push the parts apart at a gap, N."""
    kind = KINDS[part.kind]
    stretch = gap_um / (p["pad.height"] * part.flaws.height)
    push = law.at_rest * law.elastic.stress(min(1.0, stretch))
    return max(1e-9, push * law.coverage * part.flaws.coverage * kind.pressed_area_m2 / kind.leads)


def _sigma(part: Part, gap_um: float, p: Parameters) -> float:
    """Return the scatter of the local gap: printed height, and a plane that leans (rms is half of its edge)."""
    return hypot(p["pad.print_sigma"] * gap_um, 0.5 * max(map(abs, part.tilt_um)))


def _percentile(classes: Sequence[LeadClass], rank: float) -> float:
    """Return the strain that this many leads stay at or below."""
    seen = 0.0
    for lead in sorted(classes, key=lambda lead: lead.strain):
        seen += lead.count
        if seen >= rank:
            return lead.strain
    return 0.0
