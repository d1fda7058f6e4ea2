"""The law of one pad material: elastic, relaxing, softening, setting; and the balance of a pad with what holds the gap.

Numbers from the parameter table, no state: state is the part's. `solid` and `epoxy` are bonded blocks of one shape,
`foam` is porous.
"""

from __future__ import annotations

from simulators.parameters import Parameters
from simulators.physics import resilient
from simulators.physics.foam import Foam, cell_gas, gibson_ashby
from simulators.physics.root import falling_root
from simulators.physics.softening import remaining_share
from simulators.workpiece import Liquid, Pad

TICK_S = 0.01
_FOAM_DENSITY = 0.5  # at which the foam's parameters hold
_FLATTEST, _TALLEST = 0.03, 1.6
_GROUPS = {"solid": "pad", "epoxy": "pad_epoxy", "foam": "foam"}
Terms = tuple[tuple[float, ...], tuple[float, ...], float]


def coverage_of(parameters: Parameters, material: str) -> float:
    """Return the share of the pressed area that pads of a material cover."""
    return parameters["foam.coverage" if material == "foam" else "pad.coverage"]


class PadLaw:
    """One material; keeps the Prony coefficients of each (step length, temperature) it has met."""

    def __init__(self, parameters: Parameters, material: str) -> None:
        p = parameters
        group = _GROUPS[material]
        foam = material == "foam"
        self.height = p["pad.height"]
        self.coverage = coverage_of(p, material)
        self.grade = p[f"{group}.grade"]
        self.elastic: resilient.Bonded | Foam = _foam(p) if foam else _bonded(p, p[f"{group}.modulus"])
        viscous = p["pad_epoxy.viscous"] if material == "epoxy" else 1.0
        self._weights = (viscous * p["pad.g1"], viscous * p["pad.g2"], viscous * p["pad.g3"])
        self._times = (p["pad.tau1"], p["pad.tau2"], p["pad.tau3"])
        self.at_rest = 1.0 - sum(self._weights)
        self._shift = (p["pad.shift_reference"], p["pad.shift_energy"])
        self._softening = p[f"{group}.softening"]
        self._offset, self._beta = p["softening.offset"], p["softening.beta"]
        self._closed = p["foam.closed_cells"] if foam else 0.0
        self._density, self._filled_Pa = p["foam.density"], p["ambient.pressure"]
        self.plain = not self._softening and not self._closed
        self.terms: dict[tuple[int, int], Terms] = {}

    def balance(self, pad: Pad, wanted: float, factor: float, inside_Pa: float, held: Liquid, gap_um: float) -> float:
        """Set the stretch at which the pad, its gas and the gelled liquid carry `wanted`; return the elastic stress.

        The pad gives `factor` times its elastic stress; `gap_um` is the gap at a stretch of 1.
        """
        hold = held.modulus_Pa * (1.0 - self.coverage) / self.coverage
        free = gap_um / held.gel_gap_um if held.gel_gap_um else 0.0

        def excess(stretch: float) -> float:
            gas = self._closed * cell_gas(stretch, self._density, self._filled_Pa, inside_Pa) if self._closed else 0.0
            return factor * self.stress(pad, stretch) + gas + hold * (1.0 - free * stretch) - wanted

        lowest = self._density * 1.02 if self._closed else _FLATTEST
        pad.stretch = falling_root(excess, pad.stretch, lowest, _TALLEST)
        stress = self.stress(pad, pad.stretch)
        if self._softening:
            pad.peak_energy = max(pad.peak_energy, self.elastic.energy(pad.stretch))
        return stress

    def stress(self, pad: Pad, stretch: float) -> float:
        """Return the elastic stress at a stretch, softened by what the pad has been through."""
        stress = self.elastic.stress(stretch)
        if not self._softening:
            return stress
        energy = self.elastic.energy(stretch)
        if energy >= pad.peak_energy:
            return stress
        return stress * remaining_share(energy, pad.peak_energy, self._softening, self._offset, self._beta)

    def make_terms(self, key: tuple[int, int]) -> Terms:
        """Return decays, gains and their sum for a step of (ticks of 10 ms, whole degC), and keep them in `terms`."""
        ticks, celsius = key
        shift = resilient.time_shift(celsius + 273.15, *self._shift)
        times = tuple(tau * shift for tau in self._times)
        decays, gains = resilient.prony_coefficients(ticks * TICK_S, self._weights, times)
        terms = self.terms[key] = (decays, gains, sum(gains))
        return terms


def _bonded(p: Parameters, modulus_Pa: float) -> resilient.Bonded:
    apparent = resilient.apparent_modulus(modulus_Pa, p["pad.shape_factor"], p["pad.beta"], p["pad.bulk"])
    return resilient.Bonded(apparent)


def _foam(p: Parameters) -> Foam:
    scale = gibson_ashby(1.0, p["foam.density"])[0] / gibson_ashby(1.0, _FOAM_DENSITY)[0]
    return Foam(
        scale * p["foam.plateau"], scale * p["foam.densification"], scale * p["foam.modulus"], p["foam.m"], p["foam.n"]
    )
