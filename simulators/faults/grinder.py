"""Faults of the grinder: spindle, wheel, coolant, chuck, gauge, guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.faults.kind import FaultKind, level, switch

if TYPE_CHECKING:
    from simulators.plant import Plant


def _jump(plant: Plant, step_um: float) -> None:
    plant.grinder.gauge_shift += step_um


FAULTS: dict[str, FaultKind] = {
    "spindle.trip": FaultKind("the spindle drive trips", lambda plant, _: plant.grinder.spindle.trip()),
    "spindle.bearing": FaultKind(
        "the spindle's bearing takes this much more power at nominal speed",
        level("grinder.spindle.drag_W"),
        "worn",
        "W",
        60.0,
        0.0,
        2000.0,
    ),
    "spindle.imbalance": FaultKind(
        "the wheel shakes and leaves waves of this height",
        level("grinder.spindle.vibration_um"),
        "",
        "um",
        1.0,
        0.0,
        20.0,
    ),
    "wheel.glazed": FaultKind(
        "the wheel has only this sharpness left", level("grinder.wheel.sharpness"), "", "", 0.5, 0.05, 1.0
    ),
    "wheel.loading": FaultKind(
        "the wheel takes up only this much solder until it is dull to 1/e",
        level("grinder.wheel.solder_capacity_mm3"),
        "",
        "mm3",
        0.2,
        0.001,
        1e6,
    ),
    "grinder.coolant": FaultKind("the coolant fails", switch("grinder.coolant_lost"), "lost"),
    "grinder.chuck": FaultKind("the chuck vacuum fails", switch("grinder.chuck_lost"), "lost"),
    "grinder.tilt": FaultKind(
        "the chuck is tilted by this across the line of the centres",
        level("grinder.tilt_beta"),
        "",
        "urad",
        10.0,
        -1000.0,
        1000.0,
    ),
    "grinder.particle": FaultKind(
        "a particle of this height lies between part and chuck", level("grinder.particle_um"), "", "um", 5.0, 0.0, 100.0
    ),
    "grinder.gauge": FaultKind("the thickness gauge steps by this much", _jump, "jump", "um", 8.0, -1000.0, 1000.0),
    "grinder.gauge_drift": FaultKind(
        "the thickness gauge drifts", level("grinder.gauge_drift_um_h"), "", "um/h", 0.5, -1000.0, 1000.0
    ),
    "grinder.guard": FaultKind("the wheel guard's switch opens", switch("grinder.guard_open"), "open"),
}
