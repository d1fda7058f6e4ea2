"""Page 5: the recipes of the daemon with check and preview, and the queue of jobs."""

from __future__ import annotations

from typing import Any

from controller.console.pages.tags import scroll
from controller.console.rows import Row, beside, clean, filled, rule, span, wrapped
from controller.console.view import View


def shown(view: View) -> list[tuple[str, dict[str, Any] | None]]:
    """The jobs of the queue, then the recipes; a recipe has no job."""
    word = view.filters.get(5, "").lower()
    queue = [(job["recipe"], job) for job in view.state.get("queue", ())]
    return [*queue, *((name, None) for name in view.recipes if word in name.lower())]


def chosen(view: View) -> tuple[str, dict[str, Any] | None] | None:
    """The chosen line."""
    found = shown(view)
    return found[view.chosen.get(5, 0) % len(found)] if found else None


def page(view: View, width: int, height: int) -> list[Row]:
    """List at the left, the chosen recipe at the right."""
    left = max(36, width * 2 // 5)
    found = shown(view)
    at = view.choice(len(found))
    lines: list[Row] = []
    for i, (name, job) in enumerate(found):
        mark = "▶" if i == at else " "
        if job is not None:
            word = "starts next" if job["started"] else "waits for S"
            lines.append([(f" {mark}{name:<22.22} {word}", "bold")])
        else:
            lines.append([(_line(view, mark, name, min(22, left - 11)), "")])
    if not found:
        lines.append([("  no recipes; see serve --recipes", "dim")])
    room = height - 1
    first = scroll(at, len(lines), room)
    right = width - left - 1
    heads: Row = [*rule(left, "5 RECIPES AND QUEUE"), ("┬", "dim"), *rule(right, "", "v check  S start  U unload")]
    return [heads, *beside([lines[first : first + room], _about(view, right, room)], [left, right], room)]


def _line(view: View, mark: str, name: str, room: int) -> str:
    return f" {mark}{name:<{room}.{room}} {view.released.get(name, ''):<8} {_word(view, name)}"


def _word(view: View, name: str) -> str:
    plan = view.plans.get(name)
    if plan is None:
        return ""
    return f"{len(plan['problems'])} problems" if "problems" in plan else f"v{plan['version']} checked"


def _about(view: View, width: int, height: int) -> list[Row]:
    found = chosen(view)
    if found is None:
        return []
    name, job = found
    rows: list[Row] = []
    if job is not None:
        rows.append([(f" {job['id']}  by {clean(job['by'])}", "")])
        rows += [[(f"   part {clean(job['part'])}", "")]] if "part" in job else []
        rows += [[(f"   {key} = {clean(value)}", "")] for key, value in job["settings"].items()]
    plan = view.plans.get(name)
    if plan is None:
        return [*rows, [(f" {name}: v checks it and shows its steps", "dim")]]
    if "problems" in plan:
        rows.append([(f" {name} must not run:", "p2")])
        rows += [[(f" {line}", "")] for problem in plan["problems"] for line in wrapped(problem, width - 2)]
        return filled(rows, width, height)
    rows += [
        [(f" {line}", "bold")] for line in wrapped(f"{plan['recipe']} v{plan['version']}  {plan['title']}", width - 2)
    ]
    rows += [[(f" {line}", "")] for line in wrapped(released(plan), width - 2)]
    rows += [
        [(f" ${key} {value['text']}{_range(value)}  by {value['who']}", "")]
        for key, value in plan["parameters"].items()
    ]
    total_s = sum(planned.s for step in plan["steps"] if (planned := view.planned(name, step["name"])))
    known = "as last time" if name in view.durations else "dwells only"
    rows.append([(f" {len(plan['steps'])} steps, {span(total_s)} {known}, {len(plan['questions'])} questions", "dim")])
    wide = min(22, max((len(step["name"]) for step in plan["steps"]), default=0))
    for i, step in enumerate(plan["steps"], 1):
        rows.append([(f" {i:>2} {clean(step['name']):<{wide}.{wide}}  {_does(step)}", "")])
    return rows


def released(plan: dict[str, Any]) -> str:
    """Whether a checked recipe may run on the tool, and why not."""
    found = plan["release"]
    return f"{found['state'].upper()}{': ' if found['why'] else ''}{clean(found['why'])}"


def _range(value: dict[str, Any]) -> str:
    if value["min"] is None or value["max"] is None:
        return ""
    return f" ({value['min']:g}..{value['max']:g} {value['unit']})"


def _does(step: dict[str, Any]) -> str:
    words = list(step["does"])
    words += [f"dwell {span(step['dwell_s'])}"] if step["dwell_s"] else []
    words += [f"asks {len(step['asks'])}"] if step["asks"] else []
    words += [f"measures {', '.join(step['measures'])}"] if step["measures"] else []
    return ", ".join(words)
