"""What a syringe may hold, told by the beginning of its lot number: where on the part it goes, how it flows and cures.

Only properties of materials; who holds how much of one, at which temperature, is the tools' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from simulators.parameters import Parameters
from simulators.physics import cure, flow

_ROOM_K = 298.15


class Purpose(Enum):
    """Where a liquid goes: over the chip face, into the gap around the leads, or under the heat spreader."""

    COVER = "cover"
    ENCAPSULANT = "encapsulant"
    ADHESIVE = "adhesive"


@dataclass(frozen=True, slots=True)
class Material:
    """One type of liquid; `group` is the first word of its parameters."""

    type: str
    group: str
    purpose: Purpose


MATERIALS: dict[str, Material] = {
    material.type: material
    for material in (
        Material("EMC-7", "epoxy", Purpose.COVER),
        Material("ENC-2", "encapsulant", Purpose.ENCAPSULANT),
        Material("ADH-4", "adhesive", Purpose.ADHESIVE),
    )
}
MOLD_EPOXY = MATERIALS["EMC-7"]


def material_of(lot: str) -> Material | None:
    """Return the material of a lot such as `ENC-2-0917`, or None when no such type is known."""
    return next((material for name, material in MATERIALS.items() if lot.startswith(f"{name}-")), None)


class Resin:
    """How a material flows and cures; degrees of cure 0..1, temperatures in degC."""

    def __init__(self, parameters: Parameters, material: Material) -> None:
        p, group = parameters, material.group
        self.gel, self.density = p[f"{group}.gel"], p[f"{group}.density"]
        names = ("a1", "e1", "a2", "e2", "m", "n", "tg0", "tg1", "lambda")
        self._law = cure.Kamal(*(p[f"{group}.{name}"] for name in names))
        self._fluid = flow.Fluid(p[f"{group}.viscosity"], p[f"{group}.exponent"], p[f"{group}.yield"])
        self._activation = p[f"{group}.activation"]

    def fluid(self, celsius: float, degree: float) -> flow.Fluid:
        """Return how the liquid flows at a temperature and degree of cure."""
        factor = flow.warming_factor(celsius + 273.15, _ROOM_K, self._activation)
        factor *= flow.curing_factor(degree, self.gel)
        return self._fluid._replace(consistency=self._fluid.consistency * factor)

    def cured(self, degree: float, celsius: float, seconds: float) -> float:
        """Return the degree of cure after some seconds at a temperature; at most about 5 s in a hot mold."""
        return cure.cure_step(self._law, degree, celsius + 273.15, seconds)

    def glass_transition(self, degree: float) -> float:
        """Return Tg."""
        return self._law.glass_transition(degree)
