"""What a reader should know first: what happened first, and what was unusual, in a few sentences made by rule.

It looks only at the summary, and at what `signs.py` found in the curves; it adds no facts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from controller.record.events import Measured
from controller.record.result import Summary
from controller.record.text import clock_text, limits_text, number, plural

MOST = 5
NEAR = 0.10  # of the tolerance band; chosen: a tenth is where one looks twice


def unusual(summary: Summary, signs: Sequence[str] = ()) -> list[str]:
    """At most five sentences, the gravest first; empty when nothing was unusual. `signs` are those of its curves."""
    told = [sentence for rule in (_ending, _outside, _alarms) for sentence in rule(summary)]
    told += signs if summary.completed else ()  # a run that was cut short has curves of its own
    told += [sentence for rule in (_holds, _repeats, _near, _unconfirmed, _refusals) for sentence in rule(summary)]
    return told[:MOST]


def happened_first(summary: Summary) -> str:
    """One sentence on the first alarm and the input that changed first; empty when there was no alarm."""
    row = summary.first_alarm
    if row is None:
        return ""
    first = f" The input that changed first: {row.alarm.first_out}." if row.alarm.first_out else ""
    return f"At {clock_text(row.raised_s)} {row.alarm.code}: {_sentence(row.alarm.happened)}{first}"


def _ending(summary: Summary) -> Iterator[str]:
    if not summary.completed:
        why = f": {summary.reason}" if summary.reason else ""
        yield _sentence(f"The run ended {summary.state} at {clock_text(summary.duration_s)}{why}")


def _outside(summary: Summary) -> Iterator[str]:
    for r in summary.results:
        if r.ok is False:
            said = "is predicted outside" if r.source == "predicted" else "is outside"
            yield f"{r.name} {number(r.value)} {r.unit} {said} {limits_text(r.low, r.high)} {r.unit}."


def _alarms(summary: Summary) -> Iterator[str]:
    if summary.alarms:
        row = min(summary.alarms, key=lambda row: row.alarm.failure_class)
        lead = plural(len(summary.alarms), "alarm")
        which = "" if len(summary.alarms) == 1 else "gravest "
        yield f"{lead}: {which}{row.alarm.code} (class {row.alarm.failure_class}) at {clock_text(row.raised_s)}."


def _holds(summary: Summary) -> Iterator[str]:
    held = [row for row in summary.steps if row.held_s > 0]
    if held:
        names = ", ".join(dict.fromkeys(row.step for row in held))
        yield f"Held for {clock_text(sum(row.held_s for row in held))} in all, in {names}."


def _repeats(summary: Summary) -> Iterator[str]:
    turns: Counter[str] = Counter(row.step for row in summary.steps)
    again = [f"{step} ({count} times)" for step, count in turns.items() if count > 1]
    if again:
        yield f"Run more than once: {', '.join(again)}."


def _near(summary: Summary) -> Iterator[str]:
    for r in summary.results:
        edge = near_limit(r)
        if edge is not None:
            yield f"{r.name} {number(r.value)} {r.unit} is close to its limit {number(edge)} {r.unit}."


def near_limit(result: Measured) -> float | None:
    """The limit that a good result comes closer to than a tenth of the tolerance band, or None.

    With one limit only, the band is what lies between the limit and 100 % for a percentage, else the limit's own size.
    """
    if not result.ok or (not result.unit and result.value.is_integer()):  # a count is not close to anything
        return None
    low, high = result.low, result.high
    for limit in (low, high):
        if limit is None:
            continue
        if low is not None and high is not None:
            band = high - low
        else:
            band = 100.0 - limit if result.unit == "%" and high is None else abs(limit)
        if abs(result.value - limit) < NEAR * band:
            return limit
    return None


def _unconfirmed(summary: Summary) -> Iterator[str]:
    if summary.unconfirmed:
        t_s, first = summary.unconfirmed[0]
        count = plural(len(summary.unconfirmed), "command")
        yield _sentence(f"{count} not confirmed by the instrument, first at {clock_text(t_s)}: {first.detail}")


def _refusals(summary: Summary) -> Iterator[str]:
    if summary.refusals:
        _t_s, first = summary.refusals[0]
        yield _sentence(f"{plural(len(summary.refusals), 'command')} refused, first {first.action}: {first.reason}")


def _sentence(text: str) -> str:
    text = text.strip().rstrip(":")
    return text if text.endswith((".", "?")) else f"{text}."
