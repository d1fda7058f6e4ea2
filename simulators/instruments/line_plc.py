"""Firmware of the line PLC: serves its register map, energises outputs, mirrors what its inputs see.

What protects people is hard-wired in the plant; the PLC only reports it, and takes over into its own registers what the
ENABLE relay has switched off, so that nothing comes back by itself. The map's file is the manual.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from simulators.instruments.line_plc_map import PlcMap, Register, load_map, packer, size_of
from simulators.protocols.modbus import ExceptionCode, ModbusException, RegisterModel
from simulators.wire.firmware import PlantPorts

MIRROR = 1000  # input register n is also holding register MIRROR + n
HEARTBEAT_LIMIT_S = 0.8
HEARTBEATS_PER_S = 10
FIRST_OUTPUT = 10  # holding register of bit 0 of outputs_0
SPINDLE_HOLD_S = 1.5  # the wheel lifts before the spindle loses its power

NEEDS_ENABLE = frozenset(
    {
        "dump_shut",
        "inner_vacuum",
        "inner_vent_shut",
        "pump",
        "dispenser_air",
        "needle_down",
        "wheel_down",
        "platen_contactor",
        "mold_contactor",
        "spindle_contactor",
        "inner_control",
        "bleed",
    }
)
COMPUTED = ("hb_plc", "status_0", "status_1", "outputs_0", "outputs_1", "bleed_position")


class BlockPorts(PlantPorts, Protocol):
    """A plant that can show many sensors at once, for the block that is read ten times a second."""

    def sense_many(self, names: Sequence[str]) -> list[float]:
        """Values of these sensors at one instant."""
        ...


class LinePlc(RegisterModel):
    """The PLC; one object, shared by all its connections.

    `map_path`: the register map. `clock`: seconds, for both heartbeats.
    """

    def __init__(self, plant: BlockPorts, map_path: Path, clock: Callable[[], float]) -> None:
        self._plant = plant
        self._clock = clock
        table = load_map(map_path)
        self._holdings = {register.pdu: register for register in table.holdings}
        self._words = bytearray(2 * size_of(table.holdings))
        self._output_bits = {
            register.name: register.pdu - FIRST_OUTPUT
            for register in table.holdings
            if FIRST_OUTPUT <= register.pdu < FIRST_OUTPUT + 32 and register.words == 1
        }
        self._outputs = 0  # bit n: output of holding register FIRST_OUTPUT + n
        self._spindle_bit = 1 << self._output_bits["spindle_contactor"]
        self._bleed = 0.0
        self._coils = table.coils
        self._lay_out_inputs(table)
        self._hb_host = next(register for register in table.holdings if register.name == "hb_host")
        self._seen: Sequence[float] = ()  # discrete inputs at the last look, and the word they made
        self._closed = 0
        self._host_seen_s = -math.inf
        self._disabled_s: float | None = None

    def _lay_out_inputs(self, table: PlcMap) -> None:
        """Split the input registers into the constant head and the block that is packed from the plant."""
        head = tuple(r for r in table.inputs if r.name == "simulated" or r.constant is not None)
        tail = table.inputs[len(head) :]
        measured = tuple(register for register in tail if register.name not in COMPUTED)
        self._constants = packer(head).pack(*(1 if r.constant is None else r.constant for r in head))
        self._tail_at = size_of(head)
        if tail[0].pdu != self._tail_at or tuple(r.name for r in tail[:3]) != COMPUTED[:3]:
            raise ValueError(f"the live block must begin with {COMPUTED[:3]} at {self._tail_at}; got {tail[:3]}")
        if tuple(r.name for r in tail[-3:]) != COMPUTED[3:]:
            raise ValueError(f"the live block must end with {COMPUTED[3:]}; got {tail[-3:]}")
        self._input_size = size_of(table.inputs)
        self._pack_tail = packer(tail).pack
        floats = tuple(r.name for r in measured if r.codec.format == ">f")
        idents = tuple(r.name for r in measured if r.codec.format == ">I")
        if floats + idents != tuple(r.name for r in measured):
            raise ValueError(f"measurements must be floats, then part ids; got {[r.name for r in measured]}")
        self._idents_at, self._bits_at = len(floats), len(floats) + len(idents)
        self._discretes = tuple(name for name in table.discretes if name != "heartbeat_ok")
        self._masks = tuple(1 << bit for bit, name in enumerate(table.discretes) if name != "heartbeat_ok")
        self._heartbeat_ok = 1 << table.discretes.index("heartbeat_ok")
        self._discrete_count = len(table.discretes)
        self._block = floats + idents + self._discretes
        self._enabled_at = self._block.index("enabled")

    # --- reading

    def read_input(self, address: int, count: int) -> bytes:
        """Constants and measurements; one consistent snapshot of the plant per request."""
        end = address + count
        if end > self._input_size:
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
        if end <= self._tail_at:
            return self._constants[2 * address : 2 * end]
        if address >= self._tail_at:
            return self._live()[2 * (address - self._tail_at) : 2 * (end - self._tail_at)]
        return (self._constants + self._live())[2 * address : 2 * end]

    def read_holding(self, address: int, count: int) -> bytes:
        """Setpoints as they stand, or the mirror of the input registers."""
        if address >= MIRROR:
            return self.read_input(address - MIRROR, count)
        if 2 * (address + count) > len(self._words):
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
        self._follow_enable(self._plant.sense("enabled"))
        return bytes(self._words[2 * address : 2 * (address + count)])

    def read_discrete(self, address: int, count: int) -> Sequence[bool]:
        if address + count > self._discrete_count:
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
        status = self._status(self._plant.sense_many(self._discretes))
        return [bool(status >> bit & 1) for bit in range(address, address + count)]

    def read_coils(self, address: int, count: int) -> Sequence[bool]:
        """Momentary: whatever was asked for has been done when somebody looks."""
        if address + count > len(self._coils):
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
        return [False] * count

    def _live(self) -> bytes:
        """The block of measurements, from the PLC's heartbeat on."""
        values = self._plant.sense_many(self._block)
        self._follow_enable(values[self._enabled_at])
        status = self._status(values[self._bits_at :])
        outputs = self._outputs
        return self._pack_tail(
            int(self._clock() * HEARTBEATS_PER_S + 1e-6) & 0xFFFF,
            status & 0xFFFF,
            status >> 16,
            *values[: self._idents_at],
            *map(int, values[self._idents_at : self._bits_at]),
            outputs & 0xFFFF,
            outputs >> 16,
            self._bleed,
        )

    def _status(self, discretes: Sequence[float]) -> int:
        """All discrete inputs, bit n at address n."""
        if discretes != self._seen:
            self._seen = discretes
            self._closed = sum(mask for mask, closed in zip(self._masks, discretes, strict=True) if closed)
        heartbeat = self._heartbeat_ok if self._clock() - self._host_seen_s <= HEARTBEAT_LIMIT_S else 0
        return self._closed | heartbeat

    # --- writing

    def write_coils(self, address: int, values: Sequence[bool]) -> None:
        if address + len(values) > len(self._coils):
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)

    def write_holding(self, address: int, values: Sequence[int]) -> None:
        """Take setpoints and outputs, all of a request or none; 32-bit values are written whole."""
        enabled = self._plant.sense("enabled")
        self._follow_enable(enabled)
        if address == self._hb_host.pdu and len(values) == 1:  # with every scan
            self._host_heartbeat(self._hb_host, values[0])
            return
        raw = b"".join(value.to_bytes(2, "big") for value in values)
        wanted = list(self._decode(address, raw))
        for register, value in wanted:
            self._check(register, value, bool(enabled))
        for register, value in wanted:
            self._apply(register, value)

    def _decode(self, address: int, raw: bytes) -> Iterator[tuple[Register, float]]:
        at = 0
        while at < len(raw):
            register = self._holdings.get(address + at // 2)
            if register is None or at + 2 * register.words > len(raw):
                raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)
            yield register, register.decode(raw[at : at + 2 * register.words])
            at += 2 * register.words

    def _check(self, register: Register, value: float, enabled: bool) -> None:
        if not register.low <= value <= register.high:
            raise ModbusException(ExceptionCode.ILLEGAL_VALUE)
        if value and not enabled and register.name in NEEDS_ENABLE:
            raise ModbusException(ExceptionCode.DEVICE_FAILURE)

    def _apply(self, register: Register, value: float) -> None:
        if register is self._hb_host:
            self._host_heartbeat(register, value)
            return
        self._store(register, value)
        if register.name == "bleed":
            self._bleed = value
        self._plant.drive(register.name, value)

    def _host_heartbeat(self, register: Register, value: float) -> None:
        """Only a change is a beat: a host that writes the same number again may hang in a loop."""
        if value != register.codec.unpack_from(self._words, 2 * register.pdu)[0]:
            self._store(register, value)
            self._host_seen_s = self._clock()
            self._plant.drive("heartbeat", value)

    def _store(self, register: Register, value: float) -> None:
        packed = value if register.codec.format == ">f" else int(value)
        register.codec.pack_into(self._words, 2 * register.pdu, packed)
        bit = self._output_bits.get(register.name)
        if bit is not None:
            self._outputs = self._outputs & ~(1 << bit) | int(value) << bit

    # --- ENABLE

    def _follow_enable(self, enabled: float) -> None:
        """Take what the ENABLE relay has switched off out of the registers; the spindle's contactor is the last."""
        if enabled:
            if self._disabled_s is not None:
                self._switch_off(NEEDS_ENABLE)
                self._disabled_s = None
            return
        now_s = self._clock()
        if self._disabled_s is None:
            self._disabled_s = now_s
            self._switch_off(NEEDS_ENABLE - {"spindle_contactor"} | {"enable_reset"})
        elif self._outputs & self._spindle_bit and now_s - self._disabled_s >= SPINDLE_HOLD_S:
            self._switch_off(NEEDS_ENABLE)

    def _switch_off(self, names: frozenset[str]) -> None:
        for register in self._holdings.values():
            at = 2 * register.pdu
            if register.name in names and any(self._words[at : at + 2 * register.words]):
                self._apply(register, 0)
