"""Faults of the cure: the mold is at another temperature than everybody believes."""

from __future__ import annotations

from simulators.faults.kind import FaultKind, level

FAULTS: dict[str, FaultKind] = {
    "mold.reading": FaultKind(
        "the mold's thermocouple reads this much too high, so the mold stays too cold",
        level("mold_heater.sensor_error_K"),
        "high",
        "K",
        20.0,
        -50.0,
        50.0,
    ),
}
