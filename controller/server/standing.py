"""What stands now, as a fold of the events of a job: its state, step, results and alarms. It decides nothing."""

from __future__ import annotations

from typing import Any

from controller.guard.alarm_states import AlarmState
from controller.record.events import Alarm, AlarmChanged, EngineeringRun, Event, JobChanged, Measured, PhaseChanged

RESULTS_MAX = 200
ALARMS_MAX = 100
REACHED = ("PAUSED", "STOPPED", "ABORTED")
NORMAL = AlarmState.NORMAL.value


class Standing:
    """The state of the job that runs, or ran last."""

    def __init__(self) -> None:
        self.state = "QUEUED"
        self.reason = ""
        self.engineering = ""
        self.step: dict[str, Any] | None = None
        self.results: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.alarms: dict[str, dict[str, Any]] = {}

    def take(self, event: Event, told: dict[str, Any]) -> None:
        """One more event, and what clients were told of it."""
        plain = told["event"]
        if isinstance(event, JobChanged):
            kept = self.reason if event.new in REACHED else ""  # the reason stands where the way there began
            self.state, self.reason = event.new, event.reason or kept
        elif isinstance(event, EngineeringRun):
            self.engineering = event.why
        elif isinstance(event, PhaseChanged):
            same = self.step is not None and (self.step["index"], self.step["turn"]) == (event.index, event.turn)
            since_utc = self.step["since_utc"] if self.step is not None and same else told["utc"]
            about = {"name": event.step, "index": event.index, "turn": event.turn, "phase": event.new}
            self.step = {**about, "since_utc": since_utc}
        elif isinstance(event, Measured) and len(self.results) < RESULTS_MAX:
            self.results[event.name, event.step, event.source] = plain
        elif isinstance(event, Alarm | AlarmChanged):
            self._take_alarm(event, f"{event.code} {event.of}".rstrip(), told)

    def _take_alarm(self, event: Alarm | AlarmChanged, name: str, told: dict[str, Any]) -> None:
        """Alarms have names: the code, and what it is about where one code serves many."""
        if isinstance(event, Alarm) and event.active and len(self.alarms) < ALARMS_MAX:
            self.alarms[name] = {**told["event"], "name": name, "utc": told["utc"]}
        elif isinstance(event, AlarmChanged) and event.new != NORMAL and name in self.alarms:
            self.alarms[name]["state"] = event.new
        elif not isinstance(event, Alarm) or not event.active:
            self.alarms.pop(name, None)
