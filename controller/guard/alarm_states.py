"""The states of an alarm (ISA-18.2, IEC 62682) as a table, without I/O.

The table is about the condition and who has seen it. Shelved, suppressed by design and out of service are three flags
beside it: they silence the alarm and nothing else. An interlock acts whatever its alarm is allowed to say.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class AlarmState(Enum):
    """The core states, with the letters of the standard."""

    NORMAL = "NORMAL"  # A
    UNACKNOWLEDGED = "UNACKNOWLEDGED"  # B, the condition is there
    ACKNOWLEDGED = "ACKNOWLEDGED"  # C, the condition is there
    RETURNED = "RETURNED"  # D, the condition has gone and nobody has seen it
    LATCHED_UNACKNOWLEDGED = "LATCHED_UNACKNOWLEDGED"  # E, as D, and a reset is wanted besides
    LATCHED_ACKNOWLEDGED = "LATCHED_ACKNOWLEDGED"  # F


class Flag(Enum):
    """What silences an alarm, the strongest first."""

    OUT_OF_SERVICE = "OUT_OF_SERVICE"  # I, by maintenance
    SUPPRESSED = "SUPPRESSED"  # H, by design
    SHELVED = "SHELVED"  # G, by an operator, for a time


ACTIVE = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED})
_S = AlarmState
TRANSITIONS: dict[tuple[AlarmState, str], AlarmState] = {
    (_S.NORMAL, "RAISE"): _S.UNACKNOWLEDGED,
    (_S.UNACKNOWLEDGED, "ACKNOWLEDGE"): _S.ACKNOWLEDGED,
    (_S.UNACKNOWLEDGED, "RETURN"): _S.RETURNED,
    (_S.UNACKNOWLEDGED, "LATCH"): _S.LATCHED_UNACKNOWLEDGED,  # returned, but this alarm latches
    (_S.ACKNOWLEDGED, "RETURN"): _S.NORMAL,
    (_S.ACKNOWLEDGED, "LATCH"): _S.LATCHED_ACKNOWLEDGED,
    (_S.RETURNED, "ACKNOWLEDGE"): _S.NORMAL,
    (_S.RETURNED, "RAISE"): _S.UNACKNOWLEDGED,
    (_S.LATCHED_UNACKNOWLEDGED, "ACKNOWLEDGE"): _S.LATCHED_ACKNOWLEDGED,
    (_S.LATCHED_UNACKNOWLEDGED, "RAISE"): _S.UNACKNOWLEDGED,
    (_S.LATCHED_ACKNOWLEDGED, "RAISE"): _S.UNACKNOWLEDGED,
    (_S.LATCHED_ACKNOWLEDGED, "RESET"): _S.NORMAL,  # refused before it is acknowledged
}
EVENTS = tuple(sorted({event for _, event in TRANSITIONS}))


class AlarmMachine:
    """State and flags of one alarm. `changed` is told when the state that people see is another one."""

    def __init__(self, changed: Callable[[str, str, str, str], None]) -> None:
        self.state = AlarmState.NORMAL
        self.flags: frozenset[Flag] = frozenset()
        self._changed = changed

    @property
    def shown(self) -> str:
        """What people see."""
        for flag in Flag:
            if flag in self.flags:
                return flag.value
        return self.state.value

    def may(self, event: str) -> bool:
        """True when the table has a row for `event` now."""
        return (self.state, event) in TRANSITIONS

    def fire(self, event: str, by: str = "", reason: str = "") -> None:
        """Follow the table; KeyError for a pair that is not in it is a bug of the caller."""
        old, self.state = self.shown, TRANSITIONS[self.state, event]
        self._report(old, by, reason)

    def set(self, flag: Flag, on: bool, by: str = "", reason: str = "") -> None:
        """Set or clear a flag; the core state stays what it is."""
        old, self.flags = self.shown, self.flags | {flag} if on else self.flags - {flag}
        self._report(old, by, reason)

    def _report(self, old: str, by: str, reason: str) -> None:
        if self.shown != old:
            self._changed(old, self.shown, by, reason)
