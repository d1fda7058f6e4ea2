"""Values of the plant's parameter table as people write them; its units are wider than those of recipes."""

from __future__ import annotations

import re

from controller.recipe import units
from controller.recipe.quantities import NUMBER, QuantityError, parse, shown

_BARE = re.compile(rf"({NUMBER})\s*(.*)", re.DOTALL)
_FAR = 1e6


def plant_value(name: str, unit: str, text: object, usual: float = 0.0) -> float:
    """Return a value in the unit of the plant's table; QuantityError for anything else.

    A unit that recipes know may be another of its kind (`1.2 MPa` for Pa); others are written as the table does. With
    a `usual` value it must have its sign and be within a millionth and a million times of it.
    """
    value = parse(text, unit, what=name) if unit in units.KIND_OF else _as_listed(name, unit, text)
    if usual and not 1.0 / _FAR <= value / usual <= _FAR:
        raise QuantityError("R120", f'{name} "{shown(text)}" is nothing like the usual {usual:g} {unit}'.rstrip())
    return value


def _as_listed(name: str, unit: str, text: object) -> float:
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
