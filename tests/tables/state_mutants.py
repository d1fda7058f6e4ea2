"""Mutants of the state tables: a row removed, led elsewhere, or added for a pair that is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch

from controller.guard import alarm_states
from controller.guard.alarm_states import AlarmState
from controller.sequence import job, phase
from controller.sequence.phase import Phase
from tests.rules.walk import ROOT
from tests.tables.mutants import Mutant
from tests.tables.state_checks import check_alarm_states, check_job, check_phase

Rows = dict[tuple[str, str], str]  # (state, event) -> next state
Put = Callable[[Rows], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Table:
    """A state table of the controller: its rows, how to put others in their place, and its check."""

    name: str
    file: str
    rows: Rows
    states: tuple[str, ...]
    put: Put
    check: Callable[[], None]


def _put_job(rows: Rows) -> AbstractContextManager[Any]:
    return patch.object(job, "TRANSITIONS", tuple((event, (state,), to) for (state, event), to in rows.items()))


def _put_enum(table: dict[Any, Any], kind: type[Phase] | type[AlarmState], rows: Rows) -> AbstractContextManager[Any]:
    changed = {(kind(state), event): kind(to) for (state, event), to in rows.items()}
    return patch.dict(table, changed, clear=True)


def _rows(table: Mapping[Any, Any]) -> Rows:
    return {(state.value, event): to.value for (state, event), to in table.items()}


TABLES = (
    Table(
        "job",
        "controller/sequence/job.py",
        {(state, event): to for event, states, to in job.TRANSITIONS for state in states},
        job.STATES,
        _put_job,
        check_job,
    ),
    Table(
        "step",
        "controller/sequence/phase.py",
        _rows(phase.TRANSITIONS),
        tuple(state.value for state in Phase),
        partial(_put_enum, phase.TRANSITIONS, Phase),
        check_phase,
    ),
    Table(
        "alarm states",
        "controller/guard/alarm_states.py",
        _rows(alarm_states.TRANSITIONS),
        tuple(state.value for state in AlarmState),
        partial(_put_enum, alarm_states.TRANSITIONS, AlarmState),
        check_alarm_states,
    ),
)


def state_mutants() -> Iterator[Mutant]:
    """Every row of every table removed or led elsewhere, every pair without a row given one, every end moved."""
    for table in TABLES:
        for event, change, rows in _changes(table):
            yield Mutant(table.name, _where(table, f'"{event}"'), change, partial(_check_with, table, rows))
    for state in job.STATES:
        ends = job.FINAL ^ {state}
        change = f"{state} is {'an' if state in ends else 'no'} end"
        yield Mutant("job", _where(TABLES[0], "FINAL"), change, partial(_check_ends, ends))


def _where(table: Table, word: str) -> str:
    """The file, with the line in which a word stands first: a row of the event."""
    lines = (ROOT / table.file).read_text(encoding="utf-8").splitlines()
    return f"{table.file}:{next(n for n, line in enumerate(lines, 1) if word in line)}"


def _changes(table: Table) -> Iterator[tuple[str, str, Rows]]:
    """(event, what was changed, the changed rows)"""
    for event in sorted({event for _, event in table.rows}):
        for state in table.states:
            here = table.rows.get((state, event))
            if here is not None:
                without = {pair: to for pair, to in table.rows.items() if pair != (state, event)}
                yield event, f"{state} {event} -> {here} removed", without
            for to in table.states:
                if to != here:
                    what = "added" if here is None else f"in place of {here}"
                    yield event, f"{state} {event} -> {to} {what}", {**table.rows, (state, event): to}


def _check_with(table: Table, rows: Rows) -> None:
    with table.put(rows):
        table.check()


def _check_ends(ends: frozenset[str]) -> None:
    with patch.object(job, "FINAL", ends):
        check_job()
