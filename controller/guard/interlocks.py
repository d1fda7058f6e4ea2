"""Interlocks as data: the records of config/interlocks.yaml, bound to the tool's tags.

It evaluates; it does not act. The gate asks for permissives and inhibits, the scan watches interlocks and trips.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from controller.guard.alarms import ALARM_KEYS, AlarmRecord, alarm_record, raised
from controller.guard.safe import FailureClass
from controller.recipe.expression_memory import Test
from controller.recipe.expressions import Bound
from controller.recipe.quantities import parse as quantity
from controller.record.events import Alarm
from drivers.reading import TagTable

START = "job.start"  # the action that inhibits gate
LINE = "line"  # the module that is always in use and moves nothing
KEYS = ALARM_KEYS | {"id", "kind", "class", "module", "gates", "while", "must", "delay", "bypass"}
CONDITIONS = ("while", "that", "returns", "suppress")  # keys of what is an expression


class Kind(Enum):
    """What an interlock does when its conditions fail."""

    PERMISSIVE = "permissive"
    INTERLOCK = "interlock"
    TRIP = "trip"
    INHIBIT = "inhibit"
    WARNING = "warning"


WATCHED = (Kind.INTERLOCK, Kind.TRIP, Kind.WARNING)  # at every scan; the others when they are asked


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
    """One record with its state: since when it is violated or unknown, and whether it acts."""

    id: str
    kind: Kind
    failure_class: int
    module: str
    gates: tuple[str, ...]
    active: Bound | None  # `while`
    must: tuple[Clause, ...]
    delay_s: float
    words: AlarmRecord
    bypass_s: float = 0.0  # the longest time it may be out of force; 0 is never
    first_out: Unmet | None = None
    bypassed: bool = False  # a person has put it out of force: it asks nothing
    acting: bool = False  # its loss was acted upon: a trip has latched, or an interlock holds
    calm: bool = False  # it was healthy in the last scan, and nothing is pending
    _since_s: float | None = field(default=None, repr=False)
    _unknown_since_s: float | None = field(default=None, repr=False)

    @property
    def columns(self) -> set[int]:
        """The columns of the tag table that it reads."""
        bounds = [clause.bound for clause in self.must] + ([self.active] if self.active is not None else [])
        return {column for bound in bounds for column in bound.columns}

    @property
    def always(self) -> list[Bound]:
        """What `watch` evaluates in every scan."""
        return [self.active] if self.active is not None else [clause.bound for clause in self.must[:1]]

    def healthy(self) -> Test:
        """All of it as one test, for scans in which every one of its `columns` is fresh."""
        tests = [clause.bound.test for clause in self.must]
        must = tests[0] if len(tests) == 1 else lambda now_s: all(test(now_s) for test in tests)
        if self.active is None:
            return must
        active = self.active.test
        return lambda now_s: not active(now_s) or must(now_s)

    def unmet(self, now_s: float) -> Unmet | None:
        """The first clause that does not hold now, stale input included; None when all hold, or nothing is asked."""
        for clause in self.must if not self.bypassed else ():
            state = clause.bound.evaluate(now_s)
            if state is not True:
                return Unmet(self.id, clause.text, clause.fix, clause.bound.inputs(), state is False)
        return None

    def watch(self, now_s: float, unknown_limit_s: float) -> Unmet | None:
        """Evaluate one scan; returns the first-out once a violation, or not knowing, has lasted its time."""
        active = True if self.active is None else self.active.evaluate(now_s)
        unmet = None if active is False else self.unmet(now_s)
        self.calm = unmet is None and not self.acting
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

    def alarm(self, unmet: Unmet, did: str, do: str = "") -> Alarm:
        """The alarm of a loss; not knowing is class 2 at the least."""
        failure_class = self.failure_class if unmet.known else max(self.failure_class, 2)
        text, values = unmet.sentence(), unmet.values
        return raised(self.id, FailureClass(failure_class), text, did, do=do, first_out=unmet.text, values=values)


class Watch:
    """The interlocks of the modules in use, looked at once per scan.

    Nearly always every reading is fresh and every interlock was healthy before: then each costs one test.
    """

    def __init__(self, tags: TagTable, interlocks: Sequence[Interlock]) -> None:
        watched = [i for i in interlocks if i.kind in WATCHED]
        self._tags = tags
        self._columns = frozenset(column for i in watched for column in i.columns)
        self._watched = [(i, i.healthy()) for i in watched]
        seen = {memory for i in watched for bound in i.always for memory in bound.memories}
        bounds = [clause.bound for i in interlocks for clause in i.must]
        self._stateful = [bound for bound in bounds if bound.remembers and not seen.issuperset(bound.memories)]

    def look(self, now_s: float, unknown_limit_s: float) -> Iterator[tuple[Interlock, Unmet | None]]:
        """Evaluate one scan; yields what is lost, and what returns after it was acted upon, as `Interlock.watch`."""
        for bound in self._stateful:
            bound.evaluate(now_s)
        known = self._tags.all_fresh(self._columns, now_s)
        for interlock, healthy in self._watched:
            if known and interlock.calm and healthy(now_s):
                continue
            unmet = interlock.watch(now_s, unknown_limit_s)
            if unmet is not None or interlock.acting:
                yield interlock, unmet


def conditions_in(records: Any) -> Iterator[str]:
    """All conditions in the records of a file of the guard, as they are written."""
    for record in records if isinstance(records, list) else [records]:
        for key, value in record.items() if isinstance(record, dict) else ():
            if key in CONDITIONS:
                yield str(value)
            else:
                yield from conditions_in(value)


def load(records: list[Mapping[str, Any]], bind: Callable[[str], Bound]) -> list[Interlock]:
    """The records of the interlock file; ExpressionError, KeyError or ValueError for what is wrong in one."""
    return [_interlock(record, bind) for record in records]


def _interlock(record: Mapping[str, Any], bind: Callable[[str], Bound]) -> Interlock:
    id, kind = record["id"], Kind(record["kind"])
    if unknown := set(record) - KEYS:
        raise ValueError(f"{id}: unknown key {sorted(unknown)[0]}")
    failure_class = record.get("class", 3 if kind is Kind.INTERLOCK else 4)
    if "bypass" in record and (kind is Kind.TRIP or failure_class == FailureClass.EMERGENCY):
        raise ValueError(f"{id}: a trip, or what is of class 1, is never bypassed")
    if kind is Kind.INTERLOCK and record["module"] == LINE:
        raise ValueError(f"{id}: the line has no output that an interlock could stop; make it a trip")
    return Interlock(
        id=id,
        kind=kind,
        failure_class=failure_class,
        module=record["module"],
        gates=(START,) if kind is Kind.INHIBIT else tuple(record.get("gates", ())),
        active=bind(record["while"]) if "while" in record else None,
        must=tuple(Clause(clause["that"], clause["fix"], bind(clause["that"])) for clause in record["must"]),
        delay_s=quantity(record["delay"], "s") if "delay" in record else 0.0,
        words=alarm_record(id, record, bind, group=record["module"], latches=kind is Kind.TRIP),
        bypass_s=quantity(record["bypass"], "s") if "bypass" in record else 0.0,
    )
