"""A finished run in the terminal: one line, the results, what was unusual, where the report is."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.explain import stop_lines
from controller.cli.failures import as_object
from controller.cli.show import progress, result_table
from controller.record.explanation import Stop, explain
from controller.record.result import Summary
from controller.record.runfile import RunFile
from controller.record.signs import signs
from controller.record.text import clock_text, engineering_words, plain
from controller.record.unusual import happened_first, unusual

if TYPE_CHECKING:
    from controller.cli.run import Progress, RunOutcome

WIDTH = 80
EXPECTED_S = 3600.0  # full length of the bar; runs of both methods take about this long


def with_progress(title: str, run: Callable[[Progress], RunOutcome]) -> RunOutcome:
    """Run with a progress bar on stderr when it is a terminal."""
    with progress(title, EXPECTED_S) as update:
        return run(update)


def show_outcome(outcome: RunOutcome) -> str:
    """At most 80 columns, for people; only the path of the report may be longer."""
    result = outcome.result
    with RunFile(outcome.record) as record:
        return show_summary(record, outcome.summary, outcome.report, f", {result['wall_s']:.1f} s", result["notes"])


def show_summary(
    record: RunFile, summary: Summary, report: Path | None, took: str = "", notes: Sequence[str] = ()
) -> str:
    """The same for a run of which only the record is known."""
    started = summary.started
    badge = "SIMULATED  " if started is not None and started.simulated else ""
    name = f"{started.recipe} v{started.version}" if started is not None else ""
    lines = [
        f"{badge}{name}  {summary.state}  {summary.verdict.value}  {clock_text(summary.duration_s)} process{took}",
    ]
    if summary.engineering:
        lines.append(textwrap.fill(plain(engineering_words(summary.engineering)), WIDTH))
    if summary.resumed is not None:
        resumed = summary.resumed
        lines.append(_wrapped("resumes", f"{resumed.run}: {resumed.move} at {resumed.step}, chosen by {resumed.by}"))
    if summary.results:
        lines.append(result_table(summary).rstrip())
    lines += [_wrapped("BYPASSED", name) for name in summary.bypassed]
    row, stops = summary.first_alarm, _told(record)
    if row is not None:
        lines.append(_wrapped("first", happened_first(summary)))
        words = {"we did": row.alarm.we_did, "likely": row.alarm.likely, "do": row.alarm.do}
        lines += [_wrapped(f"  {label}", text) for label, text in words.items() if text and not stops]
    for stop in stops:
        lines += stop_lines(stop, short=True)
    said = row.alarm.happened if row is not None else None
    lines += [_wrapped("note", text) for text in unusual(summary, signs(record)) if said is None or said not in text]
    lines += [_wrapped("note", text) for text in notes]
    lines.append(f"report   {report or 'none, see the note'}")
    return "\n".join(lines)


def _told(record: RunFile) -> list[Stop]:
    """The first stop and, when it is another one, the last: the beginning and the end of a story."""
    stops = explain((t_s, event) for t_s, event, _ in record.events())
    return [*stops[:1], *stops[1:][-1:]]


def ending(outcome: RunOutcome) -> str:
    """Why a run did not complete, as a problem for programs."""
    return as_object(f"{outcome.summary.state}: {outcome.summary.reason}", outcome.exit)


def _wrapped(label: str, text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=f"{label:<9}", subsequent_indent=" " * 9, break_long_words=False)
