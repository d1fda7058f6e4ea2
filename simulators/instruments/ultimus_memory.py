"""What an Ultimus V stores: 400 memories of pressure, time and vacuum, and the units it shows them in.

The digits on the wire carry no decimal point; where it stands follows from the unit (operating manual, appendix B,
2.6.2 and 2.6.3). Time is 0.1 ms inside, kPa throughout. The conversation belongs to the instrument.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

MEMORIES = 400
TICKS_PER_S = 10_000


class Refused(Exception):
    """The instrument does not take this value; the host sees a failure packet without a reason."""


class PressureUnit(Enum):
    """Code on the wire, kPa per unit of the last digit, largest number of four digits."""

    PSI = ("00", 0.6894757293, 1000)
    BAR = ("01", 0.1, 6895)
    KPA = ("02", 0.1, 6895)

    def __init__(self, code: str, kPa_per_digit: float, largest: int) -> None:
        self.code = code
        self.kPa_per_digit = kPa_per_digit
        self.largest = largest


class VacuumUnit(Enum):
    """Code on the wire, kPa per unit of the last digit, largest number of four digits."""

    KPA = ("00", 0.01, 448)
    IN_H2O = ("01", 0.024908891, 180)
    IN_HG = ("02", 0.033863886, 132)
    MM_HG = ("03", 0.0133322387, 336)
    TORR = ("04", 0.0133322368, 336)

    def __init__(self, code: str, kPa_per_digit: float, largest: int) -> None:
        self.code = code
        self.kPa_per_digit = kPa_per_digit
        self.largest = largest


Unit = PressureUnit | VacuumUnit
U = TypeVar("U", PressureUnit, VacuumUnit)


@dataclass(slots=True)
class Memory:
    """The parameters of one memory location."""

    pressure_kPa: float = 0.0
    ticks: int = 0  # 0.1 ms each
    vacuum_kPa: float = 0.0

    @property
    def duration_s(self) -> float:
        return self.ticks / TICKS_PER_S


def parse_location(digits: str) -> int:
    """Read a memory location; 400 to 999 mean 399, as the instrument limits it by itself."""
    if len(digits) != 3 or not digits.isdigit():
        raise Refused
    return min(int(digits), MEMORIES - 1)


def parse_level(digits: str, unit: Unit) -> float:
    """Read the four digits of a pressure or a vacuum and return kPa."""
    if len(digits) != 4 or not digits.isdigit() or int(digits) > unit.largest:
        raise Refused
    return int(digits) * unit.kPa_per_digit


def show_level(value_kPa: float, unit: Unit) -> str:
    """Return the four digits of a pressure or a vacuum."""
    return f"{round(value_kPa / unit.kPa_per_digit):04d}"


def parse_ticks(digits: str) -> int:
    """Read a time: four digits are milliseconds, five are tenths of a millisecond."""
    if len(digits) not in (4, 5) or not digits.isdigit():
        raise Refused
    return int(digits) * (10 if len(digits) == 4 else 1)


def unit_of_code(code: str, units: type[U]) -> U:
    """Return the unit with this code on the wire."""
    for unit in units:
        if unit.code == code:
            return unit
    raise Refused
