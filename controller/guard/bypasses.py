"""Bypasses: an interlock that a person has put out of force, for a time that its record allows, seen by everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.guard.interlocks import Interlock
from controller.record.events import Bypassed, Event


class Bypasses:
    """The interlocks that are out of force now; each beginning and each end is an event."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._out: dict[str, tuple[float, Interlock]] = {}  # id -> until when

    def begin(self, id: str, interlocks: Sequence[Interlock], now_s: float, by: str, reason: str) -> str:
        """Put one out of force for as long as its record allows; returns why it is refused, or nothing."""
        interlock = next((i for i in interlocks if i.id == id and i.bypass_s), None)
        if interlock is None:
            names = ", ".join(i.id for i in interlocks if i.bypass_s)
            return f"{id} must not be bypassed; what may be: {names}"
        if id in self._out:
            return f"{id} is bypassed already"
        self._out[id] = now_s + interlock.bypass_s, interlock
        interlock.bypassed = True
        self._tell(Bypassed(id, True, by, reason, interlock.bypass_s))
        return ""

    def scan(self, now_s: float) -> None:
        """Put back into force what was out of it for long enough."""
        if not self._out:
            return
        for id, (until_s, interlock) in list(self._out.items()):
            if now_s >= until_s:
                interlock.bypassed = False
                del self._out[id]
                self._tell(Bypassed(id, False, "", "its time is over", 0.0))
