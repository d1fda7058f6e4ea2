"""The alarms of a run as rows, folded from their events: raised, changed, cleared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from controller.record.events import Alarm, AlarmChanged

SILENCED = frozenset({"SHELVED", "SUPPRESSED", "OUT_OF_SERVICE"})
_GONE = frozenset({"NORMAL", "RETURNED", "LATCHED_UNACKNOWLEDGED", "LATCHED_ACKNOWLEDGED"})
_SEEN = frozenset({"NORMAL", "ACKNOWLEDGED", "LATCHED_ACKNOWLEDGED"})


@dataclass(slots=True)
class AlarmRow:
    """One alarm from raised to cleared; `state` is the one it was in at last, `by` who acknowledged it."""

    raised_s: float
    alarm: Alarm
    cleared_s: float | None = None
    state: str = ""
    by: str = ""

    @property
    def name(self) -> str:
        """Its code, and what it is about where one code serves many."""
        return f"{self.alarm.code} {self.alarm.of}".rstrip()

    @property
    def heard(self) -> bool:
        """False when it was shelved, suppressed or out of service from the beginning."""
        return self.alarm.state not in SILENCED

    def to_json(self) -> dict[str, Any]:
        """The alarm in the machine-readable result."""
        data = {key: value for key, value in self.alarm.to_json().items() if key not in ("kind", "active", "state")}
        times = {"raised_s": self.raised_s, "cleared_s": self.cleared_s}
        return times | data | {"state": self.state, "acknowledged_by": self.by}


def take_alarm(rows: list[AlarmRow], t_s: float, event: Alarm) -> None:
    """An alarm was raised, or cleared."""
    if event.active:
        rows.append(AlarmRow(t_s, event, state=event.state))
        return
    row = _last(rows, event)
    if row is not None and row.cleared_s is None:
        row.cleared_s = t_s


def take_change(rows: Sequence[AlarmRow], t_s: float, event: AlarmChanged) -> None:
    """An alarm went to another state."""
    row = _last(rows, event)
    if row is None:
        return
    row.state = event.new
    if event.new in _GONE and row.cleared_s is None:
        row.cleared_s = t_s
    if event.new in _SEEN and not row.by:
        row.by = event.by


def _last(rows: Sequence[AlarmRow], event: Alarm | AlarmChanged) -> AlarmRow | None:
    same = (row for row in reversed(rows) if (row.alarm.code, row.alarm.of) == (event.code, event.of))
    return next(same, None)
