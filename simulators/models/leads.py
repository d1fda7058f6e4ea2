"""The strain of one lead over the gap, and what it means for all leads of a part."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.models.kind import Column, Model, Outcome, Result, Setting
from simulators.parameters import Parameters
from simulators.physics.leads import exceeds, lead_strain

_POINTS = 400


def run_leads(settings: Mapping[str, float], parameters: Parameters) -> Outcome:
    """Open the gap under one lead."""
    p = parameters

    def strain(gap_um: float) -> float:
        return lead_strain(gap_um, p["lead.offset"], p["lead.length"], p["lead.thickness"])

    def cracked(of: float) -> float:
        return exceeds(of, p["lead.fracture_strain"], p["lead.fracture_scatter"])

    gaps = [settings["gap"] * i / _POINTS for i in range(_POINTS + 1)]
    strains = [strain(gap) for gap in gaps]
    results = [
        Result("strain", 100.0 * strains[-1], "%", "at the gap"),
        Result("cracked", 1e6 * cracked(strains[-1]), "ppm", "expected at the gap"),
        Result("strain 5 um higher", 100.0 * strain(settings["gap"] + 5.0), "%", "how much is left"),
        Result("slack ends", next((g for g, e in zip(gaps, strains, strict=True) if e > 0.12), float("nan")), "um",
               "gap from which the strain passes 12 %"),
    ]  # fmt: skip
    columns = [
        Column("Strain", "%", [100.0 * value for value in strains]),
        Column("Cracked", "ppm", [1e6 * cracked(value) for value in strains]),
    ]
    return Outcome(results, Column("gap", "um", gaps), columns)


LEADS = Model(
    "one S-shaped lead between two sides that move apart",
    (Setting("gap", 175.0, "um", 20.0, 300.0, "widest gap"),),
    ("lead",),
    run_leads,
)
