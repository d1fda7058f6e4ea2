"""The keys, from the key map."""

from __future__ import annotations

from controller.console.keys import KEYS
from controller.console.rows import Row, filled, fit, rule
from controller.console.view import View

LEGEND = (
    "~ old or stale   ? bad   ≈ uncertain   ▲▼ beyond its limit   ✓ ✗ met or not   ≋ in the trends",
    "Lower case looks, upper case acts. What a scanner types is a scan and never a command.",
    "This screen stops nothing by wire: in danger use the red button at the tool.",
)


def page(view: View, width: int, height: int) -> list[Row]:
    """All keys, in two columns where there is room."""
    lines: list[Row] = [
        [(f" {shown(key.key):<6}", "bold"), (" ! " if key.acts else "   ", "p2"), (key.does, "")] for key in KEYS
    ]
    rows: list[Row] = [rule(width, "KEYS", "! acts at the tool"), *([(f" {line}", "")] for line in LEGEND), []]
    room = height - len(rows)
    if width >= 150:
        half = (len(lines) + 1) // 2
        left = width // 2
        pairs = zip(lines[:half], [*lines[half:], []], strict=False)
        return filled([*rows, *([*fit(a, left), *b] for a, b in pairs)], width, height)
    first = max(0, min(view.chosen.get(view.page, 0), len(lines) - room))
    return filled([*rows, *lines[first:]], width, height)


def shown(key: str) -> str:
    """A key as it stands on the keyboard."""
    return {"escape": "Esc", "enter": "Enter", "pageup": "PgUp", "pagedown": "PgDn", " ": "Space"}.get(
        key, key.title() if len(key) > 1 else key
    )
