"""The safe state of the modules in use: carried out, reported, and the heartbeat withdrawn when it is not confirmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from controller.guard.alarms import raised
from controller.guard.safe import FailureClass, Outcomes, SafeModule, SafeOutcome, SafeState, make_safe
from controller.record.events import Alarm, Note
from drivers.reading import TagTable

BLIND_S = 30.0  # for each safe action while the PLC is lost: a wheel without power has stopped by then
HARDWARE_S = 3.0  # the PLC drops ENABLE 0.8 s after the last heartbeat


class Tells(Protocol):
    """What the safe state needs of the guard."""

    tags: TagTable

    def note(self, note: Note) -> None: ...

    def inform(self, alarm: Alarm) -> None: ...

    async def until(self, reached: Callable[[], bool]) -> None: ...


class Safing:
    """Brings modules to the safe state of a class."""

    def __init__(self, guard: Tells) -> None:
        self._guard = guard
        self.modules: dict[str, SafeModule] = {}
        self._dropping: asyncio.Task[None] | None = None  # waits for ENABLE to drop, once the heartbeat is withdrawn
        self._in_use: frozenset[str] = frozenset()
        self._confirmed: set[str] = set()  # actions, since the first beginning
        self._state = SafeState(self._start)

    @property
    def withdrawn(self) -> bool:
        """True once anything was not confirmed: the heartbeat must not beat any more."""
        return self._dropping is not None

    def begin(self, failure_class: FailureClass, lost: frozenset[str], in_use: frozenset[str]) -> None:
        """Start it, or start it again for what is worse than what is under way."""
        self._in_use = in_use
        self._state.begin(failure_class, lost)

    async def wait(self) -> list[SafeOutcome]:
        """Return when what was begun is confirmed; or overdue, and the hard-wired chain has been seen to act or not."""
        outcomes = await self._state.wait()
        if self._dropping is not None:
            await asyncio.wait({self._dropping})
        return outcomes

    def _start(self, failure_class: FailureClass, lost: frozenset[str]) -> Outcomes:
        actions = [
            action
            for name, module in self.modules.items()
            if name in self._in_use
            for action in module.safe_actions(failure_class, lost)
            # What gets worse step by step does not flood the wires with what is safe already and reads so.
            if not (action.name in self._confirmed and action.confirmed())
        ]
        if "line_plc" in lost:  # nearly every confirmation is its word; ENABLE drops meanwhile by itself
            actions = [replace(action, deadline_s=min(action.deadline_s, BLIND_S)) for action in actions]
        return make_safe(actions, self._report)

    def _report(self, outcome: SafeOutcome) -> None:
        if outcome.confirmed:
            self._confirmed.add(outcome.name)
            self._guard.note(Note(f"safe: {outcome.name}"))
            return
        if self._dropping is None:
            loop = asyncio.get_running_loop()
            self._dropping = loop.create_task(self._wait_for_hardware(), name="ENABLE drops")
        happened = f"{outcome.name}: {outcome.detail}"
        did = "withdrew the host heartbeat: the hard-wired chain takes the energy away"
        self._guard.inform(
            raised(
                "safe.unconfirmed",
                FailureClass.EMERGENCY,
                happened,
                did,
                first_out=outcome.name,
                of=outcome.name,
            )
        )

    async def _wait_for_hardware(self) -> None:
        """Without heartbeat ENABLE drops by itself; see it happen where the PLC still answers."""
        tags = self._guard.tags
        enabled = tags.index("line.enabled")
        try:
            async with asyncio.timeout(HARDWARE_S):
                await self._guard.until(lambda: tags.value[enabled] == 0.0)
        except TimeoutError:
            self._guard.note(Note("ENABLE was not seen to drop; the PLC may be lost", "warning"))
