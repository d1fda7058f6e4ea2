"""Page 0: everything that an operator needs at a glance, from 80x24 up."""

from __future__ import annotations

from controller.console import interrupted, modules, steps
from controller.console.layout import MODULES
from controller.console.pages.trends import curve_rows
from controller.console.rows import Row, beside, clean, ends, filled, rule, span
from controller.console.sentences import sentence
from controller.console.view import View

WIDE, TALL = 120, 40


def page(view: View, width: int, height: int) -> list[Row]:
    """Modules, step, trend, next for you; with room also all steps, events and instruments."""
    tall = height >= TALL - 8
    rows = _modules(view, width, 7 if tall else 6)
    if width >= WIDE and tall and view.job is not None:
        rows += _steps(view, width)
    else:
        rows += [rule(width, steps.title(view)), *filled(steps.progress(view, width), width, 3)]
    below = _next(view, width, 4 if tall else 2)
    if tall:
        below += _events(view, width, 5) + _instruments(view, width)
    left = height - len(rows) - len(below)
    if left >= 3:
        rows += [
            rule(width, "TREND", "4 for more"),
            *curve_rows(view, width, left - 1, ["press.pressure", "press.gap"]),
        ]
    return filled(rows + below, width, height)


def _modules(view: View, width: int, height: int) -> list[Row]:
    inner = width - 2
    widths = [inner // 3 + (1 if i < inner % 3 else 0) for i in range(3)]
    heads: Row = []
    for i, (module, wide) in enumerate(zip(MODULES, widths, strict=True)):
        heads += [("┬", "dim")] if i else []
        heads += rule(wide, f"{i + 1} {module.title}")
    blocks = [modules.block(view, module, wide, height) for module, wide in zip(MODULES, widths, strict=True)]
    return [heads, *beside(blocks, widths, height)]


def _steps(view: View, width: int) -> list[Row]:
    """The step table with planned and taken time beside the progress."""
    job = view.job
    assert job is not None
    table: list[Row] = [[("   #  step                        planned     taken", "dim")]]
    taken = took(view)
    found = steps.steps(view)
    at = next((step.index for step in found if step.mark == "▶"), 0)
    first = max(0, min(at - 4, len(found) - 10))
    for step in found[first : first + 10]:
        planned = f"{'≥' if step.planned.least else ''}{span(step.planned.s)}" if step.planned is not None else "-"
        now_s = steps.step_s(view) if step.mark == "▶" else taken.get(step.index)
        taking = span(now_s) if now_s is not None else ""
        line = f" {step.mark} {step.index + 1:<2} {clean(step.name):<26.26} {planned:>8}  {taking:>8}"
        table.append([(line, "bold" if step.mark == "▶" else "")])
    left = width // 2 - 1
    right: list[Row] = [*steps.progress(view, width - left - 1), [], *_results(view)]
    return [rule(width, steps.title(view)), *beside([table, right], [left, width - left - 1], 11)]


def took(view: View) -> dict[int, float]:
    """Seconds that finished steps took, as far as the events that are known tell."""
    begun: dict[int, float] = {}
    out: dict[int, float] = {}
    job = view.job
    for told in view.picture.events if view.picture is not None else ():
        event = told["event"]
        if job is None or told["run"] != job["id"] or event["kind"] != "phase":
            continue
        if event["old"] == "IDLE":
            begun[event["index"]] = told["t_s"]
        elif event["new"] == "COMPLETE" and event["index"] in begun:
            out[event["index"]] = told["t_s"] - begun[event["index"]]
    return out


def _results(view: View) -> list[Row]:
    job = view.job
    rows: list[Row] = []
    for result in (job or {}).get("results", ())[-7:]:
        low, high = result["low"], result["high"]
        bounds = f"{low:g}..{high:g}" if low is not None and high is not None else ""
        word = {True: "✓", False: "✗ OUT", None: ""}[result["ok"]]
        number = f"{result['value']:>9.4g} {result['unit']:<5} {bounds:<14}"
        text = f" {clean(result['name']):<16.16} {number} {result['source']:<9} {word}"
        rows.append([(text, "p2" if result["ok"] is False else "")])
    return [[(" RESULTS", "dim")], *rows] if rows else []


def _next(view: View, width: int, height: int) -> list[Row]:
    prompts = view.state.get("prompts", ())
    rows: list[Row] = [[(f" {line}", "ask" if line.startswith("now") else "")] for line in steps.needed(view)]
    if not any(line.startswith("now") for line in steps.needed(view)):
        known = view.job is not None and view.job["recipe"] in view.plans
        rows.insert(0, [(" nothing now" if rows or not known else " nothing more in this run", "dim")])
    notes = "N reads the notes" if view.state.get("notes") else ""
    key = "Enter answers" if prompts else "R takes up" if interrupted.offered(view) else notes
    return [rule(width, "NEXT FOR YOU", key), *filled(rows, width, height)]


def _events(view: View, width: int, height: int) -> list[Row]:
    rows: list[Row] = []
    for told in reversed(view.picture.events if view.picture is not None else ()):
        said = sentence(told["event"])
        if said:
            rows.append([(f" {view.clock(told['utc'])}  ", "dim"), (said, "")])
        if len(rows) == height:
            break
    return [rule(width, "EVENTS"), *filled(rows, width, height)]


def _instruments(view: View, width: int) -> list[Row]:
    said = view.state.get("instruments", {})
    lost = [name for name, about in said.items() if about["lost"]]
    words = f" {len(said) - len(lost)} of {len(said)} answer" if said else " none connected"
    return [
        rule(width, "INSTRUMENTS"),
        ends(
            [(words, ""), (f"   LOST: {', '.join(lost)}" if lost else "", "p2")], [("9 for all values ", "dim")], width
        ),
    ]
