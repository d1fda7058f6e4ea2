"""How text messages end, by the names people use in a tool file. Nothing about where a message begins."""

from __future__ import annotations

NAMES = {"CR": b"\r", "LF": b"\n", "CRLF": b"\r\n"}


def termination(name: str) -> bytes:
    """Bytes for `CR`, `LF` or `CRLF`; ValueError for anything else."""
    try:
        return NAMES[name]
    except KeyError:
        raise ValueError(f"termination {name!r} is not known; write one of {', '.join(NAMES)}") from None
