"""The line PLC's register map, read from its YAML table into what the firmware needs at run time.

Only shapes and limits live here; what the registers do is the firmware's business.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CODES = {"u16": "H", "i16": "h", "u32": "I", "f32": "f"}


@dataclass(frozen=True, slots=True)
class Register:
    """A value of the map: first address, width in words, how it is packed, limits in the precision of its type."""

    pdu: int
    name: str
    codec: struct.Struct
    words: int
    low: float
    high: float
    constant: float | None

    def decode(self, raw: bytes) -> float:
        """Value of these bytes, high word first."""
        return float(self.codec.unpack(raw)[0])


@dataclass(frozen=True, slots=True)
class PlcMap:
    """All four tables; registers and bits in the order of their addresses."""

    version: int
    inputs: tuple[Register, ...]
    discretes: tuple[str, ...]
    holdings: tuple[Register, ...]
    coils: tuple[str, ...]


def size_of(registers: tuple[Register, ...]) -> int:
    """Words of a table, holes included."""
    last = registers[-1]
    return last.pdu + last.words


def packer(registers: tuple[Register, ...]) -> struct.Struct:
    """One packer for neighbouring registers; the words between them that mean nothing are sent as 0."""
    layout = ">"
    at = registers[0].pdu
    for register in registers:
        layout += "x" * 2 * (register.pdu - at) + register.codec.format[1:]
        at = register.pdu + register.words
    return struct.Struct(layout)


@cache
def load_map(path: Path) -> PlcMap:
    """Read the table; KeyError or ValueError when it is not a register map. Read once per path and process."""
    table: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    return PlcMap(
        version=table["map_version"],
        inputs=_registers(table["input_registers"]),
        discretes=_bits(table["discrete_inputs"]),
        holdings=_registers(table["holding_registers"]),
        coils=_bits(table["coils"]),
    )


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _registers(rows: list[dict[str, Any]]) -> tuple[Register, ...]:
    return tuple(sorted((_register(row) for row in rows), key=lambda register: register.pdu))


def _register(row: dict[str, Any]) -> Register:
    codec = struct.Struct(">" + CODES[row["type"]])

    def in_precision(value: float) -> float:
        return float(codec.unpack(codec.pack(value))[0])

    return Register(
        pdu=row["pdu"],
        name=row["name"],
        codec=codec,
        words=codec.size // 2,
        low=in_precision(row.get("min", 0)),
        high=in_precision(row.get("max", 0)),
        constant=row.get("value"),
    )


def _bits(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    names = tuple(row["name"] for row in sorted(rows, key=lambda row: int(row["pdu"])))
    if [row["pdu"] for row in rows] != list(range(len(rows))):
        raise ValueError(f"bits must be listed at addresses 0, 1, 2...; got {names}")
    return names
