"""Porous pads: three regimes of compression, scaling with density, gas in closed cells.

Pure functions; stress in Pa, stretch = height / free height, densities relative to the solid. Sources: Avalle's form
for elastic part, plateau and densification; Gibson and Ashby's scaling of open cells (both textbook, constants of the
default foam chosen).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from simulators.physics.root import falling_root

_FLATTEST, _TALLEST = 0.03, 1.6  # stretches between which a pad is looked for
# abscissae and weights of Gauss and Legendre on 0..1, five points
_POINTS = (
    (0.04691007703066802, 0.11846344252809454), (0.23076534494715845, 0.23931433524968324), (0.5, 0.28444444444444444),
    (0.76923465505284155, 0.23931433524968324), (0.95308992296933198, 0.11846344252809454),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Foam:
    """Avalle's law: plateau, densification and initial modulus in Pa; exponents m and n."""

    plateau_Pa: float
    densification_Pa: float
    modulus_Pa: float
    m: float
    n: float

    def stress(self, stretch: float) -> float:
        """Return the compressive nominal stress; a swollen pad (stretch above 1) is linear."""
        strain = 1.0 - stretch
        if strain <= 0.0:
            return self.modulus_Pa * strain
        buckling = self.modulus_Pa / self.plateau_Pa * strain * stretch**self.m
        dense = self.densification_Pa * (strain / stretch) ** self.n
        return float(self.plateau_Pa * (1.0 - exp(-buckling)) + dense)

    def energy(self, stretch: float) -> float:
        """Return the work of compression per volume, J/m3, by quadrature (0.1 % up to a strain of 0.75)."""
        strain = 1.0 - stretch
        if strain <= 0.0:
            return 0.5 * self.modulus_Pa * strain * strain
        return strain * sum(weight * self.stress(1.0 - at * strain) for at, weight in _POINTS)

    def stretch_under(self, stress_Pa: float, guess: float) -> float:
        """Return the stretch that carries an elastic stress."""
        return falling_root(lambda stretch: self.stress(stretch) - stress_Pa, guess, _FLATTEST, _TALLEST)


def gibson_ashby(solid_modulus_Pa: float, density: float) -> tuple[float, float, float]:
    """Return modulus, plateau stress (Pa) and densification strain of an open-cell foam of a relative density."""
    stiffness = solid_modulus_Pa * density * density
    return stiffness, 0.05 * stiffness, 1.0 - 1.4 * density


def cell_gas(stretch: float, density: float, filled_Pa: float, outside_Pa: float) -> float:
    """Return the stress that gas in closed cells adds: filled at a pressure at free height, isothermal.

    `outside_Pa` is the absolute pressure around the pad; positive is a pad that the gas pushes apart.
    """
    strain = 1.0 - stretch
    return filled_Pa * (1.0 - density) / (1.0 - strain - density) - outside_Pa
