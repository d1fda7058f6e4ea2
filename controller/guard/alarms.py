"""Alarms in the words that an operator needs (happened, we did, likely, do), and the state that each one is in.

It annunciates and decides nothing: interlocks, trips and holds act before it is told, and shelving an alarm never
disables the interlock behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from controller.guard.alarm_states import ACTIVE, TRANSITIONS, AlarmMachine, AlarmState, Flag
from controller.guard.safe import FailureClass
from controller.recipe.expressions import Bound
from controller.recipe.quantities import parse as quantity
from controller.record.events import Alarm, AlarmChanged, Event

PRIORITIES = ("critical", "high", "medium", "low")  # of classes 1 to 4, where a record says nothing else
SHELVABLE = FailureClass.PROCESS_DEVIATION  # what is graver is never shelved
ALARM_KEYS = frozenset({"priority", "group", "likely", "do", "returns", "shelve", "suppress", "out_of_service"})


def raised(
    code: str,
    failure_class: FailureClass,
    happened: str,
    we_did: str = "",
    *,
    likely: str = "",
    do: str = "",
    first_out: str = "",
    values: Mapping[str, float | None] | None = None,
    of: str = "",
) -> Alarm:
    """What was found, as an alarm; what is left empty is filled in from the alarm's record when it is annunciated."""
    return Alarm(code, int(failure_class), True, happened, we_did, likely, do, first_out, dict(values or {}), of)


@dataclass(frozen=True, slots=True)
class AlarmRecord:
    """What is known of an alarm before it is raised; `{of}` in its words stands for what it is about.

    `returns` is the condition under which a condition that has gone counts as gone (a dead band, an off-delay);
    `shelve_s` the longest time it may be shelved, `suppress` the condition under which it is no news.
    """

    code: str
    priority: str = ""
    group: str = ""
    likely: str = ""
    do: str = ""
    latches: bool = False
    returns: Bound | None = None
    shelve_s: float = 0.0
    suppress: Bound | None = None
    out_of_service: str = ""


def alarm_record(
    code: str, record: Mapping[str, Any], bind: Callable[[str], Bound], *, group: str = "", latches: bool = False
) -> AlarmRecord:
    """The alarm keys of a record of the configuration; ValueError or ExpressionError when one is wrong."""
    priority = record.get("priority", "")
    if priority and priority not in PRIORITIES:
        raise ValueError(f"{code}: priority is one of {', '.join(PRIORITIES)}, not {priority}")
    return AlarmRecord(
        code,
        priority,
        record.get("group", group),
        record.get("likely", ""),
        record.get("do", ""),
        latches,
        bind(record["returns"]) if "returns" in record else None,
        quantity(record["shelve"], "s") if "shelve" in record else 0.0,
        bind(record["suppress"]) if "suppress" in record else None,
        str(record.get("out_of_service", "")),
    )


def load(records: list[Mapping[str, Any]], bind: Callable[[str], Bound]) -> list[AlarmRecord]:
    """The records of the alarm file; ValueError or ExpressionError names the record."""
    for record in records:
        if unknown := set(record) - ALARM_KEYS - {"code", "latches"}:
            raise ValueError(f"{record['code']}: unknown key {sorted(unknown)[0]}")
    return [alarm_record(r["code"], r, bind, latches=r.get("latches", False)) for r in records]


@dataclass(slots=True)
class Standing:
    """An alarm that was raised and is not normal yet. `gone`: its condition has gone, `returns` decides when."""

    record: AlarmRecord
    machine: AlarmMachine
    alarm: Alarm
    gone: bool = False


class Alarms:
    """All alarms of a tool, by name: the code, and what it is about where one code serves many."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._records: dict[str, AlarmRecord] = {}
        self._machines: dict[str, AlarmMachine] = {}
        self._standing: dict[str, Standing] = {}  # in the order in which they were raised
        self._shelved: dict[str, float] = {}  # name -> until, loop time in s

    def use(self, records: list[AlarmRecord]) -> None:
        """Take records into use."""
        self._records = {record.code: record for record in records}

    def record_of(self, code: str) -> AlarmRecord:
        """The record of a code; that of its family (`monitor.*`) when it has none of its own."""
        family = f"{code.partition('.')[0]}.*"
        return self._records.get(code) or self._records.get(family) or AlarmRecord(code)

    @property
    def standing(self) -> list[str]:
        """Names of the alarms that are not normal, the oldest first."""
        return list(self._standing)

    # ------------------------------------------------------------------------------------------ the guard and the job
    def announce(self, alarm: Alarm, now_s: float) -> None:
        """Raise an alarm and record it with all its words; one that is active already is not said twice."""
        record, name = self.record_of(alarm.code), name_of(alarm)
        machine = self._machine(name, alarm)
        if machine.state in ACTIVE:
            self._standing[name].gone = False
            return
        silenced = (
            (Flag.OUT_OF_SERVICE, bool(record.out_of_service)),
            (Flag.SUPPRESSED, record.suppress is not None and record.suppress.evaluate(now_s) is True),
            (Flag.SHELVED, name in self._shelved),
        )
        machine.flags = frozenset(flag for flag, on in silenced if on)
        machine.state = TRANSITIONS[machine.state, "RAISE"]  # what is told is the alarm itself
        follows = self._first_of(record.group)
        said = replace(
            alarm,
            likely=alarm.likely or record.likely.replace("{of}", alarm.of),
            do=alarm.do or record.do.replace("{of}", alarm.of),
            priority=record.priority or PRIORITIES[alarm.failure_class - 1],
            state=machine.shown,
            follows="" if follows == name else follows,
        )
        self._standing[name] = Standing(record, machine, said)
        self._tell(said)

    def returned(self, *names: str) -> None:
        """The conditions of these alarms have gone; those that do not stand are left alone."""
        for name in names:
            standing = self._standing.get(name)
            if standing is not None and standing.machine.state in ACTIVE:
                standing.gone = True
                if standing.record.returns is None:
                    self._end(name, standing)

    def scan(self, now_s: float) -> None:
        """Follow dead bands, suppression and the ends of shelving; costs nothing while all is normal."""
        if not (self._standing or self._shelved):
            return
        for name, until_s in list(self._shelved.items()):
            if now_s >= until_s:
                self._unshelve(name, "", "its time is over")
        for name, standing in list(self._standing.items()):
            record, machine = standing.record, standing.machine
            if record.suppress is not None:
                machine.set(Flag.SUPPRESSED, record.suppress.evaluate(now_s) is True)
            if record.returns is not None:
                healthy = record.returns.evaluate(now_s) is True  # at every scan, for its `for`
                if standing.gone and healthy:
                    self._end(name, standing)

    # ------------------------------------------------------------------------------------------ people
    def acknowledge(self, name: str, by: str, reason: str = "") -> str:
        """A person has seen an alarm, or all of them when `name` is empty; returns why it is refused, or nothing."""
        seen = [n for n, s in self._standing.items() if s.machine.may("ACKNOWLEDGE")] if not name else [name]
        if not seen:
            return "no alarm waits to be acknowledged"
        return next((why for why in [self._fire(n, "ACKNOWLEDGE", by, reason) for n in seen] if why), "")

    def reset(self, name: str, by: str, reason: str = "") -> str:
        """A person resets a latched alarm whose condition has gone; returns why it is refused, or nothing."""
        return self._fire(name, "RESET", by, reason)

    def shelve(self, name: str, for_s: float, now_s: float, by: str, reason: str = "") -> str:
        """Silence an alarm for a time; returns why it is refused, or nothing."""
        standing = self._standing.get(name)
        if standing is None:
            return f"{name} does not stand"
        limit_s = standing.record.shelve_s
        if not limit_s or standing.alarm.failure_class < SHELVABLE:
            return f"{name} must not be shelved"
        if not 0.0 < for_s <= limit_s:
            return f"{name} may be shelved for {limit_s / 60:g} min at most, not for {for_s / 60:g} min"
        self._shelved[name] = now_s + for_s
        standing.machine.set(Flag.SHELVED, True, by, reason)
        return ""

    def unshelve(self, name: str, by: str, reason: str = "") -> str:
        """Let a shelved alarm be heard again; returns why it is refused, or nothing."""
        if name not in self._shelved:
            return f"{name} is not shelved"
        self._unshelve(name, by, reason)
        return ""

    # ------------------------------------------------------------------------------------------ parts
    def _machine(self, name: str, alarm: Alarm) -> AlarmMachine:
        def changed(old: str, new: str, by: str, reason: str) -> None:
            self._tell(AlarmChanged(alarm.code, alarm.of, old, new, by, reason))

        return self._machines.setdefault(name, AlarmMachine(changed))

    def _first_of(self, group: str) -> str:
        """The oldest alarm that stands in a group; an alarm without a group is compared with all."""
        for name, standing in self._standing.items():
            if not group or standing.record.group in ("", group):
                return name
        return ""

    def _end(self, name: str, standing: Standing) -> None:
        standing.gone = False  # it has returned: once
        standing.machine.fire("LATCH" if standing.record.latches else "RETURN")
        self._forget_normal(name)

    def _fire(self, name: str, event: str, by: str, reason: str) -> str:
        standing = self._standing.get(name)
        if standing is None:
            return f"{name} does not stand"
        if not standing.machine.may(event):
            return f"{event.lower()} is not possible while {name} is {standing.machine.state.value}"
        standing.machine.fire(event, by, reason)
        self._forget_normal(name)
        return ""

    def _forget_normal(self, name: str) -> None:
        if self._standing[name].machine.state is AlarmState.NORMAL:
            del self._standing[name]

    def _unshelve(self, name: str, by: str, reason: str) -> None:
        del self._shelved[name]
        self._machines[name].set(Flag.SHELVED, False, by, reason)


def name_of(alarm: Alarm) -> str:
    """What people call an alarm: its code, and what it is about."""
    return f"{alarm.code} {alarm.of}".rstrip()
