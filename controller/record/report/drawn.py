"""Which figures a run gets: the whole run, each step, each alarm, one tag against another, results over runs.

How they are drawn is `figure.py` and `curves.py`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from controller.record.control import Chart, charts
from controller.record.plots import PlotGroup, against_of, plots_of
from controller.record.report.curves import against, control
from controller.record.report.figure import Band, Mark, Strip, overview, single
from controller.record.report.traces import traces
from controller.record.result import StepRow, Summary
from controller.record.runfile import RunFile

MAX_STEP_PLOTS = 60  # a step repeated a hundred times must not make a page of megabytes
MAX_CHARTS = 6
MAX_AROUND = 8  # alarms that are drawn
AROUND_S = 30.0
CURVE_AFTER_S = 60.0  # what a gap does after the release belongs to its curve


@dataclass(frozen=True, slots=True)
class StepPlots:
    """A turn of a step with the strips of what it moved."""

    row: StepRow
    figures: list[Markup]


def strip_of(run: RunFile, group: PlotGroup) -> Strip:
    """The curves of a group; KeyError for a tag that was not recorded."""
    for tag in (group.actual, group.setpoint):
        if tag is not None and tag not in run.tags:
            raise KeyError(f"plot {group.title!r} wants the tag {tag!r}, which {run.path} does not hold")
    times, actual = run.series(group.actual)
    setpoint = run.series(group.setpoint)[1] if group.setpoint else None
    return Strip(group.title, group.unit or run.tags[group.actual].unit, times, actual, setpoint)


def whole(strips: Mapping[PlotGroup, Strip], summary: Summary) -> Markup | None:
    """All strips over the whole run, with steps, alarms and people; None when nothing is drawn."""
    if not strips:
        return None
    return overview(list(strips.values()), *_story(summary), summary.duration_s)


def closer(strips: Mapping[PlotGroup, Strip], summary: Summary) -> Markup | None:
    """The same with every sample, as data for a script; None when nothing is drawn."""
    return traces(list(strips.values()), *_story(summary))


def _story(summary: Summary) -> tuple[list[Band], list[Mark]]:
    bands = [Band(_step_label(row), row.start_s, _end(row, summary)) for row in summary.steps]
    marks = [Mark(row.raised_s, row.alarm.code, f"alarm{row.alarm.failure_class}") for row in summary.alarms]
    return bands, marks + [Mark(t_s, said.command, "person") for t_s, said in summary.people]


def by_step(strips: Mapping[PlotGroup, Strip], summary: Summary) -> list[StepPlots]:
    """For each turn of a step what it moved."""
    found: list[StepPlots] = []
    drawn = 0
    for row in summary.steps:
        moved = [strip for group, strip in strips.items() if row.step in group.steps]
        if moved and drawn < MAX_STEP_PLOTS:
            found.append(StepPlots(row, [single(strip, row.start_s, _end(row, summary)) for strip in moved]))
            drawn += len(moved)
    return found


def curve(run: RunFile, summary: Summary) -> tuple[str, Markup] | None:
    """One tag against another, with its title, from the first step that moves them to a while after the last.

    What a run does that is not completed it does on its way into the safe state: that belongs to the curve.
    """
    wanted = against_of(run.meta)
    rows = [row for row in summary.steps if wanted is not None and row.step in wanted.steps]
    if wanted is None or not rows:
        return None
    times, y = run.series(wanted.y)
    end_s = _end(rows[-1], summary) + CURVE_AFTER_S if summary.completed else summary.duration_s
    part = slice(bisect_left(times, rows[0].start_s), bisect_left(times, end_s))
    names = [plot.title for tag in (wanted.x, wanted.y) for plot in plots_of(run.meta) if plot.actual == tag]
    title = (names[0], names[1]) if len(names) == 2 else (wanted.x, wanted.y)
    units = run.tags[wanted.x].unit, run.tags[wanted.y].unit
    drawn = against(title, units, run.series(wanted.x)[1][part], y[part])
    return None if drawn is None else (wanted.title, drawn)


def around(strips: Mapping[PlotGroup, Strip], summary: Summary) -> dict[int, list[Markup]]:
    """What was moved half a minute before and after the first alarms, by their number."""
    found = {}
    for i, row in enumerate(summary.alarms[:MAX_AROUND]):
        step = next((one.step for one in reversed(summary.steps) if one.start_s <= row.raised_s), "")
        start_s, end_s = max(row.raised_s - AROUND_S, 0.0), min(row.raised_s + AROUND_S, summary.duration_s)
        moved = [strip for group, strip in strips.items() if step in group.steps] or list(strips.values())
        mark = Mark(row.raised_s, row.alarm.code, f"alarm{row.alarm.failure_class}")
        found[i] = [single(strip, start_s, end_s, mark) for strip in moved[:3]]
    return found


def over_runs(summary: Summary, before: Sequence[Summary]) -> list[tuple[Chart, Markup]]:
    """Control charts of the results that enough runs have."""
    return [(chart, control(chart)) for chart in charts(summary, before, MAX_CHARTS)]


def _step_label(row: StepRow) -> str:
    again = f" ({row.turn})" if row.turn > 1 else ""
    return f"{row.index + 1} {row.step}{again}"


def _end(row: StepRow, summary: Summary) -> float:
    return summary.duration_s if row.end_s is None else row.end_s
