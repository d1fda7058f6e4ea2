"""A step's state: ISA-88's procedural states as a table, without I/O."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum


class Phase(Enum):
    """ISA-88 procedural states; PAUSING and PAUSED are left out, a paused job holds its phases."""

    IDLE = "IDLE"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    HOLDING = "HOLDING"
    HELD = "HELD"
    RESTARTING = "RESTARTING"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    ABORTING = "ABORTING"
    ABORTED = "ABORTED"


_HOLDABLE = (Phase.RUNNING, Phase.HOLDING, Phase.HELD, Phase.RESTARTING)
TRANSITIONS: dict[tuple[Phase, str], Phase] = {
    (Phase.IDLE, "START"): Phase.RUNNING,
    (Phase.RUNNING, "DONE"): Phase.COMPLETE,
    (Phase.RUNNING, "HOLD"): Phase.HOLDING,
    (Phase.RESTARTING, "HOLD"): Phase.HOLDING,
    (Phase.HOLDING, "SC"): Phase.HELD,  # state complete
    (Phase.HELD, "RESTART"): Phase.RESTARTING,
    (Phase.RESTARTING, "SC"): Phase.RUNNING,
    **{(state, "STOP"): Phase.STOPPING for state in _HOLDABLE},
    (Phase.STOPPING, "SC"): Phase.STOPPED,
    **{(state, "ABORT"): Phase.ABORTING for state in (*_HOLDABLE, Phase.STOPPING)},
    (Phase.ABORTING, "SC"): Phase.ABORTED,
    (Phase.COMPLETE, "RESET"): Phase.IDLE,
    (Phase.STOPPED, "RESET"): Phase.IDLE,
    (Phase.ABORTED, "RESET"): Phase.IDLE,
}


class PhaseMachine:
    """State of one step. `fire` follows the table; KeyError for a pair that is not in it is a bug of the caller."""

    def __init__(self, changed: Callable[[str, str, str], None]) -> None:
        self.state = Phase.IDLE
        self._changed = changed

    def may(self, event: str) -> bool:
        """True when the table has a row for `event` now."""
        return (self.state, event) in TRANSITIONS

    def fire(self, event: str, reason: str = "") -> None:
        """Follow the table and report the change."""
        old, self.state = self.state, TRANSITIONS[self.state, event]
        self._changed(old.value, self.state.value, reason)
