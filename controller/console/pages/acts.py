"""Page 7: what may be done now, and why not: commands of the daemon, then what the gate would say to a recipe.

The daemon moves nothing outside a recipe, so there is no jog and no manual valve here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from controller.console.pages.tags import scroll
from controller.console.rows import Row, clean, filled, fit, rule, wrapped
from controller.console.view import View

HELD = ("PAUSING", "PAUSED")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a module may be asked, and what the gate would say to it now."""

    name: str
    asked: int  # permissives
    unmet: Sequence[dict[str, Any]]


def shown(view: View) -> list[Action]:
    """All actions with a permissive, those first that would be refused."""
    found: dict[str, list[dict[str, Any]]] = {}
    for permissive in view.permissives:
        for action in permissive["gates"] or [permissive["id"]]:
            found.setdefault(action, []).append(permissive)
    actions = [Action(name, len(of), [p for p in of if not p["met"]]) for name, of in found.items()]
    return sorted(actions, key=lambda action: (not action.unmet, action.name))


def page(view: View, width: int, height: int) -> list[Row]:
    """Commands, then what each module would be refused, and why, of the chosen one."""
    rows: list[Row] = [
        rule(width, "7 WHAT MAY BE DONE NOW", f"{view.facts.get('user', '')} {view.facts.get('role', '')}")
    ]
    for key, does, why_not, fix in acts(view):
        mark, style = ("✗", "dim") if why_not else ("✓", "")
        text = f" {mark} {key} {does:<24}"
        rows.append([(text, style), (f" {why_not}" if why_not else "", ""), (f"  Fix: {fix}" if fix else "", "bold")])
    found = shown(view)
    refused = sum(bool(action.unmet) for action in found)
    rows.append(rule(width, "WHAT THE GATE WOULD SAY", f"{refused} of {len(found)} refused; only recipes move"))
    at = view.choice(len(found))
    card = _card(found[at], width) if found else []
    room = height - len(rows) - len(card)
    first = scroll(at, len(found), room)
    rows += [_line(action, chosen=i == at) for i, action in enumerate(found[first : first + room], first)]
    return [*filled(rows, width, height - len(card)), *card]


def _line(action: Action, *, chosen: bool) -> Row:
    head = f"{'▶' if chosen else ' '}{'✗' if action.unmet else '✓'} {action.name:<24.24} "
    if not action.unmet:
        return [
            (head, "bold" if chosen else "dim"),
            (f"{action.asked} conditions met" if action.asked > 1 else "", "dim"),
        ]
    more = f"  (and {len(action.unmet) - 1} more)" if len(action.unmet) > 1 else ""
    return [(head, "p2"), (f"Fix: {clean(action.unmet[0]['fix'])}{more}", "")]


def _card(action: Action, width: int) -> list[Row]:
    """What the gate would say, in full."""
    rows: list[Row] = [rule(width, clean(action.name), "" if action.unmet else "would be taken")]
    for permissive in action.unmet[:2]:
        said = f"refused by {permissive['id']}: {permissive['unmet']}. Fix: {permissive['fix']}"
        rows += [[(f" {line}", "")] for line in wrapped(said, width - 2)[:2]]
    return [fit(row, width) for row in rows]


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
