"""The Sartorius balance interface SBI: ESC commands and result lines of 16 or 22 characters.

A line with a blank unit is a reading that is not stable. When to ask again is the driver's business.
"""

from __future__ import annotations

from typing import NamedTuple

from drivers.errors import GarbledReply, Refused
from drivers.links.request import Ask
from drivers.protocols.text import take_line

VALUE_CHARS = 14  # sign, nine characters of value, blank, three of unit; a line end makes 16
ID_CHARS = 6  # in front, on balances set to 22 characters
GRAMS = {"g": 1.0, "kg": 1000.0, "mg": 0.001}
SPECIAL = {
    "HIGH": "overload: take weight off the pan",
    "LOW": "underload: is the pan in place?",
    "OFF": "the balance is switched off",
    "CAL": "the balance is calibrating; wait until it has finished",
    "ERR": "the balance reports an error; look it up in its manual",
    "APP.ERR": "the balance's application program reports an error",
}


class Weight(NamedTuple):
    """One reading; `stable` is what the balance says."""

    mass_g: float
    stable: bool


def command(name: str) -> bytes:
    """ESC command, e.g. `P` or `x1_`."""
    return b"\x1b" + name.encode("ascii") + b"\r\n"


def parse_text(buffer: bytearray) -> str | None:
    """A line as it is, for questions such as `x1_`."""
    line = take_line(buffer)
    return None if line is None else line.strip()


def parse_weight(buffer: bytearray) -> Weight | None:
    """A result line; Refused with the reason when the balance has no result."""
    line = take_line(buffer)
    return None if line is None else weight(line)


def weight(line: str) -> Weight:
    """Read a result line without its end."""
    field = line
    if len(line) > VALUE_CHARS:
        if len(line[:ID_CHARS].split()) != 1:
            raise _no_weight(line)
        field = line[ID_CHARS:]
    field = field.ljust(VALUE_CHARS)  # some units cut trailing blanks
    unit = field[11:].strip()
    try:
        value = float(field[:10].replace(" ", ""))
    except ValueError:
        raise _no_weight(line) from None
    if not unit:
        return Weight(value, False)
    if unit not in GRAMS:
        raise GarbledReply(f"balance line {line!r}: unit {unit!r} is not one of {', '.join(GRAMS)}; set the unit to g")
    return Weight(value * GRAMS[unit], True)


def _no_weight(line: str) -> Refused | GarbledReply:
    words = line.upper().split()
    for start, meaning in SPECIAL.items():
        if any(word.startswith(start) for word in words):
            return Refused(f"the balance shows {line.strip()!r}: {meaning}")
    return GarbledReply(f"balance line {line!r} is no weight; wanted sign, value, unit in 16 or 22 characters")


ASK_WEIGHT = Ask(command("P"), parse_weight)
ASK_MODEL = Ask(command("x1_"), parse_text)
TARE = Ask(command("T"), None)
