"""The mold tool's recess: what has been poured over the part, how it levels, cures and shrinks.

Advances once a second with the tool's temperature; pouring is the dispenser's act.
"""

from __future__ import annotations

from math import exp

from simulators.parameters import Parameters
from simulators.physics import flow
from simulators.physics.cure import Kamal, cure_step
from simulators.workpiece import Part

_ROOM_K = 298.15
_POURED_UNEVEN_UM = 10.0
_LEVEL_ENOUGH_UM = 0.01


class Mold:
    """The tool in its place and the part in its recess."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.present = True
        self.part: Part | None = None
        self._resin = Kamal(
            p["epoxy.a1"],
            p["epoxy.e1"],
            p["epoxy.a2"],
            p["epoxy.e2"],
            p["epoxy.m"],
            p["epoxy.n"],
            p["epoxy.tg0"],
            p["epoxy.tg1"],
            p["epoxy.lambda"],
        )
        self._area, self._below = p["recess.area"], p["recess.below_face"]
        self._gel, self._shrinkage = p["epoxy.gel"], p["epoxy.shrinkage"]
        self._viscosity, self._activation = p["epoxy.viscosity"], p["epoxy.activation"]
        self._wave, self._tension = p["recess.levelling_wave"], p["epoxy.tension"]

    @property
    def part_id(self) -> int:
        """Id of the part in the recess, 0 when none."""
        return self.part.id if self.part else 0

    @property
    def part_present(self) -> bool:
        """Whether a part lies in the recess."""
        return self.part is not None

    def pour(self, volume_m3: float) -> bool:
        """Take liquid; return False when there is no part whose recess it could fill."""
        if self.part is None:
            return False
        cover = self.part.cover
        cover.volume_uL += volume_m3 * 1e9
        cover.height_um = flow.cover_height(cover.volume_uL * 1e-9, self._below, self._area) * 1e6
        cover.unlevel = _POURED_UNEVEN_UM
        return True

    def age(self, seconds: float, celsius: float, now_s: float) -> None:
        """Let the cover level and cure; `now_s` is noted when it gels."""
        part = self.part
        if part is None:
            return
        part.highest_temperature = max(part.highest_temperature, celsius)
        cover = part.cover
        if cover.volume_uL <= 0.0:
            return
        kelvin = celsius + 273.15
        before = cover.degree
        cover.degree = cure_step(self._resin, before, kelvin, seconds)
        if cover.degree < self._gel:
            self._level(part, seconds, kelvin)
        elif cover.gelled_at_s is None:
            cover.gelled_at_s = now_s
        if before >= self._gel and cover.degree > before:
            full = 1.0 - self._gel
            cover.height_um *= 1.0 - self._shrinkage * (cover.degree - before) / full

    def _level(self, part: Part, seconds: float, kelvin: float) -> None:
        cover = part.cover
        if cover.unlevel < _LEVEL_ENOUGH_UM or cover.height_um < 1.0:
            return
        viscosity = flow.viscosity(self._viscosity, kelvin, _ROOM_K, self._activation)
        viscosity *= flow.curing_factor(cover.degree, self._gel)
        tau = flow.levelling_time(viscosity, self._wave, cover.height_um * 1e-6, self._tension)
        cover.unlevel *= exp(-seconds / tau)
