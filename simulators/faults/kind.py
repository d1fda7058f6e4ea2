"""One kind of plant fault: what happens, how it is said, how severe it may be, and what it does to the plant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.plant import Plant


@dataclass(frozen=True, slots=True)
class FaultKind:
    """`begin(plant, severity)` runs on the plant's grid at the onset.

    `word` is what stands after `=` for the default severity. A kind with a `unit` also takes a number there, from
    `low` to `high`; one without is only a switch. Severities are SI or as the unit says; their source is CHOSEN.
    """

    doc: str
    begin: Callable[[Plant, float], None]
    word: str = ""
    unit: str | None = None
    default: float = 0.0
    low: float = 0.0
    high: float = inf


def switch(path: str, value: float | bool = True) -> Callable[[Plant, float], None]:
    """Return a `begin` that sets an attribute of the plant, such as `press.inner.vent_stuck`."""
    return lambda plant, _: _set(plant, path, value)


def level(path: str) -> Callable[[Plant, float], None]:
    """Return a `begin` that sets an attribute of the plant to the severity."""
    return lambda plant, severity: _set(plant, path, severity)


def scale(path: str) -> Callable[[Plant, float], None]:
    """Return a `begin` that multiplies an attribute of the plant by the severity."""
    return lambda plant, severity: _set(plant, path, _get(plant, path) * severity)


def _owner(plant: Plant, path: str) -> tuple[object, str]:
    owner: object = plant
    *parents, last = path.split(".")
    for name in parents:
        owner = getattr(owner, name)
    return owner, last


def _get(plant: Plant, path: str) -> float:
    owner, last = _owner(plant, path)
    return float(getattr(owner, last))


def _set(plant: Plant, path: str, value: float | bool) -> None:
    owner, last = _owner(plant, path)
    if not hasattr(owner, last):
        raise AttributeError(f"the plant has no {path}")
    setattr(owner, last, value)
