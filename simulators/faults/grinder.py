"""Faults of the grinder: spindle, coolant, chuck, gauge, guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.faults.kind import FaultKind, switch

if TYPE_CHECKING:
    from simulators.plant import Plant


def _jump(plant: Plant, step_um: float) -> None:
    plant.grinder.gauge_shift += step_um


FAULTS: dict[str, FaultKind] = {
    "spindle.trip": FaultKind("the spindle drive trips", lambda plant, _: plant.grinder.spindle.trip()),
    "grinder.coolant": FaultKind("the coolant fails", switch("grinder.coolant_lost"), "lost"),
    "grinder.chuck": FaultKind("the chuck vacuum fails", switch("grinder.chuck_lost"), "lost"),
    "grinder.gauge": FaultKind("the thickness gauge steps by this much", _jump, "jump", "um", 8.0, -1000.0, 1000.0),
    "grinder.guard": FaultKind("the wheel guard's switch opens", switch("grinder.guard_open"), "open"),
}
