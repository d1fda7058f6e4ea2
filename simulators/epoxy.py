"""The mold epoxy of this line: what it is beyond a resin that flows and cures, for recess and chuck.

Only properties of the material; who holds how much of it, at which temperature, is the tools' business.
"""

from __future__ import annotations

from simulators.materials import MOLD_EPOXY, Resin
from simulators.parameters import Parameters
from simulators.physics import cure


class Epoxy(Resin):
    """The resin of the cover; degrees of cure 0..1, temperatures in degC."""

    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters, MOLD_EPOXY)
        p = parameters
        self.shrinkage, self.tension = p["epoxy.shrinkage"], p["epoxy.tension"]
        self._glassy, self._glassy_width = p["epoxy.glassy_margin"], p["epoxy.glassy_width"]

    def softness(self, degree: float, celsius: float) -> float:
        """Return how rubbery the solid is under a wheel, 0..1."""
        return cure.softness(celsius, self.glass_transition(degree), self._glassy, self._glassy_width)
