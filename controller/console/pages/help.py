"""The keys, from the key map."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from controller.console.keys import KEYS, Key
from controller.console.rows import Row, filled, fit, rule, wrapped
from controller.console.view import View

LEGEND = (
    "~ old or stale · ? bad · ≈ uncertain · ▲▼ beyond its limit · ✓ ✗ met or not · ≋ in the trends",
    "Lower case looks, upper case acts. What a scanner types is a scan and never a command.",
    "This screen stops nothing by wire: in danger use the red button at the tool.",
)


def page(view: View, width: int, height: int) -> list[Row]:
    """All keys, in two columns where there is room."""
    legend = [line for words in LEGEND for line in wrapped(words, width - 2)]
    rows: list[Row] = [rule(width, "KEYS", "! acts at the tool"), *([(f" {line}", "")] for line in legend), []]
    room = height - len(rows)
    if width >= 150:
        left = width // 2
        half = (len(KEYS) + 1) // 2
        nothing: Row = []
        pairs = zip_longest(_keys(KEYS[:half], left), _keys(KEYS[half:], width - left), fillvalue=nothing)
        return filled([*rows, *([*fit(a, left), *b] for a, b in pairs)], width, height)
    lines = _keys(KEYS, width)
    first = max(0, min(view.chosen.get(view.page, 0), len(lines) - room))
    return filled([*rows, *lines[first:]], width, height)


def _keys(keys: Sequence[Key], width: int) -> list[Row]:
    """Each key with what it does, in as many lines as that takes."""
    lines: list[Row] = []
    for key in keys:
        for i, words in enumerate(wrapped(key.does, width - 12)):
            head: Row = [(f" {shown(key.key):<6}", "bold"), (" ! " if key.acts else "   ", "p2")]
            lines.append([*(head if i == 0 else [(" " * 10, "")]), (words, "")])
    return lines


def shown(key: str) -> str:
    """A key as it stands on the keyboard."""
    return {"escape": "Esc", "enter": "Enter", "pageup": "PgUp", "pagedown": "PgDn", " ": "Space"}.get(
        key, key.title() if len(key) > 1 else key
    )
