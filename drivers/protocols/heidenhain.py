"""ESC commands of the Heidenhain ND 200 readouts (ND 280, ND 287), RS-232 interface.

A position comes as STX, sign and digits without a decimal point; what one count is worth is a setting of the readout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from drivers.errors import GarbledReply, Refused
from drivers.links.request import Ask

T = TypeVar("T")

STX, NAK = 0x02, 0x15
IDENTITY_LINES = 3
REPLY_MAX = 256


def ask(code: str, lines: int, convert: Callable[[list[str]], T]) -> Ask:
    """Question `ESC code CR`, answered by STX and `lines` lines."""

    def parse(buffer: bytearray) -> T | None:
        if buffer[0] == NAK:
            raise Refused(f"the readout does not know command {code} or has no value for it (NAK); look at its display")
        if buffer[0] != STX:
            raise GarbledReply(f"a reply begins with STX, got {bytes(buffer[:20])!r}; check baud rate and cable")
        if buffer.count(b"\n") < lines:
            if len(buffer) > REPLY_MAX:
                raise GarbledReply(f"{len(buffer)} bytes, but not {lines} lines, in answer to {code}")
            return None
        try:
            return convert(buffer[1:].decode("ascii").splitlines()[:lines])
        except UnicodeDecodeError:
            raise GarbledReply(f"reply {bytes(buffer)!r} is not ASCII; check baud rate and parity") from None

    return Ask(b"\x1b" + code.encode("ascii") + b"\r", parse)


def counts(lines: list[str]) -> int:
    """Signed count of a position line such as `+000123456`."""
    text = lines[0].replace(" ", "")
    if text[:1] not in ("+", "-") or not text[1:].isdigit():
        raise GarbledReply(f"wanted a sign and digits, got {lines[0]!r}")
    return int(text)


ASK_IDENTITY = ask("A0000", IDENTITY_LINES, lambda lines: lines)
ASK_POSITION = ask("A0200", 1, counts)
