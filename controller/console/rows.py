"""Rows of text with named styles: what every page of the console is made of.

A page is a function that returns rows; the screen draws them, `--plain` and the tests read them. Nothing here knows a
tool or a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size

Cell = tuple[str, str]  # text, name of a style in styles.py; "" is the terminal's own
Row = list[Cell]
EIGHTHS = " ▏▎▍▌▋▊▉█"


def clean(text: object) -> str:
    """Without control characters: what an instrument or a recipe says must not command the terminal."""
    said = str(text)
    return said if said.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in said)


def cells(text: str) -> int:
    """How many columns of a terminal it takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, width: int) -> str:
    """At most `width` columns, with an ellipsis where something is left out."""
    if cells(text) <= width:
        return text
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def fit(row: Iterable[Cell], width: int) -> Row:
    """Exactly `width` columns: cut, or filled with spaces."""
    out: Row = []
    left = width
    for text, style in row:
        taken = cut(clean(text), left)
        if taken:
            out.append((taken, style))
            left -= cells(taken)
    if left > 0:
        out.append((" " * left, ""))
    return out


def ends(left: Sequence[Cell], right: Sequence[Cell], width: int) -> Row:
    """One thing at each end; the left one gives way."""
    taken = sum(cells(text) for text, _ in right)
    return [*fit(left, max(0, width - taken)), *fit(right, min(taken, width))]


def rule(width: int, title: str = "", right: str = "", style: str = "dim") -> Row:
    """A line over the whole width with a title in it."""
    head = f"─ {title} " if title else ""
    tail = f" {right} ─" if right else ""
    line = "─" * max(0, width - cells(head) - cells(tail))
    return fit([(head, "head" if title else style), (line, style), (tail, style)], width)


def beside(blocks: Sequence[Sequence[Row]], widths: Sequence[int], height: int) -> list[Row]:
    """Blocks side by side with a line between them, each of its width, all `height` rows."""
    out: list[Row] = []
    for y in range(height):
        row: Row = []
        for i, (block, width) in enumerate(zip(blocks, widths, strict=True)):
            row += [("│", "dim")] if i else []
            row += fit(block[y] if y < len(block) else [], width)
        out.append(row)
    return out


def filled(rows: Sequence[Row], width: int, height: int) -> list[Row]:
    """Exactly `height` rows of exactly `width`."""
    return [fit(rows[y] if y < len(rows) else [], width) for y in range(height)]


def bar(share: float, width: int) -> str:
    """A bar of `width` columns, filled to `share` of 0 to 1."""
    inner = width - 2
    eighths = round(max(0.0, min(1.0, share)) * inner * 8)
    full = "█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")
    return f"▕{full:·<{inner}}▏"


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` columns, broken at spaces."""
    lines = [""]
    for word in clean(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and cells(longer) > width:
            lines.append(cut(word, width))
        else:
            lines[-1] = cut(longer, width)
    return lines


def span(seconds: float) -> str:
    """A time span for people: 08:52, or 1:02:03."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60:02}:{rest % 60:02}"
