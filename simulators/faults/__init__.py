"""The catalogue of plant faults: one table per tool, joined here. Faults of the wire are `simulators.wire.faults`'."""

from __future__ import annotations

from simulators.faults import dispenser, grinder, heat, line, part, press, sensors
from simulators.faults.kind import FaultKind

PLANT_FAULTS: dict[str, FaultKind] = {
    **line.FAULTS,
    **press.FAULTS,
    **heat.FAULTS,
    **dispenser.FAULTS,
    **grinder.FAULTS,
    **part.FAULTS,
    **sensors.FAULTS,
}
