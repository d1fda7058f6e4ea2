"""What will happen at which tick: the plant's events in order of time, then of arrival."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from typing import NamedTuple

NEVER = 1 << 62


class Event(NamedTuple):
    """`wakes` names the tools whose steps it concerns; `order` keeps equal ticks in order of arrival."""

    tick: int
    order: int
    act: Callable[[], None]
    wakes: frozenset[str]


class Agenda:
    """Events by tick; `next_tick` is that of the first one, or NEVER."""

    def __init__(self) -> None:
        self.next_tick = NEVER
        self._events: list[Event] = []
        self._order = 0

    def add(self, tick: int, act: Callable[[], None], wakes: frozenset[str]) -> None:
        """Let something happen at a tick."""
        self._order += 1
        insort(self._events, Event(tick, self._order, act, wakes))
        self.next_tick = self._events[0].tick

    def pop(self) -> Event:
        """Take the first event out."""
        event = self._events.pop(0)
        self.next_tick = self._events[0].tick if self._events else NEVER
        return event
