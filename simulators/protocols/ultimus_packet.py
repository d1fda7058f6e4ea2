"""The text packet of the Nordson EFD Ultimus V: STX, length, text, checksum, ETX (operating manual, appendix B, 2.3).

Builds and checks packets; the conversation around them (ENQ, ACK, EOT) and the commands belong to the instrument.
"""

from __future__ import annotations

import re

STX, ETX, EOT, ENQ, ACK = b"\x02", b"\x03", b"\x04", b"\x05", b"\x06"
LONGEST_BODY = 259  # between STX and ETX: two digits of length, 255 characters at most, two digits of checksum
_TOKEN = re.compile(rb"[\x02-\x06]|[^\x02-\x06]+")


def tokens(data: bytes) -> list[bytes]:
    """Cut a stream into its control characters, one by one, and the runs of other characters between them."""
    return _TOKEN.findall(data)


def checksum(body: bytes) -> int:
    """Return what the codes from the length to the last character lack to a multiple of 256."""
    return -sum(body) & 0xFF


def pack(text: str) -> bytes:
    """Wrap a text of at most 255 ASCII characters."""
    body = b"%02X" % len(text) + text.encode("ascii")
    return b"\x02%b%02X\x03" % (body, checksum(body))


def unpack(packet: bytes) -> str | None:
    """Return the text of a packet without its STX and ETX; None when length, checksum or characters are wrong."""
    if len(packet) < 4:
        return None
    body, digits = packet[:-2], packet[-2:]
    if digits != b"%02X" % checksum(body) or body[:2] != b"%02X" % (len(body) - 2) or not body.isascii():
        return None
    return body[2:].decode("ascii")
