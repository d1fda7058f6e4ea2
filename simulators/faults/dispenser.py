"""Faults of the dispenser, of what it dispenses, and of the balance that weighs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.faults.kind import FaultKind, level

if TYPE_CHECKING:
    from simulators.plant import Plant


def _trap_air(plant: Plant, uL: float) -> None:
    plant.dispenser.bubble_m3 += uL * 1e-9


def _empty(plant: Plant, mL: float) -> None:
    plant.dispenser.liquid_m3 = min(plant.dispenser.liquid_m3, mL * 1e-6)


FAULTS: dict[str, FaultKind] = {
    "dispenser.needle": FaultKind(
        "the needle clogs to this share of its radius",
        lambda plant, share: plant.dispenser.clog(share),
        "clog",
        "",
        0.9,
        0.1,
        1.0,
    ),
    "dispenser.bubble": FaultKind(
        "air of this volume, under pressure, is trapped before the needle", _trap_air, "", "uL", 200.0, 1.0, 5000.0
    ),
    "dispenser.barrel": FaultKind(
        "only this much liquid is left in the barrel, the rest is air", _empty, "low", "mL", 6.0, 0.0, 30.0
    ),
    "dispenser.pot": FaultKind(
        "the material is too old: it has cured in the barrel to this degree",
        level("dispenser.degree"),
        "old",
        "",
        0.2,
        0.0,
        0.5,
    ),
    "dispenser.cold": FaultKind(
        "the material in the barrel is at this temperature", level("dispenser.celsius"), "", "degC", 17.0, 0.0, 60.0
    ),
    "dispenser.regulator": FaultKind(
        "the regulator gives this share of what it is set to",
        level("dispenser.regulator_gain"),
        "drift",
        "",
        0.95,
        0.1,
        1.5,
    ),
    "balance.gain": FaultKind(
        "the balance shows this multiple of the mass", level("balance.gain"), "drift", "", 1.05, 0.5, 2.0
    ),
}
