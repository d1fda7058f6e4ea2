"""What must always hold on the line, and which rule of the monitor sees it broken; else why the line cannot show it."""

from __future__ import annotations

from typing import NamedTuple


class Invariant(NamedTuple):
    """One sentence; `rules` are ids of the monitor's rules, `why_not` stands where there is none."""

    text: str
    rules: tuple[str, ...] = ()
    why_not: str = ""


INVARIANTS: dict[int, Invariant] = {
    1: Invariant(
        "The door lock is never released, nor the clamp, unless outer and inner chamber are within 5 kPa of the air.",
        ("press.door",),
    ),
    2: Invariant(
        "No setpoint above the limit of recipe or tool reaches the wire; 700 kPa is never exceeded.", ("limits",)
    ),
    3: Invariant(
        "Inner vacuum valve and inner vent are never both open; an emergency dumps within the reaction time.",
        ("press.inner", "press.dump"),
    ),
    4: Invariant("No commanded rate of pressure exceeds the limit of recipe or tool.", ("limits",)),
    5: Invariant("No pressure without the door closed and locked, the clamp on and a part present.", ("press.closed",)),
    6: Invariant(
        "A heater has no power soon after loss of its controller, its sensor, or over-temperature.", ("heat",)
    ),
    7: Invariant("No shot unless the needle is in its place and something is under it.", ("dispense.place",)),
    8: Invariant("(dispenser with axes)", why_not="the dispenser of this line stands at a fixed place"),
    9: Invariant(
        "Shot time and mass stay within their caps; no shot is given twice after a retry.", ("dispense.count", "limits")
    ),
    10: Invariant(
        "Material past its pot life, or whose lot was not scanned, is not dispensed.", ("dispense.material",)
    ),
    11: Invariant("The wheel is fed only with spindle at speed, coolant, chuck vacuum and guard.", ("grind.feed",)),
    12: Invariant(
        "When the chuck lets go the wheel leaves the part, and the spindle turns until then.", ("grind.chuck",)
    ),
    13: Invariant("The wheel guard stays locked until standstill and the safe height.", ("grind.guard",)),
    14: Invariant("The wheel never goes below its floor; a jump of the gauge stops the feed.", ("grind.floor",)),
    15: Invariant("Too much load takes the wheel off the part.", ("grind.load",)),
    16: Invariant("Every run ends in the safe state, read from the machine, from every state and step.", ("safe.end",)),
    17: Invariant("After a trip nothing is energised again without a person's reset.", ("trip.latch",)),
    18: Invariant(
        "Any state reachable after a restart is safe.",
        why_not="a monitor lives as long as its run; the proof of the kill points looks at the machine with its rules",
    ),
    19: Invariant(
        "A value is used only while it is fresh, in range and an answer to its own question.", ("results", "heat")
    ),
    20: Invariant(
        "A write is confirmed by reading back, or the step fails; what is not idempotent is not repeated.",
        ("order.confirmed", "dispense.count"),
    ),
    21: Invariant("No transition outside the declared tables.", ("states", "no.bug")),
    22: Invariant(
        "At most one recipe per unit and one run per controller.",
        why_not="a matter of the daemon's lock and queue, with tests of their own; here each run has its own line",
    ),
    23: Invariant("A part is in one place, and a run works on one part.", ("one.part",)),
    24: Invariant(
        "Only who holds control may command.", why_not="a matter of roles at the daemon's socket, tested there"
    ),
    25: Invariant("Every run has exactly one terminal record.", ("record.end",)),
    26: Invariant("No unmarked gap between samples; time does not go back.", ("record.samples",)),
    27: Invariant("Every actuation has its order in the record before it.", ("order.recorded",)),
    28: Invariant(
        "Any change of a finished record is detected.",
        why_not="a matter of the file alone; the record's own tests flip its bytes",
    ),
    29: Invariant("The recipe that ran is stored byte for byte with its hash.", ("record.recipe",)),
    30: Invariant("No number that is none passes any boundary.", ("numbers",)),
    31: Invariant(
        "Everything is bounded: no wire is flooded, no state on the way to another lasts.", ("wire.pace", "liveness")
    ),
}
