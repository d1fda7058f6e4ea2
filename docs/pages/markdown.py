"""Pieces of a generated page, and how docstrings get into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def page(parts: Iterable[str]) -> str:
    """A page of its heading and what follows, with a note on where it comes from."""
    note = "<!-- Written by docs/generate.py; change the source and run `make docs`. -->"
    head, *rest = parts
    return "\n\n".join([head, note, *rest]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the pipes of its cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def doc(thing: object) -> str:
    """The docstring on one line."""
    return " ".join((thing.__doc__ or "").split())
