"""How many alarms an operator had to answer (EEMUA 191, ISA-18.2): in ten minutes, floods, and which ones chattered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

WINDOW_S = 600.0
FLOOD = 10  # more in ten minutes than a person can answer
CHATTER, CHATTER_S = 3, 60.0  # this often within a minute: nobody learns anything from it


@dataclass(frozen=True, slots=True)
class AlarmLoad:
    """`most` alarms in any ten minutes; `chattering` names in order."""

    total: int
    most: int
    chattering: tuple[str, ...]

    @property
    def flood(self) -> bool:
        """True when there were more than ten in ten minutes."""
        return self.most > FLOOD


def alarm_load(raised: Iterable[tuple[float, str]]) -> AlarmLoad:
    """From the time in s and the name of every alarm that was annunciated, in order of time."""
    times: list[float] = []
    by_name: dict[str, list[float]] = defaultdict(list)
    for t_s, name in raised:
        times.append(t_s)
        by_name[name].append(t_s)
    chattering = tuple(name for name, own in by_name.items() if _most(own, CHATTER_S) >= CHATTER)
    return AlarmLoad(len(times), _most(times, WINDOW_S), chattering)


def _most(times: list[float], window_s: float) -> int:
    """The most of them in any window."""
    first = most = 0
    for last, t_s in enumerate(times):
        while t_s - times[first] > window_s:
            first += 1
        most = max(most, last - first + 1)
    return most
