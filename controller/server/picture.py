"""What an attached client knows: the snapshot it got, kept up to date by the messages that follow.

Values are as old as the last message; `gap` counters say what a slow client did not get. It draws nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EVENTS_KEPT = 1000
GOOD, UNCERTAIN, BAD, STALE = range(4)  # qualities, as in drivers/reading.py


@dataclass(slots=True)
class Tag:
    """One value as people name it; `value` is None when it is no number, `quality` one of the four above."""

    name: str
    unit: str
    doc: str
    value: float | None = None
    quality: int = STALE


class Picture:
    """The tool as the daemon last told it. `apply` every message in its order."""

    def __init__(self, snapshot: Mapping[str, Any]) -> None:
        """`snapshot` is the answer to `attach`."""
        self.instance = str(snapshot["instance"])
        self.seq = int(snapshot["seq"])
        self.state: dict[str, Any] = snapshot["state"]
        self.tags: dict[str, Tag] = {}
        self.events: deque[dict[str, Any]] = deque(snapshot["events"], EVENTS_KEPT)
        self.missed_events = int(snapshot["gap"])
        self.missed_frames = 0
        self._table(snapshot["table"])
        self._values(snapshot["values"])

    def apply(self, message: Mapping[str, Any]) -> str:
        """Take one notification in; returns its method: tags, table, event or state."""
        method, params = str(message.get("method")), message.get("params", {})
        if method == "tags":
            self.missed_frames += params.get("gap", 0)
            self._values(params["values"])
        elif method == "event":
            self.missed_events += params.get("gap", 0)
            self.seq = params["seq"]
            self.events.append(params)
        elif method == "state":
            self.state = params
        elif method == "table":
            self._table(params["table"])
        return method

    def _table(self, table: Mapping[str, Any]) -> None:
        self.tags = {
            name: Tag(name, unit, doc, old.value, old.quality) if (old := self.tags.get(name)) else Tag(name, unit, doc)
            for name, (unit, doc) in table.items()
        }

    def _values(self, values: Mapping[str, Any]) -> None:
        for name, (value, quality) in values.items():
            if tag := self.tags.get(name):
                tag.value, tag.quality = value, quality


def stood_words(offered: Mapping[str, Any]) -> str:
    """Where an interrupted run of the state stood."""
    left = [row for row in offered["steps"] if row["known"] != "done"]
    done = f"{len(offered['steps']) - len(left)} of {len(offered['steps'])} steps done"
    return f"{left[0]['step']} {left[0]['known']}, {done}" if left else done
