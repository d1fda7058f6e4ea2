"""Encapsulant and spreader adhesive on a part: flow into the gap, suction while the gap opens, cure, gel, stiffness.

Acts on a part wherever it lies, about once a second. The cover over the chip face is the mold tool's own.
"""

from __future__ import annotations

from math import radians

from simulators.materials import MATERIALS, Resin
from simulators.pads import coverage_of
from simulators.parameters import Parameters
from simulators.physics import encapsulant
from simulators.workpiece import KINDS, Part

_FLOWS = 0.9  # share of the conversion at gel up to which a liquid still flows


class Liquids:
    """The laws of both liquids, from one set of parameters."""

    def __init__(self, parameters: Parameters) -> None:
        p = self._parameters = parameters
        self._encapsulant, self._adhesive = Resin(p, MATERIALS["ENC-2"]), Resin(p, MATERIALS["ADH-4"])
        self._tension, self._wetting = p["encapsulant.tension"], radians(p["encapsulant.wetting"])
        self._path, self._final = p["encapsulant.path"], p["encapsulant.modulus"]

    def age(self, part: Part, seconds: float, celsius: float, rise_um_s: float, inside_Pa: float) -> None:
        """Let what is on the part flow and cure while the gap opens at a rate; `inside_Pa` (absolute) is around it."""
        liquid = part.adhesive
        if liquid.volume_uL > 0.0:
            liquid.degree = self._adhesive.cured(liquid.degree, celsius, seconds)
        liquid = part.encapsulant
        if liquid.volume_uL <= 0.0:
            return
        gel = self._encapsulant.gel
        if liquid.degree < _FLOWS * gel:
            self._flow(part, seconds, celsius, rise_um_s, inside_Pa)
        liquid.degree = self._encapsulant.cured(liquid.degree, celsius, seconds)
        if liquid.degree > gel:
            if liquid.gel_gap_um is None:
                liquid.gel_gap_um = part.gap_um
            liquid.modulus_Pa = encapsulant.gelled_modulus(self._final, liquid.degree, gel) * liquid.filled

    def _flow(self, part: Part, seconds: float, celsius: float, rise_um_s: float, inside_Pa: float) -> None:
        """Advance the front under the part and note the worst suction against the pressure inside."""
        liquid, gap = part.encapsulant, part.gap_um * 1e-6
        viscosity = self._encapsulant.fluid(celsius, liquid.degree).consistency
        whole = encapsulant.washburn_time(self._path, gap, viscosity, self._tension, self._wetting)
        liquid.reach = min(1.0, (liquid.reach**2 + seconds / whole) ** 0.5)
        kind = KINDS[part.kind]
        room_uL = kind.pressed_area_m2 * (1.0 - coverage_of(self._parameters, kind.pad)) * gap * 1e9
        liquid.filled = liquid.reach * min(1.0, liquid.volume_uL / room_uL)
        if rise_um_s > 0.0:
            suction = encapsulant.squeeze_suction(viscosity, 0.5 * self._path, rise_um_s * 1e-6, gap)
            liquid.suction = max(liquid.suction, suction / inside_Pa)
