"""An interrupted run on the screen: what is offered, and the dialogs that take it up by a move, which is confirmed.

The daemon says which moves there are and what forbids one now; a move is confirmed by typing it, which no key does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from controller.console.dialogs import Choice, Desk, Line, Option
from controller.console.rows import span
from controller.console.view import View
from controller.record.events import SCRAP
from controller.server.picture import stood_words


def offered(view: View) -> list[dict[str, Any]]:
    """The interrupted runs that nobody has taken up, the latest first; none while a job runs."""
    return list(view.state.get("interrupted", ())) if view.job is None else []


def line(view: View, one: dict[str, Any]) -> str:
    """One of them: where it stood."""
    return f"{one['recipe']} interrupted {span(view.since_s(one['interrupted_utc']))} ago: {stood_words(one)}"


def clocks(view: View, one: dict[str, Any]) -> str:
    """What of its material goes on meanwhile, or nothing."""
    ends = [f"pot life ends {view.clock(utc)}"] if (utc := one["pot_life_ends_utc"]) else []
    return ", ".join([*ends, *(f"{tag} was {percent:g} %" for tag, percent in one["cure_percent"].items())])


def runs(view: View, look: Callable[[str], None]) -> Choice:
    """Which one? `look` is told."""

    def option(one: dict[str, Any]) -> Option:
        return Option(one["recipe"], line(view, one).partition(" ")[2], lambda: look(one["run"]))

    return Choice("INTERRUPTED RUNS", ["Nothing goes on by itself."], tuple(option(one) for one in offered(view)))


def moves(desk: Desk, found: dict[str, Any], wrong: str = "") -> Choice:
    """How far it came, and the moves; `found` is what the daemon knows, `wrong` why nothing came of a move."""
    view = desk.view
    release = found["release"]
    unreleased = not view.simulated and release["state"] != "released"
    no_role = "" if view.may("resume_run") else "this role may not: L"
    no_role = "this console only looks" if view.readonly else no_role
    engineer = "" if view.may("engineering") else f"not released: {release['why']}; for an engineer: L"

    def option(offer: dict[str, Any]) -> Option:
        scraps = offer["move"] == SCRAP
        after = f" after {', '.join(offer['after'])}" if offer["after"] else ""
        then = "the part fails, nothing is energised" if scraps else f"begins at {offer['step']}{after}"
        why_not = offer["refused"] or no_role or (engineer if unreleased and not scraps else "")
        return Option(offer["move"], then, lambda: confirm(offer["move"], declare=unreleased and not scraps), why_not)

    def confirm(move: str, *, declare: bool) -> None:
        def give(text: str) -> str:
            if text != move:
                return f"type {move}, or Esc"
            if declare:
                desk.dialog = Line(f"ENGINEERING RUN of {found['recipe']}", ["Why?"], tell, found["engineering"])
            else:
                tell("")
            return ""

        def tell(why: str) -> str:
            if declare and not why:
                return "a reason is wanted"
            desk.tell("resume_run", again=again, run=found["run"], move=move, confirmed=True, engineering=why)
            return ""

        def again(why: str) -> None:
            desk.dialog = moves(desk, found, why)

        words = ["What comes next energises the tool. Everybody clear, the part as it was?"]
        words = ["The part fails; nothing is energised."] if move == SCRAP else words
        desk.dialog = Line(f"TAKE UP BY {move.upper()}?", [*words, f"Type {move} to confirm:"], give)

    words = [*_words(view, found), *filter(None, [wrong])]
    return Choice(f"TAKE UP {found['run']}", words, tuple(map(option, found["offers"])))


def _words(view: View, found: dict[str, Any]) -> Iterator[str]:
    part = f", part {found['labels']['part']}" if "part" in found["labels"] else ""
    since = f"{view.clock(found['interrupted_utc'])}, {span(found['outage_s'])} ago"
    yield f"{found['recipe']} v{found['version']}{part}, interrupted {since}"
    for known in ("done", "in doubt", "not started"):
        if steps := [row["step"] for row in found["steps"] if row["known"] == known]:
            yield f"{known}: {', '.join(steps)}"
    for order in found["orders_in_doubt"]:
        now = "not known" if order["now"] is None else f"{order['now']:g}"
        yield f"order in doubt: {order['output']} {order['value']:g} {order['unit']}, reads now: {now}"
    if (left_s := found["pot_life_left_s"]) is not None:
        yield f"pot life of its lot: {f'{span(left_s)} left' if left_s > 0.0 else 'over'}"
    for tag, percent in found["cure_percent"].items():
        yield f"{tag} was {percent:g} %, and went on while the zone was warm"
