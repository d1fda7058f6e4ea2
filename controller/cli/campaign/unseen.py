"""What a fault does to the readings that nobody could call a fault, with the figures; told apart from what escaped.

A row needs the figure of what a healthy tool, or the next part, does to the same reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from controller.cli.campaign.mishaps import Mishap
from controller.cli.simulated.watch import Signature


@dataclass(frozen=True, slots=True)
class Unseen:
    """Channels or inspected results with the most standard deviations; `earlier` when the fault has to be there before
    its module is used: what begins under a part is a jump."""

    why: str
    most: Mapping[str, float]
    earlier: bool = False

    def holds(self, mishap: Mishap, found: Signature, used_from_s: float) -> bool:
        """Whether it speaks of this signature of the fault, in a run that used the module from a time on."""
        return found.sigmas <= self.most.get(found.channel, 0.0) and (not self.earlier or mishap.at_s < used_from_s)


_HEADS = ("gap1", "gap2", "gap3")
UNSEEN: dict[str, Unseen] = {
    "sensor.gap1.swap": Unseen(
        "swapped before the part came, two heads show a part that leans the other way: each part leans by up to 3 um of"
        " its own, mean and tilt are the same, and without a part no head reads anything",
        {"gap1": inf, "gap2": inf},
        earlier=True,
    ),
    "sensor.platen.swap": Unseen(
        "both tools are cold and nothing is heated by them: their thermocouples differ by 0.4 K, and each is accurate"
        " to 1 K",
        {"platen": 10.0, "mold": 10.0},
    ),
    "part.bad_pads": Unseen(
        "in a cold press of seconds such pads set by 0.2 um; a head is accurate to 0.5 um, and the 3 kPa by which an"
        " accepted pressure may be off do as much to the gap and, where the leads let go, to what has peeled",
        {**dict.fromkeys(_HEADS, 10.0), "peeled_fraction": 1800.0},
    ),
}


def why_unseen(mishap: Mishap, found: Signature, used_from_s: float) -> str:
    """Why nobody could tell this signature of a fault from a healthy run; "" when somebody could."""
    row = UNSEEN.get(mishap.what)
    return row.why if row is not None and row.holds(mishap, found, used_from_s) else ""
