"""A finished run in the terminal: one line, the results, what was unusual, where the report is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from controller.cli.show import progress, result_table
from controller.record.text import clock_text
from controller.record.unusual import happened_first, unusual

if TYPE_CHECKING:
    from controller.cli.run import Progress, RunOutcome

EXPECTED_S = 3600.0  # full length of the bar; runs of both methods take about this long


def with_progress(title: str, run: Callable[[Progress], RunOutcome]) -> RunOutcome:
    """Run with a progress bar on stderr when it is a terminal."""
    with progress(title, EXPECTED_S) as update:
        return run(update)


def show_outcome(outcome: RunOutcome) -> str:
    """At most 80 columns, for people."""
    summary = outcome.summary
    started = summary.started
    badge = "SIMULATED  " if started is not None and started.simulated else ""
    name = f"{started.recipe} v{started.version}" if started is not None else ""
    lines = [
        f"{badge}{name}  {summary.state}  {summary.verdict.value}"
        f"  {clock_text(summary.duration_s)} process, {outcome.result['wall_s']:.1f} s",
    ]
    if summary.results:
        lines.append(result_table(summary).rstrip())
    if summary.first_alarm is not None:
        lines.append(f"first    {happened_first(summary)}")
    lines += [f"note     {sentence}" for sentence in unusual(summary)]
    lines.append(f"report   {outcome.report}")
    return "\n".join(lines)
