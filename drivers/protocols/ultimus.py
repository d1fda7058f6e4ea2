"""Packets and dialogues of the Nordson EFD Ultimus dispensers (Ultimus V operating manual, appendix B).

A packet is STX, length, text, checksum, ETX. The host begins each dialogue with ENQ and ends it with EOT. What the
commands mean is in the driver.
"""

from __future__ import annotations

from drivers.errors import GarbledReply, Refused
from drivers.links.request import Ask, Dialogue

STX, ETX, EOT, ENQ, ACK, NAK = 0x02, 0x03, 0x04, 0x05, 0x06, 0x15


def packet(text: str) -> bytes:
    """Frame a command or a reply, e.g. `PS  0500`."""
    body = f"{len(text):02X}{text}".encode("ascii")
    return bytes((STX,)) + body + checksum(body) + bytes((ETX,))


def checksum(body: bytes | bytearray) -> bytes:
    """Two hex digits of the negated sum of length and text."""
    return b"%02X" % (-sum(body) & 0xFF)


def parse_packet(buffer: bytearray) -> str | None:
    """Text of the packet in `buffer`, None when it is not complete."""
    if buffer and buffer[0] != STX:
        raise GarbledReply(f"a packet begins with STX, got {bytes(buffer)!r}; check baud rate and cable")
    if len(buffer) < 3:
        return None
    length = _hex(buffer[1:3])
    if len(buffer) < length + 6:
        return None
    body, got, end = buffer[1 : length + 3], buffer[length + 3 : length + 5], buffer[length + 5]
    if end != ETX or got != checksum(body):
        raise GarbledReply(f"packet {bytes(buffer)!r}: wanted checksum {checksum(body)!r} and ETX")
    try:
        return body[2:].decode("ascii")
    except UnicodeDecodeError:
        raise GarbledReply(f"packet {bytes(buffer)!r} is not ASCII") from None


def parse_ack(buffer: bytearray) -> bool:
    """True for ACK; Refused for NAK; anything else is garbled."""
    if buffer[0] == ACK:
        return True
    if buffer[0] == NAK:
        raise Refused("the dispenser answered NAK to ENQ: it is not ready to be commanded; look at its display")
    raise GarbledReply(f"wanted ACK after ENQ, got {bytes(buffer)!r}")


ASK_ENQ = Ask(bytes((ENQ,)), parse_ack)
ASK_DATA = Ask(bytes((ACK,)), parse_packet)
END = Ask(bytes((EOT,)), None)


def write(command: str) -> Dialogue[None]:
    """Carry out `command`; raises Refused when the unit answers A2, which has no error code."""
    yield from _command(command)
    yield END


def read(command: str) -> Dialogue[str]:
    """Ask `command` and return the data without its `D0`."""
    yield from _command(command)
    data: str = yield ASK_DATA
    yield END
    if not data.startswith("D0"):
        raise GarbledReply(f"asked {command!r}, wanted a packet that begins with D0, got {data!r}")
    return data[2:]


def _command(command: str) -> Dialogue[None]:
    yield ASK_ENQ
    answer: str = yield Ask(packet(command), parse_packet)
    if answer == "A0":
        return
    yield END
    if answer == "A2":
        raise Refused(f"the dispenser failed {command!r} (A2): value out of range, or not possible in its present mode")
    raise GarbledReply(f"sent {command!r}, wanted A0 or A2, got {answer!r}")


def _hex(digits: bytearray) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        raise GarbledReply(f"wanted a length in two hex digits, got {bytes(digits)!r}") from None
