"""Notes from one shift to the next: they stand until somebody takes the tool over, also over a restart of the daemon.

The site journal keeps them; here is only what stands now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from controller import wall
from controller.record.events import Event, SiteAct
from controller.server.protocol import Code, Refused

NOTES_MAX = 20  # that stand; whoever leaves more has to be read first
DAYS = 31  # of journals that are read at a start


@dataclass(frozen=True, slots=True)
class HandoverLeft(Event):
    """A person left a note for who comes next, with how things stood then; it belongs to no run."""

    kind: ClassVar[str] = "handover"
    by: str
    text: str
    situation: list[str]


@dataclass(frozen=True, slots=True)
class HandoverTaken(Event):
    """A person has read the notes that stood, so many, and has taken the tool over."""

    kind: ClassVar[str] = "handover_taken"
    by: str
    notes: int


class Handovers:
    """The notes that stand. `enter` puts an event into the site journal and tells it to all clients."""

    def __init__(self, enter: Callable[[Event], None]) -> None:
        self._enter = enter
        self._notes: list[dict[str, Any]] = []

    def leave(self, by: str, text: str, state: Mapping[str, Any]) -> None:
        """Leave a note; it gets how things stand now. Refused when too many stand."""
        if len(self._notes) >= NOTES_MAX:
            raise Refused(Code.STATE, f"{NOTES_MAX} notes stand already", "take over first")
        event = HandoverLeft(by, text, list(situation(state)))
        self._notes.append(_note(event.to_json(), wall.utc_text()))
        self._enter(event)

    def take(self, by: str) -> int:
        """Somebody has read them all; returns how many. Refused when none stands."""
        if not self._notes:
            raise Refused(Code.STATE, "no note stands", "nothing has to be taken over")
        taken, self._notes = len(self._notes), []
        self._enter(HandoverTaken(by, taken))
        return taken

    def restore(self, acts: Iterable[SiteAct]) -> None:
        """What stood when the journal was written last."""
        for act in acts:
            if act.act == HandoverLeft.kind:
                self._notes.append(_note(act.facts, act.utc))
            elif act.act == HandoverTaken.kind:
                self._notes.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """For the state."""
        return list(self._notes)


def _note(facts: Mapping[str, Any], utc: str) -> dict[str, Any]:
    return {"by": facts["by"], "utc": utc, "text": facts["text"], "situation": facts["situation"]}


def situation(state: Mapping[str, Any]) -> Iterator[str]:
    """How things stand, a line each: what the next person would ask first."""
    job = state["job"]
    if job is not None:
        step = f", step {job['step']['name']}" if job["step"] else ""
        yield f"job {job['recipe']} v{job['version']} {job['state']}{step}"
    else:
        yield f"no job runs{': ' + state['down'] if state['down'] else ''}"
    if state["trip"]:
        yield f"{state['trip']['code']} has tripped, not yet reset"
    yield from (f"{one['run']} was interrupted, and nobody has taken it up" for one in state["interrupted"])
    yield from (f"alarm {alarm['name']} {alarm['state']}" for alarm in state["alarms"])
    yield from (f"{prompt['step']} asks: {prompt['text'] or prompt['id']}" for prompt in state["prompts"])
    if lot := state["lot"]:
        yield f"lot {lot['lot']}: {lot['left']} of {lot['parts']} parts left"
    if state["queue"]:
        yield f"{len(state['queue'])} in the queue: {', '.join(job['recipe'] for job in state['queue'])}"
