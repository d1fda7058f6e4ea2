"""Quantities as people write them: number, one space, unit ("400 kPa", "5 kPa abs").

The front is strict because a general unit library is not: "4 min 30 s" must not become 120 min*s. Everything refused
here says why and what to write instead. It knows no field, tag or limit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

from controller.recipe import units

if TYPE_CHECKING:
    from pydantic_core import core_schema

NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_QUANTITY = re.compile(rf"({NUMBER})(\s*)(.*)", re.DOTALL)
_SECOND_NUMBER = re.compile(rf"^\S+\s+{NUMBER}(?![\w.])")
_LENGTH_MAX = 80

# What people write for units that we spell otherwise.
_SPELLINGS: Mapping[str, str] = {
    "°C": "degC",
    "C": "degC",
    "celsius": "degC",
    "µm": "um",
    "μm": "um",
    "micron": "um",
    "sec": "s",
    "hour": "h",
    "minute": "min",
    "kPaa": "kPa abs",
    "kPag": "kPa",
    "kPa gauge": "kPa",
    "degC/min": "K/min",
    "degC/s": "K/s",
    "percent": "%",
    "1/min": "rpm",
    "ul": "uL",
    "ml": "mL",
    "l/min": "L/min",
}


class QuantityError(ValueError):
    """A text is not the wanted quantity. `code` is the rule it breaks, `hint` what to write instead."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Written:
    """A quantity as written: its number and one of the listed units ("" when dimensionless)."""

    number: float
    unit: str

    @property
    def canonical(self) -> float:
        """The number in the canonical unit of its kind."""
        return self.number * units.factor(self.unit, units.canonical(self.unit))


def parse(text: object, unit: str, *, what: str = "this") -> float:
    """Return `text` in `unit`; `what` names the field in messages. Raise QuantityError for anything else."""
    written = read(text)
    if written.unit == "" and unit != "":
        raise QuantityError("R115", f'"{shown(text)}" has no unit', f'write "{shown(text)} {unit}"')
    try:
        return written.number * units.factor(written.unit, unit)
    except units.UnitMismatch:
        raise _mismatch(shown(text), written.unit, unit, what) from None


def read(text: object) -> Written:
    """Read "number space unit" without asking for a certain unit."""
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise QuantityError("R114", f"{shown(text)!r} is not a quantity", 'write a number and a unit, as in "400 kPa"')
    clean = str(text).strip()
    match = _QUANTITY.fullmatch(clean) if len(clean) <= _LENGTH_MAX else None
    if match is None:
        raise QuantityError("R114", f'"{shown(text)}" does not begin with a number', 'write it as in "400 kPa"')
    number, gap, unit = float(match[1]), match[2], match[3]
    if not math.isfinite(number):
        raise QuantityError("R114", f'"{shown(text)}" is too large for a number')
    if unit:
        _check_unit(clean, gap, unit)
    return Written(number, unit)


def _check_unit(text: str, gap: str, unit: str) -> None:
    if _SECOND_NUMBER.match(unit):
        raise QuantityError("R112", f'"{text}" has two numbers', _one_number(text))
    if unit.startswith(","):
        raise QuantityError("R114", f'"{text}" has a comma', "write a decimal point")
    if unit not in units.KIND_OF:
        raise QuantityError("R111", f'unknown unit "{unit}" in "{text}"', nearest_unit(unit))
    if gap != " ":
        number = text.removesuffix(unit).strip()
        raise QuantityError("R116", f'"{text}" needs one space before the unit', f'write "{number} {unit}"')


def nearest_unit(unit: str) -> str:
    """Suggest the listed unit that someone who wrote `unit` probably meant."""
    allowed = [name for name in units.KIND_OF if name]
    by_case = [name for name in allowed if name.lower() == unit.lower()]
    found = by_case[:1] or [_SPELLINGS[unit]] if by_case or unit in _SPELLINGS else []
    found = found or get_close_matches(unit, allowed, n=1, cutoff=0.6)
    if not found:
        return f"units are {', '.join(allowed)}"
    case = " Units are case-sensitive" if by_case else ""
    return f'did you mean "{found[0]}"?{case}'


def _one_number(text: str) -> str:
    """For two durations in a row say the sum, in the smaller and in the larger unit."""
    parts = re.findall(rf"({NUMBER})\s*([A-Za-z]+)", text)
    times = units.KIND_OF["s"].units
    if len(parts) < 2 or any(unit not in times for _, unit in parts):
        return "write one number and one unit"
    total_s = sum(float(number) * times[unit] for number, unit in parts)
    small, large = parts[-1][1], parts[0][1]
    return f'write "{total_s / times[small]:.12g} {small}" or "{total_s / times[large]:.12g} {large}"'


def _mismatch(text: str, got: str, wanted: str, what: str) -> QuantityError:
    if wanted == "kPa abs" and units.canonical(got) == "kPa":
        message = f'ambiguous pressure "{text}": {what} is absolute'
        return QuantityError("R113", message, f'write "{text} abs"')
    if got.endswith(" abs") and units.canonical(wanted) == "kPa":
        message = f'"{text}" is an absolute pressure, {what} is relative to the atmosphere'
        return QuantityError("R113", message, "write the gauge pressure, without abs")
    article = "an" if units.noun(got)[0] in "aeiou" else "a"
    example = f" ({wanted})" if wanted else ""
    needed = units.noun(wanted) if wanted else "a plain number"
    message = f'wrong kind of unit: "{text}" is {article} {units.noun(got)}, {what} needs {needed}{example}'
    hint = "K is for differences, degC for temperatures" if {got, wanted} == {"K", "degC"} else ""
    return QuantityError("R110", message, hint)


def shown(text: object) -> str:
    """A value in a message, cut to a length that fits a line."""
    shown = str(text).strip()
    return shown if len(shown) <= _LENGTH_MAX else shown[: _LENGTH_MAX - 3] + "..."


@dataclass(frozen=True, slots=True)
class Quantity:
    """Pydantic annotation: the field is written with a unit and becomes a float in `unit`, within min and max."""

    unit: str
    min: float | None = None
    max: float | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        from pydantic_core import core_schema

        return core_schema.with_info_plain_validator_function(self._validate)

    def _validate(self, value: object, info: core_schema.ValidationInfo[Any]) -> float:
        what = info.field_name or "this"
        try:
            number = parse(value, self.unit, what=what)
            self._check(number, shown(value), what)
        except QuantityError as error:
            raise _pydantic_error(error) from None
        return number

    def _check(self, number: float, text: str, what: str) -> None:
        if self.min is not None and number < self.min:
            raise QuantityError("R120", f'{what} "{text}" is below {self.min:g} {self.unit}')
        if self.max is not None and number > self.max:
            raise QuantityError("R120", f'{what} "{text}" is above {self.max:g} {self.unit}')


def _pydantic_error(error: QuantityError) -> Exception:
    """The same error in pydantic's form; its type is our code, so the loader finds code and hint again."""
    from pydantic_core import PydanticCustomError

    # code and text are data, not literals: pydantic asks for LiteralString only to discourage formatting
    template: Any = "{message}"
    code: Any = error.code
    return PydanticCustomError(code, template, {"message": error.message, "hint": error.hint})


Pressure = Annotated[float, Quantity("kPa")]  # gauge
AbsolutePressure = Annotated[float, Quantity("kPa abs")]
PressureRate = Annotated[float, Quantity("kPa/s")]
Temperature = Annotated[float, Quantity("degC")]
TemperatureRate = Annotated[float, Quantity("K/min")]
Duration = Annotated[float, Quantity("s", min=0.0)]
Length_um = Annotated[float, Quantity("um")]
Speed_um_s = Annotated[float, Quantity("um/s")]
Rotation = Annotated[float, Quantity("rpm")]
Mass_g = Annotated[float, Quantity("g")]
