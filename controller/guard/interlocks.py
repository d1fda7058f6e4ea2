"""Interlocks as data: the records of config/interlocks.yaml, bound to the tool's tags.

It evaluates; it does not act. The gate asks for permissives, the scan watches interlocks and trips.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from controller.guard.alarms import raised
from controller.guard.safe import FailureClass
from controller.recipe.expressions import Bound, parse
from controller.recipe.quantities import parse as quantity
from controller.record.events import Alarm
from drivers.reading import TagTable


class Kind(Enum):
    """What an interlock does when its conditions fail."""

    PERMISSIVE = "permissive"
    INTERLOCK = "interlock"
    TRIP = "trip"


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a healthy tool and what fixes it."""

    text: str
    fix: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class Unmet:
    """Why something is not permitted: the first clause that fails, with the values it saw."""

    interlock: str
    text: str
    fix: str
    values: dict[str, float | None]
    known: bool  # False: an input was stale or bad

    def sentence(self) -> str:
        """For people: the condition and what was read."""
        seen = ", ".join(f"{tag} {'unknown' if v is None else format(v, '.4g')}" for tag, v in self.values.items())
        return f"{self.text} is {'not met' if self.known else 'unknown'} ({seen})"


@dataclass(slots=True)
class Interlock:
    """One record with its state: since when it is violated or unknown, and whether it has latched."""

    id: str
    kind: Kind
    failure_class: int
    module: str
    gates: tuple[str, ...]
    active: Bound | None  # `while`
    must: tuple[Clause, ...]
    delay_s: float
    likely: str
    do: str
    first_out: Unmet | None = None
    latched: bool = False
    _since_s: float | None = field(default=None, repr=False)
    _unknown_since_s: float | None = field(default=None, repr=False)

    def unmet(self, now_s: float) -> Unmet | None:
        """The first clause that does not hold now, stale input included; None when all hold."""
        for clause in self.must:
            state = clause.bound.evaluate(now_s)
            if state is not True:
                return Unmet(self.id, clause.text, clause.fix, clause.bound.inputs(), state is False)
        return None

    def watch(self, now_s: float, unknown_limit_s: float) -> Unmet | None:
        """Evaluate one scan; returns the first-out once a violation, or not knowing, has lasted its time."""
        active = True if self.active is None else self.active.evaluate(now_s)
        unmet = None if active is False else self.unmet(now_s)
        if unmet is None:
            self._since_s = self._unknown_since_s = None
            return None
        if active is None and self.active is not None:  # nobody knows whether it must hold now
            unmet = replace(unmet, values={**self.active.inputs(), **unmet.values}, known=False)
        if unmet.known:
            self._unknown_since_s = None
            if self._since_s is None:
                self._since_s, self.first_out = now_s, unmet
            return self.first_out if now_s - self._since_s >= self.delay_s else None
        if self._unknown_since_s is None:
            self._unknown_since_s = now_s
        return unmet if now_s - self._unknown_since_s >= unknown_limit_s else None

    def alarm(self, unmet: Unmet, did: str, do: str) -> Alarm:
        """The alarm of a loss, in the words of the record; not knowing is class 2 at the least."""
        failure_class = self.failure_class if unmet.known else max(self.failure_class, 2)
        return raised(
            self.id,
            FailureClass(failure_class),
            unmet.sentence(),
            did,
            likely=self.likely,
            do=do,
            first_out=unmet.text,
            values=unmet.values,
        )


def load(records: list[Mapping[str, Any]], tags: TagTable) -> list[Interlock]:
    """Bind the records of the interlock file to the tags; raises ExpressionError naming the record."""
    units = {name: tags.units[tags.index(name)] for name in tags}

    def bind(text: str) -> Bound:
        return parse(str(text), units, {}).bind(tags)

    return [
        Interlock(
            id=record["id"],
            kind=Kind(record["kind"]),
            failure_class=record.get("class", 3 if record["kind"] == "interlock" else 4),
            module=record["module"],
            gates=tuple(record.get("gates", ())),
            active=bind(record["while"]) if "while" in record else None,
            must=tuple(Clause(clause["that"], clause["fix"], bind(clause["that"])) for clause in record["must"]),
            delay_s=quantity(record["delay"], "s") if "delay" in record else 0.0,
            likely=record.get("likely", ""),
            do=record.get("do", ""),
        )
        for record in records
    ]
