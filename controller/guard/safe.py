"""The safe state: what each module does to get there, in order, confirmed by reading back.

Actions start in the order energy, motion, the rest; each has its own deadline, so one actuator that does not obey never
delays the others. What is not confirmed in time is reported, and the guard then withdraws the host heartbeat: the
hard-wired behaviour of the machine does the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from controller.guard.gate import OrderRefused
from drivers.errors import InstrumentError


class FailureClass(IntEnum):
    """How bad it is; decides which safe state a module goes to."""

    EMERGENCY = 1
    LOSS_OF_KNOWLEDGE = 2
    PROCESS_DEVIATION = 3
    INFORMATION = 4


@dataclass(frozen=True, slots=True)
class SafeAction:
    """One actuator on its way to its safe state.

    `do` gives the orders (again and again is harmless); `confirmed` looks at polled tags; both within `deadline_s`.
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

    def safe_actions(self, failure_class: FailureClass, lost: frozenset[str]) -> Sequence[SafeAction]:
        """Actions in order; `lost` are the instruments that no longer answer."""
        ...


CONFIRM_EVERY_S = 0.05


async def make_safe(actions: Sequence[SafeAction]) -> list[SafeOutcome]:
    """Carry out all actions at once, begun in their order; returns when each is confirmed or its deadline has passed."""
    return list(await asyncio.gather(*(_carry_out(action) for action in actions)))


async def _carry_out(action: SafeAction) -> SafeOutcome:
    detail = ""
    try:
        async with asyncio.timeout(action.deadline_s):
            try:
                await action.do()
            except (InstrumentError, OrderRefused) as error:
                detail = str(error)
            while not action.confirmed():
                await asyncio.sleep(CONFIRM_EVERY_S)
    except TimeoutError:
        return SafeOutcome(action.name, False, detail or f"not confirmed within {action.deadline_s:g} s")
    return SafeOutcome(action.name, True, detail)
