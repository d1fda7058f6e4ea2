"""SCPI error numbers, the instrument's error queue, and the checking of parameters.

Numbers and texts are those of SCPI-99 volume 2, chapter 21.8, as far as the PACE manual (K0472 rev A, section 5)
lists them. Headers are the business of `simulators.protocols.scpi`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

T = TypeVar("T")

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(E[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)


class ScpiError(Enum):
    """An entry of the error queue; the value is what `:SYST:ERR?` answers."""

    NONE = '0,"No error"'
    SYNTAX = '-102,"Syntax error"'
    DATA_TYPE = '-104,"Data type error"'
    PARAMETER_NOT_ALLOWED = '-108,"Parameter not allowed"'
    MISSING_PARAMETER = '-109,"Missing parameter"'
    UNDEFINED_HEADER = '-113,"Undefined header"'
    EXECUTION = '-200,"Execution error"'
    OUT_OF_RANGE = '-222,"Data out of range"'
    ILLEGAL_VALUE = '-224,"Illegal parameter value"'
    QUEUE_OVERFLOW = '-350,"Queue overflow"'


class ScpiRefusal(Exception):
    """A command cannot be executed; the error goes to the queue and nothing goes to the wire."""

    def __init__(self, error: ScpiError) -> None:
        super().__init__(error.value)
        self.error = error


class ErrorQueue:
    """First in, first out; when it is full the newest entry becomes -350 and what follows is lost."""

    def __init__(self, size: int = 16) -> None:
        self._size = size
        self._entries: deque[ScpiError] = deque()
        self.unseen = False  # an error has been queued since the status byte was last read or cleared

    def push(self, error: ScpiError) -> None:
        self.unseen = True
        if len(self._entries) < self._size:
            self._entries.append(error)
        else:
            self._entries[-1] = ScpiError.QUEUE_OVERFLOW

    def pop(self) -> ScpiError:
        """Take out the oldest error, or NONE."""
        return self._entries.popleft() if self._entries else ScpiError.NONE

    def clear(self) -> None:
        self._entries.clear()
        self.unseen = False


def number(text: str, low: float, high: float) -> float:
    """Read a decimal number in low..high; refuse with -104 what is no number, with -222 what is out of range."""
    if _DECIMAL.fullmatch(text) is None:
        raise ScpiRefusal(ScpiError.DATA_TYPE)
    value = float(text)
    if not low <= value <= high:
        raise ScpiRefusal(ScpiError.OUT_OF_RANGE)
    return value


def whole_number(text: str, low: int, high: int) -> int:
    """Read an integer in low..high; 1.5 is refused with -104."""
    value = number(text, low, high)
    if not value.is_integer():
        raise ScpiRefusal(ScpiError.DATA_TYPE)
    return int(value)


def boolean(text: str) -> bool:
    """Read 0, 1, OFF or ON."""
    word = text.upper()
    if word in ("ON", "OFF"):
        return word == "ON"
    return whole_number(text, 0, 1) == 1


def choice(text: str, choices: Mapping[str, T]) -> T:
    """Read one of the words in `choices` (upper case), in any case of letters; refuse others with -224."""
    try:
        return choices[text.upper()]
    except KeyError:
        raise ScpiRefusal(ScpiError.ILLEGAL_VALUE) from None
