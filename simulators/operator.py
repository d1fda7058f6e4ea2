"""The simulated operator's hands: sees the call lamp, reacts after a while, does what it asks, and waits for the next.

Acts only on what a person at the tool would see and feel: the lamp, a door that does not open, a part that is held.
What a person says (answers, hold, abort) is not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import IntEnum

from simulators.handling import Handling, Place
from simulators.plant import Plant
from simulators.workpiece import Part


class Call(IntEnum):
    """What the lamp may ask for."""

    NONE = 0
    LOAD_PRESS = 1
    LOAD_MOLD = 2
    LOAD_CHUCK = 3
    UNLOAD_PRESS = 4
    UNLOAD_CHUCK = 5
    CLOSE_DOOR = 6
    PRESS_RESET = 7
    PUT_CUP = 8
    REMOVE_CUP = 9
    MOLD_TO_CHUCK = 10
    UNLOAD_MOLD = 11


@dataclass(frozen=True, slots=True)
class Script:
    """How the hands behave; times in seconds. Calls in `ignores` are never answered."""

    reaction: float = 1.0
    carry: float = 1.5
    door: float = 0.5
    button: float = 1.0
    retry: float = 1.0
    kind: str = "WLP-200"
    first_id: int = 1001
    ignores: frozenset[int] = frozenset()


class Hands:
    """One person's hands at one plant; `run` is the task, `handling` the place where parts are found afterwards."""

    def __init__(self, plant: Plant, script: Script | None = None, part: Part | None = None) -> None:
        """Take a part that comes from an earlier run, if there is one; it lies on the bench."""
        self.script = script or Script()
        self.handling = Handling(plant, self.script.kind, self.script.first_id)
        self.handling.bench = part
        self._lamp = Call(int(plant.shown["operator_call"]))
        self._changed = asyncio.Event()
        plant.on_operator_call = self._see

    async def run(self) -> None:
        """Answer the lamp until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            call = self._lamp
            if call is Call.NONE or call in self.script.ignores:
                continue
            await asyncio.sleep(self.script.reaction)
            if self._lamp is call:
                await self._answer(call)

    def _see(self, value: float) -> None:
        call = Call(int(value)) if int(value) in Call._value2member_map_ else Call.NONE
        if call is not self._lamp:
            self._lamp = call
            self._changed.set()

    async def _answer(self, call: Call) -> None:
        acts: dict[Call, Callable[[], Awaitable[bool]]] = {
            Call.LOAD_PRESS: self._load_press,
            Call.LOAD_MOLD: lambda: self._put("mold"),
            Call.LOAD_CHUCK: lambda: self._put("chuck"),
            Call.UNLOAD_PRESS: self._unload_press,
            Call.UNLOAD_CHUCK: lambda: self._take("chuck"),
            Call.CLOSE_DOOR: self._close_door,
            Call.PRESS_RESET: self._press_reset,
            Call.PUT_CUP: lambda: self._cup(True),
            Call.REMOVE_CUP: lambda: self._cup(False),
            Call.MOLD_TO_CHUCK: self._mold_to_chuck,
            Call.UNLOAD_MOLD: lambda: self._take("mold"),
        }
        while not await acts[call]():
            await asyncio.sleep(self.script.retry)
            if self._lamp is not call:
                return

    async def _load_press(self) -> bool:
        if not await self._open_door():
            return False
        await asyncio.sleep(self.script.carry)
        self.handling.put("press")
        return await self._close_door()

    async def _unload_press(self) -> bool:
        if not await self._open_door():
            return False
        await self._take("press")
        return await self._close_door()

    async def _mold_to_chuck(self) -> bool:
        """Carry the part over; one that is already in the hands is only put down."""
        if self.handling.part_in("mold") is not None and not await self._take("mold"):
            return False
        return self.handling.bench is not None and await self._put("chuck")

    async def _put(self, place: Place) -> bool:
        await asyncio.sleep(self.script.carry)
        return self.handling.put(place)

    async def _take(self, place: Place) -> bool:
        await asyncio.sleep(self.script.carry)
        return self.handling.take(place)

    async def _open_door(self) -> bool:
        if not self.handling.open_door():
            return False
        await asyncio.sleep(self.script.door)
        return True

    async def _close_door(self) -> bool:
        await asyncio.sleep(self.script.door)
        self.handling.close_door()
        return True

    async def _press_reset(self) -> bool:
        self.handling.press_reset(True)
        await asyncio.sleep(self.script.button)
        self.handling.press_reset(False)
        return True

    async def _cup(self, present: bool) -> bool:
        await asyncio.sleep(self.script.door)
        self.handling.put_cup(present)
        return True
