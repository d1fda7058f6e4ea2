"""State is a fold of events: feed it the events of a run in order, and its summary is the run so far.

The same events give the same summary, live, from a stored record, or half-way through a replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from controller.record.alarm_rows import take_alarm, take_change
from controller.record.events import (
    Alarm,
    AlarmChanged,
    Bypassed,
    EngineeringRun,
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
from controller.record.result import PromptRow, StepRow, Summary, Verdict, judge
from controller.record.runfile import RunFile, Stamped

_FINAL = frozenset({"COMPLETE", "STOPPED", "ABORTED"})  # ISA-88 final states of a step
_WAITING = frozenset({"HOLDING", "HELD", "RESTARTING", "PAUSING", "PAUSED"})


def summarize(events: Iterable[tuple[float, Event] | Stamped], meta: Mapping[str, Any] | None = None) -> Summary:
    """Fold events, each with its time in s, into a summary.

    Of `meta` it uses `run_id` and `planned_s`, the planned seconds of each step by name.
    """
    fold = Fold(meta or {})
    for stamped in events:
        fold.take(stamped[0], stamped[1])
    return fold.summary


def summary_of(run: RunFile) -> Summary:
    """The summary of a stored run; state INTERRUPTED is shown for a record without a terminal event."""
    summary = summarize(run.events(), run.meta)
    if not run.ended:
        summary.state, summary.reason = "INTERRUPTED", "the record has no end: the controller was killed, or still runs"
        summary.duration_s = run.span_s
    return summary


class Fold:
    """The state of a run after the events it has taken: `summary`, and which steps are open."""

    def __init__(self, meta: Mapping[str, Any]) -> None:
        """Of `meta` see `summarize`."""
        self.summary = self._out = Summary(run_id=str(meta.get("run_id", "")))
        self._planned_s: Mapping[str, float] = meta.get("planned_s") or {}
        self._open: dict[tuple[int, int], StepRow] = {}
        self._held_since: dict[tuple[int, int], float] = {}

    def take(self, t_s: float, event: Event) -> None:
        """Account for one event at its time in s."""
        out = self._out
        out.duration_s = t_s
        match event:
            case PhaseChanged():
                self._phase(t_s, event)
            case Alarm():
                take_alarm(out.alarms, t_s, event)
            case Measured():
                out.all_results.append(event)
                out.verdict = judge(out.all_results, completed=False)
            case PromptAsked():
                out.prompts.append(PromptRow(t_s, event))
            case PromptAnswered():
                self._answer(t_s, event)
            case JobChanged():
                out.state = event.new
            case RunStarted():
                out.started = event
            case RunEnded():
                out.state, out.reason, out.end_reason = event.state, event.reason, event.end_reason
                own = judge(out.all_results, completed=out.completed)
                # The run may know a reason to fail that is no number; it can make the verdict worse, never better.
                out.verdict = Verdict.FAIL if event.verdict.upper() == "FAIL" else own
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
            case EngineeringRun():
                out.engineering = event.why
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
