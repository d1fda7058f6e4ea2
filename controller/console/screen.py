"""The whole screen as rows: chrome, one page, a dialog over it. A pure function of the view."""

from __future__ import annotations

from collections.abc import Callable

from controller.console import chrome
from controller.console.dialogs import Dialog
from controller.console.pages import acts, alarms, help, history, overview, recipes, tags, trends
from controller.console.rows import Row, cells, filled, fit, wrapped
from controller.console.view import View

WIDTH, HEIGHT = 80, 24  # the smallest screen that shows pages
HELP = 10
PAGES: dict[int, Callable[[View, int, int], list[Row]]] = {
    0: overview.page, 1: tags.module, 2: tags.module, 3: tags.module, 4: trends.page, 5: recipes.page, 6: alarms.page,
    7: acts.page, 8: history.page, 9: tags.io, HELP: help.page,
}  # fmt: skip


def screen(view: View, dialog: Dialog | None, width: int, height: int) -> list[Row]:
    """`height` rows of `width` columns."""
    if width < WIDTH or height < HEIGHT:
        return _small(view, width, height)
    room = height - chrome.TOP - chrome.BOTTOM
    page = PAGES[view.page] if view.picture is not None or view.page == HELP else _nothing
    rows = [*chrome.top(view, width), *page(view, width, room), *chrome.bottom(view, width)]
    if dialog is not None:
        rows = _over(rows, dialog, width, height)
    return rows


def _nothing(view: View, width: int, height: int) -> list[Row]:
    """No daemon has been seen yet: why, and what to do."""
    rows: list[Row] = [[], [(" There is no tool to show yet.", "bold")]]
    rows += [[(f" {line}", "")] for line in wrapped(view.link.problem, width - 2)]
    return filled(rows, width, height)


def _over(rows: list[Row], dialog: Dialog, width: int, height: int) -> list[Row]:
    """A dialog stands above the footer, over the whole width: it hides neither header, banner nor badge."""
    lines = _shortened(dialog.rows(width - 4), height - chrome.TOP - 4)
    box: list[Row] = [
        fit(
            [
                ("┌ ", ""),
                (dialog.title, "bold"),
                (" ", ""),
                ("─" * max(0, width - 4 - cells(dialog.title)), ""),
                ("┐", ""),
            ],
            width,
        )
    ]
    box += [[("│ ", ""), *fit(line, width - 4), (" │", "")] for line in lines]
    box.append([("└" + "─" * (width - 2) + "┘", "")])
    end = height - 2
    return [*rows[: end - len(box)], *box, *rows[end:]]


def _shortened(lines: list[Row], most: int) -> list[Row]:
    """What is asked stands at the end of a dialog, so a long one loses its middle."""
    if len(lines) <= most:
        return lines
    return [*lines[: most // 2 - 1], [("…", "dim")], *lines[len(lines) - (most - most // 2) :]]


def _small(view: View, width: int, height: int) -> list[Row]:
    """Too small for pages: badge, state, step, alarm, and what is asked."""
    top = chrome.top(view, width)
    job = view.job
    step = job["step"]["name"] if job and job["step"] else ""
    lines: list[Row] = [[*chrome.badge(view), *chrome.link(view)], top[1], top[3], [(f" {step}", "bold")]]
    lines += [[(f" asked: {p['text']}", "ask")] for p in view.state.get("prompts", ())]
    lines += [[view.said], [(f" make it {WIDTH}x{HEIGHT} to see more; H holds", "dim")]]
    return filled(lines, width, height)
