"""Faults of the part: pads, their height, the adhesion of leads. A part has them from its making, not from an instant.

From the fault's time on every part in a tool, and every part that is put into one, has the flaw.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from simulators.faults.kind import FaultKind

if TYPE_CHECKING:
    from simulators.plant import Plant


def _mar(name: str, as_factor: Callable[[float], float], plant: Plant, severity: float) -> None:
    plant.flaws[name] = as_factor(severity)
    for part in (plant.press.part, plant.mold.part, plant.grinder.part):
        if part is not None:
            part.mar(plant.flaws)


FAULTS: dict[str, FaultKind] = {
    "part.bad_pads": FaultKind(
        "under-cured pads: they set this many times faster", partial(_mar, "grade", float), "", "", 1e4, 1.0, 1e6
    ),
    "part.missing_pads": FaultKind(
        "this share of the pads is missing on one side",
        partial(_mar, "coverage", lambda percent: 1.0 - 0.01 * percent),
        "",
        "%",
        10.0,
        0.0,
        50.0,
    ),
    "part.adhesion": FaultKind(
        "releasable lead ends stick this many times as well", partial(_mar, "adhesion", float), "", "", 30.0, 1.0, 1e3
    ),
    "part.high_pads": FaultKind(
        "pads are printed higher by this share",
        partial(_mar, "height", lambda percent: 1.0 + 0.01 * percent),
        "",
        "%",
        15.0,
        -20.0,
        30.0,
    ),
}
