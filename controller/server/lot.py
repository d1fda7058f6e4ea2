"""The lot that people have loaded: its parts are given to the jobs one by one, in their order.

It says which part a job is about, and nothing of where that part lies. A daemon begins without a lot.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from controller import wall
from controller.server.protocol import Code, Refused

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
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

    def unload(self, queued: list[Mapping[str, str]]) -> str:
        """Forget the lot; `queued` are the labels of the jobs that wait. Returns it in words."""
        if self._lot is None:
            raise Refused(Code.STATE, "no lot is loaded", "nothing has to be unloaded")
        lot = self._lot["lot"]
        waiting = sum(labels.get("lot") == lot for labels in queued)
        if waiting:
            raise Refused(Code.STATE, f"{waiting} jobs of the queue are about its parts", "take them out of the queue")
        said = f"{lot}, {len(self._left)} parts left"
        self._lot, self._left = None, []
        return said

    def take(self) -> dict[str, str]:
        """The labels of the next part for a job; none without a lot, Refused when no part is left."""
        if self._lot is None:
            return {}
        if not self._left:
            raise Refused(Code.STATE, f"lot {self._lot['lot']} has no part left", "unload it, and load the next one")
        return self._labels(self._left.pop(0))

    def give_back(self, labels: Mapping[str, str]) -> None:
        """A job that has not begun will not be: its part takes its place among those that are left."""
        part = labels.get("part_id")
        if self._lot is not None and labels.get("lot") == self._lot["lot"] and part in self._all:
            self._left = sorted({*self._left, part}, key=self._all.index)

    def to_json(self) -> dict[str, Any] | None:
        """For the state; `next` is the labels of the next part, None when none is left."""
        if self._lot is None:
            return None
        return {**self._lot, "left": len(self._left), "next": self._labels(self._left[0]) if self._left else None}

    def _labels(self, part_id: str) -> dict[str, str]:
        assert self._lot is not None
        labels = {"part_id": part_id, "lot": self._lot["lot"]}
        return {**labels, "carrier": self._lot["carrier"]} if self._lot["carrier"] else labels


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
