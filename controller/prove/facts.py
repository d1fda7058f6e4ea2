"""What the proof takes for granted, and what it looks for: the tool at rest, and the states that must be impossible.

Hazards are conditions that must be excluded by the permissives themselves at the moment of an action, whatever the
recipe does: a permissive that somebody loosens is found here.
"""

from __future__ import annotations

from typing import NamedTuple

from controller.sequence.effects import OFF, ON, Span

# A tool that nobody uses: cold, vented, unlocked, nothing energised. What is not named may be anything.
AT_REST: dict[str, Span] = {
    "press.pressure": (-2.0, 2.0), "press.vacuum": (99.3, 103.3), "press.clamp_pressure": (-2.0, 10.0),
    "press.door_locked": OFF, "line_plc.out_dump_shut": OFF, "line_plc.out_inner_vacuum": OFF,
    "line_plc.out_inner_vent_shut": OFF, "line_plc.platen_contactor_closed": OFF, "press.platen": (5.0, 45.0),
    "line_plc.mold_contactor_closed": OFF, "mold.temperature": (5.0, 45.0), "dispenser.needle_down": OFF,
    "dispenser.needle_up": ON, "dispenser.lot_scanned": OFF, "dispenser.rate": OFF,
    "grinder.spindle": (0.0, 5.0), "grinder.standstill": ON, "grinder.speed_error": (99.0, 101.0),
    "grinder.coolant": (-0.5, 0.5), "grinder.chuck_vacuum": (-2.0, 2.0), "grinder.guard_locked": OFF,
    "grinder.wheel_lifted": ON, "line.enabled": ON, "line.estop_chain": ON,
}  # fmt: skip


class Hazard(NamedTuple):
    """With this action, `never` must be excluded."""

    action: str
    never: str
    text: str


HAZARDS = (
    Hazard("press.pressurise", "not press.door_closed", "pressure can be applied with the door open"),
    Hazard("press.pressurise", "not press.door_locked", "pressure can be applied with the door unlocked"),
    Hazard("press.pressurise", "press.clamp_pressure < 400 kPa", "pressure can be applied without the clamp"),
    Hazard("press.pressurise", "not press.part_present", "pressure can be applied without a part"),
    Hazard("press.heat", "not press.door_locked", "the platen can be heated with the door unlocked"),
    Hazard("press.evacuate", "not line_plc.out_inner_vent_shut", "vacuum valve and vent can be open together"),
    Hazard("press.unlock", "press.pressure > 5 kPa", "the door can be unlocked under pressure"),
    Hazard("press.unclamp", "press.pressure > 5 kPa", "the clamp can be released under pressure"),
    Hazard("press.unlock", "press.platen > 60 degC", "the door can be unlocked with a hot platen"),
    Hazard("mold.heat", "not dispenser.needle_up", "the mold can be heated under the needle"),
    Hazard("dispenser.shot", "not mold.part_present", "material can be dispensed without a part"),
    Hazard("dispenser.shot", "not dispenser.needle_down", "material can be dispensed with the needle up"),
    Hazard("dispenser.shot", "not dispenser.lot_scanned", "material can be dispensed whose lot nobody scanned"),
    Hazard("dispenser.shot", "mold.temperature > 80 degC", "material can be dispensed into a hot mold"),
    Hazard("grinder.spindle", "not grinder.guard_locked", "the spindle can turn with the guard unlocked"),
    Hazard("grinder.feed", "grinder.speed_error > 2 %", "the wheel can be fed without the spindle at speed"),
    Hazard("grinder.feed", "grinder.coolant < 3 L/min", "the wheel can be fed without coolant"),
    Hazard("grinder.feed", "grinder.chuck_vacuum > -60 kPa", "the wheel can be fed at a part that is not held"),
    Hazard("grinder.feed", "not grinder.guard_closed", "the wheel can be fed with the guard open"),
    Hazard("grinder.unlock_guard", "not grinder.standstill", "the guard can be unlocked while the spindle turns"),
    Hazard("grinder.unlock_guard", "grinder.z < 49 mm", "the guard can be unlocked with the wheel down"),
)
