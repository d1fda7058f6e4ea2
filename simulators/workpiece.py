"""The one part that travels through the tools, with everything that was done to it.

Only true state and its JSON form; models change it, the inspection station looks at it with its own error, and no
instrument sees more of it than a real one would.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import Enum
from random import Random


class Damage(Enum):
    """What can spoil a part for good."""

    BROKEN = "broken"
    BURNED = "burned"
    CHIP_GROUND = "chip ground"
    LOST = "thrown off the chuck"


@dataclass(frozen=True, slots=True)
class PartKind:
    """What all parts of one name have in common (um, m2, counts)."""

    name: str
    pressed_area_m2: float
    leads: int
    bumps: int
    chip_um: float
    bump_um: float
    bump_radius_um: float
    bump_sigma_um: float
    fits_mold: bool


KINDS: dict[str, PartKind] = {
    "WLP-200": PartKind("WLP-200", 0.0314, 20_000, 20_000, 725.0, 35.0, 40.0, 1.5, True),
    "PKG-15": PartKind("PKG-15", 1.6e-3, 180, 180, 725.0, 35.0, 40.0, 1.5, False),
}


@dataclass(slots=True)
class Pad:
    """State of the resilient element: stretch of the free height, elastic and relaxing stress, set."""

    stretch: float = 1.0
    elastic_Pa: float = 0.0
    relaxing_Pa: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    reduced_time: float = 0.0
    set_strain: float = 0.0


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
    pad: Pad = field(default_factory=Pad)
    gap_um: float = 150.0
    lowest_gap_um: float = 150.0
    highest_gap_after_um: float = 0.0
    highest_temperature: float = 25.0
    cover: Cover = field(default_factory=Cover)
    removed_um: float = 0.0
    ground: bool = False
    damage: list[Damage] = field(default_factory=list)

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

    def to_json(self) -> str:
        """Return the whole state; `from_json` gives an equal part."""
        data = asdict(self)
        data["damage"] = [damage.value for damage in self.damage]
        return json.dumps(data, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Part:
        """Return the part of a text that `to_json` made; raise ValueError for anything else."""
        try:
            data = json.loads(text)
            data["pad"] = Pad(**data["pad"])
            data["cover"] = Cover(**data["cover"])
            data["tilt_um"] = tuple(data["tilt_um"])
            data["damage"] = [Damage(word) for word in data["damage"]]
            return cls(**data)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not the state of a part: {error}") from error


def new_part(part_id: int, kind: str, seed: int) -> Part:
    """Return a fresh part with the small differences that its seed and id give it."""
    draw = Random(f"{seed}:{part_id}")
    tilt = (draw.gauss(0.0, 0.8), draw.gauss(0.0, 0.8))
    return Part(
        part_id, kind, chip_um=round(725.0 + draw.gauss(0.0, 0.5), 2), tilt_um=(tilt[0], tilt[1], -tilt[0] - tilt[1])
    )
