"""The one part that travels through the tools, with everything that was done to it.

Only true state and its JSON form; models change it, the inspection station looks at it with its own error, and no
instrument sees more of it than a real one would.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from random import Random

from simulators.materials import Purpose
from simulators.part_file import same_form


class Damage(Enum):
    """What can spoil a part for good."""

    BROKEN = "broken"
    BURNED = "burned"
    CHIP_GROUND = "chip ground"
    LOST = "thrown off the chuck"


@dataclass(frozen=True, slots=True)
class PartKind:
    """What all parts of one name have in common (um, m2, counts); `pad` is solid, epoxy (flexibilised) or foam."""

    name: str
    pressed_area_m2: float
    leads: int
    bumps: int
    chip_um: float
    bump_um: float
    bump_radius_um: float
    bump_sigma_um: float
    pad: str = "solid"


_WAFER = PartKind("WLP-200", 0.0314, 20_000, 20_000, 725.0, 35.0, 40.0, 1.5)
_FRAME = PartKind("PKG-15", 1.6e-3, 180, 180, 725.0, 35.0, 40.0, 1.5)
KINDS: dict[str, PartKind] = {
    kind.name: kind
    for kind in (
        _WAFER,
        replace(_WAFER, name="WLP-200-EPOXY", pad="epoxy"),
        replace(_WAFER, name="WLP-200-FOAM", pad="foam"),
        _FRAME,
        replace(_FRAME, name="STRIP-8", pressed_area_m2=8 * 1.6e-3, leads=8 * 180, bumps=8 * 180),
    )
}


@dataclass(slots=True)
class Pad:
    """State of the resilient element: stretch of the free height, stresses, set, greatest energy so far (J/m3)."""

    stretch: float = 1.0
    elastic_Pa: float = 0.0
    relaxing_Pa: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    reduced_time: float = 0.0
    set_strain: float = 0.0
    peak_energy: float = 0.0


@dataclass(frozen=True, slots=True)
class Flaws:
    """How a part differs from a good one, as factors: speed of set, pads that are there, their height, adhesion."""

    grade: float = 1.0
    coverage: float = 1.0
    height: float = 1.0
    adhesion: float = 1.0


@dataclass(slots=True)
class Liquid:
    """Encapsulant in the gap, or adhesive under the spreader: conversion, shares, and what gel has made of it.

    `reach` is how far it has flowed, `filled` the share of the room that it fills, `suction` the worst under-pressure
    while the gap opened against the pressure around it, `gel_gap_um` the gap at gel, `modulus_Pa` that of the network.
    """

    volume_uL: float = 0.0
    degree: float = 0.0
    reach: float = 0.0
    filled: float = 0.0
    suction: float = 0.0
    gel_gap_um: float | None = None
    modulus_Pa: float = 0.0


@dataclass(slots=True)
class Cover:
    """Liquid, then solid, in the recess over the chip face, and the surface that the wheel has left on it.

    `overflow_uL` ran over the wall, `void_uL` is trapped air at room pressure, `groove_um` the depth of what
    the recess's ring leaves. The surface keeps the wheel's tilts (urad) and waves at its last cut, and a dimple (um).
    """

    volume_uL: float = 0.0
    overflow_uL: float = 0.0
    void_uL: float = 0.0
    groove_um: float = 0.0
    height_um: float = 0.0
    unlevel: float = 0.0
    degree: float = 0.0
    gelled_at_s: float | None = None
    hottest_solid_degC: float = 25.0
    tilt_alpha: float = 0.0
    tilt_beta: float = 0.0
    waves_um: float = 0.0
    dimple_um: float = 0.0


@dataclass(slots=True)
class Part:
    """One workpiece; lengths in um, histories as extremes."""

    id: int
    kind: str = "WLP-200"
    chip_um: float = 725.0
    tilt_um: tuple[float, float, float] = (0.0, 0.0, 0.0)
    free_tilt_um: tuple[float, float, float] = (0.0, 0.0, 0.0)
    pad: Pad = field(default_factory=Pad)
    flaws: Flaws = field(default_factory=Flaws)
    gap_um: float = 150.0
    aged_gap_um: float = 150.0
    lowest_gap_um: float = 150.0
    highest_gap_after_um: float = 0.0
    fastest_rise_um_s: float = 0.0
    highest_temperature: float = 25.0
    encapsulant: Liquid = field(default_factory=Liquid)
    adhesive: Liquid = field(default_factory=Liquid)
    cover: Cover = field(default_factory=Cover)
    removed_um: float = 0.0
    ground: bool = False
    damage: list[Damage] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"part {self.id}: no kind {self.kind!r}; known kinds are {', '.join(sorted(KINDS))}")

    @property
    def top_um(self) -> float:
        """Height of the part's top above the chuck: chip and cover, less what was ground away."""
        return self.chip_um + self.cover.height_um - self.removed_um

    def spoil(self, damage: Damage) -> None:
        """Note a damage once."""
        if damage not in self.damage:
            self.damage.append(damage)

    def pour(self, purpose: Purpose, volume_uL: float, degree: float) -> None:
        """Take encapsulant or adhesive of a degree of cure; a cover is the mold tool's to measure out."""
        liquid = {Purpose.ENCAPSULANT: self.encapsulant, Purpose.ADHESIVE: self.adhesive}[purpose]
        whole = liquid.volume_uL + volume_uL
        liquid.degree = (liquid.degree * liquid.volume_uL + degree * volume_uL) / whole
        liquid.volume_uL = whole

    def mar(self, flaws: Mapping[str, float]) -> None:
        """Give the part flaws by name; heights grow along with the pads."""
        marred = replace(self.flaws, **flaws)
        grown = marred.height / self.flaws.height
        self.gap_um, self.aged_gap_um, self.lowest_gap_um = (
            grown * height for height in (self.gap_um, self.aged_gap_um, self.lowest_gap_um)
        )
        self.flaws = marred

    def to_json(self) -> str:
        """Return the whole state; `from_json` gives an equal part."""
        return json.dumps(asdict(self), sort_keys=True, default=lambda damage: damage.value)

    @classmethod
    def from_json(cls, text: str) -> Part:
        """Return the part of a text that `to_json` made; raise ValueError, with the place, for anything else."""
        data = same_form(text, asdict(cls(1)))
        data["pad"], data["cover"], data["flaws"] = Pad(**data["pad"]), Cover(**data["cover"]), Flaws(**data["flaws"])
        data["encapsulant"], data["adhesive"] = Liquid(**data["encapsulant"]), Liquid(**data["adhesive"])
        data["tilt_um"], data["free_tilt_um"] = tuple(data["tilt_um"]), tuple(data["free_tilt_um"])
        data["damage"] = [Damage(word) for word in data["damage"]]
        part = cls(**data)
        part._check()
        return part

    def _check(self) -> None:
        """Refuse numbers that no part can have; the models rely on these."""
        pad, flaws = self.pad, self.flaws
        ranges: dict[str, tuple[float, float, float]] = {
            "id": (self.id, 1, 2**32 - 1),
            "gap_um": (self.gap_um, 1.0, 1e3),
            "lowest_gap_um": (self.lowest_gap_um, 1.0, 1e3),
            "pad.stretch": (pad.stretch, 0.03, 1.6),
            "pad.reduced_time": (pad.reduced_time, 0.0, 1e12),
            "pad.set_strain": (pad.set_strain, 0.0, 0.99),
            "pad.peak_energy": (pad.peak_energy, 0.0, 1e12),
            "flaws.coverage": (flaws.coverage, 0.1, 2.0),
            "flaws.height": (flaws.height, 0.1, 2.0),
            "flaws.grade": (flaws.grade, 0.0, 1e9),
            "flaws.adhesion": (flaws.adhesion, 0.0, 1e6),
            "cover.degree": (self.cover.degree, 0.0, 1.0),
        }
        for name, liquid in (("encapsulant", self.encapsulant), ("adhesive", self.adhesive)):
            ranges[f"{name}.volume_uL"] = (liquid.volume_uL, 0.0, 1e6)
            ranges[f"{name}.degree"] = (liquid.degree, 0.0, 1.0)
            ranges[f"{name}.modulus_Pa"] = (liquid.modulus_Pa, 0.0, 1e12)
            ranges[f"{name}.gel_gap_um"] = (1.0 if liquid.gel_gap_um is None else liquid.gel_gap_um, 1.0, 1e3)
        for name, (value, low, high) in ranges.items():
            if not low <= value <= high:
                raise ValueError(f"{name}: wanted {low:g} to {high:g}, got {value:g}")


class Nest:
    """Where one part may lie: between the platens, in the recess, on the chuck."""

    part: Part | None = None

    @property
    def part_id(self) -> int:
        """Id of the part that lies there, 0 when none."""
        return self.part.id if self.part else 0

    @property
    def part_present(self) -> bool:
        """Whether a part lies there."""
        return self.part is not None


def new_part(part_id: int, kind: str, seed: int) -> Part:
    """Return a fresh part with the small differences that its seed and id give it."""
    draw = Random(f"{seed}:{part_id}")
    tilt = (draw.gauss(0.0, 0.8), draw.gauss(0.0, 0.8))
    plane = (tilt[0], tilt[1], -tilt[0] - tilt[1])
    chip_um = round(725.0 + draw.gauss(0.0, 0.5), 2)
    return Part(part_id, kind, chip_um=chip_um, tilt_um=plane, free_tilt_um=plane)


def part_of_kind(text: str, kind: str) -> Part:
    """Return the part that an earlier run left; ValueError when it is none, or not of the kind that is wanted ("")."""
    part = Part.from_json(text)
    if kind and part.kind != kind:
        raise ValueError(f"kind: wanted {kind}, got {part.kind}")
    return part
