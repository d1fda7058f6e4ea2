"""The stack in the press under load: gap, viscoelastic pads, compression set, and the part's history of them.

Advances one part by one step under a pressure difference and a temperature. Valves and chambers are the press's.
"""

from __future__ import annotations

from simulators.parameters import Parameters
from simulators.physics import resilient
from simulators.workpiece import Part

TICK_S = 0.01
_Terms = tuple[tuple[float, ...], tuple[float, ...], float]


class Stack:
    """Law of the default pads; keeps the coefficients of each (step length, temperature) it has met."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self._modulus = resilient.apparent_modulus(p["pad.modulus"], p["pad.shape_factor"])
        self._coverage = p["pad.coverage"]
        self._height = p["pad.height"]
        self._weights = (p["pad.g1"], p["pad.g2"], p["pad.g3"])
        self._times = (p["pad.tau1"], p["pad.tau2"], p["pad.tau3"])
        self._at_rest = 1.0 - sum(self._weights)
        self._shift = (p["pad.shift_reference"], p["pad.shift_energy"])
        self._terms: dict[tuple[int, int], _Terms] = {}

    def press(self, part: Part, ticks: int, difference_Pa: float, celsius: float) -> float:
        """Advance the pads by ticks of 10 ms under a pressure difference; return the change of the gap in um."""
        key = (ticks, int(celsius))
        terms = self._terms.get(key) or self._make_terms(key)
        (e1, e2, e3), (k1, k2, k3), gain = terms
        pad = part.pad
        q1, q2, q3 = pad.relaxing_Pa
        q1, q2, q3 = e1 * q1, e2 * q2, e3 * q3
        old = pad.elastic_Pa
        elastic = (difference_Pa / self._coverage - q1 - q2 - q3 + gain * old) / (self._at_rest + gain)
        change = elastic - old
        pad.relaxing_Pa = [q1 + k1 * change, q2 + k2 * change, q3 + k3 * change]
        pad.elastic_Pa = elastic
        pad.stretch = resilient.stretch_under(elastic, self._modulus, pad.stretch)
        gap = self._height * (1.0 - pad.set_strain) * pad.stretch
        moved = gap - part.gap_um
        part.gap_um = gap
        if gap < part.lowest_gap_um:
            part.lowest_gap_um = gap
        return moved

    def age(self, part: Part, seconds: float, celsius: float) -> None:
        """Add compression set for some seconds, and keep the extremes that leads remember."""
        pad = part.pad
        step = seconds / resilient.set_time(celsius + 273.15)
        strain = 1.0 - pad.stretch
        if strain > 0.0:
            pad.set_strain += resilient.set_increment(strain, pad.reduced_time, step)
            pad.reduced_time += step
        if part.lowest_gap_um < 0.9 * self._height:
            part.highest_gap_after_um = max(part.highest_gap_after_um, part.gap_um)
        part.highest_temperature = max(part.highest_temperature, celsius)

    def _make_terms(self, key: tuple[int, int]) -> _Terms:
        ticks, celsius = key
        shift = resilient.time_shift(celsius + 273.15, *self._shift)
        times = tuple(tau * shift for tau in self._times)
        decays, gains = resilient.prony_coefficients(ticks * TICK_S, self._weights, times)
        terms = (decays, gains, sum(gains))
        self._terms[key] = terms
        return terms
