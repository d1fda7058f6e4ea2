"""The states of an alarm: every pair of state and event is a row or is refused; flags silence and change no state."""

from __future__ import annotations

import itertools

import pytest

from controller.guard.alarm_states import ACTIVE, EVENTS, TRANSITIONS, AlarmMachine, AlarmState, Flag
from tests.tables.standards import ALARM

S = AlarmState
STANDARD = {S(state): {event: S(to) for event, to in rows.items()} for state, rows in ALARM.items()}


def machine_in(state: AlarmState, flags: frozenset[Flag] = frozenset()) -> tuple[AlarmMachine, list[tuple[str, str]]]:
    changes: list[tuple[str, str]] = []
    machine = AlarmMachine(lambda old, new, by, reason: changes.append((old, new)))
    machine.state, machine.flags = state, flags
    return machine, changes


@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("event", EVENTS)
def test_every_pair_of_state_and_event_is_a_row_of_the_standard_or_refused(state: AlarmState, event: str) -> None:
    machine, changes = machine_in(state)
    target = STANDARD[state].get(event)

    assert machine.may(event) is (target is not None)
    if target is None:
        with pytest.raises(KeyError):
            machine.fire(event)
        assert (machine.state, changes) == (state, [])
    else:
        machine.fire(event)
        assert (machine.state, changes) == (target, [(state.value, target.value)])


def test_there_is_no_row_beside_those_of_the_standard() -> None:
    assert sum(len(events) for events in STANDARD.values()) == len(TRANSITIONS)


def test_every_state_can_be_reached_and_leads_back_to_normal() -> None:
    reached = {S.NORMAL}
    while more := {target for (source, _), target in TRANSITIONS.items() if source in reached} - reached:
        reached |= more
    back = {S.NORMAL}
    while more := {source for (source, _), target in TRANSITIONS.items() if target in back} - back:
        back |= more

    assert reached == back == set(AlarmState)


@pytest.mark.parametrize("state", sorted(set(AlarmState) - ACTIVE, key=lambda state: state.value))
def test_a_condition_raises_from_every_state_that_is_not_active(state: AlarmState) -> None:
    assert TRANSITIONS[state, "RAISE"] is S.UNACKNOWLEDGED


@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("flags", [c for n in range(4) for c in itertools.combinations(Flag, n)], ids=str)
@pytest.mark.parametrize("flag", Flag)
@pytest.mark.parametrize("on", [True, False])
def test_a_flag_never_touches_the_state_and_the_strongest_is_shown(
    state: AlarmState, flags: tuple[Flag, ...], flag: Flag, on: bool
) -> None:
    machine, changes = machine_in(state, frozenset(flags))
    before = machine.shown

    machine.set(flag, on)

    assert machine.state is state
    assert (flag in machine.flags) is on
    assert machine.flags - {flag} == set(flags) - {flag}
    order = [f.value for f in (Flag.OUT_OF_SERVICE, Flag.SUPPRESSED, Flag.SHELVED) if f in machine.flags]
    assert machine.shown == [*order, state.value][0]
    assert changes == ([] if machine.shown == before else [(before, machine.shown)])


@pytest.mark.parametrize("flag", Flag)
def test_what_happens_behind_a_flag_is_not_told(flag: Flag) -> None:
    machine, changes = machine_in(S.NORMAL, frozenset({flag}))

    machine.fire("RAISE")
    machine.fire("RETURN")

    assert (machine.state, changes) == (S.RETURNED, [])
