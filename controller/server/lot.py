"""The lot that people have loaded: its parts are given to the jobs one by one, in their order.

It says which part a job is about, and nothing of where that part lies. A daemon begins without a lot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from controller import wall
from controller.recipe.model import Recipe
from controller.server.protocol import Code, Refused
from controller.start import LABEL, UNNAMED, Piece

PARTS_MAX = 200


class Lots:
    """At most one lot is loaded. Every refusal says what to do."""

    def __init__(self) -> None:
        self._lot: dict[str, Any] | None = None
        self._all: list[str] = []
        self._left: list[str] = []

    def load(self, lot: str, parts: str, carrier: str, by: str) -> str:
        """Load a lot; `parts` is how many, or their ids with commas between. Returns it in words."""
        if self._lot is not None:
            raise Refused(Code.STATE, f"lot {self._lot['lot']} is loaded", "unload it first")
        for name, label in (("lot", lot), ("carrier", carrier or "none")):
            _check_label(name, label)
        self._all = part_ids(lot, parts)
        self._left = list(self._all)
        self._lot = {"lot": lot, "carrier": carrier, "parts": len(self._left), "by": by, "utc": wall.utc_text()}
        return f"{lot}, {len(self._left)} parts" + (f", carrier {carrier}" if carrier else "")

    def unload(self, queued: Iterable[Piece]) -> str:
        """Forget the lot; `queued` are those of the jobs that wait. Returns it in words."""
        if self._lot is None:
            raise Refused(Code.STATE, "no lot is loaded", "nothing has to be unloaded")
        lot = self._lot["lot"]
        waiting = sum(piece.lot == lot for piece in queued)
        if waiting:
            raise Refused(Code.STATE, f"{waiting} jobs of the queue are about its parts", "take them out of the queue")
        said = f"{lot}, {len(self._left)} parts left"
        self._lot, self._left = None, []
        return said

    @contextmanager
    def piece(self, recipe: Recipe, named: Piece) -> Iterator[Piece]:
        """The piece of a job: the one that was named, else the next of the lot when the recipe is for a part.

        A part of the lot is given back when the block fails. Refused when no part is left.
        """
        if self._lot is None or named != UNNAMED or not recipe.intended_for.get("part"):
            yield named
            return
        piece = self.take()
        try:
            yield piece
        except BaseException:
            self.give_back(piece)
            raise

    def take(self) -> Piece:
        """The next part; Refused when there is none."""
        if self._lot is None:
            raise Refused(Code.STATE, "no lot is loaded", "load one")
        if not self._left:
            raise Refused(Code.STATE, f"lot {self._lot['lot']} has no part left", "unload it, and load the next one")
        return self._piece(self._left.pop(0))

    def give_back(self, piece: Piece) -> None:
        """A job that has not begun will not be: its part takes its place among those that are left."""
        if self._lot is not None and piece.lot == self._lot["lot"] and piece.part in self._all:
            self._left = sorted({*self._left, piece.part}, key=self._all.index)

    def to_json(self) -> dict[str, Any] | None:
        """For the state; `next` is the labels of the next part, None when none is left."""
        if self._lot is None:
            return None
        return {**self._lot, "left": len(self._left), "next": self._piece(self._left[0]).labels if self._left else None}

    def _piece(self, part: str) -> Piece:
        assert self._lot is not None
        return Piece(part, self._lot["lot"], self._lot["carrier"])


def part_ids(lot: str, parts: str) -> list[str]:
    """`12` parts of a lot are its /01 to /12; ids are taken as they are. Refused for what is neither."""
    if parts.isdecimal() and 0 < int(parts) <= PARTS_MAX:
        return [f"{lot}/{n:02}" for n in range(1, int(parts) + 1)]
    ids = [part.strip() for part in parts.split(",") if part.strip()]
    if not ids or parts.isdecimal() or len(ids) > PARTS_MAX or len(set(ids)) < len(ids):
        text = f"parts is how many, 1 to {PARTS_MAX}, or different ids with commas between; not {parts[:40]!a}"
        raise Refused(Code.PARAMS, text, "as in 12, or W-1, W-2")
    for part in ids:
        _check_label("part", part)
    return ids


def _check_label(name: str, label: str) -> None:
    if not LABEL.fullmatch(label):
        text = f"{name} {label[:64]!a} is no label; letters, digits and . _ : / -, at most 64"
        raise Refused(Code.PARAMS, text, "as in HX2231")
