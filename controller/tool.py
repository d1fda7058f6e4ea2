"""The tool file: wires, instruments, names and limits, checked when it is read. It opens nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from controller.recipe import units
from controller.recipe.limits import Limit
from controller.recipe.problems import Problem, RecipeError, did_you_mean
from controller.recipe.quantities import QuantityError, parse, read
from controller.recipe.source import Source
from controller.recipe.source import parse as parse_source
from controller.recipe.source import read as read_source

SECTIONS = {"tool", "simulated", "site_key", "lines", "instruments", "names", "limits", "machine", "calibration"}
OPTIONAL = {"simulated", "site_key", "calibration"}
CALIBRATION_KEYS = ("certificate", "last", "due", "overdue")
LIMIT_KEYS = {"min", "max", "rate"}
MACHINE = {  # key -> unit
    "safe_height_mm": "", "approach_um": "", "minimum_thickness_um": "", "spindle_nominal_W": "",
    "spindle_nominal_rpm": "", "release_kPa_s": "", "mold_max_open_degC": "", "pot_life": "s",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calibration:
    """The certificate of an instrument, days in ISO 8601; after `due` a start is refused (`overdue` block) or warns."""

    certificate: str
    last: str
    due: str
    overdue: str


@dataclass(frozen=True, slots=True)
class ToolFile:
    """One tool as its file describes it. `lines` and `instruments` are settings by name, limits are in their units."""

    path: Path
    text: str
    name: str
    simulated: bool
    lines: Mapping[str, Mapping[str, Any]]
    instruments: Mapping[str, Mapping[str, Any]]
    names: Mapping[str, str]
    limits: Mapping[str, Limit]
    machine: Mapping[str, float]
    site_key: str = ""  # file of the key that signs records, from the folder of the tool file
    calibration: Mapping[str, Calibration] = field(default_factory=dict)  # by instrument


def load(path: Path) -> ToolFile:
    """Read and check a tool file; raises RecipeError with every problem found, with line and column."""
    return _checked(read_source(path), path)


def from_text(text: str, path: Path) -> ToolFile:
    """The same for the text of a file, as a record keeps it; `path` is what messages call it."""
    return _checked(parse_source(text, path.name), path)


def _checked(source: Source, path: Path) -> ToolFile:
    check = _Check(source)
    tool = check.tool_file(path)
    if check.problems:
        raise RecipeError(check.problems, source.text)
    return tool


class _Check:
    """Collects the problems of one file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def tool_file(self, path: Path) -> ToolFile:
        data = self.source.data if isinstance(self.source.data, dict) else {}
        self._keys((), data, SECTIONS)
        for key in sorted(SECTIONS - OPTIONAL - set(data)):
            self._problem("R106", f'"{key}" is missing', ())
        lines, instruments = self._mapping(data, "lines"), self._mapping(data, "instruments")
        for name, settings in instruments.items():
            if settings.get("line") not in lines:
                hint = did_you_mean(str(settings.get("line")), lines)
                self._problem(
                    "R107",
                    f"instrument {name} is on line {settings.get('line')}, which does not exist",
                    ("instruments", name),
                    hint,
                )
        simulated = data.get("simulated", False)
        if not isinstance(simulated, bool):
            self._problem("R107", "simulated is true or false", ("simulated",))
        site_key = data.get("site_key", "")
        if not isinstance(site_key, str):
            self._problem("R107", "site_key is the path of a file", ("site_key",))
        return ToolFile(
            path,
            self.source.text,
            str(data.get("tool", "")),
            simulated is True,
            lines,
            instruments,
            {str(k): str(v) for k, v in self._mapping(data, "names", scalars=True).items()},
            {name: self._limit(name, given) for name, given in self._mapping(data, "limits").items()},
            self._machine(self._mapping(data, "machine", scalars=True)),
            str(site_key),
            {name: self._calibration(name, given, instruments)
             for name, given in self._mapping(data, "calibration").items()},
        )  # fmt: skip

    def _mapping(self, data: Mapping[str, Any], key: str, *, scalars: bool = False) -> dict[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, dict):
            self._problem("R107", f'"{key}" is a mapping', (key,))
            return {}
        wrong = [name for name, entry in value.items() if isinstance(entry, dict | list) is scalars]
        for name in wrong:
            self._problem("R107", f"{key}: {name} has the wrong form", (key, name))
        return {name: entry for name, entry in value.items() if name not in wrong}

    def _limit(self, name: str, given: Mapping[str, Any]) -> Limit:
        place = ("limits", name)
        self._keys(place, given, LIMIT_KEYS)
        unit = self._unit(place, given)
        rate_unit = "K/s" if unit == "degC" else f"{unit.removesuffix(' abs')}/s"
        found = {
            key: self._quantity((*place, key), given[key], rate_unit if key == "rate" else unit)
            for key in LIMIT_KEYS & set(given)
        }
        return Limit(unit, found.get("min"), found.get("max"), found.get("rate"))

    def _unit(self, place: tuple[str, ...], given: Mapping[str, Any]) -> str:
        try:
            written = read(given.get("max", given.get("min")))
        except QuantityError as error:
            self._problem(error.code, error.message, place, error.hint)
            return ""
        kind = units.canonical(written.unit)
        return written.unit if kind == "um" else kind  # a stage's heights are given in mm, gaps in um

    def _calibration(self, name: str, given: Mapping[str, Any], instruments: Collection[str]) -> Calibration:
        place = ("calibration", name)
        self._keys(place, given, set(CALIBRATION_KEYS))
        if name not in instruments:
            self._problem("R107", f"calibration: there is no instrument {name}", place, did_you_mean(name, instruments))
        found = {key: str(given.get(key, "block" if key == "overdue" else "")) for key in CALIBRATION_KEYS}
        for key, text in found.items():
            if not text:
                self._problem("R106", f'calibration of {name}: "{key}" is missing', place)
            elif key in ("last", "due") and not _is_day(text):
                self._problem("R107", f'"{text[:40]}" is not a day', (*place, key), "write it as in 2027-03-02")
        if found["overdue"] not in ("block", "warn"):
            self._problem("R107", f'overdue "{found["overdue"][:40]}" is neither block nor warn', (*place, "overdue"))
        if _is_day(found["last"]) and _is_day(found["due"]) and found["due"] < found["last"]:
            self._problem("R122", f"calibration of {name}: due is before last", (*place, "due"), "exchange the two")
        return Calibration(**found)

    def _machine(self, given: Mapping[str, Any]) -> dict[str, float]:
        self._keys(("machine",), given, set(MACHINE))
        for key in sorted(set(MACHINE) - set(given)):
            self._problem("R106", f'machine: "{key}" is missing', ("machine",))
        return {key: self._quantity(("machine", key), given[key], MACHINE[key]) for key in MACHINE if key in given}

    def _quantity(self, place: tuple[str, ...], text: object, unit: str) -> float:
        try:
            return parse(text, unit, what=place[-1])
        except QuantityError as error:
            self._problem(error.code, error.message, place, error.hint)
            return 0.0

    def _keys(self, place: tuple[str, ...], given: Mapping[str, Any], known: set[str]) -> None:
        for key in given:
            if key not in known:
                self._problem("R101", f'unknown key "{key}"', (*place, key), did_you_mean(str(key), known))

    def _problem(self, code: str, message: str, place: tuple[Any, ...], hint: str = "") -> None:
        mark = self.source.key_at(place)
        self.problems.append(Problem(code, message, self.source.file, mark.line, mark.column, hint, width=mark.width))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
