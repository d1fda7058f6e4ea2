"""Every parameter of the simulated plant: value, unit, and where the value comes from; the table is `parameters.csv`.

Models read them once, when they are built. `Parameters({"press.outer_volume": 3e-3})` changes single values; nothing
here computes. Sources: `sourced` has a published figure behind it, `textbook` is a standard relation or constant,
`chosen` is a plausible engineering value that nobody measured.
"""

from __future__ import annotations

import csv
import difflib
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import NamedTuple


class Label(Enum):
    """Where a value comes from."""

    SOURCED = "sourced"
    TEXTBOOK = "textbook"
    CHOSEN = "chosen"


class Parameter(NamedTuple):
    """One value with its unit, label and a few words."""

    value: float
    unit: str
    label: Label
    note: str


def _read() -> dict[str, Parameter]:
    with Path(__file__).with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        return {
            row["name"]: Parameter(float(row["value"]), row["unit"], Label(row["source"]), row["meaning"])
            for row in csv.DictReader(file)
        }


PARAMETERS: dict[str, Parameter] = _read()


class Parameters:
    """The table with some values changed; `p["press.relief"]` gives a number."""

    def __init__(self, changes: Mapping[str, float] | None = None) -> None:
        """Raise KeyError for a name that is not in the table; it says which was probably meant."""
        self._values = {name: parameter.value for name, parameter in PARAMETERS.items()}
        for name, value in (changes or {}).items():
            if name not in self._values:
                near = difflib.get_close_matches(name, self._values, 1)
                raise KeyError(f"no plant parameter {name!r}" + (f", did you mean {near[0]!r}?" if near else ""))
            self._values[name] = value

    def __getitem__(self, name: str) -> float:
        return self._values[name]
