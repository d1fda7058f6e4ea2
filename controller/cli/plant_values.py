"""Values of the plant's parameter table as people write them; its units are wider than those of recipes."""

from __future__ import annotations

import re

from controller.recipe import units
from controller.recipe.quantities import NUMBER, QuantityError, parse, shown

_BARE = re.compile(rf"({NUMBER})\s*(.*)", re.DOTALL)


def plant_value(name: str, unit: str, text: object) -> float:
    """Return a value in the parameter's own unit; QuantityError for anything else.

    A unit that recipes know may be another of its kind (`1.2 MPa` for Pa); others are written as the table does.
    """
    if unit in units.KIND_OF:
        return parse(text, unit, what=name)
    match = _BARE.fullmatch(str(text).strip())
    if match is None or isinstance(text, bool):
        raise QuantityError("R114", f'"{shown(text)}" does not begin with a number', f'write it as in "1 {unit}"')
    number, written = match.groups()
    if written != unit:
        got = f"in {written}" if written else "without a unit"
        raise QuantityError("R110", f"{name} is in {unit}, not {got}", f'write "{number} {unit}"')
    return float(number)


def spaced(text: str) -> str:
    """Put the one space between number and unit that shells make people leave out: `400kPa` is `400 kPa`."""
    return re.sub(rf"^({NUMBER})(?=[A-Za-z%])", r"\1 ", text.strip())
