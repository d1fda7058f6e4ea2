"""What a run has used up of the tool: minutes of grinding, shots, press cycles, hours of the pump.

It is read from the samples of the record, which nobody has to keep in step with anything. What may be used up before
something is exchanged is no business of this file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from controller.record.runfile import RunFile

ON = 0.5  # of a tag that is 0 or 1
PRESSED_kPa, RELEASED_kPa = 50.0, 25.0  # chosen: above any leak test, and far enough apart for noise

Series = Sequence[float]


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of use: of which tag, in which unit, and how it follows from times in s and values."""

    tag: str
    unit: str
    doc: str
    of: Callable[[Series, Series], float]


def _on_s(times_s: Series, values: Series) -> float:
    return sum(after - before for (before, after), value in zip(pairwise(times_s), values, strict=False) if value > ON)


def _cycles(times_s: Series, values: Series) -> float:
    cycles, pressed = 0, False
    for value in values:
        if not pressed and value > PRESSED_kPa:
            cycles, pressed = cycles + 1, True
        elif value < RELEASED_kPa:
            pressed = False
    return float(cycles)


def _risen(times_s: Series, values: Series) -> float:
    """How far a counter has counted; one that begins anew is no step back."""
    good = [value for value in values if value == value]
    return sum(after - before for before, after in pairwise(good) if after > before)


MEASURES = {
    "feeding": Measure("grinder.feeding", "min", "time of grinding", lambda t_s, on: _on_s(t_s, on) / 60.0),
    "ground": Measure("grinder.feeding", "", "parts ground", lambda t_s, on: float(any(value > ON for value in on))),
    "shots": Measure("dispenser.shots", "", "shots, those into the cup too", _risen),
    "pressed": Measure("press.pressure", "", "press cycles above 50 kPa", _cycles),
    "pumped": Measure("line_plc.out_pump", "h", "time of the vacuum pump", lambda t_s, on: _on_s(t_s, on) / 3600.0),
}


def used(run: RunFile) -> dict[str, float]:
    """What a run has used, by name of the measure; what it did not use is left out."""
    found = {
        name: measure.of(*run.series(measure.tag)) for name, measure in MEASURES.items() if measure.tag in run.tags
    }
    return {name: amount for name, amount in found.items() if amount > 0.0}
