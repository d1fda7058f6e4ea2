"""What goes from an interrupted run into the one that takes it up: results, what people gave, material clocks, part.

The clocks of the material go on while nobody watches: they are counted by the wall.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from controller.equipment.cure import Cooling
from controller.equipment.heat import HeatZone
from controller.equipment.line import PART, PRESENT
from controller.record.events import Recorded
from controller.record.result import latest
from controller.sequence.measure import keep_result
from controller.sequence.trail import Known, Trail
from controller.sequence.verb import Tool


class Readings(Protocol):
    """The record of the interrupted run."""

    def series(self, tag: str) -> tuple[Sequence[float], Sequence[float]]:
        """Times and values of a tag; KeyError when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Carried:
    """The last that the interrupted run knew; `last` gives the last good value of a tag, NaN without one."""

    run: str
    outage_s: float
    last: Callable[[str], float]
    part: int  # of the run, 0 when none was seen

    @property
    def places(self) -> dict[str, int]:
        """Which part lay where, 0 for none."""
        return {place: int(self.last(PART[place])) if self.last(tag) == 1.0 else 0 for place, tag in PRESENT.items()}

    @property
    def pot_life_left_s(self) -> float | None:
        """What is left now of the pot life of its lot; None when no lot was taken into use."""
        if self.last("dispenser.lot_scanned") != 1.0:
            return None
        return self.last("dispenser.pot_life_left") * 60.0 - self.outage_s


def carried_from(run: str, record: Readings, outage_s: float) -> Carried:
    """Read the end of a record."""
    known: dict[str, float] = {}

    def last(tag: str) -> float:
        if tag not in known:
            try:
                known[tag] = next((value for value in reversed(record.series(tag)[1]) if value == value), math.nan)
            except KeyError:
                known[tag] = math.nan
        return known[tag]

    seen = [max(zip(*record.series(tag), strict=True), key=_when, default=(0.0, 0.0)) for tag in PART.values()]
    return Carried(run, outage_s, last, int(max(seen, key=_when)[1]))


def _when(reading: tuple[float, float]) -> float:
    """When a part was seen; before everything when there was none."""
    time_s, part = reading
    return time_s if part > 0.0 else -1.0


def take_up(tool: Tool, trail: Trail, carried: Carried) -> None:
    """Give a fresh tool what the interrupted run knew, and the record its results with the run that found them."""
    record = tool.guard.record
    for found in latest(trail.results):
        found = replace(found, run=found.run or carried.run)
        if math.isfinite(found.value):
            keep_result(tool, found.name, found.value)
        tool.judged.append(found)
        record.event(found)
    for told in trail.recorded:
        _numbers(tool, told)
        record.event(replace(told, run=told.run or carried.run))
    tool.part = carried.part
    _material(tool, trail, carried)
    _cure(tool.press.platen, trail, carried)
    _cure(tool.dispenser.mold, trail, carried)


def _numbers(tool: Tool, told: Recorded) -> None:
    for name, value in told.fields.items():
        if f"result.{name}" in tool.guard.tags and isinstance(value, int | float) and not isinstance(value, bool):
            keep_result(tool, name, float(value))


def _material(tool: Tool, trail: Trail, carried: Carried) -> None:
    """The lot, its rate, and what has left the needle: a shot in doubt counts as given."""
    left_s = carried.pot_life_left_s
    if left_s is None:
        return
    shot = any(order.action == "dispenser.shot" for order in trail.open_orders)
    out_g = carried.last("dispenser.mass_asked" if shot else "dispenser.mass_out")
    tool.dispenser.take_up(carried.last("dispenser.rate"), out_g, carried.last("dispenser.mass_cap"), left_s)


def _cure(zone: HeatZone, trail: Trail, carried: Carried) -> None:
    """A cure in doubt goes on from where it was, with what the cooling zone has done since."""
    cured_percent = carried.last(zone.cure.tag)
    if cured_percent > 0.0 and Known.IN_DOUBT in trail.known.values():
        tag = zone.names.temperature
        now_degC = zone.module.value(tag)
        zone.cure.take_up(cured_percent, Cooling(carried.last(tag), now_degC, carried.outage_s))


def present_parts(tool: Tool) -> dict[str, int]:
    """Which part lies where now, 0 for none; call it on fresh readings."""
    line = tool.line
    return {place: int(line.value(PART[place])) if line.on(PRESENT[place]) else 0 for place in PRESENT}
