"""Modbus as a server speaks it: requests in, answers out, over TCP (MBAP) and RTU frames.

Written from the Modbus application protocol V1.1b3, the messaging guide for TCP V1.0b and the guide for serial lines
V1.02. It knows nothing about what the registers mean (a `RegisterModel` does) and does no input or output.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import ClassVar

from simulators.wire.firmware import Answer

MAX_PDU = 253
RTU_MAX_FRAME = 256


class ExceptionCode(IntEnum):
    """Exception codes of the application protocol, section 7."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    DEVICE_FAILURE = 4


class ModbusException(Exception):
    """Raised by a register model to refuse a request; the client receives the code."""

    def __init__(self, code: ExceptionCode) -> None:
        super().__init__(code.name)
        self.code = code


class RegisterModel:
    """The four tables of one device; a table that a device does not override is refused with exception 01.

    Addresses are those on the wire, from 0; counts are already within the limits of the protocol. Registers are read as
    big-endian bytes, two per register. Methods raise `ModbusException` and then change nothing.
    """

    functions: ClassVar[frozenset[int]] = frozenset({1, 2, 3, 4, 5, 6, 15, 16, 23})

    def read_coils(self, address: int, count: int) -> Sequence[bool]:
        raise ModbusException(ExceptionCode.ILLEGAL_FUNCTION)

    def read_discrete(self, address: int, count: int) -> Sequence[bool]:
        raise ModbusException(ExceptionCode.ILLEGAL_FUNCTION)

    def read_holding(self, address: int, count: int) -> bytes:
        raise ModbusException(ExceptionCode.ILLEGAL_FUNCTION)

    def read_input(self, address: int, count: int) -> bytes:
        raise ModbusException(ExceptionCode.ILLEGAL_FUNCTION)

    def write_coils(self, address: int, values: Sequence[bool]) -> None:
        raise ModbusException(ExceptionCode.ILLEGAL_FUNCTION)

    def write_holding(self, address: int, values: Sequence[int]) -> None:
        raise ModbusException(ExceptionCode.ILLEGAL_FUNCTION)


# --- one request -----------------------------------------------------------------------------------------------------

_PAIR = struct.Struct(">HH")
_BLOCK = struct.Struct(">HHB")
_READ_WRITE = struct.Struct(">HHHHB")
_WORDS = tuple(struct.Struct(f">{count}H") for count in range(124))
_COIL_VALUES = {0x0000: False, 0xFF00: True}


def respond(model: RegisterModel, pdu: bytes) -> bytes:
    """Answer one request, function code first; a refusal is an answer too."""
    function = pdu[0]
    handler = _HANDLERS.get(function)
    try:
        if handler is None or function not in model.functions:
            raise ModbusException(ExceptionCode.ILLEGAL_FUNCTION)
        return handler(model, pdu)
    except ModbusException as refusal:
        return bytes((function | 0x80, refusal.code))


def _require(fits: bool) -> None:
    if not fits:
        raise ModbusException(ExceptionCode.ILLEGAL_VALUE)


def _read_bits(model: RegisterModel, pdu: bytes) -> bytes:
    _require(len(pdu) == 5)
    address, count = _PAIR.unpack_from(pdu, 1)
    _require(1 <= count <= 2000)
    read = model.read_coils if pdu[0] == 1 else model.read_discrete
    packed = sum(1 << index for index, bit in enumerate(read(address, count)) if bit)
    size = (count + 7) // 8
    return bytes((pdu[0], size)) + packed.to_bytes(size, "little")


def _read_registers(model: RegisterModel, pdu: bytes) -> bytes:
    _require(len(pdu) == 5)
    address, count = _PAIR.unpack_from(pdu, 1)
    _require(1 <= count <= 125)
    read = model.read_holding if pdu[0] == 3 else model.read_input
    return bytes((pdu[0], 2 * count)) + read(address, count)


def _write_coil(model: RegisterModel, pdu: bytes) -> bytes:
    _require(len(pdu) == 5)
    address, raw = _PAIR.unpack_from(pdu, 1)
    _require(raw in _COIL_VALUES)
    model.write_coils(address, (_COIL_VALUES[raw],))
    return pdu


def _write_register(model: RegisterModel, pdu: bytes) -> bytes:
    _require(len(pdu) == 5)
    address, value = _PAIR.unpack_from(pdu, 1)
    model.write_holding(address, (value,))
    return pdu


def _write_coils(model: RegisterModel, pdu: bytes) -> bytes:
    _require(len(pdu) >= 6)
    address, count, size = _BLOCK.unpack_from(pdu, 1)
    _require(1 <= count <= 1968 and size == (count + 7) // 8 and len(pdu) == 6 + size)
    packed = int.from_bytes(pdu[6:], "little")
    model.write_coils(address, [bool(packed >> index & 1) for index in range(count)])
    return pdu[:5]


def _write_registers(model: RegisterModel, pdu: bytes) -> bytes:
    _require(len(pdu) >= 6)
    address, count, size = _BLOCK.unpack_from(pdu, 1)
    _require(1 <= count <= 123 and size == 2 * count and len(pdu) == 6 + size)
    model.write_holding(address, _WORDS[count].unpack_from(pdu, 6))
    return pdu[:5]


def _read_write_registers(model: RegisterModel, pdu: bytes) -> bytes:
    """Write first, then read, as section 6.17 asks."""
    _require(len(pdu) >= 10)
    address, count, write_address, write_count, size = _READ_WRITE.unpack_from(pdu, 1)
    _require(1 <= count <= 125 and 1 <= write_count <= 121 and size == 2 * write_count and len(pdu) == 10 + size)
    model.write_holding(write_address, _WORDS[write_count].unpack_from(pdu, 10))
    return bytes((23, 2 * count)) + model.read_holding(address, count)


_HANDLERS: dict[int, Callable[[RegisterModel, bytes], bytes]] = {
    1: _read_bits,
    2: _read_bits,
    3: _read_registers,
    4: _read_registers,
    5: _write_coil,
    6: _write_register,
    15: _write_coils,
    16: _write_registers,
    23: _read_write_registers,
}


# --- TCP -------------------------------------------------------------------------------------------------------------

_MBAP = struct.Struct(">HHHB")  # transaction, protocol (0), bytes that follow, unit


class ModbusTcp:
    """Firmware of one TCP connection to a device; every unit id is answered, as by a device that is no gateway."""

    def __init__(self, model: RegisterModel) -> None:
        self._model = model
        self._buffer = b""

    def receive(self, data: bytes) -> list[Answer]:
        """Answer every complete request of the stream, in order; a stream that is not Modbus is thrown away."""
        if self._buffer:
            data = self._buffer + data
        answers = []
        start, end = 0, len(data)
        while end - start >= 8:
            transaction, protocol, length, unit = _MBAP.unpack_from(data, start)
            if protocol or not 2 <= length <= MAX_PDU + 1:
                start = end
                break
            stop = start + 6 + length
            if stop > end:
                break
            reply = respond(self._model, data[start + 7 : stop])
            answers.append(Answer(_MBAP.pack(transaction, 0, len(reply) + 1, unit) + reply))
            start = stop
        self._buffer = data[start:]
        return answers


# --- RTU -------------------------------------------------------------------------------------------------------------


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


@lru_cache(maxsize=256)  # polls ask the same again and again
def crc16(data: bytes) -> int:
    """CRC of the serial line guide, appendix B; 0 over a frame that ends with its own right CRC."""
    crc = 0xFFFF
    table = _CRC
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def rtu_frame(unit: int, pdu: bytes) -> bytes:
    """Wrap a PDU for the serial line, CRC low byte first."""
    body = bytes((unit,)) + pdu
    return body + crc16(body).to_bytes(2, "little")


class RtuRequests:
    """Cut the bytes of a serial line into requests by the length that each function code implies.

    Silence between frames cannot be trusted behind USB adapters, so it only bounds how long half a request is kept.
    """

    def __init__(self, clock: Callable[[], float], forget_s: float = 0.05) -> None:
        self._clock = clock
        self._forget_s = forget_s
        self._buffer = b""
        self._last_s = 0.0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Unit id and PDU of each complete request; bytes with a wrong CRC are dropped without a word."""
        if self._buffer:
            now_s = self._clock()
            if now_s - self._last_s <= self._forget_s:
                data = self._buffer + data
            self._buffer = b""
        requests = []
        while len(data) >= 4:
            size = _rtu_request_size(data)
            if size > len(data):
                break
            if crc16(data[:size]):
                if data[1] in _HANDLERS:
                    data = b""  # where the next request begins is anybody's guess
                break
            requests.append((data[0], data[1 : size - 2]))
            data = data[size:]
        if data and len(data) < RTU_MAX_FRAME:
            self._buffer = data
            self._last_s = self._clock()
        return requests


def _rtu_request_size(data: bytes) -> int:
    """Bytes of the request that begins here; a function of unknown length is taken to end with what has arrived."""
    function = data[1]
    if 1 <= function <= 6:
        return 8
    if function in (15, 16):
        return 9 + data[6] if len(data) > 6 else 9
    if function == 23:
        return 13 + data[10] if len(data) > 10 else 13
    return len(data)
