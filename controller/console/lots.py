"""The loaded lot on the screen, and the dialogs that load one, by typing or scanning, and unload it."""

from __future__ import annotations

from controller.console.dialogs import Choice, Desk, Line, Option
from controller.console.view import View


def may_load(view: View) -> bool:
    """True when a lot could be loaded from this console now."""
    return not view.readonly and view.may("load_lot") and not view.state.get("lot")


def readiness(view: View, recipe: str, labels: dict[str, str] | None) -> tuple[bool, str]:
    """For the ready sheet: which part a job gets, or why it gets none. `labels` are those of a job that waits."""
    lot = view.state.get("lot")
    if labels and "part" in labels:
        return True, f"part {_part(labels)}"
    if not view.plans.get(recipe, {}).get("for", {}).get("part"):
        return True, "needs no part"
    if lot is None:
        return True, "no lot is loaded, so the part has no name: M loads one"
    if lot["next"] is None:
        return False, f"lot {lot['lot']} has no part left: M unloads it"
    return True, f"part {_part(lot['next'])}, {lot['left']} of {lot['parts']} left"


def _part(labels: dict[str, str]) -> str:
    return labels["part"] + (f" on carrier {labels['carrier']}" if "carrier" in labels else "")


def load(desk: Desk, lot: str = "", wrong: str = "") -> Line:
    """Lot, then parts, then carrier, a line each."""

    def parts(lot: str) -> str:
        if not lot:
            return "scan or type the lot"
        words = [f"Lot {lot}", "How many parts, or their ids with commas between:"]
        desk.dialog = Line("LOAD LOT", words, lambda parts: carrier(lot, parts))
        return ""

    def carrier(lot: str, parts: str) -> str:
        if not parts:
            return "a number, or ids"

        def give(carrier: str) -> str:
            desk.tell("load_lot", again=again, lot=lot, parts=parts, carrier=carrier)
            return ""

        def again(why: str) -> None:
            desk.dialog = load(desk, lot, why)

        words = [f"Lot {lot}, parts {parts}", "Carrier (scan or type; empty when there is none):"]
        desk.dialog = Line("LOAD LOT", words, give)
        return ""

    words = ["Lot (scan or type):"] if desk.view.may("load_lot") else ["This role may not load: Esc, then L"]
    return Line("LOAD LOT", words, parts, lot, wrong=wrong)


def loaded(desk: Desk) -> Choice:
    """What is loaded, and how to be rid of it."""
    lot = desk.view.state["lot"]
    words = [f"Lot {lot['lot']}, loaded {desk.view.clock(lot['utc'])} by {lot['by']}"]
    words += [f"carrier {lot['carrier']}"] if lot["carrier"] else []
    words += [f"{lot['left']} of {lot['parts']} parts left" + (f", next {lot['next']['part']}" if lot["next"] else "")]
    why_not = "" if desk.view.may("unload_lot") else "this role may not: L"
    return Choice("LOT", words, (Option("Unload", "jobs get no part of it", lambda: desk.tell("unload_lot"), why_not),))
