"""Faults as text: `NAME[=VALUE][@TIME]`.

Parses and checks only. What a plant fault does stands in `simulators.faults`, and the plant carries it out on its own
grid; wire faults (`<instrument id>=silent`) are recognised here and carried out by the wire servers.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection
from dataclasses import dataclass

from simulators.faults import PLANT_FAULTS
from simulators.faults.kind import FaultKind

WIRE_FAULTS = {
    "silent": "the instrument no longer answers",
    "late": "it answers after the driver's deadline",
    "garble": "single bits of its answers are flipped",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault with its onset in seconds after the plant's start; `wire` names an instrument instead of the plant."""

    name: str
    value: str
    at_s: float
    wire: bool = False

    @property
    def number(self) -> float | None:
        """The value as a number, or None when it is a word or absent."""
        try:
            return float(self.value)
        except ValueError:
            return None


_SPEC = re.compile(r"(?P<name>[^=@]+)(?:=(?P<value>[^@]*))?(?:@(?P<time>.+))?")
_TIME = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>s|min|h|)")
_SECONDS = {"": 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}


def parse_fault(spec: str, instruments: Collection[str] = ()) -> Fault:
    """Return the fault that a specification names.

    `instruments` are the ids that may have wire faults. Raises ValueError with the nearest known name when the name,
    the value or the time is not understood.
    """
    match = _SPEC.fullmatch(spec.strip())
    if match is None:
        raise ValueError(f"fault {spec!r}: wanted NAME[=VALUE][@TIME], for example press.door=open@10min")
    name, value = match["name"].strip(), (match["value"] or "").strip()
    at_s = parse_time(match["time"], spec) if match["time"] else 0.0
    if name in instruments:
        return Fault(name, _word(spec, value, tuple(WIRE_FAULTS)), at_s, wire=True)
    if name not in PLANT_FAULTS:
        raise ValueError(f"fault {spec!r}: {_unknown(name, [*PLANT_FAULTS, *instruments])}")
    return Fault(name, _plant_value(spec, PLANT_FAULTS[name], value), at_s)


def parse_time(text: str, spec: str) -> float:
    """Return seconds from `600`, `600s`, `10min` or `2h`; `spec` is quoted in the error."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"fault {spec!r}: wanted a time such as 600, 600s, 10min or 1h after '@', got {text!r}")
    return float(match["number"]) * _SECONDS[match["unit"]]


def _plant_value(spec: str, kind: FaultKind, value: str) -> str:
    """Return the value in one form: a number, the kind's word, or nothing."""
    if not value or value == kind.word:
        return kind.word
    if kind.unit is None:
        if kind.word:
            return _word(spec, value, (kind.word,))
        raise ValueError(f"fault {spec!r}: takes no value, got {value!r}")
    try:
        number = float(value.removesuffix(kind.unit))
    except ValueError:
        number = math.nan
    if not kind.low <= number <= kind.high or math.isinf(number):
        word = f"{kind.word!r} or " if kind.word else ""
        wanted = f"{word}a number from {kind.low:g} to {kind.high:g} {kind.unit}".rstrip()
        raise ValueError(f"fault {spec!r}: wanted {wanted}, got {value!r}")
    return repr(number)


def _word(spec: str, value: str, words: tuple[str, ...]) -> str:
    if value in words:
        return value
    raise ValueError(f"fault {spec!r}: {_unknown(value, words)}")


def _unknown(got: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(got, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
    return f"{got!r} is not known; {hint}"
