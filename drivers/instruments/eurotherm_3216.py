"""Eurotherm 3216 temperature controller on Modbus RTU (HA028651, sections 15.4 and 15.5).

Process values are signed registers scaled by the decimals of the instrument's display; output levels have one decimal.
Setpoints go to the remote setpoint in RAM only: the target setpoint, address 2, sits in an EEPROM that wears out. It
does not ramp and does not judge temperatures.
"""

from __future__ import annotations

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
from drivers.reading import Quality, TagTable, Value

PV = 1  # registers 1..5: PV, target setpoint, manual output, working output, working setpoint
WORKING_OUTPUT = 4
WORKING_SETPOINT = 5
REMOTE_SETPOINT = 26
STATUS = 75
REMOTE_ENABLE = 276

SENSOR_BREAK = 1 << 5  # bits of the status
LOOP_BREAK = 1 << 6

HEATING_S, COOLING_S, COLD_S = 0.5, 1.0, 2.0  # poll periods: with power, without, and when nothing changes either
STILL_K = 0.15  # a smaller change between two readings is the display's last digit
LOOP, FLAGS = ("temperature", "setpoint", "output"), ("sensor_break", "loop_break")
OUTPUT_PER_COUNT = 0.1  # %
DECIMALS = (0, 1, 2)


class Eurotherm3216(Instrument):
    """One temperature loop; `TemperatureControl` of the capabilities.

    Settings: `unit` (Modbus address, 1), `decimals` (of the display, 0..2, default 1).
    """

    DEADLINE_S = 0.1
    VALUES = (
        Value("temperature", "degC", -200.0, 1372.0, "process value; BAD while the sensor is broken", at=PV),
        Value("setpoint", "degC", -200.0, 1372.0, "working setpoint", at=WORKING_SETPOINT),
        Value("output", "%", -100.0, 100.0, "working output", at=WORKING_OUTPUT),
        Value("sensor_break", "", 0.0, 1.0, "status bit 5", at=STATUS),
        Value("loop_break", "", 0.0, 1.0, "status bit 6", at=STATUS),
    )

    def __init__(self, name: str, line: Line, tags: TagTable, settings: Mapping[str, Any]) -> None:
        super().__init__(name, line, tags, settings)
        decimals: int = self.setting("decimals", 1)
        if decimals not in DECIMALS:
            raise ValueError(f"{name}: decimals is one of {DECIMALS}, as on the instrument's display, got {decimals}")
        self._counts_per_K = 10.0**decimals
        self._unit = ModbusUnit(RtuFraming(), int(self.setting("unit", 1)))
        self._poll: Poll | None = None
        self._poll_status: Poll | None = None
        self._last_degC = 0.0
        self._broken = False

    def identify(self) -> Dialogue[str]:
        """Read the process registers and the status; the 3216 has no identity register in its list of parameters.

        A box is taken for a 3216 when it serves both blocks and what they say is plausible.
        """
        try:
            temperature, setpoint, output, status = yield from self._read()
        except Refused as refusal:
            raise WrongInstrument(f"{self.name}: wanted a Eurotherm 3216, but {refusal}") from refusal
        seen = {"setpoint": setpoint, "output": output}
        if not status & SENSOR_BREAK:
            seen["temperature"] = temperature
        for value in self.VALUES:
            if value.name in seen and not value.low <= seen[value.name] <= value.high:
                raise WrongInstrument(
                    f"{self.name}: wanted a Eurotherm 3216, its {value.name} within {value.low:g}..{value.high:g} "
                    f"{value.unit}; unit {self._unit.unit_id} says {seen[value.name]:g}; check unit id and decimals"
                )
        return f"Eurotherm 3216 unit {self._unit.unit_id}"

    def polls(self) -> Sequence[Poll]:
        """The loop, and less often its status, an exchange of its own; both slower while nothing changes."""
        self._poll = self.poll(COOLING_S, self._read_loop, self._store_loop, LOOP)
        self._poll_status = self.poll(COLD_S, self._read_status, self._store_status, FLAGS)
        return [self._poll, self._poll_status]

    def _read(self) -> Dialogue[tuple[float, float, float, int]]:
        temperature, setpoint, output = yield from self._read_loop()
        return temperature, setpoint, output, (yield from self._read_status())

    def _read_loop(self) -> Dialogue[tuple[float, float, float]]:
        words = yield from self._unit.read_holding(PV, 5)
        scale = self._counts_per_K
        return i16(words[0]) / scale, i16(words[4]) / scale, i16(words[3]) * OUTPUT_PER_COUNT

    def _read_status(self) -> Dialogue[int]:
        words = yield from self._unit.read_holding(STATUS, 1)
        return words[0]

    def _store_status(self, status: int, now_s: float) -> None:
        self._broken = bool(status & SENSOR_BREAK)
        self.put("sensor_break", float(self._broken), now_s)
        self.put("loop_break", float(bool(status & LOOP_BREAK)), now_s)

    def _store_loop(self, result: tuple[float, float, float], now_s: float) -> None:
        temperature, setpoint, output = result
        self.put("temperature", temperature, now_s, Quality.BAD if self._broken else Quality.GOOD)
        self.put("setpoint", setpoint, now_s)
        self.put("output", output, now_s)
        changes = abs(temperature - self._last_degC) > STILL_K
        self._last_degC = temperature
        if self._poll is not None and self._poll_status is not None:
            self.pace(self._poll, HEATING_S if output else COOLING_S if changes else COLD_S)
            self.pace(self._poll_status, COOLING_S if output else COLD_S)

    async def set_setpoint(self, temperature_degC: float, permit: Permit) -> float:
        """Write the remote setpoint; returns what the instrument holds, degC. It acts while `use_remote` is on."""
        low, high = -0x8000 / self._counts_per_K, 0x7FFF / self._counts_per_K
        if not low <= temperature_degC <= high:
            raise Refused(f"{self.name}: one register holds {low:g}..{high:g} degC, got {temperature_degC:g}")
        word = i16_word(round(temperature_degC * self._counts_per_K))
        return i16(await self.act(partial(self._write, REMOTE_SETPOINT, word), permit)) / self._counts_per_K

    async def use_remote(self, on: bool, permit: Permit) -> bool:
        """Let the loop follow the remote setpoint, or its own; returns what the instrument holds."""
        return await self.act(partial(self._write, REMOTE_ENABLE, int(on)), permit) != 0

    async def remote(self) -> float:
        """1 while the loop follows the remote setpoint, else 0."""
        return float((await self.ask(lambda: self._unit.read_holding(REMOTE_ENABLE, 1)))[0] != 0)

    async def remote_setpoint(self) -> float:
        """The remote setpoint that is held, degC."""
        return i16((await self.ask(lambda: self._unit.read_holding(REMOTE_SETPOINT, 1)))[0]) / self._counts_per_K

    def _write(self, address: int, word: int) -> Dialogue[int]:
        try:
            yield from self._unit.write_register(address, word)
            words = yield from self._unit.read_holding(address, 1)
        except Refused as refusal:
            raise Refused(f"{self.name}: {refusal}") from refusal
        return words[0]
