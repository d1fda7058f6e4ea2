"""The safe state: what each module does to get there, in order, confirmed by reading back.

Actions start in the order energy, motion, the rest; each has its own deadline, so one actuator that does not obey never
delays the others. What fails is tried again until its deadline; what is not confirmed then is reported at once, and the
guard withdraws the host heartbeat: the hard-wired behaviour of the machine does the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol


class FailureClass(IntEnum):
    """How bad it is; decides which safe state a module goes to."""

    EMERGENCY = 1
    LOSS_OF_KNOWLEDGE = 2
    PROCESS_DEVIATION = 3
    INFORMATION = 4


@dataclass(frozen=True, slots=True)
class SafeAction:
    """One actuator on its way to its safe state.

    `do` gives the orders; giving them again is harmless. `confirmed` looks at fresh readings. Both within `deadline_s`.
    """

    name: str
    do: Callable[[], Awaitable[object]]
    confirmed: Callable[[], bool]
    deadline_s: float


@dataclass(frozen=True, slots=True)
class SafeOutcome:
    """What became of one action."""

    name: str
    confirmed: bool
    detail: str


class SafeModule(Protocol):
    """What the safe state needs of a module."""

    name: str

    def moves(self) -> bool:
        """True while something of the module moves, or could at once: it is watched at the full rate then."""
        ...

    def block(self) -> None:
        """Stop the module's output at once: an interlock is lost. Returns at once; the order is on its way."""
        ...

    def safe_actions(self, failure_class: FailureClass, lost: frozenset[str]) -> Sequence[SafeAction]:
        """Actions in order, for every state the module may be in; `lost` are the instruments that no longer answer."""
        ...


Outcomes = Sequence[asyncio.Task[SafeOutcome]]

AGAIN_S = 0.5  # between two attempts of an action
LOOK_S = 0.05  # between two looks at the readings


def make_safe(actions: Sequence[SafeAction], report: Callable[[SafeOutcome], None]) -> Outcomes:
    """Begin all actions in their order; each task is done when its action is confirmed or its deadline has passed.

    Their orders go out in the next turn of the loop, before whatever is scheduled from now on: nothing that is only
    told or recorded comes between a trip and its first order. `report` is told of each outcome when it is known, before
    the others are.
    """

    async def one(action: SafeAction) -> SafeOutcome:
        outcome = await _carry_out(action)
        report(outcome)
        return outcome

    loop = asyncio.get_running_loop()
    return [loop.create_task(one(action), name=f"safe: {action.name}") for action in actions]


async def _carry_out(action: SafeAction) -> SafeOutcome:
    done, detail = False, ""
    try:
        async with asyncio.timeout(action.deadline_s):
            while True:
                if not done:
                    done, detail = await _attempt(action)
                if done and action.confirmed():
                    return SafeOutcome(action.name, True, detail)
                await asyncio.sleep(LOOK_S if done else AGAIN_S)
    except TimeoutError:
        if action.confirmed():  # by whatever means, e.g. a spring
            return SafeOutcome(action.name, True, detail)
        return SafeOutcome(action.name, False, detail or f"not confirmed within {action.deadline_s:g} s")


async def _attempt(action: SafeAction) -> tuple[bool, str]:
    """Give the orders once; whatever fails is said, and no reason to stop."""
    try:
        await action.do()
    except Exception as error:
        return False, str(error) or repr(error)
    return True, ""


class SafeState:
    """The safe state under way, if any: `start` begins to bring the modules there for a class and what is lost."""

    def __init__(self, start: Callable[[FailureClass, frozenset[str]], Outcomes]) -> None:
        self._start = start
        self._class: FailureClass | None = None
        self._lost: frozenset[str] = frozenset()
        self._outcomes: Outcomes = ()

    def begin(self, failure_class: FailureClass, lost: frozenset[str]) -> None:
        """Start it, or start it again when this is worse, or more is lost, than what is under way."""
        worst = failure_class if self._class is None else min(failure_class, self._class)
        if (worst, lost) == (self._class, self._lost):
            return
        self._class, self._lost = worst, lost
        for task in self._outcomes:
            task.cancel()
        self._outcomes = self._start(worst, lost)

    async def wait(self) -> list[SafeOutcome]:
        """Return when what was begun is confirmed, or overdue."""
        while outcomes := self._outcomes:
            await asyncio.wait(outcomes)
            if outcomes is self._outcomes:
                return [task.result() for task in outcomes]
        return []
