"""The state tables of job and phase: every pair of state and event is a row or is refused, and every walk can end."""

from __future__ import annotations

import random

import pytest
from transitions import MachineError

from controller.sequence import job as jobs
from controller.sequence import phase as phases
from controller.sequence.job import Job
from controller.sequence.phase import Phase, PhaseMachine
from tests.tables.standards import JOB, PHASE

JOB_ROWS = {(source, event): target for source, rows in JOB.items() for event, target in rows.items()}
JOB_EVENTS = sorted({event for event, _, _ in jobs.TRANSITIONS})
PHASE_EVENTS = sorted({event for _, event in phases.TRANSITIONS})
STEPS_MAX = 1000
PHASE_FINAL = {Phase.COMPLETE, Phase.STOPPED, Phase.ABORTED}


def job_in(state: str) -> tuple[Job, list[tuple[str, str, str]]]:
    """A job that was led to a state by legal events, and what it reports from there."""
    changes: list[tuple[str, str, str]] = []
    job = Job(lambda old, new, reason: changes.append((old, new, reason)))
    ways: dict[str, list[str]] = {"QUEUED": []}
    while state not in ways and state != "WAITING_FOR_START":
        for (source, event), target in JOB_ROWS.items():
            if source in ways and target not in ways:
                ways[target] = [*ways[source], event]
    for event in ways.get(state, []):
        job.fire(event)
    if state == "WAITING_FOR_START":  # a state of the standard that jobs pass only when a host starts them
        job.state = state
    changes.clear()
    return job, changes


@pytest.mark.parametrize("state", jobs.STATES)
@pytest.mark.parametrize("event", JOB_EVENTS)
def test_every_job_event_is_a_row_of_the_standard_or_refused(state: str, event: str) -> None:
    job, changes = job_in(state)
    target = JOB_ROWS.get((state, event))

    assert job.may(event) is (target is not None)
    if target is None:
        with pytest.raises(MachineError, match=f"{event} is not legal in {state}"):
            job.fire(event)
        assert (job.state, changes) == (state, [])
    else:
        assert job.fire(event, "why") == target
        assert changes == [(state, target, "why")]


@pytest.mark.parametrize("state", sorted(set(jobs.STATES) - jobs.FINAL - {"QUEUED", "ABORTING"}))
def test_a_job_may_be_aborted_wherever_something_may_be_energised(state: str) -> None:
    assert JOB_ROWS[state, "ABORT"] == "ABORTING"


@pytest.mark.parametrize("state", sorted(jobs.FINAL))
def test_nothing_leaves_a_final_job_state(state: str) -> None:
    assert [event for event in JOB_EVENTS if (state, event) in JOB_ROWS] == []


@pytest.mark.parametrize("state", Phase)
@pytest.mark.parametrize("event", PHASE_EVENTS)
def test_every_phase_event_is_a_row_of_the_standard_or_refused(state: Phase, event: str) -> None:
    changes: list[tuple[str, str, str]] = []
    machine = PhaseMachine(lambda old, new, reason: changes.append((old, new, reason)))
    machine.state = state
    next_state = PHASE[state.value].get(event)
    target = Phase(next_state) if next_state is not None else None

    assert machine.may(event) is (target is not None)
    if target is None:
        with pytest.raises(KeyError):
            machine.fire(event)
        assert (machine.state, changes) == (state, [])
    else:
        machine.fire(event, "why")
        assert (machine.state, changes) == (target, [(state.value, target.value, "why")])


def walk_of_a_job(seed: int) -> str:
    draw = random.Random(seed)
    job = Job(lambda old, new, reason: None)
    for _ in range(STEPS_MAX):
        legal = [event for event in JOB_EVENTS if job.may(event)]
        if not legal:
            break
        job.fire(draw.choice(legal))
    return job.state


def walk_of_a_phase(seed: int) -> Phase:
    draw = random.Random(seed)
    machine = PhaseMachine(lambda old, new, reason: None)
    for _ in range(STEPS_MAX):
        if machine.state in PHASE_FINAL:
            break
        machine.fire(draw.choice([event for event in PHASE_EVENTS if machine.may(event)]))
    return machine.state


def test_random_walks_of_a_job_end_and_reach_every_end() -> None:
    assert {walk_of_a_job(seed) for seed in range(200)} == jobs.FINAL


def test_random_walks_of_a_phase_end_and_reach_every_end() -> None:
    assert {walk_of_a_phase(seed) for seed in range(200)} == PHASE_FINAL


def test_every_state_is_on_the_way_to_an_end() -> None:
    ends = set(jobs.FINAL)
    while more := {source for (source, _), target in JOB_ROWS.items() if target in ends} - ends:
        ends |= more

    assert ends == set(jobs.STATES)
