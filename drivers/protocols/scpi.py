"""SCPI over any text link: questions whose replies may echo the header, settings that are read back, the error queue.

It opens nothing and knows no instrument. Compound messages (`;`) are not used: not every unit parses them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from drivers.errors import GarbledReply, Refused
from drivers.links.request import Ask, Dialogue
from drivers.protocols.text import number, take_line

T = TypeVar("T")

ERRORS_MAX = 32  # longer than any error queue; a unit that goes on is talking nonsense
OVERRANGE = 9.9e37  # SCPI-99 volume 1, 7.2.1.4: infinity is 9.9E+37, not a number 9.91E+37


class Scpi:
    """How to talk to one instrument; `terminator` ends requests, replies may end with CR, LF or both."""

    def __init__(self, terminator: bytes) -> None:
        self._terminator = terminator
        self._next_error = self.question(":SYST:ERR?", str)

    def command(self, text: str) -> Ask:
        """A message that nothing answers."""
        return Ask(text.encode("ascii") + self._terminator, None)

    def question(self, text: str, convert: Callable[[str], T]) -> Ask:
        """A question; its reply is `convert` of the text after the header. May be kept and asked again."""
        header = text.partition("?")[0]

        def parse(buffer: bytearray) -> T | None:
            line = take_line(buffer)
            return None if line is None else convert(value_after(header, line))

        return Ask(text.encode("ascii") + self._terminator, parse)

    def set(self, header: str, value: str, read_back: Ask) -> Dialogue[Any]:
        """Write a setting, make sure that the instrument took it, and return the answer to `read_back`.

        Raises Refused with what the error queue says about it.
        """
        yield self.command(f"{header} {value}")
        errors = yield from self.errors()
        if errors:
            raise Refused(f"`{header} {value}` was not accepted: {', '.join(errors)}")
        return (yield read_back)

    def errors(self) -> Dialogue[list[str]]:
        """Read the error queue until it is empty; the oldest error comes first."""
        errors: list[str] = []
        for _ in range(ERRORS_MAX):
            error: str = yield self._next_error
            if number(error.partition(",")[0], "error queue") == 0:
                return errors
            errors.append(error)
        raise GarbledReply(f"the error queue does not end after {ERRORS_MAX} errors; the last is {errors[-1]}")


def value_after(header: str, line: str) -> str:
    """The part of a reply after the echoed header, or all of it when the instrument echoes none.

    GarbledReply when another header is echoed: that answers another question.
    """
    if line[:1] not in ":*":
        return line
    echoed, _, value = line.partition(" ")
    if echoed.upper() != header.upper():
        raise GarbledReply(f"asked {header}?, but the reply is {line!r}: it answers another question")
    return value


def real(text: str) -> float:
    """A number, NaN when the instrument says that it has none."""
    value = number(text, "SCPI reply")
    return value if abs(value) < OVERRANGE else math.nan


def reals(text: str) -> tuple[float, ...]:
    """Numbers separated by commas, blanks or both."""
    return tuple(real(part) for part in text.replace(",", " ").split())
