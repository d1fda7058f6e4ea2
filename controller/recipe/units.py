"""The closed list of units a recipe may use, and what may be converted into what.

One row per kind of quantity; a unit that is not in a row does not exist, prefixes included. Points (a temperature in
degC, an absolute pressure) are kinds of their own beside their differences (K, kPa): adding two points means nothing.
Factors of listed units come from the table; pint is asked, and imported, only for products and quotients of units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of quantity: its name in messages, its canonical unit, that unit in SI, and what one of each unit is."""

    noun: str
    canonical: str
    si: str
    units: Mapping[str, float]


KINDS: tuple[Kind, ...] = (
    Kind("pressure", "kPa", "1e3 kg / m / s**2", {"kPa": 1.0, "Pa": 1e-3, "mbar": 0.1, "bar": 100.0, "MPa": 1e3}),
    Kind(
        "absolute pressure",
        "kPa abs",
        "[absolute_pressure]",
        {"kPa abs": 1.0, "Pa abs": 1e-3, "mbar abs": 0.1, "bar abs": 100.0, "MPa abs": 1e3},
    ),
    Kind("pressure per time", "kPa/s", "1e3 kg / m / s**3", {"kPa/s": 1.0, "Pa/s": 1e-3}),
    Kind("temperature", "degC", "[temperature_point]", {"degC": 1.0}),
    Kind("temperature difference", "K", "[temperature]", {"K": 1.0}),
    Kind("temperature per time", "K/s", "K / s", {"K/s": 1.0, "K/min": 1 / 60}),
    Kind("time", "s", "[time]", {"s": 1.0, "ms": 1e-3, "min": 60.0, "h": 3600.0}),
    Kind("length", "um", "1e-6 m", {"um": 1.0, "nm": 1e-3, "mm": 1e3}),
    Kind("speed", "um/s", "1e-6 m / s", {"um/s": 1.0, "mm/s": 1e3}),
    Kind("rotation speed", "rpm", "[rotation_speed]", {"rpm": 1.0}),
    Kind("rotation speed per time", "rpm/s", "rpm / s", {"rpm/s": 1.0}),
    Kind("mass", "g", "1e-3 kg", {"g": 1.0, "mg": 1e-3, "kg": 1e3}),
    Kind("mass per time", "g/s", "1e-3 kg / s", {"g/s": 1.0, "mg/s": 1e-3}),
    Kind("volume", "uL", "1e-9 m**3", {"uL": 1.0, "mL": 1e3}),
    Kind("flow", "uL/s", "1e-9 m**3 / s", {"uL/s": 1.0, "L/min": 1e6 / 60}),
    Kind("ratio", "", "1", {"": 1.0, "%": 0.01}),
    Kind("power", "W", "kg * m**2 / s**3", {"W": 1.0}),
    Kind("current", "A", "[current]", {"A": 1.0}),
    Kind("force", "N", "kg * m / s**2", {"N": 1.0, "kN": 1e3}),
)
KIND_OF: dict[str, Kind] = {unit: kind for kind in KINDS for unit in kind.units}

# The unit of the difference of two points; a point may be compared with its like and shifted by its difference only.
DIFFERENCE_OF: dict[str, str] = {"degC": "K", "kPa abs": "kPa"}


class UnitMismatch(ValueError):
    """Two units are of different kinds."""


def canonical(unit: str) -> str:
    """Canonical unit of the kind that `unit` belongs to; a compound unit is its own."""
    kind = KIND_OF.get(unit)
    return kind.canonical if kind else unit


def noun(unit: str) -> str:
    """Say what a unit measures: "pressure"; a compound unit is named by itself."""
    kind = KIND_OF.get(unit)
    return kind.noun if kind else f"quantity in {unit}"


@lru_cache(maxsize=1024)
def factor(unit: str, wanted: str) -> float:
    """Return f so that x [unit] = f * x [wanted]; raise UnitMismatch when they are of different kinds."""
    if unit == wanted:
        return 1.0
    a, b = KIND_OF.get(unit), KIND_OF.get(wanted)
    if a is None or b is None or a is not b:
        raise UnitMismatch(f"{unit!r} is a {noun(unit)}, {wanted!r} a {noun(wanted)}")
    return _rounded(a.units[unit] / a.units[wanted])


@lru_cache(maxsize=256)
def product(left: str, right: str) -> tuple[str, float]:
    """Unit of a product and the factor to apply to the plain product of the numbers."""
    if "" in (left, right):
        return left or right, 1.0
    return _named(_pint_unit(left) * _pint_unit(right))


@lru_cache(maxsize=256)
def quotient(left: str, right: str) -> tuple[str, float]:
    """Unit of a quotient and the factor to apply to the plain quotient of the numbers."""
    if right == "":
        return left, 1.0
    if left == right:
        return "", 1.0
    rate = f"{left}/{right}"
    if rate in KIND_OF:  # nearly all of them, and without pint
        return canonical(rate), factor(rate, canonical(rate))
    return _named(_pint_unit(left) / _pint_unit(right))


def _named(unit: Any) -> tuple[str, float]:
    """The listed canonical unit of the same kind, with the factor into it, or the unit's own spelling."""
    for kind in KINDS:
        listed = _pint_unit(kind.canonical)
        if listed.dimensionality == unit.dimensionality:
            return kind.canonical, _rounded(float(_registry().convert(1.0, unit, listed)))
    return str(unit), 1.0


def _pint_unit(unit: str) -> Any:  # a pint.Unit of our registry
    return _registry().Unit(_pint_name(unit) if unit in KIND_OF else unit)


@cache
def _registry() -> Any:  # pint's registry classes are generic over generated types; no useful name to give
    """A registry that knows the canonical units of the table and nothing else; built in a few milliseconds."""
    import pint  # 0.1 s and more: only when a recipe multiplies quantities

    registry: Any = pint.UnitRegistry(None, cache_folder=None)
    for base in ("m = [length]", "kg = [mass]"):
        registry.define(base)
    for kind in sorted(KINDS, key=lambda kind: "[" not in kind.si):  # base units before those derived from them
        if kind.canonical:
            registry.define(f"{_pint_name(kind.canonical)} = {kind.si}")
    return registry


def _pint_name(unit: str) -> str:
    """Names that a unit parser takes for an expression get a plain one: "kPa/s" -> "kPa_per_s"."""
    return unit.replace("/", "_per_").replace(" ", "_")


def _rounded(value: float) -> float:
    """Drop the last bit's noise of a quotient of powers of ten."""
    return float(f"{value:.15g}")
