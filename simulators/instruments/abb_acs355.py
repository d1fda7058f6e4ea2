"""Firmware of an ABB ACS355 spindle drive: ABB Drives profile over Modbus RTU (user's manual, embedded fieldbus).

The control word walks a state machine, step by step; the motor, its ramps and its trips belong to the plant. The
communication module has its own supply, so the drive answers without mains.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from enum import Enum
from typing import ClassVar

from simulators.protocols.modbus import ExceptionCode, ModbusException, RegisterModel
from simulators.wire.firmware import PlantPorts

# Addresses on the wire; reference 40001 is address 0.
CONTROL, REF_1, REF_2, STATUS = range(4)
REGISTERS = 12  # actual values 1 to 8 follow the status word
ACTUALS = (("spindle", 1.0), ("spindle_current", 10.0), ("spindle_torque", 10.0), ("spindle_power", 1.0))
FAULT_CODE = STATUS + 1 + len(ACTUALS)  # the actual values after it are not mapped and read 0


class Control:
    """Bits of the control word; the stops and the ramp bits act when they are 0."""

    ON = 1 << 0  # OFF1: stop along the ramp
    NO_COAST = 1 << 1  # OFF2
    NO_QUICK_STOP = 1 << 2  # OFF3
    ENABLE_OPERATION = 1 << 3
    RAMP_OUT = 1 << 4
    RAMP_RUN = 1 << 5
    RAMP_IN = 1 << 6
    RESET = 1 << 7  # on its rising edge
    REMOTE = 1 << 10


class Status:
    """Bits of the status word."""

    READY_ON = 1 << 0
    READY_RUN = 1 << 1
    READY_REF = 1 << 2
    TRIPPED = 1 << 3
    OFF2_INACTIVE = 1 << 4
    OFF3_INACTIVE = 1 << 5
    SWITCH_ON_INHIBITED = 1 << 6
    AT_SETPOINT = 1 << 8
    REMOTE = 1 << 9


class State(Enum):
    """States of the manual's diagram."""

    SWITCH_ON_INHIBITED = "switch-on inhibited"
    NOT_READY = "not ready to switch on"
    READY_TO_SWITCH_ON = "ready to switch on"
    READY_TO_OPERATE = "ready to operate"
    OPERATION_ENABLED = "operation enabled"
    OFF1_ACTIVE = "OFF1 active"
    OFF3_ACTIVE = "OFF3 active"
    FAULT = "fault"


SHOWN: dict[State, int] = {
    State.SWITCH_ON_INHIBITED: Status.SWITCH_ON_INHIBITED,
    State.NOT_READY: 0,
    State.READY_TO_SWITCH_ON: Status.READY_ON,
    State.READY_TO_OPERATE: Status.READY_ON | Status.READY_RUN,
    State.OPERATION_ENABLED: Status.READY_ON | Status.READY_RUN | Status.READY_REF,
    State.OFF1_ACTIVE: Status.READY_ON | Status.READY_REF,
    State.OFF3_ACTIVE: Status.READY_REF,
    State.FAULT: Status.TRIPPED,
}
MODULATING = (State.OPERATION_ENABLED, State.OFF1_ACTIVE, State.OFF3_ACTIVE)
RAMPS = Control.RAMP_OUT | Control.RAMP_RUN | Control.RAMP_IN
NO_STOPS = Control.NO_COAST | Control.NO_QUICK_STOP
FULL_REFERENCE = 20000
MAX_SPEED_RPM = 4500.0
WALK_PAUSE_S = 0.1  # between READY TO SWITCH ON and READY TO OPERATE; a word that comes sooner is not taken
STANDSTILL_RPM = 5.0
AT_SETPOINT_RPM = 45.0
OVERCURRENT = 1  # fault code


class AbbAcs355(RegisterModel):
    """One drive, forward only (parameter 1003): a negative reference counts as 0. `clock` in seconds.

    Bits 0 to 3 of the control word always act, as in the manual's start example 0006h, 0007h, 000Fh. Ramp bits and
    reference get through only with bit 10 (remote command) set; without it the last ones are kept.
    """

    functions: ClassVar[frozenset[int]] = frozenset({3, 6, 16, 23})

    def __init__(self, plant: PlantPorts, clock: Callable[[], float]) -> None:
        self._plant = plant
        self._clock = clock
        self.state = State.SWITCH_ON_INHIBITED
        self._entered_s = clock()
        self._written = [0, 0, 0]
        self._ramp = 0
        self._reference_rpm = 0.0
        self._held_rpm: float | None = None
        self._driven = {"spindle_run": 0.0, "spindle_reference": 0.0}

    # --- Modbus

    def read_holding(self, address: int, count: int) -> bytes:
        """Words as written, status and actual values."""
        end = address + count
        if end > REGISTERS:
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
        self._follow_plant()
        words = self._written[address:end]
        if address <= STATUS < end:
            words.append(self._status())
        words += [self._actual(register) for register in range(max(address, STATUS + 1), end)]
        return struct.pack(f">{count}H", *words)

    def write_holding(self, address: int, values: Sequence[int]) -> None:
        """Take control word and references; they act together, whatever their order in the request."""
        if address + len(values) > len(self._written):
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
        self._follow_plant()
        words = list(self._written)
        words[address : address + len(values)] = values
        if self._comes_too_soon(words[CONTROL]):
            return
        before, self._written = self._written[CONTROL], words
        self._reset_fault(before, words[CONTROL])
        self._follow_plant()
        self._take_ramp_and_reference()
        self._drive_motor()

    def _actual(self, register: int) -> int:
        """An actual value as 16 bits in two's complement, held at the ends of its range."""
        if register >= FAULT_CODE:
            return OVERCURRENT if register == FAULT_CODE and self.state is State.FAULT else 0
        channel, scale = ACTUALS[register - STATUS - 1]
        return round(max(-32768.0, min(32767.0, self._plant.sense(channel) * scale))) & 0xFFFF

    def _status(self) -> int:
        status = SHOWN[self.state] | Status.REMOTE
        word = self._written[CONTROL]
        if word & Control.NO_COAST:
            status |= Status.OFF2_INACTIVE
        if word & Control.NO_QUICK_STOP:
            status |= Status.OFF3_INACTIVE
        if self._accelerating() and abs(self._plant.sense("spindle") - self._reference_rpm) <= AT_SETPOINT_RPM:
            status |= Status.AT_SETPOINT
        return status

    # --- control word

    def _comes_too_soon(self, word: int) -> bool:
        if self.state is not State.READY_TO_SWITCH_ON or not word & Control.ON:
            return False
        return self._clock() - self._entered_s < WALK_PAUSE_S - 1e-9

    def _reset_fault(self, before: int, now: int) -> None:
        if now & ~before & Control.RESET and self.state is State.FAULT:
            self._plant.drive("spindle_reset", 1)

    def _take_ramp_and_reference(self) -> None:
        if self.state is not State.OPERATION_ENABLED:
            self._ramp = 0
            self._held_rpm = None
            return
        word = self._written[CONTROL]
        if not word & Control.REMOTE:
            return
        self._ramp = word & RAMPS
        raw = self._written[REF_1]
        forward = 0 if raw & 0x8000 else raw
        self._reference_rpm = min(MAX_SPEED_RPM, forward * MAX_SPEED_RPM / FULL_REFERENCE)
        if word & Control.RAMP_RUN:
            self._held_rpm = None
        elif self._held_rpm is None:
            self._held_rpm = self._plant.sense("spindle")

    # --- state machine

    def _follow_plant(self) -> None:
        """Go on through the diagram as far as control word, mains, faults and speed allow."""
        for _ in range(len(State)):
            following = self._next()
            if following is self.state:
                return
            self.state = following
            self._entered_s = self._clock()
            self._drive_motor()

    def _next(self) -> State:
        if self._plant.sense("spindle_tripped"):
            return State.FAULT
        if self.state is State.FAULT or not self._plant.sense("spindle_contactor_closed"):
            return State.SWITCH_ON_INHIBITED
        word = self._written[CONTROL]
        if self.state is State.SWITCH_ON_INHIBITED:
            return self.state if word & Control.ON else State.NOT_READY
        if self.state is State.NOT_READY:
            return State.READY_TO_SWITCH_ON if word & (NO_STOPS | Control.ON) == NO_STOPS else self.state
        if not word & Control.NO_COAST:
            return State.SWITCH_ON_INHIBITED
        return self._next_moving(word) if self.state in MODULATING else self._next_ready(word)

    def _next_ready(self, word: int) -> State:
        if not word & Control.NO_QUICK_STOP:
            return State.SWITCH_ON_INHIBITED
        if not word & Control.ON:
            return State.READY_TO_SWITCH_ON
        if self.state is State.READY_TO_OPERATE and word & Control.ENABLE_OPERATION:
            return State.OPERATION_ENABLED
        return State.READY_TO_OPERATE

    def _next_moving(self, word: int) -> State:
        stopped = abs(self._plant.sense("spindle")) < STANDSTILL_RPM
        if self.state is State.OFF3_ACTIVE:
            return State.SWITCH_ON_INHIBITED if stopped else self.state
        if not word & Control.NO_QUICK_STOP:
            return State.OFF3_ACTIVE
        if not word & Control.ENABLE_OPERATION:
            return State.READY_TO_OPERATE
        if self.state is State.OFF1_ACTIVE:
            return State.READY_TO_SWITCH_ON if stopped else self.state
        return self.state if word & Control.ON else State.OFF1_ACTIVE

    # --- motor

    def _accelerating(self) -> bool:
        return self.state is State.OPERATION_ENABLED and self._ramp == RAMPS

    def _drive_motor(self) -> None:
        run = self.state in MODULATING
        reference_rpm = 0.0
        if self._accelerating():
            reference_rpm = self._reference_rpm
        elif self.state is State.OPERATION_ENABLED and self._ramp == RAMPS & ~Control.RAMP_RUN:
            reference_rpm = self._held_rpm or 0.0
        self._drive("spindle_reference", reference_rpm)
        self._drive("spindle_run", float(run))

    def _drive(self, actuator: str, value: float) -> None:
        if self._driven[actuator] != value:
            self._driven[actuator] = value
            self._plant.drive(actuator, value)
