"""Cut a byte stream into text lines, as instruments with a line buffer do, one buffer for each connection.

Knows terminators and the size of the buffer; knows nothing of what a line means.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from simulators.wire.firmware import Answer

_LINE_END = re.compile(rb"[\r\n]+")


class LineSplitter:
    """Collect bytes and hand out complete lines; CR, LF and CR LF all end one, and empty lines do not exist."""

    def __init__(self, longest: int = 256) -> None:
        """Take lines of up to `longest` bytes; a longer one is lost as a whole, as in a buffer that ran over."""
        self._longest = longest
        self._pending = b""
        self._overrun = False

    def feed(self, data: bytes) -> list[bytes]:
        """Take the bytes that arrived and return the lines they complete, in order, without terminators."""
        *complete, self._pending = _LINE_END.split(self._pending + data)
        if self._overrun and complete:
            complete.pop(0)
            self._overrun = False
        if len(self._pending) > self._longest:
            self._pending = b""
            self._overrun = True
        return [line for line in complete if line and len(line) <= self._longest]


class LinePort:
    """One connection's input buffer in front of an instrument that several connections may share."""

    def __init__(self, execute: Callable[[bytes], bytes | None], longest: int = 256) -> None:
        """Hand each line to `execute`, which returns the bytes to send back or None."""
        self._execute = execute
        self._lines = LineSplitter(longest)

    def receive(self, data: bytes) -> list[Answer]:
        return [Answer(reply) for line in self._lines.feed(data) if (reply := self._execute(line)) is not None]
