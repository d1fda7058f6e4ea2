"""The line PLC's register map as data, read from YAML: names, addresses, types and ranges.

Addresses are the 0-based ones on the wire. It checks that the file is a map; what the PLC does is not its business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import yaml

RANGES = {
    "bit": (0.0, 1.0),
    "u16": (0.0, 65535.0),
    "i16": (-32768.0, 32767.0),
    "u32": (0.0, 4294967295.0),
    "f32": (-3.4028234663852886e38, 3.4028234663852886e38),
}
CODES = {"u16": "H", "i16": "h", "u32": "I", "f32": "f"}  # of `struct`


@dataclass(frozen=True, slots=True)
class Point:
    """One row of the map; `constant` is the value that a register must hold, where it is one."""

    pdu: int
    name: str
    type: str
    unit: str
    low: float
    high: float
    doc: str
    constant: float | None = None

    @property
    def words(self) -> int:
        """Registers that it takes."""
        return 2 if self.type in ("u32", "f32") else 1


@dataclass(frozen=True, slots=True)
class PlcMap:
    """All four tables, each in the order of the addresses."""

    version: int
    inputs: tuple[Point, ...]
    discretes: tuple[Point, ...]
    holdings: tuple[Point, ...]
    coils: tuple[Point, ...]

    def input(self, name: str) -> Point:
        """The input register `name`; KeyError when the map has none."""
        for point in self.inputs:
            if point.name == name:
                return point
        raise KeyError(name)


def load_map(path: Path) -> PlcMap:
    """Read a map; ValueError with the file and the row when it is none."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        plc_map = PlcMap(
            version=int(raw["map_version"]),
            inputs=_table(raw["input_registers"]),
            discretes=_table(raw["discrete_inputs"], "bit"),
            holdings=_table(raw["holding_registers"]),
            coils=_table(raw["coils"], "bit"),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        hint = "compare it with the map that came with springback"
        raise ValueError(f"{path}: not a register map: {error!r}; {hint}") from error
    _check_overlaps(path, plc_map)
    return plc_map


def scan_format(points: Sequence[Point]) -> str:
    """The `struct` format of a block of registers that begins with the first point; gaps are skipped."""
    parts, at = [">"], points[0].pdu
    for point in points:
        parts.append("xx" * (point.pdu - at) + CODES[point.type])
        at = point.pdu + point.words
    return "".join(parts)


def _table(rows: list[Mapping[str, Any]], default_type: str = "") -> tuple[Point, ...]:
    return tuple(sorted((_point(row, default_type) for row in rows), key=lambda point: point.pdu))


def _point(row: Mapping[str, Any], default_type: str) -> Point:
    kind = row.get("type", default_type)
    if kind not in RANGES:
        raise ValueError(f"{row}: the type is one of {', '.join(RANGES)}")
    low, high = RANGES[kind]
    return Point(
        pdu=int(row["pdu"]),
        name=str(row["name"]),
        type=kind,
        unit=str(row.get("unit", "")),
        low=float(row.get("low", row.get("min", low))),
        high=float(row.get("high", row.get("max", high))),
        doc=str(row["doc"]),
        constant=row.get("value"),
    )


def _check_overlaps(path: Path, plc_map: PlcMap) -> None:
    for table in (plc_map.inputs, plc_map.discretes, plc_map.holdings, plc_map.coils):
        for before, after in pairwise(table):
            if after.pdu < before.pdu + before.words:
                raise ValueError(f"{path}: {before.name} and {after.name} share address {after.pdu}; correct the map")
    names = [point.name for point in chain(plc_map.holdings, plc_map.coils)]
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: two outputs have the same name; correct the map")
