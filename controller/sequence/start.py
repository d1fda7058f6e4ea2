"""Where a run begins that takes up an interrupted one, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.sequence.step import Fix


@dataclass(frozen=True, slots=True)
class Start:
    """Index of the first step, behind the last one when nothing is left; verbs that go before it; turns and counted
    repeats so far, by step."""

    index: int = 0
    fix: Fix = ()
    turns: Mapping[str, int] = field(default_factory=dict)
    repeats: Mapping[str, int] = field(default_factory=dict)
