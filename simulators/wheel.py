"""The grinding wheel: wear and sharpness, which outlive a part, and the energy that the wheel needs for what it cuts.

What it costs to cut follows from the cover's state, from the bumps that the surface has reached and from the sharpness.
Where the wheel stands and how hard it presses is the grinder's business.
"""

from __future__ import annotations

from typing import NamedTuple

from simulators.epoxy import Epoxy
from simulators.parameters import Parameters
from simulators.physics import bumps, grinding
from simulators.workpiece import KINDS, Part

_SLOWEST, _FASTEST = 0.05, 10.0  # um/s, within which the size effect is known


class Bite(NamedTuple):
    """What lies under the wheel: rubbery share of the cover, share of the area that is solder, and its J/m3."""

    softness: float
    solder_share: float
    solder_energy: float


class Wheel:
    """State of one wheel; `sharpness` 1 is freshly dressed, and the energy goes with its inverse."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.wear_um = 0.0
        self.sharpness = p["wheel.sharpness"]
        self.solder_capacity_mm3 = p["wheel.solder_capacity"]
        self._epoxy = Epoxy(p)
        self._area = p["grind.area"]
        self._wear = self._area / (p["wheel.grinding_ratio"] * p["wheel.rim"])
        self._energy, self._exponent = p["grind.energy"], p["grind.energy_exponent"]
        self._reference_feed, self._undercured = p["grind.reference_feed"], p["grind.undercured"]
        self._eutectic, self._high_lead = p["grind.eutectic"], p["grind.high_lead"]
        self._high_lead_um = p["bump.high_lead"]
        self._glazing, self._smearing, self._clogging = p["wheel.glazing"], p["wheel.smearing"], p["wheel.clogging"]
        self._dressing_N, self._dressing = p["wheel.dressing_force"], p["wheel.dressing_rate"]

    def bite(self, part: Part, celsius: float) -> Bite:
        """Return what the wheel meets at the top of a part whose surface has a temperature."""
        kind, cover = KINDS[part.kind], part.cover
        softness = self._epoxy.softness(cover.degree, celsius)
        above_face = cover.height_um - part.removed_um
        radius = bumps.cap_radius(kind.bump_radius_um, kind.bump_um)
        section = bumps.mean_area(kind.bump_um - above_face, radius, kind.bump_sigma_um)
        energy = self._eutectic if above_face > self._high_lead_um else self._high_lead
        return Bite(softness, kind.bumps * section * 1e-12 / self._area, energy)

    def energy(self, bite: Bite, feed_um_s: float) -> float:
        """Return the energy per volume at a feed, J/m3."""
        feed = min(_FASTEST, max(_SLOWEST, feed_um_s))
        epoxy = self._energy * grinding.size_effect(feed, self._reference_feed, self._exponent)
        epoxy *= 1.0 + self._undercured * bite.softness
        return ((1.0 - bite.solder_share) * epoxy + bite.solder_share * bite.solder_energy) / self.sharpness

    def work(self, bite: Bite, removed_um: float, dry: bool) -> None:
        """Wear and dull by removing a height: grains glaze; rubber, solder and unflushed chips stick to the wheel."""
        self.wear_um += removed_um * self._wear
        loss = 1.0 / self._glazing + bite.softness / self._smearing
        loss += bite.solder_share * self._area * 1e3 / self.solder_capacity_mm3
        if dry:
            loss += 1.0 / self._clogging
        self.sharpness = grinding.dulled(self.sharpness, removed_um, loss)

    def press(self, force_N: float, dt_s: float) -> None:
        """Dress itself, as far as it is pressed hard enough that dull grains break out."""
        if force_N > self._dressing_N:
            self.sharpness = grinding.dressed(self.sharpness, self._dressing, dt_s)
