"""ABB ACS355 drive on its embedded fieldbus, Modbus RTU, ABB Drives profile (ACS355 user's manual, parameter 5305).

Holding registers 40001 control word, 40002 reference, 40004 status word, 40005.. actuals as parameters 5310.. map them.
What the drive does when the bus goes silent is its own affair (parameters 3018 and 3019 must be set to trip). It ramps
by itself; speed and load are judged elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from drivers.errors import Refused, WrongInstrument
from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.links.request import Dialogue, Poll
from drivers.permit import Permit
from drivers.protocols.modbus import ModbusUnit, RtuFraming
from drivers.protocols.word_order import i16, i16_word
from drivers.reading import TagTable, Value

CONTROL = 0  # 40001
REFERENCE = 1  # 40002
STATUS = 3  # 40004, followed by the actuals

FULL_SCALE = 20_000  # counts of the reference at its maximum

# Control words. The last two carry bit 10, without which some drives take no command.
WALK = (0x0006, 0x0007, 0x000F)  # to 'ready to switch on', 'ready to operate', 'operation enabled'
RUN = 0x047F  # the ramp is let go
STOP = 0x047E
RESET = STOP | 1 << 7  # a fault is reset when the bit rises
STEP_S = 0.1  # the drive wants at least 100 ms between two steps of the walk
STATUS_TRIES = 5  # how often the status is looked at before a start counts as refused

READY_RUN = 1 << 1  # status word
READY_REF = 1 << 2
OPERATING = READY_RUN | READY_REF  # 'operation enabled'; while it ramps down to a stop only READY_REF is left
TRIPPED = 1 << 3
INHIBITED = 1 << 6
AT_SETPOINT = 1 << 8

MOVING_S = 0.2  # poll periods
STILL_S = 1.0

ACTUALS = {"speed": 1.0, "current": 0.1, "torque": 0.1, "power": 1.0, "fault": 1.0}
"""Actuals 1..5 in order, with the unit of one count; parameters 5310..5314 of the drive must map them so."""


class AbbAcs355(Instrument):
    """One speed drive; `Spindle` of the capabilities.

    Settings: `unit` (Modbus address, 1), `max_rpm` (speed at full reference, 4500), `counts` (unit of one count per
    actual, where it differs from `ACTUALS`).
    """

    DEADLINE_S = 0.1
    VALUES = (
        Value("speed", "rpm", -30_000.0, 30_000.0, "actual 1", at=STATUS + 1),
        Value("current", "A", 0.0, 1_000.0, "actual 2", at=STATUS + 2),
        Value("torque", "%", -1_600.0, 1_600.0, "actual 3, of nominal", at=STATUS + 3),
        Value("power", "W", -32_768.0, 32_767.0, "actual 4", at=STATUS + 4),
        Value("fault", "", 0.0, 65_535.0, "actual 5, fault code of the drive, 0 when none", at=STATUS + 5),
        Value("status", "", 0.0, 65_535.0, "status word", at=STATUS),
        Value("at_speed", "", 0.0, 1.0, "status bit 8, speed follows the reference", at=STATUS),
        Value("running", "", 0.0, 1.0, "status bit 2, the output is on, also while it ramps down", at=STATUS),
    )

    def __init__(self, name: str, line: Line, tags: TagTable, settings: Mapping[str, Any]) -> None:
        super().__init__(name, line, tags, settings)
        self.max_rpm = float(self.setting("max_rpm", 4500.0))
        if not self.max_rpm > 0:
            raise ValueError(f"{name}: max_rpm is the speed at full reference and above 0, got {self.max_rpm:g}")
        counts: dict[str, float] = self.setting("counts", {})
        if unknown := set(counts) - set(ACTUALS):
            raise ValueError(f"{name}: counts has {', '.join(sorted(unknown))}; the actuals are {', '.join(ACTUALS)}")
        self._counts = list({**ACTUALS, **counts}.items())
        self._unit = ModbusUnit(RtuFraming(), int(self.setting("unit", 1)))
        self._poll: Poll | None = None

    # ------------------------------------------------------------------------------------------ reading
    def identify(self) -> Dialogue[str]:
        """Read status and actuals; the fieldbus profile has no identity register.

        A box is taken for the drive when it serves the block and is not faster than its reference can make it.
        """
        try:
            words = yield from self._read()
        except Refused as refusal:
            raise WrongInstrument(f"{self.name}: wanted an ABB ACS355, but {refusal}") from refusal
        speed_rpm = self._actuals(words)["speed"]
        if abs(speed_rpm) > 1.5 * self.max_rpm:
            raise WrongInstrument(
                f"{self.name}: wanted an ABB ACS355 up to {self.max_rpm:g} rpm, unit {self._unit.unit_id} says "
                f"{speed_rpm:g} rpm; check the unit id, max_rpm and what actual 1 is mapped to"
            )
        return f"ABB ACS355 unit {self._unit.unit_id}"

    def polls(self) -> Sequence[Poll]:
        """One block; fast while the drive is enabled or turns."""
        self._poll = self.poll(STILL_S, self._read, self._store, list(self.tag))
        return [self._poll]

    def _read(self) -> Dialogue[Sequence[int]]:
        return self._unit.read_holding(STATUS, 1 + len(ACTUALS))

    def _actuals(self, words: Sequence[int]) -> dict[str, float]:
        actuals = {name: i16(word) * unit for (name, unit), word in zip(self._counts, words[1:], strict=True)}
        actuals["fault"] = float(words[-1])
        return actuals

    def _store(self, words: Sequence[int], now_s: float) -> None:
        status = words[0]
        running = bool(status & READY_REF)
        actuals = self._actuals(words)
        for name, value in actuals.items():
            self.put(name, value, now_s)
        self.put("status", float(status), now_s)
        self.put("at_speed", float(bool(status & AT_SETPOINT)), now_s)
        self.put("running", float(running), now_s)
        if self._poll is not None:
            self.pace(self._poll, MOVING_S if running or actuals["speed"] != 0 else STILL_S)

    # ------------------------------------------------------------------------------------------ commanding
    async def start(self, permit: Permit) -> float:
        """Walk the drive to 'operation enabled'; returns the status word read back, after about 0.3 s.

        A drive that is there already is not walked again: the first step would interrupt it. Each step is a command of
        its own, so a trip in between ends the walk. Raises Refused when the drive is tripped or does not get there.
        """
        status = (await self.ask(self._read))[0]
        for word in WALK if status & OPERATING != OPERATING else ():
            status = await self.act(partial(self._command, word), permit)
            if status & TRIPPED:
                raise Refused(f"{self.name}: the drive is tripped, status {status:#06x}; see its fault, then reset it")
            await asyncio.sleep(STEP_S)
        status = await self.act(partial(self._command, RUN), permit)
        for _ in range(STATUS_TRIES):
            if status & OPERATING == OPERATING:
                self._hurry()
                return float(status)
            await asyncio.sleep(STEP_S)
            status = (await self.ask(self._read))[0]
        why = "switch-on is inhibited" if status & INHIBITED else "is its contactor closed?"
        raise Refused(f"{self.name}: the drive does not enable operation, status {status:#06x}; {why}")

    async def set_speed(self, speed_rpm: float, permit: Permit) -> float:
        """Write the reference, 0..max_rpm; the drive ramps. Returns the reference read back, rpm."""
        if not 0 <= speed_rpm <= self.max_rpm:
            raise Refused(f"{self.name}: a speed is 0..{self.max_rpm:g} rpm, got {speed_rpm:g}")
        counts = round(speed_rpm / self.max_rpm * FULL_SCALE)
        return await self.act(partial(self._refer, counts), permit) * self.max_rpm / FULL_SCALE

    async def reference(self) -> float:
        """The reference that is held, rpm."""
        words = await self.ask(lambda: self._unit.read_holding(REFERENCE, 1))
        return i16(words[0]) * self.max_rpm / FULL_SCALE

    async def stop(self, permit: Permit) -> float:
        """Ramp down and switch off; harmless in every state. Returns the status word."""
        status = await self.act(partial(self._command, STOP), permit)
        self._hurry()
        return float(status)

    async def reset_fault(self, permit: Permit) -> float:
        """Clear a fault; the drive stays off. Returns the status word, with bit 3 still set if the cause is there."""
        await self.act(partial(self._command, STOP), permit)
        await self.act(partial(self._command, RESET), permit)
        await asyncio.sleep(STEP_S)
        status = await self.act(partial(self._command, STOP), permit)
        self._hurry()
        return float(status)

    def _command(self, word: int) -> Dialogue[int]:
        yield from self._unit.write_register(CONTROL, word)
        words = yield from self._unit.read_holding(STATUS, 1)
        return words[0]

    def _refer(self, counts: int) -> Dialogue[int]:
        yield from self._unit.write_register(REFERENCE, i16_word(counts))
        words = yield from self._unit.read_holding(REFERENCE, 1)
        return i16(words[0])

    def _hurry(self) -> None:
        if self._poll is not None:
            self.line.hurry(self._poll)
