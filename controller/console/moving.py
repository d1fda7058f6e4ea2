"""Moving about in what is shown: choosing lines, panning and zooming curves, travelling in a replay."""

from __future__ import annotations

from pathlib import Path

from controller.console.keys import KEYS
from controller.console.pages import acts, alarms, history, recipes, tags, trends
from controller.console.replay import Player
from controller.console.trend import Curve
from controller.console.view import CURVES_MAX, View

PAGE_LINES = 10


def count(view: View) -> int:
    """How many lines can be chosen on this page."""
    match view.page:
        case 1 | 2 | 3 | 9:
            return len(tags.shown(view))
        case 5:
            return len(recipes.shown(view))
        case 6:
            return len(alarms.shown(view))
        case 7:
            return len(acts.shown(view))
        case 8:
            return len(history.shown(view))
        case 10:
            return len(KEYS)
    return 0


def choose(view: View, by: int) -> None:
    """Another line."""
    view.chosen[view.page] = max(0, min(count(view) - 1, view.chosen.get(view.page, 0) + by))


def act(view: View, action: str, player: Player | None) -> bool:
    """Do a movement; False when the action is none."""
    by = {"up": -1, "down": 1, "page_up": -PAGE_LINES, "page_down": PAGE_LINES}.get(action)
    if by is not None:
        choose(view, by)
    elif action in ("left", "right"):
        _sideways(view, -1 if action == "left" else 1, player)
    elif action in ("home", "end"):
        _ends(view, action, player)
    elif action in ("zoom_in", "zoom_out"):
        if player is not None and view.page != 4:
            player.faster(2.0 if action == "zoom_in" else 0.5)
        else:
            trends.zoom(view, -1 if action == "zoom_in" else 1)
    elif action == "pause" and player is not None:
        player.toggle()
    elif action == "cursor" and view.page == 4:
        view.cursor_s = None if view.cursor_s is not None else trends.end_s(view) - view.window_s / 4
    elif action == "trend":
        toggle_curve(view)
    elif action == "export":
        _export(view)
    else:
        return False
    return True


def _sideways(view: View, direction: int, player: Player | None) -> None:
    if player is not None and view.cursor_s is None:
        player.move(10.0 * direction)
    elif view.page == 4:
        trends.move(view, direction)


def _ends(view: View, action: str, player: Player | None) -> None:
    if player is not None:
        player.seek(0.0 if action == "home" else float("inf"))
    elif view.page == 4:
        view.end_s = None
    else:
        choose(view, -count(view) if action == "home" else count(view))


def toggle_curve(view: View) -> None:
    """Add the chosen value to the trends, or take it away."""
    found = tags.shown(view) if view.page in (1, 2, 3, 9) else []
    if not found:
        view.page = 4
        return
    name = found[view.choice(len(found))].name
    if name in view.curves:
        del view.curves[name]
        view.say(f"{name} is no longer in the trends")
    elif len(view.curves) >= CURVES_MAX:
        view.say(f"{CURVES_MAX} values are in the trends already; take one away first", "p2")
    else:
        view.curves = {name: Curve(), **view.curves}
        view.say(f"{name} is in the trends from now on: 4")


def _export(view: View) -> None:
    try:
        path = trends.export(view, Path())
    except OSError as error:
        view.say(f"export: {error.strerror}: {error.filename}", "p2")
    else:
        view.say(f"written: {path}")
