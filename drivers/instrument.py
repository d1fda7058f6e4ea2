"""What all instruments share: values with tags, identity at connect, polls that fill the table, permitted commands.

A driver declares its values once and writes verbs only; it holds no address, sleeps nowhere and repeats no order.
"""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from drivers.errors import GarbledReply, InstrumentError, NoReply
from drivers.links.line import Line
from drivers.links.request import Dialogue, Poll
from drivers.permit import Permit
from drivers.reading import Quality, TagTable, Value

T = TypeVar("T")

GRID_S = 0.05
CONNECT_S = 1.0  # for each reply while it is found out who answers: the first one may take longer


class Instrument(ABC):
    """One instrument on a line.

    `settings` is the instrument's own part of the tool file (unit id, decimals, word order); a driver takes what it
    knows with `self.setting(...)` and the station refuses what nobody took.
    """

    VALUES: ClassVar[tuple[Value, ...]] = ()
    DEADLINE_S: ClassVar[float] = 0.2  # for one reply

    def __init__(self, name: str, line: Line, tags: TagTable, settings: Mapping[str, Any]) -> None:
        self.name = name
        self.line = line
        self.tags = tags
        self.settings_left = dict(settings)
        self.identity = ""  # what the instrument said it is; empty until it was asked
        self._forgotten = False  # the link was lost: nobody knows what answers now
        self.tag = {value.name: tags.add(name, value) for value in self.VALUES}
        self.watched: list[int] = []  # one column per poll: old means that the instrument does not answer
        self.on_poll: list[Callable[[], None]] = []  # called after each good poll, e.g. the guard's scan
        self.on_failure: list[Callable[[InstrumentError], None]] = []
        line.on_lost.append(self._forget)

    def setting(self, key: str, default: Any) -> Any:
        """Value of a setting of the tool file."""
        return self.settings_left.pop(key, default)

    @abstractmethod
    def identify(self) -> Dialogue[str]:
        """Ask who it is; return a line for people, or raise WrongInstrument with what was found."""

    @abstractmethod
    def polls(self) -> Sequence[Poll]:
        """The questions asked again and again (made with `self.poll`); empty for an instrument read on demand."""

    async def connect(self) -> str:
        """Check the identity, then start the polls; returns what answered. Raises WrongInstrument or a link error.

        Without a good reply it is asked twice: what another program has left in its buffer ends with our first line.
        """
        try:
            self.identity = await self.line.transact(self.name, self.identify, CONNECT_S)
        except (NoReply, GarbledReply):
            self.identity = await self.line.transact(self.name, self.identify, CONNECT_S)
        for poll in self.polls():
            self.line.add_poll(poll)
        return self.identity

    async def ask(self, dialogue: Callable[[], Dialogue[T]], deadline_s: float | None = None) -> T:
        """Read something now; returns when it was answered."""
        return await self.line.transact(self.name, self._known(dialogue), deadline_s or self.DEADLINE_S)

    async def act(self, dialogue: Callable[[], Dialogue[T]], permit: Permit) -> T:
        """Command something; returns the value read back, once the instrument has accepted."""
        return await self.line.transact(self.name, self._known(dialogue), self.DEADLINE_S, permit)

    def poll(
        self,
        period_s: float,
        dialogue: Callable[[], Dialogue[T]],
        done: Callable[[T, float], None],
        fills: Sequence[str],
    ) -> Poll:
        """A poll that fills the values `fills`; they turn STALE when it fails.

        A reading is fresh for two periods plus the deadline. `done` may change `poll.period_s` (see `pace`).
        """
        columns = [self.tag[name] for name in fills]

        def failed(error: InstrumentError) -> None:
            for i in columns:
                self.tags.fail(i)
            for told in self.on_failure:
                told(error)

        def answered(result: T, now_s: float) -> None:
            done(result, now_s)
            if poll.period_s != poll.fresh_for_s:  # the pace has changed: the age limits follow with this reading
                poll.fresh_for_s = poll.period_s
                self._refresh(columns, poll.period_s)
            for told in self.on_poll:
                told()

        poll = Poll(self.name, period_s, self.DEADLINE_S, self._known(dialogue), answered, failed)
        # On a common grid, so that polls of different lines fall into one turn of the event loop.
        poll.due_s = math.ceil(asyncio.get_running_loop().time() / GRID_S) * GRID_S
        self.watched.append(columns[0])
        poll.fresh_for_s = period_s
        self._refresh(columns, period_s)
        return poll

    def pace(self, poll: Poll, period_s: float) -> None:
        """Change how often `poll` asks, from now on when that is oftener; age limits follow with its next reading."""
        if poll.period_s != period_s:
            oftener = period_s < poll.period_s
            poll.period_s = period_s
            if oftener:
                self.line.advance(poll)

    def put(self, name: str, value: float, now_s: float, quality: Quality = Quality.GOOD) -> None:
        """Write one value of this instrument into the table."""
        self.tags.put(self.tag[name], value, now_s, quality)

    def _known(self, dialogue: Callable[[], Dialogue[T]]) -> Callable[[], Dialogue[T]]:
        """The dialogue, but after the link was lost ask first who answers now."""

        def asked() -> Dialogue[T]:
            return self._identified(dialogue) if self._forgotten else dialogue()

        return asked

    def _identified(self, dialogue: Callable[[], Dialogue[T]]) -> Dialogue[T]:
        self.identity = yield from self.identify()
        self._forgotten = False
        return (yield from dialogue())

    def _refresh(self, columns: Sequence[int], period_s: float) -> None:
        for i in columns:
            self.tags.fresh_s[i] = 2.0 * period_s + self.DEADLINE_S

    def _forget(self) -> None:
        self._forgotten = True
