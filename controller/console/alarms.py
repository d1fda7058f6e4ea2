"""The alarms on the screen: those that stand, in the order of their weight, and those that have gone lately.

A fold of what the daemon told; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.console.view import View

MARKS = {1: "!!1", 2: " !2", 3: " ·3", 4: "  4"}
STATES = {
    "UNACKNOWLEDGED": "ACTIVE", "ACKNOWLEDGED": "ACTIVE acked", "RETURNED": "gone, unacked",
    "LATCHED_UNACKNOWLEDGED": "LATCHED", "LATCHED_ACKNOWLEDGED": "LATCHED acked", "NORMAL": "gone",
}  # fmt: skip
SEEN = ("ACKNOWLEDGED", "LATCHED_ACKNOWLEDGED")
UNSEEN = ("UNACKNOWLEDGED", "RETURNED", "LATCHED_UNACKNOWLEDGED")


@dataclass(frozen=True, slots=True)
class Line:
    """One alarm of the list. `name` is what the daemon knows it by."""

    name: str
    said: Mapping[str, Any]
    state: str
    utc: str
    by: str = ""

    @property
    def rank(self) -> int:
        """1 is the gravest."""
        return int(self.said["failure_class"])

    @property
    def unseen(self) -> bool:
        """True when nobody has acknowledged it."""
        return self.state in UNSEEN

    @property
    def standing(self) -> bool:
        """True while the daemon lists it."""
        return self.state != "NORMAL"

    @property
    def word(self) -> str:
        """Its state for people."""
        return STATES.get(self.state, self.state.lower())

    @property
    def style(self) -> str:
        """By weight; what nobody has seen is reversed."""
        if not self.standing or self.rank > 3:
            return "dim" if not self.standing else ""
        return f"p{self.rank}{'new' if self.unseen else ''}"


def name_of(alarm: Mapping[str, Any]) -> str:
    """The code, and what it is about where one code serves many."""
    return f"{alarm['code']} {alarm['of']}" if alarm.get("of") else str(alarm["code"])


def lines(view: View) -> list[Line]:
    """All alarms: standing ones by weight and age, then those that have gone, the latest first."""
    seen_by = _seen_by(view)
    standing = []
    for alarm in view.state.get("alarms", ()):
        name, state = str(alarm["name"]), str(alarm["state"] or "UNACKNOWLEDGED")
        by = seen_by.get(name, "") if state in SEEN else ""  # one that came again was seen by nobody
        standing.append(Line(name, alarm, state, str(alarm["utc"]), by))
    here = {line.name for line in standing}
    gone: dict[str, Line] = {}
    for told in view.picture.events if view.picture is not None else ():
        event = told["event"]
        if event["kind"] == "alarm" and name_of(event) not in here and event["happened"]:
            name = name_of(event)
            gone.pop(name, None)
            gone[name] = Line(name, event, "NORMAL", told["utc"])
    return sorted(standing, key=lambda line: (line.rank, line.utc)) + list(reversed(gone.values()))


def _seen_by(view: View) -> dict[str, str]:
    """Name of the alarm -> who acknowledged it, as far as the events that are known tell."""
    found: dict[str, str] = {}
    for told in view.picture.events if view.picture is not None else ():
        event = told["event"]
        if event["kind"] == "alarm_state" and event["by"] and event["new"] in SEEN:
            found[name_of(event)] = event["by"]
    return found


def worst(view: View) -> Line | None:
    """The alarm for the banner: the gravest that stands, one that nobody has seen first."""
    standing = [line for line in lines(view) if line.standing]
    return min(standing, key=lambda line: (not line.unseen, line.rank), default=None)
