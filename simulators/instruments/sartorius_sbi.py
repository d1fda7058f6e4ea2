"""Simulated Sartorius balance with the SBI interface: ESC commands in, lines of 16 or 22 characters out.

After the Cubis MSE and Entris II interface descriptions: only the print and the identity commands answer; the others
are silent. Weighing, settling and tare are the plant's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.wire.firmware import Answer, PlantPorts

ESC = 0x1B
LONGEST_COMMAND = 20  # characters, by the manual
PRINT_AFTER_S = 0.05
_WITH_ARGUMENT = frozenset(b"fkmpsx")  # these commands end with an underscore; the others are one letter


@dataclass(frozen=True, slots=True)
class SbiSettings:
    """What the menu of the balance and its rating plate say."""

    model: str = "ENTRIS224-1S"
    serial: str = "0031904287"
    software: str = "01-64-02"
    line_length: int = 22  # 16 without the identification code, 22 with it
    decimals: int = 4
    capacity_g: float = 220.0
    underload_g: float = -1.0  # shown as Low; a tared cup that is taken away is far below
    calibration_s: float = 10.0


class SartoriusSbi:
    """One balance. `Low` and `High` replace a value out of range, `Cal.Int.` one during the internal calibration."""

    def __init__(self, plant: PlantPorts, clock: Callable[[], float], settings: SbiSettings | None = None) -> None:
        self._plant = plant
        self._clock = clock
        self._settings = settings or SbiSettings()
        if self._settings.line_length not in (16, 22):
            raise ValueError(
                f"an SBI line has 16 or 22 characters, not {self._settings.line_length}: correct line_length"
            )
        self._command = bytearray()
        self._listening = False
        self._calibrating_until_s = 0.0

    def receive(self, data: bytes) -> list[Answer]:
        """Obey every complete command among what has arrived; CR and LF between commands mean nothing."""
        answers = []
        for byte in data:
            if byte == ESC:
                self._command.clear()
                self._listening = True
            elif self._listening:
                self._command.append(byte)
                if self._complete():
                    self._listening = False
                    answers += self._obey(bytes(self._command))
        return answers

    def _complete(self) -> bool:
        command = self._command
        return command[0] not in _WITH_ARGUMENT or command[-1:] == b"_" or len(command) >= LONGEST_COMMAND

    def _obey(self, command: bytes) -> list[Answer]:
        settings = self._settings
        if command == b"P":
            return [Answer(self._weight_line(), PRINT_AFTER_S)]
        if command in (b"T", b"U", b"V"):
            self._plant.drive("balance_tare", 1.0)
        elif command == b"Z":
            self._calibrating_until_s = self._clock() + settings.calibration_s
        identity = {b"x1_": settings.model, b"x2_": settings.serial, b"x3_": settings.software}.get(command)
        return [Answer(self._line(f"{identity:<14}"))] if identity else []

    def _weight_line(self) -> bytes:
        if self._clock() < self._calibrating_until_s:
            return self._special("Cal.Int.")
        mass_g = self._plant.sense("balance")
        if mass_g > self._settings.capacity_g:
            return self._special("High")
        if mass_g < self._settings.underload_g:
            return self._special("Low")
        unit = "g" if self._plant.sense("balance_stable") else ""
        value = f"{abs(mass_g):9.{self._settings.decimals}f}"
        sign = "-" if mass_g < 0 and float(value) else "+"
        return self._line(f"{sign}{value} {unit:<3}", "N")

    def _special(self, text: str) -> bytes:
        return self._line(f"{text:^14}", "Stat")

    def _line(self, fourteen: str, code: str = "") -> bytes:
        prefix = f"{code:<6}" if self._settings.line_length == 22 else ""
        return f"{prefix}{fourteen}\r\n".encode("ascii")
