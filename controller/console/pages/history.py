"""Page 8: the runs in the folder of the records, the latest first."""

from __future__ import annotations

from typing import Any

from controller.console.chrome import JOB_WORDS
from controller.console.pages.tags import scroll
from controller.console.rows import Row, clean, filled, fit, rule, span
from controller.console.view import View


def shown(view: View) -> list[dict[str, Any]]:
    """The runs that the filter lets through."""
    word = view.filters.get(8, "").lower()
    return [run for run in view.history if word in " ".join(str(v) for v in run.values()).lower()]


def page(view: View, width: int, height: int) -> list[Row]:
    """The list, and the chosen run below."""
    found = shown(view)
    word = view.filters.get(8, "")
    rows: list[Row] = [rule(width, "8 HISTORY", f"{len(found)} runs · " + (f"filter {word}" if word else "/ filter"))]
    rows.append([(f"   {'begun':<16}  {'recipe':<22} {'state':<11} {'verdict':<7} {'took':>8}  alarms", "dim")])
    at = view.choice(len(found))
    card = _card(found[at], width) if found else [fit([("   no records found", "dim")], width)]
    room = max(1, height - 2 - len(card))
    first = scroll(at, len(found), room)
    for i, run in enumerate(found[first : first + room], first):
        state = JOB_WORDS.get(run["state"], run["state"])
        head = f"{'▶' if i == at else ' '}  {run['begun']:<16.16}  {clean(run['recipe']):<22.22}"
        text = f"{head} {state:<11.11} {run['verdict']:<7} {span(run['duration_s']):>8}  {run['alarms']}"
        rows.append([(text, "bold" if i == at else "p2" if run["verdict"] == "FAIL" else "")])
    return [*filled(rows, width, height - len(card)), *card]


def _card(run: dict[str, Any], width: int) -> list[Row]:
    """What came of one run, and how to look at it again."""
    rows: list[Row] = [rule(width, clean(run["id"])), [(f" {run['reason']}", "")]]
    if run["engineering"]:
        rows.append([(f" {clean(run['engineering'])}", "badge")])
    rows += [[(f" {line}", "")] for line in run["results"][:6]]
    rows.append([(f" springback console --replay {run['id']}", "dim")])
    return [fit(row, width) for row in rows]
