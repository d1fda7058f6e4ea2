"""Requests and replies of the Zaber ASCII protocol: fields, message ids and checksums (protocol manual, firmware 7).

Says what a line addresses and wants, and how a reply is written; what the stage does with it belongs to the instrument.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST_PACKET = 80
_PACKET = re.compile(r"/(?P<text>[^:]*)(?::(?P<sum>[0-9A-Fa-f]{2}))?\s*")


class Request(NamedTuple):
    """One packet of the host; device and axis 0 address all of them."""

    device: int
    axis: int
    message_id: str | None
    words: tuple[str, ...]
    summed: bool


def checksum(text: str) -> str:
    """Return the two hex digits for the characters between the packet's first one and the colon."""
    return f"{-sum(text.encode('latin-1')) & 0xFF:02X}"


def parse(line: bytes) -> Request | None:
    """Read a line without terminator; None for what a device ignores: no request, or a wrong checksum."""
    match = _PACKET.fullmatch(line.decode("latin-1"))
    if match is None:
        return None
    text, digits = match["text"], match["sum"]
    if digits is not None and digits.upper() != checksum(text):
        return None
    words = text.split()
    numbers: list[str] = []
    while words and len(numbers) < 3 and words[0].isascii() and words[0].isdigit():
        numbers.append(words.pop(0))
    device, axis = (int(number) for number in [*numbers, "0", "0"][:2])
    return Request(device, axis, numbers[2] if len(numbers) == 3 else None, tuple(words), digits is not None)


def reply(head: str, tail: str, summed: bool) -> bytes:
    """Write a reply packet: `head` addresses it, `tail` says OK or RJ, status, flag and data."""
    text = f"{head} {tail}"
    ending = f":{checksum(text)}\r\n" if summed else "\r\n"
    return f"@{text}{ending}".encode("ascii")
