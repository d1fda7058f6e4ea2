"""Zaber X-series stage as the height of a tool above a datum (ASCII protocol), native units on the wire.

The stage hangs: its position grows as the tool goes down, and position 0, where it homes, is the highest point. It
knows nothing of approach heights and feeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.errors import WrongInstrument
from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.links.request import Dialogue, Poll
from drivers.permit import Permit
from drivers.protocols.text import number
from drivers.protocols.zaber_ascii import Reply, Talker
from drivers.reading import TagTable, Value

SPEED_UNIT = 1.6384  # units of maxspeed per microstep per second
MOVING_S = 0.1  # poll periods
STILL_S = 1.0
POSITION = ("position", "moving", "warning")
SERIOUS = ("F", "W")  # flags of faults and warnings begin so; N.. are notes, -- is none


class ZaberX(Instrument):
    """One linear axis; `Axis` of the capabilities.

    Settings: `device` (1) and `axis` (1) on the chain, `device_id` that it must have (any), `microstep_um` (0.047625),
    `zero_mm` (60), the height at position 0.
    """

    VALUES = (
        Value("position", "mm", -5.0, 500.0, "height above the datum", at="pos"),
        Value("moving", "", 0.0, 1.0, "the axis is BUSY", at="pos"),
        Value("warning", "", 0.0, 1.0, "a fault or warning flag is set, e.g. WR not homed", at="pos"),
    )

    def __init__(self, name: str, line: Line, tags: TagTable, settings: Mapping[str, Any]) -> None:
        super().__init__(name, line, tags, settings)
        self._talker = Talker(int(self.setting("device", 1)), int(self.setting("axis", 1)))
        self._device_id = str(self.setting("device_id", ""))
        self._microstep_um = float(self.setting("microstep_um", 0.047625))
        self._zero_mm = float(self.setting("zero_mm", 60.0))
        self.flag = "--"  # the last warning flag
        self._poll: Poll | None = None

    # ------------------------------------------------------------------------------------------ reading
    def identify(self) -> Dialogue[str]:
        """Ask for the device id: only a Zaber device answers with our message number and a good checksum."""
        reply: Reply = yield self._talker.ask("get device.id", whole_device=True)
        if not reply.accepted:  # firmware 6 spells it so
            reply = yield self._talker.ask("get deviceid", whole_device=True)
        if not reply.accepted or (self._device_id and reply.data != self._device_id):
            raise WrongInstrument(
                f"{self.name}: wanted a Zaber stage with device id {self._device_id or 'of any kind'} at"
                f" {self.line.channel.address}, but it says {reply.data!r}; check address and `device` in the tool file"
            )
        return f"Zaber device id {reply.data}"

    def polls(self) -> Sequence[Poll]:
        """Position, with the state that comes with every reply; fast while the axis moves."""
        self._poll = self.poll(STILL_S, self._read, self._store, POSITION)
        return [self._poll]

    def _read(self) -> Dialogue[Reply]:
        return (yield from self._talker.do("get pos"))

    def _store(self, reply: Reply, now_s: float) -> None:
        self.flag = reply.flag
        self.put("position", self._height_mm(reply), now_s)
        self.put("moving", 1.0 if reply.busy else 0.0, now_s)
        self.put("warning", 1.0 if reply.flag.startswith(SERIOUS) else 0.0, now_s)
        if self._poll is not None:
            self.pace(self._poll, MOVING_S if reply.busy else STILL_S)

    def _height_mm(self, reply: Reply) -> float:
        return self._zero_mm - number(reply.data, f"{self.name}, position") * self._microstep_um * 1e-3

    # ------------------------------------------------------------------------------------------ commanding
    async def home(self, permit: Permit) -> float:
        """Start homing, upwards; returns the height at which it starts, in mm."""
        return await self._act(["home"], permit)

    async def stop(self, permit: Permit) -> float:
        """Slow down and stop; legal and harmless in every state. Returns the height read at once, in mm."""
        return await self._act(["stop"], permit)

    async def move_to(self, position_mm: float, speed_um_s: float, permit: Permit) -> float:
        """Start a move to a height; returns the target as accepted, which is a whole number of microsteps.

        The speed is rounded too: the device's unit is about 0.03 um/s.
        """
        target = round((self._zero_mm - position_mm) * 1e3 / self._microstep_um)
        speed = max(1, round(speed_um_s / self._microstep_um * SPEED_UNIT))
        await self._act([f"set maxspeed {speed}", f"move abs {target}"], permit)
        return self._zero_mm - target * self._microstep_um * 1e-3

    async def _act(self, commands: Sequence[str], permit: Permit) -> float:
        def dialogue() -> Dialogue[Reply]:
            for command in commands:
                yield from self._talker.do(command)
            return (yield from self._read())

        reply = await self.act(dialogue, permit)
        self._store(reply, asyncio.get_running_loop().time())
        if self._poll is not None:
            self.line.hurry(self._poll)
        return self._height_mm(reply)
