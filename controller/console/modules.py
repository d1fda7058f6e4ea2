"""A module as a drawing with its values: what is in it, what is shut, and each value above its setpoint and limits."""

from __future__ import annotations

from controller.console.layout import MODULES, Gauge, Module, decimals
from controller.console.rows import Cell, Row
from controller.console.view import View

MIMIC = 9
WIDEST = 30  # a number does not stand far from its name


def mimic(view: View, module: Module) -> list[Row]:
    """Four rows, `MIMIC` columns: drawn from presence, locks and positions as the instruments report them."""
    part, locked = view.value(module.part), view.value(module.locked)
    fill = "▒" if part else " " if part is not None else "?"
    shut = "▐" if locked else " " if locked is not None else "?"
    style = "dim" if view.fresh else "old"
    if module is MODULES[0]:
        drawing = ["  ┏━┷━┓  ", f" {shut}┃{fill * 3}┃{shut} ", "  ┗━┯━┛  ", "  ──┴──  "]
    elif module is MODULES[1]:
        down = view.value("dispenser.needle_down")
        needle = ("  │ │    ", "  └┬┘    ") if not down else ("   │     ", "  └┬┘    ")
        tip = "   ╵     " if down else "         "
        drawing = [needle[0], needle[1], tip, f" ▐{fill * 4}▌  " if locked else f"  {fill * 4}   "]
    else:
        lifted = view.value("grinder.wheel_lifted")
        wheel = ["  ╭──┷─╮ ", "  ╰────╯ "]
        chuck = f"  ══{fill}{fill}══ "
        drawing = [*wheel, "         ", chuck] if lifted else ["     │   ", *wheel, chuck]
    return [[(line, style)] for line in drawing]


def values(view: View, module: Module, width: int, height: int) -> list[Row]:
    """The gauges that fit into `height` rows, the most important first."""
    rows: list[Row] = []
    for gauge in module.gauges:
        if view.tag(gauge.tag) is None:
            continue
        lines = gauge_rows(view, gauge, width)
        if len(rows) + len(lines) > height:
            lines = lines[:1]
        if len(rows) < height:
            rows += lines
    return rows


def gauge_rows(view: View, gauge: Gauge, width: int) -> list[Row]:
    """The value in one row; setpoint and limits in a second, when there are any."""
    mark = view.outside(gauge.tag, gauge.limit) or " "
    reading = view.reading(gauge.tag, width - 7)
    rows: list[Row] = [[(f"{gauge.label:<6.6}", "dim"), reading, (mark, "p2")]]
    below: list[Cell] = []
    if gauge.setpoint and view.tag(gauge.setpoint) is not None:
        text, style = view.reading(gauge.setpoint, 1, unit=False)
        below = [(f"sp {text.strip()}", style or "dim"), (f" {limits(view, gauge)}", "dim")]
    return [*rows, below] if below else rows


def limits(view: View, gauge: Gauge) -> str:
    """The limits in force as people read them."""
    low, high = view.limit(gauge.limit)
    tag = view.tag(gauge.tag)
    digits = min(1, decimals(tag.unit)) if tag is not None else 1
    if low is None and high is None:
        return ""
    shown = [f"{bound:.{digits}f}".removesuffix(".0") if bound is not None else "" for bound in (low, high)]
    return f"({shown[0]}..{shown[1]})"


def block(view: View, module: Module, width: int, height: int) -> list[Row]:
    """The drawing with the values beside it."""
    drawn = mimic(view, module)
    numbers = values(view, module, min(width - MIMIC, WIDEST), height)
    rows: list[Row] = []
    for y in range(height):
        left: Row = drawn[y] if y < len(drawn) else [(" " * MIMIC, "")]
        rows.append([*left, *(numbers[y] if y < len(numbers) else [])])
    return rows
