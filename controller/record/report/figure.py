"""Draw setpoint against actual as SVG: stacked strips with step bands and marks, and one strip of one step.

Colours and fonts come from the page's style sheet, so a print is light and a dark screen is dark. A plotting library
was measured for this and takes over a second per report, most of it before the first line is drawn.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

from controller.record.curve import Floats, Scale, padded, path, reduce, time_ticks
from controller.record.text import clock_text, number, plain

WIDTH = 960.0
LEFT, RIGHT = 52.0, 66.0  # room for tick labels, and for the last value
STRIP, SPACE = 104.0, 30.0  # height of a strip, and of the title above it
HEAD, NAMES, FOOT = 32.0, 18.0, 24.0  # marks and step names above, times below
SMALL_WIDTH, SMALL_HEIGHT = 300.0, 112.0
POINTS, SMALL_POINTS = 600, 240
CHARACTER = 5.6  # mean width of a character at the label size


@dataclass(frozen=True, slots=True)
class Strip:
    """The curves of one quantity. All of equal length; NaN is a gap."""

    title: str
    unit: str
    times_s: Floats
    actual: Floats
    setpoint: Floats | None = None

    def between(self, start_s: float, end_s: float) -> Strip:
        """The part of the strip in a time range."""
        part = slice(bisect_left(self.times_s, start_s), bisect_left(self.times_s, end_s))
        setpoint = None if self.setpoint is None else self.setpoint[part]
        return replace(self, times_s=self.times_s[part], actual=self.actual[part], setpoint=setpoint)

    @property
    def series(self) -> list[Floats]:
        """The curves that must fit on the axis."""
        return [self.actual] if self.setpoint is None else [self.actual, self.setpoint]


@dataclass(frozen=True, slots=True)
class Band:
    """A step on the time axis."""

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at an instant; `style` is `alarm1` .. `alarm4` or `person`."""

    t_s: float
    label: str
    style: str


def overview(strips: Sequence[Strip], bands: Sequence[Band], marks: Sequence[Mark], span_s: float) -> Markup:
    """All strips over the whole run, one below the other on one time axis."""
    height = HEAD + NAMES + len(strips) * (STRIP + SPACE) + FOOT
    bottom = height - FOOT
    x = Scale(0.0, max(span_s, 1e-3), LEFT, WIDTH - RIGHT)
    parts = [_band(band, x, bottom, even=bool(i % 2)) for i, band in enumerate(bands)]
    parts += _labels([(x(b.start_s), x(b.end_s), b.label) for b in bands])
    for i, strip in enumerate(strips):
        top = HEAD + NAMES + SPACE + i * (STRIP + SPACE)
        y = Scale(*padded(*strip.series), top + STRIP, top)
        parts += [
            grid(x, y, 3),
            *_curves(strip, x, y, POINTS),
            heading(strip.title, strip.unit, top - 8),
            _last(strip, x, y),
        ]
    parts += [_time_axis(x, bottom, 9), *_marks(marks, x, bottom)]
    return svg(parts, WIDTH, height, "Setpoint against actual over the whole run")


def single(strip: Strip, start_s: float, end_s: float, mark: Mark | None = None) -> Markup:
    """One quantity during a stretch of time: nothing before or after, so that the scale is its own."""
    part = strip.between(start_s, end_s)
    x = Scale(start_s, max(end_s, start_s + 1e-3), 44.0, SMALL_WIDTH - 18)
    y = Scale(*padded(*part.series), SMALL_HEIGHT - 20, 24.0)
    curves = [grid(x, y, 3), *_curves(part, x, y, SMALL_POINTS)]
    parts = [*curves, heading(part.title, part.unit, 14), _time_axis(x, SMALL_HEIGHT - 20, 4)]
    if mark is not None:
        parts.append(f'<g class="mark {mark.style}"><path d="M{x(mark.t_s):.1f} 20V{SMALL_HEIGHT - 20:.1f}"/></g>')
    return svg(parts, SMALL_WIDTH, SMALL_HEIGHT, f"{strip.title} from {clock_text(start_s)} to {clock_text(end_s)}")


def svg(parts: Sequence[str], width: float, height: float, title: str) -> Markup:
    """A figure from its parts."""
    label = escape(plain(title))
    inside = "".join(parts)
    # Everything in `parts` was made here: numbers, and texts that went through `text`.
    return Markup(f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{label}">{inside}</svg>')


def text(x: float, y: float, said: str, style: str) -> str:
    """A piece of text; it may come from anywhere."""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{escape(plain(said))}</text>'


def _band(band: Band, x: Scale, bottom: float, *, even: bool) -> str:
    left, right = x(band.start_s), x(band.end_s)
    title = escape(plain(f"{band.label}, {clock_text(band.start_s)} to {clock_text(band.end_s)}"))
    style = "band" if even else "band odd"
    return (
        f'<rect class="{style}" x="{left:.1f}" y="{HEAD:g}" width="{max(right - left, 0.5):.1f}" '
        f'height="{bottom - HEAD:.1f}"><title>{title}</title></rect>'
    )


def _labels(places: Sequence[tuple[float, float, str]]) -> list[str]:
    """Step names where they fit, else their numbers, else nothing: the step table has them all."""
    parts = []
    for left, right, label in places:
        short = label.split(" ", 1)[0]
        name = label if len(label) * CHARACTER < right - left else short
        if len(name) * CHARACTER < right - left + 2:
            parts.append(text((left + right) / 2, HEAD + 13, name, "step"))
    return parts


def grid(x: Scale, y: Scale, about: int) -> str:
    """Lines across at round values, with their numbers."""
    ticks = y.ticks(about)
    lines = "".join(f"M{x.start:.1f} {y(tick):.1f}H{x.end:.1f}" for tick in ticks)
    labels = "".join(text(x.start - 6, y(tick) + 3.5, number(tick), "tick end") for tick in ticks)
    return f'<path class="grid" d="{lines}"/>{labels}'


def _curves(strip: Strip, x: Scale, y: Scale, points: int) -> list[str]:
    parts = []
    if strip.setpoint is not None:
        parts.append(f'<path class="setpoint" d="{path(*reduce(strip.times_s, strip.setpoint, points), x, y)}"/>')
    parts.append(f'<path class="actual" d="{path(*reduce(strip.times_s, strip.actual, points), x, y)}"/>')
    return parts


def heading(title: str, unit: str, y: float) -> str:
    """What is drawn, and its unit."""
    small = f'<tspan class="unit"> {escape(plain(unit))}</tspan>'
    return f'<text class="title" x="2" y="{y:.1f}">{escape(plain(title))}{small}</text>'


def _last(strip: Strip, x: Scale, y: Scale) -> str:
    value = next((value for value in reversed(strip.actual) if value == value), None)
    if value is None:
        return text(x.end + 6, (y.start + y.end) / 2, "no data", "tick")
    return text(x.end + 6, y(value) + 3.5, number(value), "last")


def _time_axis(x: Scale, y: float, at_most: int) -> str:
    ticks = time_ticks(x.low, x.high, at_most)
    lines = "".join(f"M{x(tick):.1f} {y:.1f}v4" for tick in ticks)
    labels = "".join(text(x(tick), y + 15, clock_text(tick), "tick middle") for tick in ticks)
    return f'<path class="axis" d="M{x.start:.1f} {y:.1f}H{x.end:.1f}{lines}"/>{labels}'


def _marks(marks: Sequence[Mark], x: Scale, bottom: float) -> list[str]:
    """A line for each mark; its label in the first of two rows where it does not run into another."""
    parts = []
    free_from = [0.0, 0.0]
    for mark in sorted(marks, key=lambda one: one.t_s):
        at, title = x(mark.t_s), escape(plain(f"{clock_text(mark.t_s)} {mark.label}"))
        said = f"{'●' if mark.style == 'person' else '▼'} {mark.label}"
        row = next((i for i in (0, 1) if at - 4 >= free_from[i]), None)
        label = ""
        if row is not None:
            free_from[row] = at + len(said) * CHARACTER + 8
            label = text(at - 4, 23.0 - 13 * row, said, "label")
        line = f'<path d="M{at:.1f} {HEAD - 6:g}V{bottom:.1f}"/>'
        parts.append(f'<g class="mark {mark.style}"><title>{title}</title>{line}{label}</g>')
    return parts
