"""`springback explain`: why a run was held, refused or aborted, from its record; nothing is connected."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from controller.cli.boundary import show
from controller.cli.exits import Exit
from controller.record.archive import RECORD, find
from controller.record.explanation import Stop, explain
from controller.record.fold import summary_of
from controller.record.runfile import RunFile
from controller.record.text import clock_text, plain

RUNS = Path("runs")
WIDTH = 80
LINES = 12  # of what happened next; a report tells the rest


def explain_run(run: str, *, as_json: bool) -> int:
    """Print the explanation of a run, given by its folder, its id or its record file."""
    with RunFile(find(run, RUNS) / RECORD) as record:
        stops, summary = explain((t_s, event) for t_s, event, _ in record.events()), summary_of(record)
    if as_json:
        head = {"schema": "springback.explain/1", "run": summary.run_id, "state": summary.state}
        reason = {"reason": summary.reason, "bypassed": summary.bypassed}
        show(json.dumps({**head, **reason, "stops": [stop.to_json() for stop in stops]}, allow_nan=False))
        return Exit.PASSED
    ended = f"{summary.run_id}  {summary.state}" + (f": {summary.reason}" if summary.reason else "")
    parts = [plain(ended), *(f"BYPASSED  {name}" for name in summary.bypassed)]
    parts += ["\n".join(stop_lines(stop)) for stop in stops] or ["It was not held, refused or aborted."]
    show("\n\n".join(parts))
    return Exit.PASSED


def stop_lines(stop: Stop, *, short: bool = False) -> Iterator[str]:
    """One stop for people, at most 80 columns; short is without what came after."""
    by = f" by {stop.by}" if stop.by else ""
    yield from _wrapped("", f"{stop.what.upper()} at {clock_text(stop.t_s)}{by}")
    yield from _wrapped("happened", stop.why)
    if stop.condition and stop.values:
        yield from _wrapped("must be", stop.condition)
        yield from _wrapped("was", stop.seen)
    elif stop.condition and stop.condition not in stop.why:
        yield from _wrapped("first", stop.condition)
    for label, text in (("we did", stop.we_did), ("likely", stop.likely), ("do", stop.do)):
        yield from _wrapped(label, text)
    if short:
        return
    yield from _wrapped("clears", stop.who_clears)
    yield from _wrapped("then", ", ".join(stop.followed_by))
    label = "next"
    for t_s, text in _next(stop.next):
        yield from _wrapped(label, f"{clock_text(t_s)} {text}")
        label = " "


def _next(told: Sequence[tuple[float, str]]) -> Sequence[tuple[float, str]]:
    if len(told) <= LINES:
        return told
    left = f"... and {len(told) - LINES} more, see the report"
    return [*told[: LINES - 1], (told[LINES - 1][0], left), told[-1]]


def _wrapped(label: str, text: str) -> list[str]:
    if not text:
        return []
    indent = " " * 11
    first = f"  {label:<9}" if label else ""
    return textwrap.wrap(plain(text), WIDTH, initial_indent=first, subsequent_indent=indent, break_long_words=False)
