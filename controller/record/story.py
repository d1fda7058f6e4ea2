"""The story of a run, event by event, in the words of the terminal: what happened, and why it went on as it did.

It is told from events alone, so it is the same live and from a record. Orders that went well are left out.
"""

from __future__ import annotations

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
    Resumed,
    RunStarted,
)
from controller.record.text import clock_text, engineering_words, limits_text, number, plain


def tell(t_s: float, event: Event) -> str | None:
    """One line for an event at its time in s, or None for what is not worth one."""
    said = _what(event)
    return plain(f"{clock_text(t_s):>8}  {said[0]:<8} {said[1]}").replace("\n", " ") if said else None


def _what(event: Event) -> tuple[str, str] | None:
    """A label and what is said under it."""
    match event:
        case RunStarted():
            simulated = ", SIMULATED" if event.simulated else ""
            return "run", f"{event.recipe} v{event.version} on {event.tool}{simulated}"
        case Resumed():
            away = f"{clock_text(event.outage_s)} after its last record"
            return "resumes", f"{event.run}: {event.move} at {event.step}, chosen by {event.by}, {away}"
        case JobChanged():
            return "job", f"{_state(event.old)} -> {_state(event.new)}{_because(event.reason)}"
        case PhaseChanged():
            return _phase(event)
        case Alarm() if event.active:
            return "ALARM", f"{event.code} (class {event.failure_class}): {event.happened}; {event.we_did}; {event.do}"
        case Alarm():
            return "alarm", f"{event.code} is over"
        case AlarmChanged():
            who = f" by {event.by}" if event.by else ""
            of = f" {event.of}" if event.of else ""
            return "alarm", f"{event.code}{of}: {_state(event.old)} -> {_state(event.new)}{who}{_because(event.reason)}"
        case Measured():
            return "result", _result(event)
        case Note():
            return "note" if event.level == "info" else event.level, event.text
    return _person(event)


def _person(event: Event) -> tuple[str, str] | None:
    match event:
        case PromptAsked():
            return "asked", f"{event.step}: {event.text} ({event.answer_type})"
        case PromptAnswered():
            value = f"{number(event.value)}" if isinstance(event.value, float) else event.value
            return "answer", f"{event.id}: {'yes' if value is True else value}, by {event.by}"
        case PromptAhead():
            return "soon", f"{event.step}: {event.text}, in {clock_text(event.in_s)} at the earliest"
        case Bypassed():
            force = "out of force" if event.active else "in force again"
            return "BYPASS", f"{event.interlock} {force}, by {event.by}{_because(event.reason)}"
        case EngineeringRun():
            return "person", f"{event.by}: {engineering_words(event.why)}"
        case PersonSaid():
            return "person", f"{event.by}: {event.command}{_because(event.reason)}"
        case Recorded():
            return "recorded", ", ".join(f"{name} {value}" for name, value in event.fields.items())
        case Refusal():
            return "refused", f"{event.action}: {event.reason}; {event.fix}"
        case Outcome() if event.result in ("failed", "unsent"):
            return event.result, event.detail
    return None


def _phase(event: PhaseChanged) -> tuple[str, str] | None:
    again = f", turn {event.turn}" if event.turn > 1 else ""
    if event.old == "IDLE" and event.new == "RUNNING":
        return "step", f"{event.index + 1} {event.step}{again}"
    if event.new in ("HOLDING", "RESTARTING", "COMPLETE", "STOPPED", "ABORTED"):
        return "step", f"{event.index + 1} {event.step}{again} {_state(event.new)}{_because(event.reason)}"
    return None  # on the way


def _result(event: Measured) -> str:
    limits = limits_text(event.low, event.high)
    verdict = "" if event.ok is None else f" in {limits}" if event.ok else f" OUTSIDE {limits}"
    of = f", found by {event.run}" if event.run else ""
    return f"{event.name} {number(event.value)} {event.unit}, {event.source}{of}{verdict}".replace(" ,", ",")


def _state(name: str) -> str:
    return name.replace("_", " ").lower()


def _because(reason: str) -> str:
    return f": {reason}" if reason else ""
