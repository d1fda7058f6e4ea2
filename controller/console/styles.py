"""How the named styles of rows look, with the terminal's own colours or without any.

Grey is normal; colour is for the abnormal, and each colour stands beside a mark in the text.
"""

from __future__ import annotations

from rich.style import Style

COLOURED = {
    "": "",
    "dim": "bright_black",
    "head": "bold",
    "bold": "bold",
    "badge": "reverse bold",
    "chosen": "reverse",
    "p1": "bold red",
    "p1new": "bold reverse red",
    "p2": "yellow",
    "p2new": "reverse yellow",
    "p3": "cyan",
    "p3new": "reverse cyan",
    "old": "bright_black",
    "bad": "magenta",
    "ask": "bold",
}
PLAIN = {
    **dict.fromkeys(COLOURED, ""),
    **dict.fromkeys(("dim", "old"), "dim"),
    **dict.fromkeys(("head", "bold", "p1", "ask"), "bold"),
    **dict.fromkeys(("badge", "p1new", "p2new", "p3new"), "reverse bold"),
    "chosen": "reverse",
}


def styles(*, colour: bool) -> dict[str, Style]:
    """Name -> style; `colour` is False under NO_COLOR."""
    return {name: Style.parse(text) for name, text in (COLOURED if colour else PLAIN).items()}
