"""Draw what is no strip over time: one quantity against another, and one result over runs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from markupsafe import Markup

from controller.record.control import Chart
from controller.record.curve import Floats, Scale, padded
from controller.record.report.figure import grid, heading, svg, text
from controller.record.text import number

WIDTH, HEIGHT = 620.0, 300.0
CHART_WIDTH, CHART_HEIGHT = 460.0, 150.0
PEAK = 0.02  # of the span: what noise does to a steady peak
NEAR = 1.0  # drawing units that a curve has to go before another point is worth its bytes


def against(title: tuple[str, str], units: tuple[str, str], x: Floats, y: Floats) -> Markup | None:
    """`y` against `x` in the order in which they came: up to the last time near the highest `x`, and back.

    `title` and `units` are those of x and y. None without data.
    """
    points = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
    if not points:
        return None
    xs, ys = [a for a, _ in points], [b for _, b in points]
    near = max(xs) - PEAK * (max(xs) - min(xs))
    turn = max(i for i, a in enumerate(xs) if a >= near)  # what creeps at the peak belongs to the way up
    across = Scale(*padded(xs, share=0.03), 52.0, WIDTH - 74)
    up = Scale(*padded(ys), HEIGHT - 34, 26.0)
    parts = [grid(across, up, 5), heading(title[1], units[1], 14), _across(across, HEIGHT - 34)]
    parts.append(text(WIDTH - 74, HEIGHT - 4, f"{title[0]}, {units[0]}", "tick end"))
    parts.append(f'<path class="setpoint" d="{_line(points[: turn + 1], across, up)}"/>')
    parts.append(f'<path class="actual" d="{_line(points[turn:], across, up)}"/>')
    for label, (a, b) in (("before", points[0]), ("peak", points[turn]), ("after", points[-1])):
        left, top = across(a), up(b)
        below = {"before": -7, "peak": 15, "after": 30}[label]  # first and last are close to each other and the curve
        parts.append(f'<circle class="dot" cx="{left:.1f}" cy="{top:.1f}" r="3"/>')
        parts.append(text(left + (2 if label == "after" else 6), top + below, f"{label} {number(b)}", "last"))
    return svg(parts, WIDTH, HEIGHT, f"{title[1]} against {title[0]}: dashed up, solid back")


def control(chart: Chart) -> Markup:
    """An individuals chart: values in the order of the runs, mean and control limits, specification limits apart."""
    count = len(chart.values)
    limits = [limit for limit in (chart.result.low, chart.result.high) if limit is not None]
    spread = [chart.low, chart.high]
    near = [limit for limit in limits if abs(limit - chart.mean) < 4 * (spread[1] - spread[0])]
    across = Scale(0.0, max(count - 1, 1), 56.0, CHART_WIDTH - 74)
    # Unlike a curve, a chart is there to show the spread, however small it is.
    low, high = min(*chart.values, *spread, *near), max(*chart.values, *spread, *near)
    edge = 0.1 * (high - low) or 1e-9
    up = Scale(low - edge, high + edge, CHART_HEIGHT - 14, 26.0)
    parts = [heading(chart.result.name, chart.result.unit, 14), *_levels(chart, near, across, up)]
    line = "L".join(f"{across(i):.1f} {up(value):.1f}" for i, value in enumerate(chart.values))
    parts.append(f'<path class="actual" d="M{line}"/>')
    for i, value in enumerate(chart.values):
        style = "dot" if chart.low <= value <= chart.high or chart.sigma == 0.0 else "dot out"
        radius = 4.0 if i == count - 1 else 2.2
        parts.append(f'<circle class="{style}" cx="{across(i):.1f}" cy="{up(value):.1f}" r="{radius:g}"/>')
    return svg(parts, CHART_WIDTH, CHART_HEIGHT, f"{chart.result.name} over {count} runs")


def _levels(chart: Chart, limits: list[float], across: Scale, up: Scale) -> Iterator[str]:
    right = across.end + 8
    decimals = min(max(1 - math.floor(math.log10(up.high - up.low)), 0), 6)  # two digits of the spread
    said = [(chart.mean, "mean", "level"), (chart.low, "-3 s", "setpoint"), (chart.high, "+3 s", "setpoint")]
    said += [(limit, "limit", "edge") for limit in limits]
    taken: list[float] = []
    for value, label, style in said:
        y = up(value)
        yield f'<path class="{style}" d="M{across.start - 4:.1f} {y:.1f}H{right - 4:.1f}"/>'
        if all(abs(y - other) > 10 for other in taken):
            taken.append(y)
            yield text(across.start - 8, y + 3.5, f"{value:.{decimals}f}", "tick end")
            yield text(right, y + 3.5, label, "tick")


def _line(points: list[tuple[float, float]], across: Scale, up: Scale) -> str:
    """A path without the points that would not be seen."""
    parts: list[str] = []
    last = (math.inf, math.inf)
    for i, (a, b) in enumerate(points):
        x, y = across(a), up(b)
        if i in (0, len(points) - 1) or math.hypot(x - last[0], y - last[1]) >= NEAR:
            parts.append(f"{x:.1f} {y:.1f}")
            last = (x, y)
    return "M" + "L".join(parts)


def _across(x: Scale, y: float) -> str:
    ticks = x.ticks(6)
    lines = "".join(f"M{x(tick):.1f} {y:.1f}v4" for tick in ticks)
    labels = "".join(text(x(tick), y + 15, number(tick), "tick middle") for tick in ticks)
    return f'<path class="axis" d="M{x.start:.1f} {y:.1f}H{x.end:.1f}{lines}"/>{labels}'
