"""The job: SEMI E40's process-job states on a synchronous `transitions` machine; no I/O, no waiting."""

from __future__ import annotations

from collections.abc import Callable

from transitions import Machine, MachineError

STATES = (
    "QUEUED",
    "SETTING_UP",
    "WAITING_FOR_START",
    "PROCESSING",
    "PROCESS_COMPLETE",
    "PAUSING",
    "PAUSED",
    "STOPPING",
    "STOPPED",
    "ABORTING",
    "ABORTED",
)
FINAL = frozenset({"PROCESS_COMPLETE", "STOPPED", "ABORTED"})
ACTIVE = ("SETTING_UP", "WAITING_FOR_START", "PROCESSING")

# (event, from, to); E40 transition numbers in the order of the standard: 2, 3/4, 5, 6, 8, 9, 10, 11/12, 17, 13-15, 16
TRANSITIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("SELECT", ("QUEUED",), "SETTING_UP"),
    ("SETUP_DONE", ("SETTING_UP",), "PROCESSING"),
    ("START", ("WAITING_FOR_START",), "PROCESSING"),
    ("PROCESS_DONE", ("PROCESSING",), "PROCESS_COMPLETE"),
    ("PAUSE", ACTIVE, "PAUSING"),
    ("PAUSE_DONE", ("PAUSING",), "PAUSED"),
    ("RESUME", ("PAUSING", "PAUSED"), "PROCESSING"),
    ("STOP", (*ACTIVE, "PAUSING", "PAUSED"), "STOPPING"),
    ("STOP_DONE", ("STOPPING",), "STOPPED"),
    ("ABORT", (*ACTIVE, "PAUSING", "PAUSED", "STOPPING"), "ABORTING"),
    ("ABORT_DONE", ("ABORTING",), "ABORTED"),
)


class Job:
    """One run's state. `fire` an event by name; an event that the state does not know is refused, never ignored."""

    state: str  # set by the machine

    def __init__(self, changed: Callable[[str, str, str], None]) -> None:
        self._changed = changed
        self._machine = Machine(self, states=list(STATES), initial="QUEUED", auto_transitions=False)
        for event, sources, target in TRANSITIONS:
            self._machine.add_transition(event, list(sources), target)

    @property
    def ended(self) -> bool:
        """True in a final state."""
        return self.state in FINAL

    def may(self, event: str) -> bool:
        """True when `event` is legal now."""
        return event in self._machine.get_triggers(self.state)

    def fire(self, event: str, reason: str = "") -> str:
        """Go to the next state and return it; MachineError when the table has no such row."""
        old = self.state
        if not self.may(event):
            raise MachineError(f"{event} is not legal in {old}")
        self.trigger(event)  # type: ignore[attr-defined]
        self._changed(old, self.state, reason)
        return self.state
