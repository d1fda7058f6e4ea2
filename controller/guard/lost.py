"""Which instruments do not answer, since when, and whose fault it is where several share a wire.

It finds; the guard acts. On a bus one late unit spoils the answers of the others: the one that failed first is named.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Mapping
from functools import partial

from drivers.errors import InstrumentError
from drivers.instrument import Instrument
from drivers.reading import Quality, TagTable

BACK_S = 5.0  # without a failure, until an instrument that was lost counts as answering again

Instruments = Mapping[str, tuple[Instrument, frozenset[str]]]  # id -> instrument, modules that need it


class Answering:
    """Watches the age of what every instrument reports."""

    def __init__(self, tags: TagTable) -> None:
        self._tags = tags
        self.instruments: Instruments = {}
        self.lost: set[str] = set()
        self._polled: list[tuple[int, str]] = []  # a column of each poll, and whose it is
        self._failing_s: dict[str, float] = {}  # instrument -> first failure after its last good reading

    def watch(self, instruments: Instruments) -> None:
        """Be told when a poll of these instruments fails."""
        self.instruments = instruments
        for name, (box, _) in instruments.items():
            box.on_failure.append(partial(self._failed, name))

    def arm(self) -> None:
        """Look at all polls there are now."""
        self._polled = [(i, name) for name, (box, _) in self.instruments.items() for i in box.watched]

    def look(self, now_s: float) -> tuple[list[str], list[str]]:
        """Instruments that have just been lost, and those that have just come back."""
        time_s, fresh_s = self._tags.time_s, self._tags.fresh_s
        old: set[str] | None = None
        for i, name in self._polled:
            if now_s - time_s[i] > fresh_s[i]:
                old = {name} if old is None else old | {name}
        if old is None and not self.lost:
            return [], []
        old = old or set()
        back = sorted(name for name in self.lost - old if self._steady(name, now_s))
        new = sorted(old - self.lost)
        self.lost = (self.lost | old) - set(back)
        return new, back

    def _steady(self, name: str, now_s: float) -> bool:
        """True when nothing failed for a while: a unit that comes and goes stays lost."""
        return not self.failing(name) and now_s - self._failing_s.get(name, -math.inf) >= BACK_S

    def failing(self, name: str) -> bool:
        """True when the last poll of an instrument has failed."""
        since_s = self._failing_s.get(name)
        return since_s is not None and since_s >= self._good_s(name)

    def cause(self, name: str) -> str:
        """Of the instruments on its wire that fail now, the one that failed first; itself when it is alone."""
        line = self.instruments[name][0].line
        since = {
            other: self._failing_s[other]
            for other, (box, _) in self.instruments.items()
            if box.line is line and self.failing(other)
        }
        return min(since, key=lambda other: since[other], default=name)

    def owners(self, column: int) -> Iterator[str]:
        """The instruments that a tag's value comes from."""
        if column in self._tags.inputs:
            for i in self._tags.inputs[column]:
                yield from self.owners(i)
        else:
            name = self._tags.names[column].partition(".")[0]
            if name in self.instruments:
                yield name

    def silent(self, column: int) -> list[str]:
        """Instruments behind a tag that give no reading of it now; empty when the reading is there, but bad."""
        tags = self._tags
        if tags.quality[column] == Quality.BAD:
            return []
        return [name for name in self.owners(column) if name in self.lost or self.failing(name)]

    def _failed(self, name: str, error: InstrumentError) -> None:
        if not self.failing(name):
            self._failing_s[name] = asyncio.get_running_loop().time()

    def _good_s(self, name: str) -> float:
        return max(self._tags.time_s[i] for i in self.instruments[name][0].watched)
