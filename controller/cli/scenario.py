"""Scenario files: what is different about the simulated station, its faults and the values of its plant.

A scenario says what nature does, never what the controller does; `--live` takes none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from controller.cli.exits import CommandError, Exit
from controller.cli.plant_values import plant_value
from controller.cli.simulated import FAULT_UNITS, PARAMETERS, check_fault
from controller.recipe.problems import RecipeError, did_you_mean
from controller.recipe.quantities import QuantityError
from controller.recipe.reader import Fields, Report
from controller.recipe.source import read
from springback.places import config_file

_EXAMPLE = "{fault: press.leak, severity: 5e-9, at: 10 min}"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Faults as `--fault` writes them, and changes of plant parameters in the table's units."""

    faults: tuple[str, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)


def load_scenario(path: Path | None, faults: Sequence[str] = ()) -> Scenario:
    """Read a scenario, by its path or its name in `config/scenarios`, and add the faults of the command line.

    RecipeError with every problem of the file, each with its place; CommandError when there is no such file.
    """
    if path is None:
        return Scenario(tuple(faults))
    report = Report(read(_found(path)))
    fields = Fields(report, report.source.data, (), ("title", "faults", "parameters"))
    fields.text("title")
    listed = fields.data.get("faults", [])
    if not isinstance(listed, list):
        report.add("R107", "faults must be a list", ("faults",), f"begin each with - as in - {_EXAMPLE}")
        listed = []
    found = [_fault(report, item, i) for i, item in enumerate(listed)]
    section = Fields(report, fields.data.get("parameters", {}), ("parameters",))
    parameters = {name: _parameter(report, section, name) for name in section}
    if report.errors:
        raise RecipeError(report.problems, report.source.text)
    return Scenario((*found, *faults), parameters)


def _found(path: Path) -> Path:
    if path.suffix or len(path.parts) > 1:
        return path
    folder = config_file("scenarios")
    if not (folder / f"{path}.yaml").is_file():
        hint = did_you_mean(str(path), [file.stem for file in folder.glob("*.yaml")])
        raise CommandError(f'there is no scenario "{path}"; {hint}', Exit.INVALID)
    return folder / f"{path}.yaml"


def _fault(report: Report, item: object, index: int) -> str:
    """One entry as `--fault` writes it: NAME[=VALUE]@TIME."""
    fields = Fields(report, item, ("faults", index), ("fault", "severity", "at"), ("fault",))
    name, at_s = fields.text("fault"), fields.duration("at")
    if "fault" in fields and name not in FAULT_UNITS:
        report.add("R170", f'there is no fault "{name[:80]}"', fields.at("fault"), did_you_mean(name, FAULT_UNITS))
        return ""
    spec = name
    if "severity" in fields:
        severity = _severity(report, fields, name)
        if severity is None:
            return ""
        spec += f"={severity}"
    try:
        check_fault(spec)
    except ValueError as error:
        report.add("R170", str(error), fields.at("severity"))
    return f"{spec}@{at_s:.12g}s"


def _severity(report: Report, fields: Fields, name: str) -> str | None:
    """A word, a bare number in the fault's unit, or a quantity; None when it is refused."""
    value, unit = fields.data["severity"], FAULT_UNITS[name]
    if not unit or not isinstance(value, str) or " " not in value:
        return str(value)
    try:
        return repr(plant_value(name, unit, value))
    except QuantityError as error:
        report.refuse(error, fields.at("severity"))
        return None


def _parameter(report: Report, section: Fields, name: str) -> float:
    path = section.at(name)
    if name not in PARAMETERS:
        hint = did_you_mean(name, PARAMETERS)
        report.add("R153", f'the plant has no parameter "{name[:80]}"', path, hint, at_key=True)
        return 0.0
    try:
        return plant_value(name, PARAMETERS[name].unit, section.data[name], PARAMETERS[name].value)
    except QuantityError as error:
        report.refuse(error, path)
        return 0.0
