"""A prediction of cure from a zone's measured temperature: first order, a rate that doubles every so many kelvin.

The controller's own model with nominal numbers of the material; what really has cured is for an inspection to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.reading import TagTable, Value


@dataclass(frozen=True, slots=True)
class Kinetics:
    """Half of what is left cures in `half_s` at `at_degC`; `doubling_K` warmer it is twice as fast (rule of thumb)."""

    half_s: float
    at_degC: float
    doubling_K: float

    def rate(self, celsius: float) -> float:
        """Share of what is uncured that cures per second at a temperature."""
        return math.log(2.0) / self.half_s * math.exp2((celsius - self.at_degC) / self.doubling_K)


class CurePrediction:
    """Keeps the tag `<zone>.cure` in %; it stands still while the temperature is not known."""

    def __init__(self, tags: TagTable, temperature: str) -> None:
        self._tags, self._temperature = tags, tags.index(temperature)
        zone = temperature.partition(".")[0]
        self.tag = f"{zone}.cure"
        self._i = tags.add(zone, Value("cure", "%", 0, 100, "predicted degree of cure, from the zone's temperature"))
        tags.put(self._i, 0.0, 0.0)
        tags.fresh_s[self._i] = math.inf
        self._kinetics: Kinetics | None = None
        self._seen_s = 0.0
        self._uncured = 1.0

    def begin(self, kinetics: Kinetics, now_s: float) -> None:
        """Begin with something uncured; what was predicted before is forgotten."""
        self._kinetics, self._seen_s, self._uncured = kinetics, now_s, 1.0
        self._tags.value[self._i] = 0.0

    def derive(self, now_s: float) -> None:
        """Go on with the temperature of this scan."""
        if self._kinetics is None:
            return
        passed_s, self._seen_s = now_s - self._seen_s, now_s
        if self._tags.fresh(self._temperature, now_s):
            self._uncured *= math.exp(-self._kinetics.rate(self._tags.value[self._temperature]) * passed_s)
            self._tags.value[self._i] = 100.0 * (1.0 - self._uncured)
