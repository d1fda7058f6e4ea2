"""What stands now, as a fold of the events of a job: its state, step, results and alarms. It decides nothing."""

from __future__ import annotations

from typing import Any

from controller.record.events import Alarm, Event, JobChanged, Measured, PhaseChanged

RESULTS_MAX = 200
ALARMS_MAX = 100


class Standing:
    """The state of the job that runs, or ran last."""

    def __init__(self) -> None:
        self.state = "QUEUED"
        self.reason = ""
        self.step: dict[str, Any] | None = None
        self.results: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.alarms: dict[str, dict[str, Any]] = {}

    def take(self, event: Event, told: dict[str, Any]) -> None:
        """One more event, and what clients were told of it."""
        plain = told["event"]
        if isinstance(event, JobChanged):
            self.state, self.reason = event.new, event.reason
        elif isinstance(event, PhaseChanged):
            self.step = {"name": event.step, "index": event.index, "turn": event.turn, "phase": event.new}
        elif isinstance(event, Measured) and len(self.results) < RESULTS_MAX:
            self.results[event.name, event.step, event.source] = plain
        elif isinstance(event, Alarm) and len(self.alarms) < ALARMS_MAX:
            if event.active:
                self.alarms[event.code] = {**plain, "utc": told["utc"]}
            else:
                self.alarms.pop(event.code, None)
