"""Faults of the heated tools: elements, thermocouples."""

from __future__ import annotations

from simulators.faults.kind import FaultKind, switch

FAULTS: dict[str, FaultKind] = {
    "platen.heater": FaultKind("the platen's heating element breaks", switch("platen.element_open"), "open"),
    "platen.sensor": FaultKind(
        "the platen's thermocouple breaks: upscale reading", switch("platen.sensor_break"), "break"
    ),
    "mold.heater": FaultKind("the mold's heating element breaks", switch("mold_heater.element_open"), "open"),
    "mold.sensor": FaultKind(
        "the mold's thermocouple breaks: upscale reading", switch("mold_heater.sensor_break"), "break"
    ),
}
