"""What waits on a line: safe commands first, then commands, then polls that are due."""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable

from drivers.errors import InstrumentError
from drivers.links.request import Command, Poll

COMMANDS_MAX = 256  # that may wait on one line; more is a bug of the caller


class Queue:
    """Commands in the order in which they came, polls by the time at which they are due."""

    def __init__(self) -> None:
        self._safe: deque[Command] = deque()
        self._commands: deque[Command] = deque()
        self._polls: list[tuple[float, int, Poll]] = []
        self._order = 0

    @property
    def full(self) -> bool:
        """True when no more commands should be taken, safe ones excepted."""
        return len(self._commands) >= COMMANDS_MAX

    def add(self, command: Command) -> None:
        """Append a command to its lane."""
        (self._safe if command.safe else self._commands).append(command)

    def add_first(self, command: Command) -> None:
        """Put a command back that could not be begun."""
        (self._safe if command.safe else self._commands).appendleft(command)

    def add_poll(self, poll: Poll) -> None:
        """Add a poll at its `due_s`; an entry with another time that is still there does not count any more."""
        self._order += 1
        heapq.heappush(self._polls, (poll.due_s, self._order, poll))

    def next(self, now_s: float) -> Command | Poll | None:
        """Take what comes next, or None when nothing is due."""
        while self._safe or self._commands:
            command = (self._safe or self._commands).popleft()
            if not command.future.done():  # otherwise its caller has gone
                return command
        polls = self._polls
        while polls and polls[0][0] <= now_s:
            due_s, _, poll = heapq.heappop(polls)
            if due_s == poll.due_s:
                return poll
        return None

    def next_at(self) -> float:
        """Time of the next job: minus infinity for commands, infinity when nothing waits."""
        if self._safe or self._commands:
            return -math.inf
        return self._polls[0][0] if self._polls else math.inf

    def fail(self, error: InstrumentError, which: Callable[[Command], bool]) -> None:
        """Take out and fail the commands that `which` names."""
        for lane in (self._safe, self._commands):
            for command in [c for c in lane if which(c)]:
                lane.remove(command)
                if not command.future.done():
                    command.future.set_exception(error)

    def clear_polls(self) -> None:
        """Ask nothing any more."""
        self._polls.clear()
