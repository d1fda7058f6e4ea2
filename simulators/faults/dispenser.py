"""Faults of the dispenser and of what it dispenses."""

from __future__ import annotations

from simulators.faults.kind import FaultKind

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
}
