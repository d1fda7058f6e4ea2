"""What a run looks like in a terminal: a progress bar while it runs, its curves and its results when it is done.

It returns text of at most 80 columns and prints only the bar, to stderr. Libraries are imported when first needed,
because `springback --help` needs none of them.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from controller.record.events import Measured
from controller.record.plots import PlotGroup
from controller.record.result import Summary
from controller.record.runfile import RunFile
from controller.record.text import clock_text, limits_text, number, plain

WIDTH = 80
STRIP_HEIGHT = 6  # rows of a curve with its frame
POINTS = 400  # more than a strip has dots across
_BARE: Any = {"box": None, "pad_edge": False, "padding": (0, 2, 0, 0), "header_style": ""}
REFRESHES = 50  # of a progress bar: each costs about a millisecond, and the demo has few to spare

Update = Callable[[float], None]

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table

    from controller.cli.simulated.models import Column


def wants_color() -> bool:
    """True when stdout is a terminal and nobody asked for plain text (NO_COLOR)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of plain text; one whose head begins with `>` is set flush right."""
    lines = [[head.lstrip(">") for head in heads], *([plain(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    sides = [">" if head.startswith(">") else "<" for head in heads]
    return "\n".join(
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(line, sides, widths, strict=True)).rstrip()
        for line in lines
    )


def result_table(summary: Summary) -> str:
    """The results, what was accepted, what was predicted, and the verdict; coloured only where abnormal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(**_BARE)
    table.add_column("RESULT", max_width=26)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("accept", no_wrap=True)
    table.add_column("predicted", justify="right", no_wrap=True)
    table.add_column("source", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in _rows(summary.results):
        failed = row.found is not None and row.found.ok is False
        table.add_row(*(Text(plain(cell)) for cell in row.cells()), style="bold red" if failed else "")
    return _printed(table)


def _printed(table: Table) -> str:
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=WIDTH, force_terminal=wants_color(), highlight=False).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


@dataclass(slots=True)
class _Row:
    """What was found and what was predicted of one result."""

    label: str
    limits: str
    found: Measured | None = None
    predicted: Measured | None = None

    def cells(self) -> list[str]:
        found, source = self.found, self.found.source if self.found else "predicted"
        verdict = "–" if found is None or found.ok is None else ("PASS" if found.ok else "FAIL")
        return [self.label, _quantity(found), self.limits, _quantity(self.predicted), source, verdict]


def _rows(results: Sequence[Measured]) -> list[_Row]:
    """One row for each name and step; the step is named only where the name alone would not tell."""
    steps: dict[str, set[str]] = {}
    for result in results:
        steps.setdefault(result.name, set()).add(result.step)
    rows: dict[tuple[str, str], _Row] = {}
    for result in results:
        label = f"{result.name}, {result.step}" if len(steps[result.name]) > 1 else result.name
        row = rows.setdefault((result.name, result.step), _Row(label, limits_text(result.low, result.high)))
        if result.source == "predicted":
            row.predicted = result
        else:
            row.found = result
    return list(rows.values())


def _quantity(result: Measured | None) -> str:
    return "–" if result is None else f"{number(result.value)} {result.unit}"


def plot_run(run: RunFile, plots: Sequence[PlotGroup]) -> str:
    """The actual curves as strips of text, one below the other on one time axis; KeyError for an unknown tag."""
    from controller.record.curve import reduce, time_ticks

    span_s = max(run.span_s, 1.0)
    strips = []
    for group in plots:
        times, values = reduce(*run.series(group.actual), POINTS)
        good_s, good = [t for t, v in zip(times, values, strict=True) if v == v], [v for v in values if v == v]
        strips.append(_Strip(_title(run, group, good), good_s, good))
    return _plotted(strips, (0.0, span_s), {tick: clock_text(tick) for tick in time_ticks(0.0, span_s, 6)})


def plot_columns(x: Column, columns: Sequence[Column]) -> str:
    """The columns as strips of text, one below the other on one axis."""
    from controller.record.curve import Scale

    low, high = min(x.values), max(x.values)
    strips = [
        _Strip(f"{c.title}, {c.unit}   over {x.title}, {x.unit}   {_reached(c.values)}", x.values, c.values)
        for c in columns
    ]
    ticks = Scale(low, high, 0.0, 1.0).ticks(5)
    return _plotted(strips, (low, high), {tick: number(tick) for tick in ticks})


@dataclass(frozen=True, slots=True)
class _Strip:
    """One curve of text and its title."""

    title: str
    x: Sequence[float]
    y: Sequence[float]


def _plotted(strips: Sequence[_Strip], span: tuple[float, float], labels: Mapping[float, str]) -> str:
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.plot_size(WIDTH - 2, STRIP_HEIGHT * len(strips) + 1)
    if len(strips) > 1:
        figure.subplots(len(strips), 1)
    for row, strip in enumerate(strips, start=1):
        panel = figure.subplot(row, 1) if len(strips) > 1 else figure
        _draw(panel, strip, span, labels if row == len(strips) else {})
    text = figure.build().string(colorless=True)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _draw(plot: Any, strip: _Strip, span: tuple[float, float], labels: Mapping[float, str]) -> None:  # no types there
    from controller.record.curve import Scale, padded

    low, high = padded(strip.y)
    y_ticks = Scale(low, high, 0.0, 1.0).ticks(2)
    plot.theme("clear")
    plot.axes(False, axis="both")
    plot.axes(True, axis="y", side="left")
    if strip.y:
        plot.draw(plot.signal(strip.x, strip.y, marker="braille").lines())
    plot.title(plain(strip.title))
    plot.ruler(axis="y").lim(low, high)
    plot.ruler(axis="y").ticks(y_ticks, [f"{number(tick):>6}" for tick in y_ticks])
    plot.ruler(axis="x").lim(*span)
    plot.ruler(axis="x").ticks(list(labels), list(labels.values()))


def _title(run: RunFile, group: PlotGroup, values: Sequence[float]) -> str:
    unit = group.unit or run.tags[group.actual].unit
    return f"{group.title}, {unit}   {_reached(values)}" if values else f"{group.title}: no data"


def _reached(values: Sequence[float]) -> str:
    return f"{number(min(values))} to {number(max(values))}, ends at {number(values[-1])}"


@contextmanager
def progress(title: str, total_s: float, every_s: float | None = None) -> Iterator[Update]:
    """Give a function to call with the run's time in s; it draws a bar on stderr when that is a terminal.

    `every_s` is the least progress that is drawn; leave it out in virtual time, give 1 s in real time.
    """
    with progresses([title], total_s, every_s) as (update,):
        yield update


@contextmanager
def progresses(titles: Sequence[str], total_s: float, every_s: float | None = None) -> Iterator[Sequence[Update]]:
    """The same for several runs at a time, one bar below the other."""
    if not sys.stderr.isatty():
        yield [lambda t_s: None for _ in titles]
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30, complete_style="default", finished_style="default"),
        TextColumn("{task.fields[clock]} process", markup=False),
        console=Console(stderr=True, width=WIDTH),
        transient=True,  # what comes next says it all
        auto_refresh=False,  # its refreshing thread would take turns from a loop that runs at full speed
    )
    with bars:
        yield [_bar(bars, title, total_s, total_s / REFRESHES if every_s is None else every_s) for title in titles]


def _bar(bars: Progress, title: str, total_s: float, step_s: float) -> Update:
    task = bars.add_task(plain(title), total=total_s, clock=clock_text(0.0))
    drawn_s = 0.0

    def update(t_s: float) -> None:
        nonlocal drawn_s
        if t_s - drawn_s >= step_s or t_s >= total_s > drawn_s:
            drawn_s = t_s
            bars.update(task, completed=min(t_s, total_s), clock=clock_text(t_s), refresh=True)

    return update
