"""Firmware of a Eurotherm 3216 temperature controller on Modbus RTU (HA028651, sections 15.4 and 15.5).

Values are signed 16-bit, scaled by the decimals of the display. The loop itself, with its heater and thermocouple,
belongs to the plant; the firmware hands it the working setpoint.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from simulators.protocols.modbus import ExceptionCode, ModbusException, RegisterModel
from simulators.wire.firmware import PlantPorts


class Reg:
    """Addresses on the wire."""

    PV = 1
    TARGET_SP = 2
    MANUAL_OUTPUT = 3
    WORKING_OUTPUT = 4
    WORKING_SP = 5
    PROPORTIONAL_BAND = 6
    INTEGRAL_TIME = 8
    DERIVATIVE_TIME = 9
    ALARM_1 = 13
    ALARM_2 = 14
    SP_SELECT = 15
    TIMER_STATUS = 23
    SP1 = 24
    SP2 = 25
    REMOTE_SP = 26
    STATUS = 75
    MANUAL = 273
    REMOTE = 276


class Status:
    """Bits of register 75."""

    ALARM_1 = 1 << 0
    ALARM_2 = 1 << 1
    MANUAL = 1 << 4
    SENSOR_BREAK = 1 << 5
    LOOP_BREAK = 1 << 6
    REMOTE_FAIL = 1 << 14


# About 100 000 writes wear these out.
EEPROM = frozenset(
    {
        Reg.TARGET_SP,
        Reg.PROPORTIONAL_BAND,
        Reg.INTEGRAL_TIME,
        Reg.DERIVATIVE_TIME,
        Reg.ALARM_1,
        Reg.ALARM_2,
        Reg.SP1,
        Reg.SP2,
    }
)
SETPOINTS = frozenset((Reg.TARGET_SP, Reg.SP1, Reg.SP2, Reg.REMOTE_SP))
RAW_RANGES: dict[int, tuple[int, int]] = {
    Reg.MANUAL_OUTPUT: (0, 0),  # the plant's loops take a setpoint, not a power: manual means off
    Reg.PROPORTIONAL_BAND: (1, 9999),
    Reg.INTEGRAL_TIME: (0, 9999),
    Reg.DERIVATIVE_TIME: (0, 9999),
    Reg.ALARM_1: (-1999, 9999),
    Reg.ALARM_2: (-1999, 9999),
    Reg.SP_SELECT: (0, 1),
    Reg.TIMER_STATUS: (0, 3),
    Reg.MANUAL: (0, 1),
    Reg.REMOTE: (0, 1),
}
OFF_SETPOINT_DEGC = 0.0  # handed to the plant's loop in manual: no output


@dataclass(frozen=True, slots=True)
class Settings:
    """What was configured at the front panel.

    `decimals` of the display; setpoint limits in degC; `remote_timeout_s` after which a remote setpoint that is not
    written any more is given up for the local one, 0 for never.
    """

    decimals: int = 1
    setpoint_low_degC: float = 0.0
    setpoint_high_degC: float = 250.0
    remote_timeout_s: float = 0.0


class Eurotherm3216(RegisterModel):
    """One controller; `loop` is "platen" or "mold", `clock` in seconds.

    `eeprom_writes` counts the writes of each address that wears out.
    """

    functions: ClassVar[frozenset[int]] = frozenset({3, 4, 6, 16})

    def __init__(
        self, plant: PlantPorts, loop: str, clock: Callable[[], float], settings: Settings | None = None
    ) -> None:
        self._plant = plant
        self._pv, self._output, self._setpoint = loop, f"{loop}_output", f"{loop}_setpoint"
        self._sensor_break, self._loop_break = f"{loop}_sensor_break", f"{loop}_loop_break"
        self._clock = clock
        self._settings = settings or Settings()
        self._scale: int = 10**self._settings.decimals
        self.eeprom_writes: Counter[int] = Counter()
        self._remote_written_s = clock()
        self._stored: dict[int, int] = dict.fromkeys((*RAW_RANGES, Reg.SP1, Reg.SP2, Reg.REMOTE_SP), 0)
        self._stored |= {Reg.PROPORTIONAL_BAND: 200, Reg.INTEGRAL_TIME: 360, Reg.DERIVATIVE_TIME: 60}
        self._stored |= {Reg.ALARM_1: 9999, Reg.ALARM_2: 9999}
        self._live: dict[int, Callable[[], int]] = {
            Reg.PV: lambda: self._scaled(self._plant.sense(self._pv)),
            Reg.TARGET_SP: lambda: self._stored[self._selected()],
            Reg.WORKING_OUTPUT: lambda: self._scaled(self._plant.sense(self._output)),
            Reg.WORKING_SP: self._working_setpoint,
            Reg.STATUS: self._status,
        }
        self._driven_degC: float | None = None
        self._hand_over_setpoint()

    # --- Modbus

    def read_holding(self, address: int, count: int) -> bytes:
        """Any defined registers in one go; a gap in the range is refused."""
        if self._settings.remote_timeout_s:  # else only a write changes it
            self._hand_over_setpoint()
        return struct.pack(f">{count}h", *[self._value(register) for register in range(address, address + count)])

    def read_input(self, address: int, count: int) -> bytes:
        """Function 4 shows the same registers as function 3."""
        return self.read_holding(address, count)

    def write_holding(self, address: int, values: Sequence[int]) -> None:
        """Take values of neighbouring registers, all or none."""
        wanted = [(address + offset, signed(value)) for offset, value in enumerate(values)]
        for register, value in wanted:
            self._check(register, value)
        for register, value in wanted:
            self._store(register, value)
        self._hand_over_setpoint()

    def _value(self, register: int) -> int:
        live = self._live.get(register)
        if live is not None:
            return live()
        stored = self._stored.get(register)
        if stored is None:
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
        return stored

    def _check(self, register: int, value: int) -> None:
        if register in SETPOINTS:
            low = round(self._settings.setpoint_low_degC * self._scale)
            high = round(self._settings.setpoint_high_degC * self._scale)
        elif register in RAW_RANGES:
            low, high = RAW_RANGES[register]
        else:
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
        if not low <= value <= high:
            raise ModbusException(ExceptionCode.ILLEGAL_VALUE)

    def _store(self, register: int, value: int) -> None:
        if register in EEPROM:
            self.eeprom_writes[register] += 1
        if register == Reg.REMOTE_SP:
            self._remote_written_s = self._clock()
        self._stored[self._selected() if register == Reg.TARGET_SP else register] = value

    # --- the loop as the firmware knows it

    def _selected(self) -> int:
        return Reg.SP2 if self._stored[Reg.SP_SELECT] else Reg.SP1

    def _remote_failed(self) -> bool:
        limit_s = self._settings.remote_timeout_s
        remote = bool(self._stored[Reg.REMOTE])
        return remote and limit_s > 0 and self._clock() - self._remote_written_s > limit_s

    def _working_setpoint(self) -> int:
        remote = self._stored[Reg.REMOTE] and not self._remote_failed()
        return self._stored[Reg.REMOTE_SP if remote else self._selected()]

    def _hand_over_setpoint(self) -> None:
        """Tell the plant's loop the working setpoint when it has changed."""
        wanted_degC = OFF_SETPOINT_DEGC if self._stored[Reg.MANUAL] else self._working_setpoint() / self._scale
        if wanted_degC != self._driven_degC:
            self._driven_degC = wanted_degC
            self._plant.drive(self._setpoint, wanted_degC)

    def _status(self) -> int:
        sense = self._plant.sense
        pv = self._scaled(sense(self._pv))
        bits = 0
        if pv > self._stored[Reg.ALARM_1]:
            bits |= Status.ALARM_1
        if pv > self._stored[Reg.ALARM_2]:
            bits |= Status.ALARM_2
        if self._stored[Reg.MANUAL]:
            bits |= Status.MANUAL
        if sense(self._sensor_break):
            bits |= Status.SENSOR_BREAK
        if sense(self._loop_break):
            bits |= Status.LOOP_BREAK
        if self._remote_failed():
            bits |= Status.REMOTE_FAIL
        return bits

    def _scaled(self, value: float) -> int:
        """Raw register of a value, held at the ends of 16 bits."""
        return round(max(-32768.0, min(32767.0, value * self._scale)))


def signed(word: int) -> int:
    """Two's complement value of a 16-bit register."""
    return word - 0x10000 if word & 0x8000 else word
