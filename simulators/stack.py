"""The stack in the press under load: gap, viscoelastic pads, compression set, liquid in the gap, the part's history.

Advances one part by one step under a pressure difference and a temperature. Valves and chambers are the press's, the
materials' laws `pads`' and `liquids`'.
"""

from __future__ import annotations

from simulators.liquids import Liquids
from simulators.pads import PadLaw
from simulators.parameters import Parameters
from simulators.physics import resilient
from simulators.workpiece import KINDS, Part

_COMPRESSED = 0.9  # of the free height: leads that are let up from below it are formed
_OFF_CENTRE = 2.8  # lean at the edge per share of pads that is missing there: 4 r/R of the gap


class Stack:
    """The law of each kind's pads, made when a part of the kind comes."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._laws: dict[str, PadLaw] = {}
        self._liquids = Liquids(parameters)

    def law(self, kind: str) -> PadLaw:
        """Return the law of the pads of a kind of part."""
        if kind not in self._laws:
            self._laws[kind] = PadLaw(self._parameters, KINDS[kind].pad)
        return self._laws[kind]

    def press(self, part: Part, ticks: int, difference_Pa: float, celsius: float, inside_Pa: float) -> float:
        """Advance the pads by ticks of 10 ms under a pressure difference; return the change of the gap in um.

        `inside_Pa` is the absolute pressure around the pads.
        """
        law = self._laws.get(part.kind) or self.law(part.kind)
        key = (ticks, int(celsius))
        (e1, e2, e3), (k1, k2, k3), gain = law.terms.get(key) or law.make_terms(key)
        pad, flaws = part.pad, part.flaws
        q1, q2, q3 = pad.relaxing_Pa
        q1, q2, q3 = e1 * q1, e2 * q2, e3 * q3
        old = pad.elastic_Pa
        free = law.height * flaws.height * (1.0 - pad.set_strain)
        factor = law.at_rest + gain
        wanted = difference_Pa / (law.coverage * flaws.coverage) - q1 - q2 - q3 + gain * old
        if law.plain and not part.encapsulant.modulus_Pa:
            elastic = wanted / factor
            pad.stretch = law.elastic.stretch_under(elastic, pad.stretch)
        else:
            elastic = law.balance(pad, wanted, factor, inside_Pa, part.encapsulant, free)
        change = elastic - old
        pad.relaxing_Pa = [q1 + k1 * change, q2 + k2 * change, q3 + k3 * change]
        pad.elastic_Pa = elastic
        gap = free * pad.stretch
        moved = gap - part.gap_um
        part.gap_um = gap
        if gap < part.lowest_gap_um:
            part.lowest_gap_um = gap
        return moved

    def age(self, part: Part, seconds: float, celsius: float, inside_Pa: float) -> None:
        """Add compression set and cure for some seconds, and keep the extremes that leads remember."""
        pad, law = part.pad, self.law(part.kind)
        step = seconds * law.grade * part.flaws.grade / resilient.set_time(celsius + 273.15)
        strain = 1.0 - pad.stretch
        if strain > 0.0:
            pad.set_strain += resilient.set_increment(strain, pad.reduced_time, step)
            pad.reduced_time += step
        rise_um_s = (part.gap_um - part.aged_gap_um) / seconds
        part.aged_gap_um = part.gap_um
        if part.lowest_gap_um < _COMPRESSED * law.height * part.flaws.height:
            part.highest_gap_after_um = max(part.highest_gap_after_um, part.gap_um)
            part.fastest_rise_um_s = max(part.fastest_rise_um_s, rise_um_s)
        part.highest_temperature = max(part.highest_temperature, celsius)
        self._liquids.age(part, seconds, celsius, rise_um_s, inside_Pa)
        self._lean(part, law)

    def _lean(self, part: Part, law: PadLaw) -> None:
        """Tilt the part towards the side, at the first gap head, where pads are missing."""
        missing = 1.0 - part.flaws.coverage
        if missing <= 0.0:
            return
        x, d = part.pad.stretch, 1e-4
        slope = (law.stress(part.pad, x - d) - law.stress(part.pad, x + d)) / (2.0 * d)
        lean = _OFF_CENTRE * missing * law.height * part.flaws.height * max(0.0, part.pad.elastic_Pa) / slope
        first, second, third = part.free_tilt_um
        part.tilt_um = (first - lean, second + 0.5 * lean, third + 0.5 * lean)
