"""A prediction of cure from a zone's measured temperature: first order, a rate that doubles every so many kelvin.

The controller's own model with nominal numbers of the material; what really has cured is for an inspection to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from drivers.reading import TagTable, Value

ROOM_DEGC = 20.0  # chosen; a colder room only makes less of the cure that is counted
STEPS = 500  # of an outage; chosen


@dataclass(frozen=True, slots=True)
class Kinetics:
    """Half of what is left cures in `half_s` at `at_degC`; `doubling_K` warmer it is twice as fast (rule of thumb)."""

    half_s: float
    at_degC: float
    doubling_K: float

    def rate(self, celsius: float) -> float:
        """Share of what is uncured that cures per second at a temperature."""
        return math.log(2.0) / self.half_s * math.exp2((celsius - self.at_degC) / self.doubling_K)


@dataclass(frozen=True, slots=True)
class Cooling:
    """A zone that nobody watched for `for_s`: its temperature before and after; it goes to that of the room."""

    from_degC: float
    to_degC: float
    for_s: float

    def uncured(self, kinetics: Kinetics) -> float:
        """The share of what was uncured before that is uncured after."""
        room_degC = min(ROOM_DEGC, self.to_degC - 0.5)
        above_K, left_K = self.from_degC - room_degC, self.to_degC - room_degC
        cools = above_K > left_K > 0.0  # else it was as warm as it is, at the most

        def celsius(part: float) -> float:
            return room_degC + above_K * (left_K / above_K) ** part if cools else max(self.from_degC, self.to_degC)

        step_s = self.for_s / STEPS
        return math.exp(-sum(kinetics.rate(celsius((n + 0.5) / STEPS)) for n in range(STEPS)) * step_s)


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
        self._taken_up: tuple[float, Cooling] | None = None

    def take_up(self, cured_percent: float, cooling: Cooling) -> None:
        """The next `begin` is about something that was so far cured when the controller died, and has cooled since."""
        self._taken_up = cured_percent, cooling

    def begin(self, kinetics: Kinetics, now_s: float) -> None:
        """Begin with something uncured, or taken up; what was predicted before is forgotten."""
        self._kinetics, self._seen_s, self._uncured = kinetics, now_s, 1.0
        if self._taken_up is not None:
            cured_percent, cooling = self._taken_up
            self._uncured = (1.0 - cured_percent / 100.0) * cooling.uncured(kinetics)
            self._taken_up = None
        self._tags.value[self._i] = 100.0 * (1.0 - self._uncured)

    def derive(self, now_s: float) -> None:
        """Go on with the temperature of this scan."""
        if self._kinetics is None:
            return
        passed_s, self._seen_s = now_s - self._seen_s, now_s
        if self._tags.fresh(self._temperature, now_s):
            self._uncured *= math.exp(-self._kinetics.rate(self._tags.value[self._temperature]) * passed_s)
            self._tags.value[self._i] = 100.0 * (1.0 - self._uncured)
