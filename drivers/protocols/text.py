"""Lines of text in a byte buffer: what SCPI, SBI and Zaber ASCII have in common. No meaning of any line."""

from __future__ import annotations

from drivers.errors import GarbledReply

LINE_MAX = 512  # no instrument here sends a longer one; more without an end is noise


def take_line(buffer: bytearray) -> str | None:
    """Take the first line out of `buffer`, without its end (CR, LF or both); None when it is not complete.

    An end left over from the line before is dropped, so it does not matter how the stream was split.
    """
    while buffer and buffer[0] in b"\r\n":
        del buffer[0]
    cr, lf = buffer.find(b"\r"), buffer.find(b"\n")
    end = lf if cr < 0 else cr if lf < 0 else min(cr, lf)
    if end < 0:
        if len(buffer) > LINE_MAX:
            raise GarbledReply(f"{len(buffer)} bytes without an end of line, first {bytes(buffer[:20])!r}")
        return None
    line = bytes(buffer[:end])
    del buffer[: end + 1]
    try:
        return line.decode("ascii")
    except UnicodeDecodeError:
        raise GarbledReply(f"reply {line!r} is not ASCII; check baud rate and parity") from None


def number(text: str, where: str) -> float:
    """The number in `text`; GarbledReply naming `where` when it is none."""
    try:
        return float(text)
    except ValueError:
        raise GarbledReply(f"{where}: wanted a number, got {text!r}") from None
