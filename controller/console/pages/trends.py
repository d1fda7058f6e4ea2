"""Page 4: curves on one time axis, with setpoints, limits, zoom and a cursor; what is shown can be written as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from controller.console.layout import LABELS, SETPOINTS, decimals
from controller.console.rows import Row, fit, rule, span
from controller.console.trend import BUCKET_S, joined, spread, strip
from controller.console.view import View

LEFT, RIGHT = 9, 20  # columns of the scale and of the readings
WINDOWS_S = (30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0)
HOLD_S = 5.0  # a reading that did not change is drawn on for so long, then a hole is a hole


def page(view: View, width: int, height: int) -> list[Row]:
    """As many strips as fit, at least four rows each."""
    shown = [tag for tag in view.curves if view.tag(tag) is not None]
    room = height - 2
    per = max(3, room // max(1, len(shown)))
    shown = shown[: max(1, room // per)]
    rows: list[Row] = [rule(width, f"4 TRENDS {span(view.window_s)}", "[ ] zoom  ← → pan  c cursor  e export")]
    for tag in shown:
        rows += curve_rows(view, width, per, [tag])
    rows = [fit(row, width) for row in rows[: height - 1]]
    rows += [fit([], width)] * (height - 1 - len(rows))
    return [*rows, _axis(view, width)]


def end_s(view: View) -> float:
    """The right end of the time axis."""
    return view.trend_s if view.end_s is None else view.end_s


def curve_rows(view: View, width: int, height: int, tags: Sequence[str]) -> list[Row]:
    """The strips of some tags, one below the other, `height` rows in all."""
    each = max(1, height // len(tags))
    rows: list[Row] = []
    for i, tag in enumerate(tags[: max(1, height // each)]):
        rows += _strip(view, tag, width, each if i + 1 < len(tags) else height - len(rows))
    return rows


def _strip(view: View, tag: str, width: int, height: int) -> list[Row]:
    found = view.tag(tag)
    if found is None or tag not in view.curves:
        return [[] for _ in range(height)]
    wide = width - LEFT - RIGHT
    upto_s = end_s(view)
    raw = view.curves[tag].columns(upto_s - view.window_s, upto_s, 2 * wide)
    columns = joined(raw, max(1, round(HOLD_S * 2 * wide / view.window_s)))
    digits = decimals(found.unit)
    low, high = spread([columns], 10.0 ** (1 - digits))
    drawn = strip(columns, low, high, height)
    at = None if view.cursor_s is None else int((view.cursor_s - (upto_s - view.window_s)) / view.window_s * wide)
    said = _said(view, tag, height)
    rows: list[Row] = []
    for y, line in enumerate(drawn):
        scale = f"{high:.{digits}f}" if y == 0 else f"{low:.{digits}f}" if y == height - 1 else ""
        edge = "┤" if scale else "│"
        row: Row = [(f"{scale:>{LEFT - 1}}{edge}", "dim")]
        if at is not None and 0 <= at < wide:
            row += [(line[:at], ""), ("┊", "bold"), (line[at + 1 :], "")]
        else:
            row.append((line, "" if view.fresh else "old"))
        rows.append([*row, *(said[y] if y < len(said) else [])])
    return rows


def _said(view: View, tag: str, height: int) -> list[Row]:
    """Name, value, setpoint at the right end; at the cursor when there is one."""
    found = view.tag(tag)
    assert found is not None
    name: Row = [(f" {tag.replace('pressure', 'press.') if len(tag) > RIGHT - 1 else tag}", "dim")]
    if view.cursor_s is not None:
        value = view.curves[tag].at(view.cursor_s)
        shown = f"{value:.{decimals(found.unit)}f}" if value is not None else "--"
        number: Row = [(" at cursor ", "dim"), (shown, "bold")]
    else:
        number = [(" ", ""), view.reading(tag, 1)]
    rows = [name, number] if height > 1 else [[(f" {LABELS.get(tag, tag)}", "dim"), *number]]
    setpoint = SETPOINTS.get(tag, "")
    if setpoint and view.tag(setpoint) is not None and height > 2 and view.cursor_s is None:
        text, style = view.reading(setpoint, 1)
        rows.append([(f" sp {text.strip()}", style or "dim")])
    return rows


def _axis(view: View, width: int) -> Row:
    """Times of day, or of the run in a replay, below the strips."""
    upto_s = end_s(view)
    wide = width - LEFT - RIGHT
    labels = max(2, wide // 16)
    line = [" "] * width
    for i in range(labels + 1):
        t_s = upto_s - view.window_s * (1 - i / labels)
        text = label(view, t_s)
        x = min(LEFT + round(i / labels * (wide - 1)), width - len(text))
        x = max(0, x - (len(text) if i == labels else len(text) // 2))
        line[x : x + len(text)] = text
    note = " standing" if view.end_s is not None else ""
    return fit(
        [
            ("".join(line)[: width - RIGHT], "dim"),
            (f" cursor {label(view, view.cursor_s)}" if view.cursor_s is not None else note, ""),
        ],
        width,
    )


def label(view: View, t_s: float) -> str:
    """A point of the time axis for people."""
    if view.replay is not None:
        return span(t_s) if t_s >= 0 else ""
    return f"{view.wall() - timedelta(seconds=view.now_s() - t_s):%H:%M:%S}"


def move(view: View, direction: int) -> None:
    """Pan, or move the cursor, one twentieth of what is shown."""
    step_s = view.window_s / 20 * direction
    if view.cursor_s is not None:
        view.cursor_s += step_s
        return
    moved_s = end_s(view) + step_s
    view.end_s = None if moved_s >= view.trend_s else moved_s


def zoom(view: View, direction: int) -> None:
    """The next longer (+1) or shorter (-1) time."""
    i = min(range(len(WINDOWS_S)), key=lambda k: abs(WINDOWS_S[k] - view.window_s))
    view.window_s = WINDOWS_S[max(0, min(len(WINDOWS_S) - 1, i + direction))]


def export(view: View, folder: Path) -> Path:
    """Write what is shown: one row every half second, an empty field where nothing was read. OSError when it cannot."""
    upto_s = end_s(view)
    n = max(1, round(view.window_s / BUCKET_S))
    first_s = upto_s - view.window_s
    tags = [tag for tag in view.curves if view.tag(tag) is not None]
    columns = [view.curves[tag].columns(first_s, upto_s, n) for tag in tags]
    path = folder / f"trend-{view.wall():%Y%m%d-%H%M%S}{'-SIMULATED' if view.simulated else ''}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        head = ["run_s"] if view.replay is not None else ["time"]
        for tag in tags:
            unit = (found.unit if (found := view.tag(tag)) else "") or "1"
            head += [f"{tag} min [{unit}]", f"{tag} max [{unit}]"]
        out.writerow(head)
        for i in range(n):
            t_s = first_s + i * view.window_s / n
            row: list[object] = [round(t_s, 3) if view.replay is not None else _stamp(view, t_s)]
            for each in columns:
                row += each[i] or ("", "")
            out.writerow(row)
    return path


def _stamp(view: View, t_s: float) -> str:
    return (view.wall() - timedelta(seconds=view.now_s() - t_s)).isoformat(timespec="milliseconds")
