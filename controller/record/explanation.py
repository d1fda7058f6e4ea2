"""Why a run was held, refused, stopped or aborted: worked out from its record alone.

For every stop: what changed first, the condition with the values it saw then, who may clear it, what happened next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from controller.record.alarm_rows import SILENCED
from controller.record.events import Alarm, AlarmChanged, Event, JobChanged, Note, PersonSaid, Refusal
from controller.record.text import number

STOPS = {"PAUSING": "held", "STOPPING": "stopped", "ABORTING": "aborted"}
START = "job.start"  # the action that was refused when a job could not begin
GRAVEST = {"held": 3, "stopped": 3, "aborted": 2}  # failure class of what may be the cause
CLEARS = {
    "refused": "nobody has to: it is permitted as soon as the condition holds",
    "held": "a person resumes, or aborts, once the condition holds; a hold that nobody ends aborts the job",
    "stopped": "a person starts a new job, from its beginning",
    "aborted": "a person puts it right, presses the reset button and starts a new job, from its beginning",
}


@dataclass(slots=True)
class Stop:
    """One time at which the run did not go on. Times in s since its start; `values` in the units of the tags."""

    t_s: float
    what: str  # held, refused, stopped, aborted
    why: str
    by: str = ""  # alarm or interlock that did it, or the person
    condition: str = ""
    values: dict[str, float | None] = field(default_factory=dict)
    we_did: str = ""
    likely: str = ""
    do: str = ""
    who_clears: str = ""
    followed_by: list[str] = field(default_factory=list)
    next: list[tuple[float, str]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @property
    def seen(self) -> str:
        """The values of the condition at that moment, for people."""
        return ", ".join(f"{tag} {'unknown' if v is None else number(v)}" for tag, v in self.values.items())


def explain(events: Iterable[tuple[float, Event]]) -> list[Stop]:
    """All stops of a run, in order; `events` come with their time in s."""
    fold = _Fold()
    for t_s, event in events:
        fold.take(t_s, event)
    return fold.stops


class _Fold:
    """What was raised since the last stop, and the stop that is being told."""

    def __init__(self) -> None:
        self.stops: list[Stop] = []
        self._alarms: list[Alarm] = []  # that no stop has been put down to yet
        self._said: PersonSaid | None = None
        self._stop: Stop | None = None

    def take(self, t_s: float, event: Event) -> None:
        match event:
            case Refusal():
                self.stops.append(_refused(t_s, event))
            case Alarm() if event.active and event.state not in SILENCED:
                self._alarm(t_s, event)
            case JobChanged() if event.new in STOPS:
                self._begin(t_s, STOPS[event.new], event.reason)
            case JobChanged():
                self._tell(t_s, f"the job was {event.new}" + (f": {event.reason}" if event.reason else ""))
                if event.new == "PROCESSING":
                    self._stop, self._alarms = None, []
            case PersonSaid():
                self._said = event
                self._tell(t_s, f"{event.by} said {event.command}" + (f": {event.reason}" if event.reason else ""))
            case Note() if event.level != "branch":
                self._tell(t_s, event.text)
            case AlarmChanged() if event.by:
                self._tell(t_s, f"{event.code} {event.of}".rstrip() + f" was {event.new} by {event.by}")

    def _alarm(self, t_s: float, alarm: Alarm) -> None:
        name = _name(alarm)
        self._alarms.append(alarm)
        if self._stop is not None and alarm.failure_class <= GRAVEST["held"]:
            self._stop.followed_by.append(name)
            self._tell(t_s, f"{name}: {alarm.happened}; {alarm.we_did}")

    def _begin(self, t_s: float, what: str, reason: str) -> None:
        if what == "stopped" and self.stops and self.stops[-1].why.startswith(START):
            self._stop = self.stops[-1]  # a start that was refused ends the job
            return
        cause = next((alarm for alarm in self._alarms if alarm.failure_class <= GRAVEST[what]), None)
        stop = self._stop = Stop(t_s, what, reason, who_clears=CLEARS[what])
        if cause is not None:
            stop.by, stop.why = _name(cause), cause.happened
            stop.condition, stop.values = cause.first_out, cause.values
            stop.we_did, stop.likely, stop.do = cause.we_did, cause.likely, cause.do
            after = self._alarms[self._alarms.index(cause) + 1 :]
            stop.followed_by = [_name(alarm) for alarm in after if alarm.failure_class <= GRAVEST["held"]]
        elif self._said is not None:
            stop.by = self._said.by
        self._alarms, self._said = [], None
        self.stops.append(stop)

    def _tell(self, t_s: float, text: str) -> None:
        if self._stop is not None:
            self._stop.next.append((t_s, text))


def _refused(t_s: float, event: Refusal) -> Stop:
    return Stop(
        t_s,
        "refused",
        f"{event.action}: {event.reason}",
        by=event.interlock,
        condition=event.unmet,
        values=event.values,
        we_did="nothing went out",
        do=event.fix,
        who_clears=CLEARS["refused"],
    )


def _name(alarm: Alarm) -> str:
    return f"{alarm.code} {alarm.of}".rstrip()
