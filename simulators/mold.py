"""The mold tool's recess: what has been poured over the part, how it fills round the ring, levels, cures and shrinks.

Advances once a second with the tool's temperature; pouring is the dispenser's act.
"""

from __future__ import annotations

from math import exp, pi

from simulators.epoxy import Epoxy
from simulators.liquids import Liquids
from simulators.materials import Purpose
from simulators.parameters import Parameters
from simulators.physics import flow
from simulators.workpiece import Cover, Nest

_POURED_UNEVEN_UM = 10.0
_LEVEL_ENOUGH_UM = 0.01


class Mold(Nest):
    """The tool in its place and the part in its recess; a ring that stands up from the floor leaves a groove."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.present = True
        self._epoxy = Epoxy(p)
        self._liquids, self._atmosphere = Liquids(p), p["ambient.pressure"]
        self._area = pi * p["recess.radius"] ** 2
        self._beside = self._area - pi * p["wafer.radius"] ** 2
        self._ring = pi * (p["ring.outer_radius"] ** 2 - p["ring.inner_radius"] ** 2)
        self._ring_height, self._wall = p["ring.height"], p["recess.wall"]
        self._wave = p["recess.levelling_wave"]

    def pour(self, volume_m3: float, air_m3: float, degree: float, purpose: Purpose = Purpose.COVER) -> float:
        """Take liquid of a degree of cure, with the air in it; return the volume that stays, in m3.

        Of a cover, what the recess cannot hold runs over its wall; without a part nothing stays.
        """
        if self.part is None:
            return 0.0
        if purpose is not Purpose.COVER:
            self.part.pour(purpose, volume_m3 * 1e9, degree)
            return volume_m3
        cover, face = self.part.cover, self.part.chip_um * 1e-6
        layers = ((self._ring_height, self._beside - self._ring), (face, self._beside), (self._wall, self._area))
        held = cover.volume_uL * 1e-9
        level, over = flow.fill_level(held + volume_m3, layers)
        stays = volume_m3 - over
        cover.degree = (cover.degree * held + degree * stays) / (held + stays)
        cover.volume_uL = (held + stays) * 1e9
        cover.void_uL += air_m3 * 1e9
        cover.overflow_uL += over * 1e9
        cover.groove_um = min(level, self._ring_height) * 1e6
        cover.height_um = max(0.0, level - face) * 1e6
        cover.unlevel = _POURED_UNEVEN_UM
        return stays

    def age(self, seconds: float, celsius: float, now_s: float) -> None:
        """Let the cover level and cure; `now_s` is noted when it gels."""
        part = self.part
        if part is None:
            return
        part.highest_temperature = max(part.highest_temperature, celsius)
        self._liquids.age(part, seconds, celsius, 0.0, self._atmosphere)
        cover = part.cover
        if cover.volume_uL <= 0.0:
            return
        before = cover.degree
        cover.degree = self._epoxy.cured(before, celsius, seconds)
        gel = self._epoxy.gel
        if cover.degree < gel:
            self._level(cover, seconds, celsius)
            return
        if cover.gelled_at_s is None:
            cover.gelled_at_s = now_s
        cover.hottest_solid_degC = max(cover.hottest_solid_degC, celsius)
        if before >= gel and cover.degree > before:
            cover.height_um *= 1.0 - self._epoxy.shrinkage * (cover.degree - before) / (1.0 - gel)

    def _level(self, cover: Cover, seconds: float, celsius: float) -> None:
        if cover.unlevel < _LEVEL_ENOUGH_UM or cover.height_um < 1.0:
            return
        fluid, depth, tension = self._epoxy.fluid(celsius, cover.degree), cover.height_um * 1e-6, self._epoxy.tension
        if flow.levelling_stress(cover.unlevel * 1e-6, self._wave, depth, tension) < fluid.yield_Pa:
            return
        cover.unlevel *= exp(-seconds / flow.levelling_time(fluid.consistency, self._wave, depth, tension))
