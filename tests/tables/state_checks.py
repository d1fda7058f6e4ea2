"""The checks of the state tables: every pair of state and event leads where the standard says, or is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from transitions import MachineError

from controller.guard.alarm_states import ACTIVE, AlarmMachine, AlarmState
from controller.sequence import job as jobs
from controller.sequence.job import Job
from controller.sequence.phase import Phase, PhaseMachine
from tests.tables.standards import ALARM, JOB, JOB_ENDS, PHASE

Changes = list[tuple[str, ...]]
Move = Callable[[str, str], tuple[bool, str, Changes]]  # state, event -> was legal, next state, what was reported


def check_job() -> None:
    """E40's process job: its rows, its ends, and that an event that may be fired changes the state and says so."""
    changes: Changes = []
    job = Job(lambda old, new, reason: changes.append((old, new)))

    def move(state: str, event: str) -> tuple[bool, str, Changes]:
        changes.clear()
        job.state = state
        assert job.ended is (state in JOB_ENDS), f"{state} counts as an end: {job.ended}"
        legal = job.may(event)
        try:
            job.fire(event)
        except MachineError:
            assert not legal, f"{event} was legal in {state} and is refused"
        return legal, job.state, changes

    assert set(jobs.STATES) == set(JOB), f"states {sorted(set(jobs.STATES) ^ set(JOB))}"
    _check(JOB, move)


def check_phase() -> None:
    """ISA-88's procedural states."""
    changes: Changes = []
    machine = PhaseMachine(lambda old, new, reason: changes.append((old, new)))

    assert {state.value for state in Phase} == set(PHASE), "states"
    _check(PHASE, _moves(machine, Phase, changes))


def check_alarm_states() -> None:
    """ISA-18.2's alarm, and in which states its condition is there."""
    changes: Changes = []
    machine = AlarmMachine(lambda old, new, by, reason: changes.append((old, new)))

    assert {state.value for state in AlarmState} == set(ALARM), "states"
    assert {state.value for state in ACTIVE} == {state for state, to in ALARM.items() if "RETURN" in to}, "active"
    _check(ALARM, _moves(machine, AlarmState, changes))


def _moves(machine: Any, states: type[Enum], changes: Changes) -> Move:
    """How a machine moves that refuses what is not in its table by a KeyError."""

    def move(state: str, event: str) -> tuple[bool, str, Changes]:
        changes.clear()
        machine.state = states(state)
        legal = machine.may(event)
        try:
            machine.fire(event)
        except KeyError:
            assert not legal, f"{event} was legal in {state} and is refused"
        return legal, machine.state.value, changes

    return move


def _check(standard: Mapping[str, Mapping[str, str]], move: Move) -> None:
    for state, rows in standard.items():
        for event in sorted({event for events in standard.values() for event in events}):
            legal, target, changes = move(state, event)
            wanted = rows.get(event)
            assert legal is (wanted is not None), f"{event} in {state} is {'legal' if legal else 'refused'}"
            assert target == (wanted or state), f"{event} in {state} leads to {target}"
            assert changes == ([(state, wanted)] if wanted else []), f"{event} in {state} reports {changes}"
