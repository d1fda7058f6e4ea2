"""Page 6: alarms with their states, and the four lines of the chosen one: happened, we did, likely, do."""

from __future__ import annotations

from controller.console.alarms import MARKS, Line, lines
from controller.console.rows import Row, clean, filled, fit, rule, wrapped
from controller.console.view import View

WORDS = (("Happened", "happened"), ("We did", "we_did"), ("Likely", "likely"), ("Do", "do"), ("First", "first_out"))


def shown(view: View) -> list[Line]:
    """The alarms that the filter lets through."""
    word = view.filters.get(6, "").lower()
    return [line for line in lines(view) if word in f"{line.name} {line.said['happened']} {line.word}".lower()]


def page(view: View, width: int, height: int) -> list[Row]:
    """The list above, the card of the chosen alarm below."""
    found = shown(view)
    standing = sum(line.standing for line in found)
    unseen = sum(line.unseen for line in found)
    word = view.filters.get(6, "")
    tail = f"active {standing} · unacked {unseen}" + (f" · filter {word}" if word else " · / filter")
    card = _card(view, found[view.choice(len(found))], width) if found else []
    room = max(3, height - 2 - len(card))
    rows: list[Row] = [rule(width, "6 ALARMS", tail)]
    rows.append([("  P  code                       state          since     what", "dim")])
    first = max(0, min(view.choice(len(found)) - room + 2, len(found) - room + 1)) if found else 0
    for i, line in enumerate(found[first : first + room - 1], first):
        chosen = i == view.choice(len(found))
        mark = f"{'▶' if chosen else ' '}{MARKS[line.rank]}"
        about = f"{clean(line.name):<26.26} {line.word:<14} {view.clock(line.utc)}"
        text = f"{mark} {about}  {clean(line.said['happened'])}"
        rows.append([(text, line.style)])
    if not found:
        rows.append([("   none", "dim")])
    rows = [fit(row, width) for row in rows]
    rows += [fit([], width)] * max(0, height - len(card) - len(rows))
    return filled(rows + card, width, height)


def _card(view: View, line: Line, width: int) -> list[Row]:
    """The four lines, and what the keys do."""
    inner = width - 4
    rows: list[Row] = [
        [("┌ ", "dim"), (f"{line.name} ", "head"), ("─" * max(0, inner - len(line.name) - 1), "dim"), ("┐", "dim")]
    ]
    for label, key in WORDS:
        text = str(line.said.get(key) or "")
        for i, part in enumerate(wrapped(text, inner - 11) if text else []):
            words: Row = [
                ("│ ", "dim"),
                (f"{label if i == 0 else '':<10} ", "dim"),
                (part, "bold" if key == "do" else ""),
            ]
            rows.append([*fit(words, width - 2), ("│", "dim")])
    keys = " a acknowledge   s shelve   neither resets or resumes anything "
    rows.append([("└", "dim"), (keys[: inner + 1], ""), ("─" * max(0, inner + 1 - len(keys)), "dim"), ("┘", "dim")])
    return rows
