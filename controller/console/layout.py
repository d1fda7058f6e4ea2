"""What the console shows of a module, in which order, and with how many digits.

The names are those of the shipped tool file; what a tool does not have is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

DECIMALS = {
    "kPa": 1, "kPa abs": 1, "um": 1, "degC": 1, "K": 1, "%": 0, "rpm": 0, "mm": 3, "L/min": 1, "g": 3, "g/s": 4,
    "W": 0, "A": 2, "s": 3, "min": 0, "": 0,
}  # fmt: skip
SHORT = {"degC": "°C", "kPa abs": "kPa"}  # on the overview; the label says absolute


@dataclass(frozen=True, slots=True)
class Gauge:
    """One value of a module; `setpoint` is the tag of where it ought to be, `limit` the name of its limit."""

    label: str
    tag: str
    setpoint: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the line: its gauges with the most important first, and the tags that draw it."""

    title: str
    prefixes: tuple[str, ...]
    gauges: tuple[Gauge, ...]
    part: str
    locked: str


MODULES = (
    Module(
        "PRESS",
        ("press.", "press_pressure.", "platen_heater."),
        (
            Gauge("press", "press.pressure", "press.setpoint", "press.pressure"),
            Gauge("platen", "press.platen", "press.platen_setpoint", "press.platen"),
            Gauge("gap", "press.gap", "", "press.gap"),
            Gauge("in abs", "press.vacuum", "", "press.vacuum"),
            Gauge("supply", "press.supply"),
            Gauge("clamp", "press.clamp_pressure"),
            Gauge("tilt", "press.tilt"),
        ),
        "press.part_present",
        "press.door_locked",
    ),
    Module(
        "DISPENSER",
        ("dispenser.", "mold.", "mold_heater.", "balance."),
        (
            Gauge("mold", "mold.temperature", "mold.setpoint", "mold.temperature"),
            Gauge("mass", "dispenser.mass_out", "dispenser.mass_asked"),
            Gauge("shot", "dispenser.shot_mass"),
            Gauge("pot", "dispenser.pot_life_left"),
            Gauge("air", "dispenser.pressure", "", "dispenser.pressure"),
            Gauge("rate", "dispenser.rate"),
        ),
        "mold.part_present",
        "mold.present",
    ),
    Module(
        "GRINDER",
        ("grinder.", "spindle.", "z_stage.", "gauge."),
        (
            Gauge("thick", "grinder.thickness", "grinder.target"),
            Gauge("wheel", "grinder.spindle", "", "grinder.spindle"),
            Gauge("load", "grinder.load"),
            Gauge("z", "grinder.z", "", "grinder.z"),
            Gauge("cool", "grinder.coolant"),
            Gauge("chuck", "grinder.chuck_vacuum"),
        ),
        "grinder.part_present",
        "grinder.guard_locked",
    ),
)
TRENDED = ("press.pressure", "press.gap", "press.platen", "mold.temperature", "grinder.thickness", "grinder.load")
LABELS = {gauge.tag: gauge.label for module in MODULES for gauge in module.gauges}
SETPOINTS = {gauge.tag: gauge.setpoint for module in MODULES for gauge in module.gauges if gauge.setpoint}


def decimals(unit: str) -> int:
    """Digits behind the point for a unit."""
    return DECIMALS.get(unit, 2)
