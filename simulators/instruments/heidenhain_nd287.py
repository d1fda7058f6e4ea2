"""Simulated Heidenhain ND 287 position display with a contact gauge, on its V.24/RS-232-C port.

After the ND 287 operating instructions, part II - 5, and those of the ND 281 B for the formats they share: ESC
commands that end with CR, and single control characters. It counts 0.1 um; the plant says where the gauge stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from simulators.wire.firmware import Answer, PlantPorts

STX, ENQ, ACK, DC1, DC3, NAK, ESC = 0x02, 0x05, b"\x06", 0x11, 0x13, b"\x15", 0x1B
CR = 0x0D
COUNT_UM = 0.1
INPUT_BUFFER = 100  # characters
HELD_ANSWERS = 16  # while the host pauses the output
IDENTITY = ("ND-287", "646118-01", "V1-01")
_KEY = re.compile(rb"T0\d{3}")


class HeidenhainNd287:
    """One ND 287 that shows millimetres and has found its reference mark.

    `error_text` is the message line: empty in health; otherwise what A0301 and ENQ send, of which 13 characters fit.
    """

    def __init__(self, plant: PlantPorts, clock: Callable[[], float]) -> None:
        del clock  # every answer follows from the gauge's position now
        self._plant = plant
        self.error_text = ""
        self._command: bytearray | None = None
        self._paused = False
        self._held: list[Answer] = []
        self._texts: dict[bytes, Callable[[], bytes]] = {
            b"A0000": lambda: _text(*(f"{line:<10}" for line in IDENTITY)),
            b"A0100": lambda: _text(self._display()),
            b"A0200": self._position,
            b"A0301": self._error,
            b"A0800": lambda: _text("10000000000000"),  # only the REF lamp glows
        }

    def receive(self, data: bytes) -> list[Answer]:
        """Obey the commands and control characters that have arrived; while paused, hold the answers back."""
        answers: list[Answer] = []
        for byte in data:
            if byte in (DC1, DC3):
                self._paused = byte == DC3
                if not self._paused:
                    answers += self._held
                    self._held = []
            elif reply := self._take(byte):
                target = self._held if self._paused else answers
                if target is answers or len(target) < HELD_ANSWERS:
                    target.append(Answer(reply))
        return answers

    def _take(self, byte: int) -> bytes:
        if byte == ESC:
            self._command = bytearray()
        elif self._command is not None:
            return self._collect(self._command, byte)
        elif byte == STX:
            return self._position()
        elif byte == ENQ:
            return self._error()
        return b""

    def _collect(self, command: bytearray, byte: int) -> bytes:
        if byte != CR:
            command.append(byte)
            if len(command) < INPUT_BUFFER:
                return b""
        self._command = None
        if text := self._texts.get(bytes(command)):
            return text()
        return ACK if _KEY.fullmatch(command) else NAK

    def _counts(self) -> int:
        return round(self._plant.sense("thickness") / COUNT_UM)

    def _position(self) -> bytes:
        return b"\x02%b\r\n" % f"{self._counts():+010d}".encode("ascii")

    def _display(self) -> str:
        counts = self._counts()
        return f"{'-' if counts < 0 else ' '}{abs(counts) * COUNT_UM * 1e-3:10.4f}"

    def _error(self) -> bytes:
        """Return the message line; without a message this is no valid command."""
        return _text(f"{self.error_text:<13.13}") if self.error_text else NAK


def _text(*lines: str) -> bytes:
    return ("\x02" + "".join(line + "\r\n" for line in lines)).encode("ascii")
