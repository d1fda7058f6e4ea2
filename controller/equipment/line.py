"""The line itself: ENABLE, the call lamp for people, the light tower. It moves nothing."""

from __future__ import annotations

import asyncio
from enum import IntEnum

from controller.equipment.module import Module
from controller.guard.scan import Guard
from controller.record.events import Note
from drivers.capabilities import Outputs
from drivers.errors import InstrumentError
from drivers.reading import Value

# The tags that say whether a part lies in a place, and which.
PRESENT = {"press": "press.part_present", "mold": "mold.part_present", "chuck": "grinder.part_present"}
PART = {"press": "press.part", "mold": "mold.part", "chuck": "grinder.part"}


class Call(IntEnum):
    """What the call lamp asks a person at the tool to do."""

    NONE = 0
    LOAD_PRESS = 1
    LOAD_MOLD = 2
    LOAD_CHUCK = 3
    UNLOAD_PRESS = 4
    UNLOAD_CHUCK = 5
    CLOSE_DOOR = 6
    PRESS_RESET = 7
    CUP_UNDER_NEEDLE = 8
    REMOVE_CUP = 9
    MOLD_TO_CHUCK = 10
    UNLOAD_MOLD = 11


class Tower(IntEnum):
    """The light tower."""

    OFF = 0
    READY = 1
    RUNNING = 2
    ATTENTION = 3
    FAULT = 4


class LineModule(Module):
    """What belongs to no single module."""

    VALUES = (Value("plc_beat_age", "s", 0, 1e9, "time since the PLC's heartbeat last changed"),)

    def __init__(self, guard: Guard, plc: Outputs) -> None:
        super().__init__("line", guard, plc)
        self._lights: set[asyncio.Task[None]] = set()
        self._beat = -1.0
        self._beat_s = 0.0
        self._beat_column = self.tags.index("line_plc.hb_plc")
        self._age_column = self.tags.index("line.plc_beat_age")

    def derive(self, now_s: float) -> None:
        beat = self.tags.value[self._beat_column]
        if beat != self._beat:
            self._beat, self._beat_s = beat, now_s
        self.tags.value[self._age_column] = now_s - self._beat_s

    async def enable(self, deadline_s: float) -> None:
        """Have a person press the reset button, re-enable; returns when ENABLE is on."""
        if self.on("line.enabled"):
            return
        await self.call(Call.PRESS_RESET)
        try:
            await self.reached(lambda: self.on("line.reset_button"), deadline_s, "the panel's reset button pressed")
            await self.switch("enable_reset", 1)
            await self.reached(lambda: self.on("line.enabled"), 2.0, "ENABLE")
        finally:
            await self.switch("enable_reset", 0, safe=True)
            await self.call(Call.NONE)

    async def call(self, what: Call) -> None:
        """Light the call lamp, or put it out; a lamp never waits for a permit.

        What a person is called for is recorded before: a part may be moved by it. OrderRefused when it cannot be.
        """
        await self.switch("operator_call", what, safe=True, calls=what is not Call.NONE)

    def show(self, light: Tower) -> None:
        """Set the light tower, beside everything else: a light never decides about a run."""

        async def show() -> None:
            try:
                await self.switch("tower", light, safe=True)
            except InstrumentError as error:
                self.guard.record.event(Note(f"light tower: {error}", "warning"))

        task = asyncio.get_running_loop().create_task(show(), name="light tower")
        self._lights.add(task)
        task.add_done_callback(self._lights.discard)

    async def shown(self) -> None:
        """Return when the lights that were asked for have been set."""
        await asyncio.gather(*self._lights, return_exceptions=True)
