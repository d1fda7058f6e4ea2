"""Page 7: what may be done now, and why not. The commands of the daemon first, then what each module permits.

The daemon moves nothing outside a recipe, so there is no jog and no manual valve here.
"""

from __future__ import annotations

from collections.abc import Iterator

from controller.console.pages.tags import scroll
from controller.console.rows import Row, clean, filled, rule
from controller.console.view import View

HELD = ("PAUSING", "PAUSED")


def page(view: View, width: int, height: int) -> list[Row]:
    """Commands, then permissives."""
    rows: list[Row] = [
        rule(width, "7 WHAT MAY BE DONE NOW", f"{view.facts.get('user', '')} {view.facts.get('role', '')}")
    ]
    for key, does, why_not, fix in acts(view):
        mark, style = ("✗", "dim") if why_not else ("✓", "")
        text = f" {mark} {key} {does:<24}"
        rows.append([(text, style), (f" {why_not}" if why_not else "", ""), (f"  Fix: {fix}" if fix else "", "bold")])
    found = sorted(view.permissives, key=lambda p: (p["met"], p["module"], p["id"]))
    unmet = sum(not p["met"] for p in found)
    rows.append(rule(width, "PERMISSIVES", f"{len(found) - unmet} of {len(found)} met"))
    lines: list[Row] = []
    for permissive in found:
        mark, style = ("✓", "dim") if permissive["met"] else ("✗", "p2")
        words = "" if permissive["met"] else f"Fix: {clean(permissive['fix'])}   ({clean(permissive['unmet'])})"
        gates = clean(", ".join(permissive["gates"]))
        lines.append(
            [(f" {mark} {permissive['id']:<22.22} ", style), (words or f"for {gates}", "dim" if not words else "")]
        )
    room = height - len(rows)
    first = scroll(view.choice(len(lines)), len(lines), room)
    return filled([*rows, *lines[first:]], width, height)


def acts(view: View) -> Iterator[tuple[str, str, str, str]]:
    """Key, what it does, why not now, and what fixes it."""
    job, state = view.job, (view.job or {}).get("state", "")
    trip = view.state.get("trip")
    none = "no job runs"
    yield "H", "hold", *_why(view, "hold", none if job is None else "it is held" if state in HELD else "", "")
    yield (
        "R",
        "resume",
        *_why(view, "resume", none if job is None else "" if state in HELD else "the job is not held", ""),
    )
    yield "X", "abort", *_why(view, "abort", none if job is None else "", "")
    start = "" if not trip else f"{trip['code']} has tripped"
    yield "S", "start a job", *_why(view, "start", start, "T, after looking at the machine" if trip else "")
    yield (
        "T",
        "reset a trip",
        *_why(
            view,
            "reset",
            "" if trip and job is None else "nothing has tripped" if not trip else "the job still ends",
            "",
        ),
    )
    yield "p", "answer a question", *_why(view, "answer", "" if view.state.get("prompts") else "nothing is asked", "")


def _why(view: View, command: str, reason: str, fix: str) -> tuple[str, str]:
    """The reason that comes first: the link, this console, the role, the state of the tool."""
    if not view.link.live:
        return "there is no connection", "r tries again"
    if view.readonly:
        return "this console only looks", "start one without --readonly"
    if not view.may(command):
        return f"not for the role {view.facts.get('role', '')}", "L, log in"
    return reason, fix
