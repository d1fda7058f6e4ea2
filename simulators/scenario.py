"""Faults as text: `NAME[=VALUE][@TIME]`, the catalogue of what can be made to fail, and how it is said.

Parses and checks only. Plant faults are carried out by the plant on its own grid; wire faults
(`<instrument id>=silent`) are recognised here and carried out by the wire servers.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Collection
from dataclasses import dataclass

WIRE_FAULTS = {
    "silent": "the instrument no longer answers",
    "late": "it answers after the driver's deadline",
    "garble": "single bits of its answers are flipped",
}


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of plant fault: what happens, its words (first is the default) and whether a number may be given."""

    doc: str
    words: tuple[str, ...] = ()
    number: str = ""


PLANT_FAULTS: dict[str, FaultKind] = {
    "line.estop": FaultKind("someone hits the E-stop; a number of seconds releases it again", number="s"),
    "press.door": FaultKind("the door switch opens: someone forces the door", ("open",)),
    "press.supply": FaultKind("the compressed air sinks to 350 kPa absolute", ("low",)),
    "press.leak": FaultKind("the outer chamber leaks", number="m3/(s Pa)"),
    "press.inner_vent": FaultKind("the inner vent stays shut", ("stuck",)),
    "platen.heater": FaultKind("the platen's heating element breaks", ("open",)),
    "platen.sensor": FaultKind("the platen's thermocouple breaks: upscale reading", ("break",)),
    "mold.heater": FaultKind("the mold's heating element breaks", ("open",)),
    "mold.sensor": FaultKind("the mold's thermocouple breaks: upscale reading", ("break",)),
    "dispenser.needle": FaultKind("the needle clogs to 0.9 of its radius", ("clog",)),
    "spindle.trip": FaultKind("the spindle drive trips"),
    "grinder.coolant": FaultKind("the coolant fails", ("lost",)),
    "grinder.chuck": FaultKind("the chuck vacuum fails", ("lost",)),
    "grinder.gauge": FaultKind("the thickness gauge steps by 8 um", ("jump",)),
    "grinder.guard": FaultKind("the wheel guard's switch opens", ("open",)),
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
    if kind.words:
        return _word(spec, value or kind.words[0], kind.words)
    if not value:
        return ""
    if not kind.number:
        raise ValueError(f"fault {spec!r}: takes no value, got {value!r}")
    try:
        number = float(value.removesuffix("s") if kind.number == "s" else value)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0.0):
        raise ValueError(f"fault {spec!r}: wanted a positive number in {kind.number}, got {value!r}")
    return repr(number)


def _word(spec: str, value: str, words: tuple[str, ...]) -> str:
    if value in words:
        return value
    raise ValueError(f"fault {spec!r}: {_unknown(value, words)}")


def _unknown(got: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(got, known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(known))}"
    return f"{got!r} is not known; {hint}"
