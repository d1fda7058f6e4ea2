"""What a run came to: results, verdict, steps, alarms, all worked out from its events.

It is a fold: the same events give the same summary, live or from a stored record. It judges by the limits that the
results carry; it sets none. What was unusual, in sentences, is `unusual.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from controller.record.alarm_load import AlarmLoad, alarm_load
from controller.record.alarm_rows import AlarmRow, take_alarm, take_change
from controller.record.events import (
    Alarm,
    AlarmChanged,
    Bypassed,
    Event,
    JobChanged,
    Measured,
    Note,
    Outcome,
    PersonSaid,
    PhaseChanged,
    PromptAhead,
    PromptAnswered,
    PromptAsked,
    Recorded,
    Refusal,
    RunEnded,
    RunStarted,
)
from controller.record.runfile import RunFile, Stamped

COMPLETED = frozenset({"PROCESS_COMPLETE", "PROCESS COMPLETE", "COMPLETE", "DONE"})
_FINAL = frozenset({"COMPLETE", "STOPPED", "ABORTED"})  # ISA-88 final states of a step
_WAITING = frozenset({"HOLDING", "HELD", "RESTARTING", "PAUSING", "PAUSED"})


class Verdict(StrEnum):
    """Of a part. NONE: nothing measured decides."""

    PASS = "PASS"
    FAIL = "FAIL"
    NONE = "NONE"


def judge(results: Iterable[Measured], *, completed: bool) -> Verdict:
    """The verdict that results support.

    A measured or inspected result outside its limits fails the part. It passes when the run is completed, at least one
    such result was judged and none failed. Predictions decide nothing. Of a repeated measurement the last one counts.
    """
    judged = [r.ok for r in latest(results) if r.source != "predicted" and r.ok is not None]
    if False in judged:
        return Verdict.FAIL
    return Verdict.PASS if judged and completed else Verdict.NONE


def latest(results: Iterable[Measured]) -> list[Measured]:
    """The last of each repeated result, in the order in which they first appeared."""
    kept: dict[tuple[str, str, str], Measured] = {}
    for result in results:
        kept[result.name, result.source, result.step] = result
    return list(kept.values())


@dataclass(slots=True)
class StepRow:
    """One turn of one step."""

    index: int
    step: str
    turn: int
    start_s: float
    end_s: float | None = None
    held_s: float = 0.0
    state: str = "RUNNING"
    reason: str = ""
    planned_s: float | None = None

    @property
    def duration_s(self) -> float | None:
        """Seconds from start to end, held time included; None while it runs."""
        return None if self.end_s is None else self.end_s - self.start_s


@dataclass(slots=True)
class PromptRow:
    """A question to a person, and the answer."""

    asked_s: float
    prompt: PromptAsked
    answered_s: float | None = None
    value: Any = None
    by: str = ""


@dataclass(slots=True)
class Summary:
    """Everything a result table, a report or a JSON file needs; times in seconds since the start of the run."""

    run_id: str = ""
    started: RunStarted | None = None
    state: str = "RUNNING"
    verdict: Verdict = Verdict.NONE
    reason: str = ""
    duration_s: float = 0.0
    all_results: list[Measured] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
    alarms: list[AlarmRow] = field(default_factory=list)
    prompts: list[PromptRow] = field(default_factory=list)
    people: list[tuple[float, PersonSaid]] = field(default_factory=list)
    refusals: list[tuple[float, Refusal]] = field(default_factory=list)
    records: list[tuple[float, Recorded]] = field(default_factory=list)
    notes: list[tuple[float, Note]] = field(default_factory=list)
    unconfirmed: list[tuple[float, Outcome]] = field(default_factory=list)
    bypasses: list[tuple[float, Bypassed]] = field(default_factory=list)
    announced: list[tuple[float, PromptAhead]] = field(default_factory=list)

    @property
    def completed(self) -> bool:
        """True when every step ran to its end."""
        return self.state.upper() in COMPLETED

    @property
    def results(self) -> list[Measured]:
        """The results that count: the last of each repeated one."""
        return latest(self.all_results)

    @property
    def first_alarm(self) -> AlarmRow | None:
        """What happened first."""
        return next((row for row in self.alarms if row.heard), None)

    @property
    def alarm_load(self) -> AlarmLoad:
        """How many alarms the operator had to answer."""
        return alarm_load((row.raised_s, row.name) for row in self.alarms if row.heard)

    @property
    def bypassed(self) -> list[str]:
        """Interlocks that were out of force at any time."""
        return list(dict.fromkeys(event.interlock for _, event in self.bypasses))

    def to_json(self) -> dict[str, Any]:
        """The machine-readable result, schema `springback.run/1`."""
        started = self.started
        recipe = {"name": started.recipe, "version": started.version, "sha256": started.sha256} if started else None
        return {
            "schema": "springback.run/1",
            "id": self.run_id,
            "simulated": started.simulated if started else None,
            "tool": started.tool if started else None,
            "recipe": recipe,
            "state": self.state,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "duration_s": round(self.duration_s, 3),
            "results": [_result_json(result) for result in self.results],
            "alarms": [row.to_json() for row in self.alarms],
            "alarm_load": asdict(self.alarm_load) | {"flood": self.alarm_load.flood},
            "bypassed": self.bypassed,
            "steps": [asdict(row) | {"duration_s": row.duration_s} for row in self.steps],
        }


def _result_json(result: Measured) -> dict[str, Any]:
    data = {key: value for key, value in result.to_json().items() if key != "kind"}
    data["pass"] = data.pop("ok")
    return data


def summarize(events: Iterable[tuple[float, Event] | Stamped], meta: Mapping[str, Any] | None = None) -> Summary:
    """Fold events, each with its time in s, into a summary.

    Of `meta` it uses `run_id` and `planned_s`, the planned seconds of each step by name.
    """
    facts = meta or {}
    summary = Summary(run_id=str(facts.get("run_id", "")))
    fold = _Fold(summary, facts.get("planned_s") or {})
    for stamped in events:
        fold.take(stamped[0], stamped[1])
    own = judge(summary.all_results, completed=summary.completed)
    # The run may know a reason to fail that is no number; it can make the verdict worse, never better.
    summary.verdict = Verdict.FAIL if summary.verdict is Verdict.FAIL else own
    return summary


def summary_of(run: RunFile) -> Summary:
    """The summary of a stored run; state INTERRUPTED is shown for a record without a terminal event."""
    summary = summarize(run.events(), run.meta)
    if not run.ended:
        summary.state, summary.reason = "INTERRUPTED", "the record has no end: the controller was killed, or still runs"
        summary.duration_s = run.span_s
    return summary


class _Fold:
    """The running state of `summarize`: which steps and questions are open."""

    def __init__(self, summary: Summary, planned_s: Mapping[str, float]) -> None:
        self._out = summary
        self._planned_s = planned_s
        self._open: dict[tuple[int, int], StepRow] = {}
        self._held_since: dict[tuple[int, int], float] = {}

    def take(self, t_s: float, event: Event) -> None:
        """Account for one event."""
        out = self._out
        out.duration_s = t_s
        match event:
            case PhaseChanged():
                self._phase(t_s, event)
            case Alarm():
                take_alarm(out.alarms, t_s, event)
            case Measured():
                out.all_results.append(event)
            case PromptAsked():
                out.prompts.append(PromptRow(t_s, event))
            case PromptAnswered():
                self._answer(t_s, event)
            case JobChanged():
                out.state = event.new
            case RunStarted():
                out.started = event
            case RunEnded():
                out.state, out.reason = event.state, event.reason
                out.verdict = Verdict.FAIL if event.verdict.upper() == "FAIL" else Verdict.NONE
            case _:
                self._list(t_s, event)

    def _list(self, t_s: float, event: Event) -> None:
        out = self._out
        match event:
            case PersonSaid():
                out.people.append((t_s, event))
            case Refusal():
                out.refusals.append((t_s, event))
            case Recorded():
                out.records.append((t_s, event))
            case Note():
                out.notes.append((t_s, event))
            case AlarmChanged():
                take_change(out.alarms, t_s, event)
            case Bypassed():
                out.bypasses.append((t_s, event))
            case PromptAhead():
                out.announced.append((t_s, event))
            case Outcome() if event.result == "failed":
                out.unconfirmed.append((t_s, event))

    def _phase(self, t_s: float, event: PhaseChanged) -> None:
        key, new = (event.index, event.turn), event.new.upper()
        row = self._open.get(key)
        if row is None:
            if new != "RUNNING":
                return
            row = StepRow(event.index, event.step, event.turn, t_s, planned_s=self._planned_s.get(event.step))
            self._open[key] = row
            self._out.steps.append(row)
        row.state, row.reason = new, event.reason or row.reason
        if new in _WAITING:
            self._held_since.setdefault(key, t_s)
        elif key in self._held_since:
            row.held_s += t_s - self._held_since.pop(key)
        if new in _FINAL:
            row.end_s = t_s
            del self._open[key]

    def _answer(self, t_s: float, event: PromptAnswered) -> None:
        for row in reversed(self._out.prompts):
            if row.prompt.id == event.id and row.answered_s is None:
                row.answered_s, row.value, row.by = t_s, event.value, event.by
                return
