"""Faults of the line itself: the E-stop chain."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulators.faults.kind import FaultKind

if TYPE_CHECKING:
    from simulators.plant import Plant


def _estop(plant: Plant, release_s: float) -> None:
    plant.set_estop_chain(False)
    if release_s > 0.0:
        plant.after(release_s, partial(plant.set_estop_chain, True))


FAULTS: dict[str, FaultKind] = {
    "line.estop": FaultKind(
        "someone hits the E-stop; a number of seconds releases it again", _estop, unit="s", low=0.01, high=86_400.0
    ),
}
