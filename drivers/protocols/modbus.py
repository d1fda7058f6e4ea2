"""Modbus TCP and RTU as dialogues: request bytes out, reply bytes in, no I/O and no waiting.

PDUs, MBAP frames and the CRC come from pymodbus, and only this module knows it. Replies are framed by the length that
the request implies, never by silence, and must be the answer to *this* request; RTU has no transaction number, so a
late reply to an earlier question of the same shape is kept out by the line. What registers mean is up to the drivers.
(MODBUS application protocol V1.1b3; MODBUS over serial line V1.02; MODBUS messaging on TCP/IP V1.0b.)
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

from pymodbus.framer.rtu import FramerRTU
from pymodbus.framer.socket import FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadCoilsResponse,
    ReadDiscreteInputsRequest,
    ReadDiscreteInputsResponse,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    ReadWriteMultipleRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from drivers.errors import GarbledReply, Refused
from drivers.links.request import Ask, Dialogue

EXCEPTION = 0x80  # set in the function code of a refusal
EXCEPTION_PDU = 2  # bytes of a refusal: function and code

MEANINGS = {
    1: "illegal function: the unit does not have it, or not in this state",
    2: "illegal data address: no such register or coil; check the address and the count",
    3: "illegal data value: outside the unit's range",
    4: "device failure: the unit could not do it; look at its state and its alarms",
    5: "acknowledge: accepted, but it takes long",
    6: "device busy: ask again later",
    7: "negative acknowledge",
    8: "memory parity error",
    10: "gateway path unavailable: check the gateway's configuration",
    11: "gateway target does not respond: check the unit behind the gateway",
}
NAMES = {
    1: "read coils",
    2: "read discrete inputs",
    3: "read holding registers",
    4: "read input registers",
    5: "write coil",
    6: "write register",
    16: "write registers",
    23: "read and write registers",
}

_MBAP = struct.Struct(">HHHB")  # transaction, protocol, length from here on, unit


class Request(NamedTuple):
    """A request PDU with what a normal reply to it looks like: how it begins, and its bytes in all."""

    pdu: bytes
    head: bytes
    size: int


class Framing(Protocol):
    """How a PDU travels. One object per connection, because TCP counts its transactions."""

    def ask(self, unit_id: int, request: Request) -> Ask:
        """Frame the request; the reply is read as the bytes of one PDU, a refusal included."""
        ...


class TcpFraming:
    """Modbus TCP: MBAP header with a transaction number that the reply must repeat."""

    def __init__(self) -> None:
        self._transaction = 0
        self._framer = FramerSocket(DecodePDU(is_server=False))

    def ask(self, unit_id: int, request: Request) -> Ask:
        self._transaction = transaction = self._transaction % 0xFFFF + 1
        data = self._framer.encode(request.pdu, unit_id, transaction)
        return Ask(data, partial(_parse_tcp, transaction, unit_id, request))


class RtuFraming:
    """Modbus RTU: unit id, PDU, CRC."""

    def ask(self, unit_id: int, request: Request) -> Ask:
        return _rtu_ask(unit_id, request)


def _parse_tcp(transaction: int, unit_id: int, request: Request, data: bytearray) -> bytes | None:
    if len(data) < 9:  # the shortest reply is a refusal
        return None
    got_transaction, protocol, length, got_unit = _MBAP.unpack_from(data)
    if protocol != 0 or got_unit != unit_id or got_transaction != transaction:
        raise GarbledReply(
            f"wanted transaction {transaction} of protocol 0 from unit {unit_id}, got transaction {got_transaction} "
            f"of protocol {protocol} from unit {got_unit}; is another client's gateway or a late reply in between?"
        )
    if length - 1 != _reply_size(request, data[7], data[8]):
        raise GarbledReply(f"unit {unit_id}: the header announces {length - 1} bytes, not those of this reply")
    if len(data) < 6 + length:
        return None
    return _checked(unit_id, request, bytes(data[7 : 6 + length]))


def _parse_rtu(unit_id: int, request: Request, data: bytearray) -> bytes | None:
    if len(data) < 3:
        return None
    if data[0] != unit_id:
        raise GarbledReply(f"asked unit {unit_id}, unit {data[0]} answered; check the unit ids, and the bus for noise")
    end = 1 + _reply_size(request, data[1], data[2])
    if len(data) < end + 2:
        return None
    frame = bytes(data[:end])
    crc = _crc(frame)
    if crc != data[end] << 8 | data[end + 1]:
        got = data[end : end + 2].hex().upper()
        raise GarbledReply(f"unit {unit_id}: CRC {crc:04X} wanted, got {got}; noise on the bus, or wrong parity?")
    return _checked(unit_id, request, frame[1:])


def _reply_size(request: Request, function: int, second: int) -> int:
    """Bytes of the reply PDU that begins so; GarbledReply when it cannot be a reply to `request`."""
    head = request.head
    if function == head[0] and second == head[1]:
        return request.size
    if function == head[0] | EXCEPTION:
        return EXCEPTION_PDU
    wanted, got = head[:2].hex(" "), bytes((function, second)).hex(" ")
    raise GarbledReply(f"wanted a reply beginning {wanted}, got {got}; is it a late reply, or another unit's?")


def _checked(unit_id: int, request: Request, pdu: bytes) -> bytes:
    if not pdu.startswith(request.head) and not pdu[0] & EXCEPTION:
        wanted, got = request.head.hex(" "), pdu.hex(" ")
        raise GarbledReply(f"unit {unit_id}: wanted the echo {wanted}, got {got}; read back what it took")
    return pdu


# Constant polls ask the same again and again, and what does not change answers the same: that is worked out once.
_crc = lru_cache(maxsize=256)(FramerRTU.compute_CRC)


@lru_cache(maxsize=256)
def _rtu_ask(unit_id: int, request: Request) -> Ask:
    data = FramerRTU(DecodePDU(is_server=False)).encode(request.pdu, unit_id, 0)
    return Ask(data, partial(_parse_rtu, unit_id, request))


@lru_cache(maxsize=256)
def _read_request(kind: type[ModbusPDU], address: int, count: int, data_bytes: int) -> Request:
    pdu = _pdu(kind(address=address, count=count))
    return Request(pdu, bytes((pdu[0], data_bytes)), 2 + data_bytes)


@lru_cache(maxsize=256)
def _read_write_head(address: int, count: int, write_address: int, write_count: int) -> bytes:
    """A request of function 23 up to the values that it writes: only those differ from one scan to the next."""
    whole = _pdu(ReadWriteMultipleRegistersRequest(address, count, write_address, [0] * write_count))
    return whole[: -2 * write_count]


def _pdu(message: ModbusPDU) -> bytes:
    return bytes((message.function_code,)) + message.encode()


class ModbusUnit:
    """One unit behind a framing. Addresses are the 0-based ones on the wire; register values are 0..65535.

    Every method is a dialogue that returns when the unit has answered. It raises Refused with the exception's meaning,
    or GarbledReply when the answer is not one to this request. ValueError means that the request itself is impossible.
    """

    def __init__(self, framing: Framing, unit_id: int) -> None:
        self._framing = framing
        self.unit_id = unit_id

    def read_holding(self, address: int, count: int) -> Dialogue[Sequence[int]]:
        """Read 1..125 holding registers (function 3)."""
        reply = yield from self._exchange(_read_request(ReadHoldingRegistersRequest, address, count, 2 * count))
        return _registers(reply)

    def read_input(self, address: int, count: int) -> Dialogue[Sequence[int]]:
        """Read 1..125 input registers (function 4)."""
        reply = yield from self._exchange(_read_request(ReadInputRegistersRequest, address, count, 2 * count))
        return _registers(reply)

    def read_coils(self, address: int, count: int) -> Dialogue[Sequence[bool]]:
        """Read 1..2000 coils (function 1)."""
        reply = yield from self._exchange(_read_request(ReadCoilsRequest, address, count, (count + 7) // 8))
        return _decoded(ReadCoilsResponse(), reply).bits[:count]

    def read_discrete(self, address: int, count: int) -> Dialogue[Sequence[bool]]:
        """Read 1..2000 discrete inputs (function 2)."""
        reply = yield from self._exchange(_read_request(ReadDiscreteInputsRequest, address, count, (count + 7) // 8))
        return _decoded(ReadDiscreteInputsResponse(), reply).bits[:count]

    def write_coil(self, address: int, on: bool) -> Dialogue[None]:
        """Write one coil (function 5); the echo is checked."""
        pdu = _pdu(WriteSingleCoilRequest(address=address, bits=[on]))
        yield from self._exchange(Request(pdu, pdu, len(pdu)))

    def write_register(self, address: int, value: int) -> Dialogue[None]:
        """Write one holding register (function 6); the echo is checked."""
        pdu = _pdu(WriteSingleRegisterRequest(address=address, registers=[value]))
        yield from self._exchange(Request(pdu, pdu, len(pdu)))

    def write_registers(self, address: int, values: Sequence[int]) -> Dialogue[None]:
        """Write 1..123 holding registers (function 16); address and count are echoed and checked."""
        pdu = _pdu(WriteMultipleRegistersRequest(address=address, registers=values))
        yield from self._exchange(Request(pdu, pdu[:5], 5))

    def read_write(self, address: int, count: int, write_address: int, values: Sequence[int]) -> Dialogue[bytes]:
        """Write 1..121 registers, then read 1..125, in one exchange (function 23); all of them holding registers.

        Returns their bytes as on the wire: this is the scan of a PLC, who takes it apart as a whole.
        """
        head = _read_write_head(address, count, write_address, len(values))
        pdu = head + struct.pack(f">{len(values)}H", *values)
        reply = yield from self._exchange(Request(pdu, bytes((pdu[0], 2 * count)), 2 + 2 * count))
        return reply[2:]

    def _exchange(self, request: Request) -> Dialogue[bytes]:
        reply: bytes = yield self._framing.ask(self.unit_id, request)
        if reply[0] & EXCEPTION:
            raise Refused(_refusal(self.unit_id, request.pdu, reply[1]))
        return reply


def _registers(reply: bytes) -> list[int]:
    """All registers of a reply at once: pymodbus takes them one by one, which is the costliest line of a scan."""
    return list(struct.unpack_from(f">{reply[1] // 2}H", reply, 2))


def _decoded(message: ModbusPDU, reply: bytes) -> ModbusPDU:
    message.decode(reply[1:])
    return message


def _refusal(unit_id: int, pdu: bytes, code: int) -> str:
    address = pdu[1] << 8 | pdu[2]
    meaning = MEANINGS.get(code, "a code that the standard does not know; see the unit's manual")
    return f"unit {unit_id} refused to {NAMES[pdu[0]]} at address {address}: exception {code:02d}, {meaning}"
