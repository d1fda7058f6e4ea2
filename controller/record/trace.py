"""The fingerprint of a run: one running sha256 over all events and samples in the order they were recorded.

Wall time, seed and run id are no part of it, so two runs that did the same have the same fingerprint. It stores
nothing.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable

_STAMP = struct.Struct("<d")


class Trace:
    """Feed it the bytes that are stored; `sha256()` may be asked at any time."""

    def __init__(self, columns: Iterable[tuple[str, str]]) -> None:
        """Start from the `(name, unit)` of each column, because they give the samples their meaning."""
        self._hash = hashlib.sha256("\n".join(f"{name}|{unit}" for name, unit in columns).encode())
        self._update = self._hash.update

    def event(self, t_s: float, text: str) -> None:
        """Add one event, as its JSON text."""
        self._update(b"\nE" + _STAMP.pack(t_s) + text.encode())

    def sample(self, t_s: float, row: bytes, quality: bytes) -> None:
        """Add one scan, as its packed columns."""
        self._update(b"\nS" + _STAMP.pack(t_s) + row + quality)

    def sha256(self) -> str:
        """The fingerprint so far, 64 hexadecimal digits."""
        return self._hash.hexdigest()
