"""What a validation case is, and where all of them are found. The cases stand in `*_cases.py` beside this file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Case:
    """One validation case: `got()` computes by the simulators' own functions; |got - expected| <= tolerance."""

    id: str  # "V4b"
    title: str
    expected: float
    unit: str
    tolerance: float  # absolute, in `unit`
    got: Callable[[], float]
    source: str  # closed form, standard, published figure ...

    def holds(self, got: float) -> bool:
        """Whether a computed value is within the tolerance; NaN never is."""
        return abs(got - self.expected) <= self.tolerance


@cache
def computed(case: Case) -> float:
    """What the simulators give, computed once however many look at it."""
    return case.got()


def families() -> dict[str, list[Case]]:
    """The `CASES` of every module of this folder, by the name before `_cases.py`."""
    found = Path(__file__).parent.glob("*_cases.py")
    names = sorted(path.stem for path in found if not path.stem.startswith("test_"))
    return {name.removesuffix("_cases"): list(import_module(f"tests.validation.{name}").CASES) for name in names}


def all_cases() -> list[Case]:
    """Every case of every family."""
    return [case for family in families().values() for case in family]
