"""What an event says to an operator, in one line; nothing for those that only the record needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from controller.console.rows import clean

Told = Mapping[str, Any]
PHASES = ("RUNNING", "COMPLETE", "HELD", "ABORTED")


def sentence(event: Told) -> str:
    """The line of an event, empty when it has none."""
    say = SAYINGS.get(event["kind"])
    return clean(say(event)).rstrip() if say is not None else ""


def _phase(event: Told) -> str:
    seen = event["new"] in PHASES and event["old"] != "RESTARTING"
    return f"step {event['step']} {event['new'].lower()}" if seen else ""


def _alarm(event: Told) -> str:
    if event["active"]:
        return f"alarm {event['code']}: {event['happened']}; {event['we_did']}"
    return f"alarm {event['code']} gone"


def _alarm_state(event: Told) -> str:
    return f"{event['by']}: {event['code']} {event['new'].lower()} {event['reason']}" if event["by"] else ""


SAYINGS: Mapping[str, Callable[[Told], str]] = {
    "job": lambda e: f"job {e['new']} {e['reason'] or ''}",
    "phase": _phase,
    "alarm": _alarm,
    "alarm_state": _alarm_state,
    "person": lambda e: f"{e['by']}: {e['command']} {e['reason']}",
    "person_refused": lambda e: f"{e['by']}: {e['command']} refused: {e['reason']}",
    "refusal": lambda e: f"refused {e['action']}: {e['reason']}; {e['fix']}",
    "answer": lambda e: f"{e['by']}: {e['id']} = {e['value']}",
    "handover": lambda e: f"{e['by']}: handover: {e['text']}",
    "handover_taken": lambda e: f"{e['by']}: has taken over",
    "note": lambda e: str(e["text"]),
}
