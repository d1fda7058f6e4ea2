"""What scripted Modbus instruments and masters say, byte by byte, and how tests of the drivers look at a driver."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.permit import Permit
from drivers.reading import Quality, TagTable
from tests.unit.scripted import Reply

PERMIT = Permit(epoch=0)
Pair = tuple[bytes, Reply]


def crc(frame: bytes) -> bytes:
    """CRC of MODBUS over serial line V1.02, section 6.2.2, bit by bit."""
    register = 0xFFFF
    for byte in frame:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return struct.pack("<H", register)


def rtu(unit: int, request: str, reply: str | None) -> Pair:
    """A request and its reply as RTU frames, given as PDUs in hex; None for a unit that stays silent."""
    ask, answer = (bytes((unit,)) + bytes.fromhex(pdu or "") for pdu in (request, reply))
    return ask + crc(ask), None if reply is None else answer + crc(answer)


def tcp(*pdus: tuple[str, str]) -> list[Pair]:
    """Requests and replies of unit 1 as MBAP frames, transactions counted from 1."""

    def frame(transaction: int, pdu: str) -> bytes:
        data = bytes.fromhex(pdu)
        return struct.pack(">HHHB", transaction, 0, len(data) + 1, 1) + data

    return [(frame(i, request), frame(i, reply)) for i, (request, reply) in enumerate(pdus, start=1)]


def made(driver: Callable[..., Any], line: Line, **settings: object) -> Any:
    return driver("it", line, TagTable(), settings)


async def scan(instrument: Instrument, now_s: float) -> None:
    """Run each of the instrument's polls once through its line, as if the replies came at `now_s`."""
    if not instrument.identity:
        instrument.identity = await instrument.ask(instrument.identify)
    for poll in instrument.polls():
        poll.done(await instrument.ask(poll.dialogue), now_s)


def value(instrument: Instrument, name: str) -> float:
    return instrument.tags.value[instrument.tag[name]]


def quality(instrument: Instrument, name: str) -> Quality:
    return Quality(instrument.tags.quality[instrument.tag[name]])
