"""The mold epoxy of this line: laws of flow and cure with the table's constants, for pot, recess and chuck.

Only properties of the material; who holds how much of it, at which temperature, is the tools' business.
"""

from __future__ import annotations

from simulators.parameters import Parameters
from simulators.physics import cure, flow

_ROOM_K = 298.15


class Epoxy:
    """One resin; degrees of cure 0..1, temperatures in degC."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.gel, self.density = p["epoxy.gel"], p["epoxy.density"]
        self.shrinkage, self.tension = p["epoxy.shrinkage"], p["epoxy.tension"]
        self._law = cure.Kamal(
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
        self._fluid = flow.Fluid(p["epoxy.viscosity"], p["epoxy.exponent"], p["epoxy.yield"])
        self._activation = p["epoxy.activation"]
        self._glassy, self._glassy_width = p["epoxy.glassy_margin"], p["epoxy.glassy_width"]

    def fluid(self, celsius: float, degree: float) -> flow.Fluid:
        """Return how the liquid flows at a temperature and degree of cure."""
        factor = flow.warming_factor(celsius + 273.15, _ROOM_K, self._activation)
        factor *= flow.curing_factor(degree, self.gel)
        return self._fluid._replace(consistency=self._fluid.consistency * factor)

    def cured(self, degree: float, celsius: float, seconds: float) -> float:
        """Return the degree of cure after some seconds at a temperature; at most about 5 s in a hot mold."""
        return cure.cure_step(self._law, degree, celsius + 273.15, seconds)

    def glass_transition(self, degree: float) -> float:
        """Return Tg."""
        return self._law.glass_transition(degree)

    def softness(self, degree: float, celsius: float) -> float:
        """Return how rubbery the solid is under a wheel, 0..1."""
        return cure.softness(celsius, self.glass_transition(degree), self._glassy, self._glassy_width)
