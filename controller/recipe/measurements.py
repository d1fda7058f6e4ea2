"""What a step measures, and what it does when a result is outside its range.

Where a value comes from decides its source: a tag or a calculation is measured, an inspection record inspected, a
prediction predicted. Units are settled here, so that acceptance and calculations are checked before any run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal, cast

from controller.recipe.model import Action, Measurement
from controller.recipe.problems import did_you_mean
from controller.recipe.ranges import Range
from controller.recipe.reader import NAME, Fields, Report, meant
from controller.recipe.sections import unit_is_listed
from controller.recipe.verb import ToolFacts

REPEATS_MAX = 20
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ORIGINS = {"tag": {"over"}, "value": {"unit"}, "inspect": {"unit"}, "predict": set[str]()}


def read_measurements(report: Report, step: Fields, tool: ToolFacts, known: dict[str, str]) -> dict[str, Measurement]:
    """Read `measure`; `known` holds the units of all earlier results and gets this step's."""
    found: dict[str, Measurement] = {}
    if "measure" not in step:
        return found
    section = Fields(report, step.data["measure"], step.at("measure"))
    for name in section:
        if not NAME.fullmatch(name):
            hint = "small letters, digits and _"
            report.add("R107", f'"{name[:80]}" is not a name', section.at(name), hint, at_key=True)
        if name in known:
            message = f'"{name}" is measured or recorded twice'
            report.add("R160", message, section.at(name), "give the second one another name", at_key=True)
        measurement = _measurement(report, section, name, tool, known)
        if measurement is not None:
            found[name] = measurement
            known[name] = measurement.unit
        else:
            report.broken.add(name)
    return found


def _measurement(
    report: Report, section: Fields, name: str, tool: ToolFacts, known: Mapping[str, str]
) -> Measurement | None:
    fields = Fields(report, section.data[name], section.at(name), (*_ORIGINS, "over", "unit", "accept"))
    origins = [key for key in _ORIGINS if key in fields]
    if len(origins) != 1:
        hint = f"one of {', '.join(_ORIGINS)}"
        report.add("R107", f'measurement "{name}" must come from one place', fields.path, hint, at_key=True)
        return None
    origin = origins[0]
    for key in {"over", "unit"} & set(fields) - _ORIGINS[origin]:
        report.add("R101", f'"{key}" does not go with {origin}', fields.at(key), at_key=True)
    read = {"tag": _from_tag, "predict": _from_tag, "value": _from_value, "inspect": _from_inspection}[origin]
    return read(report, fields, tool, known)


def _from_tag(report: Report, fields: Fields, tool: ToolFacts, known: Mapping[str, str]) -> Measurement | None:
    key = "tag" if "tag" in fields else "predict"
    tag = fields.text(key)
    if tag not in tool.units:
        report.add("R140", f'unknown tag "{tag[:80]}"', fields.at(key), did_you_mean(tag, tool.units))
        return None
    unit, accept = _accept(fields, tool.units[tag])
    if key == "tag":
        return Measurement(_name(fields), "measured", unit, accept, tag=tag, over_s=fields.duration("over"))
    return Measurement(_name(fields), "predicted", unit, accept, predict=tag)


def _from_value(report: Report, fields: Fields, tool: ToolFacts, known: Mapping[str, str]) -> Measurement | None:
    wanted = unit_is_listed(report, fields, "unit") if "unit" in fields else None
    if report.broken & set(_WORD.findall(str(fields.data["value"]))):
        return None  # a consequence of what is already reported
    value = fields.expression("value", known, "quantity", wanted)
    if value is None or value.unit is None:
        return None
    unit, accept = _accept(fields, value.unit)
    return Measurement(_name(fields), "measured", unit, accept, value=value)


def _from_inspection(report: Report, fields: Fields, tool: ToolFacts, known: Mapping[str, str]) -> Measurement:
    unit, accept = _accept(fields, unit_is_listed(report, fields, "unit"))
    return Measurement(_name(fields), "inspected", unit, accept, inspect=fields.name("inspect"))


def _accept(fields: Fields, unit: str) -> tuple[str, Range | None]:
    accept = fields.range("accept", unit)
    if "accept" in fields and accept is None:
        fields.report.broken.add(_name(fields))
    return unit, accept


def _name(fields: Fields) -> str:
    return str(fields.path[-1])


def read_on_fail(report: Report, step: Fields, measured: Mapping[str, Measurement]) -> dict[str, Action]:
    """Read `on_fail`: "height high", "height", or else -> an action; a single word stands for else."""
    if "on_fail" not in step:
        return {}
    data = step.data["on_fail"]
    if isinstance(data, str):
        data = {"else": data}
        return {"else": _action(report, data["else"], step.at("on_fail"))}
    section = Fields(report, data, step.at("on_fail"))
    known = list(_conditions(measured))
    judged = "measure" in step or not meant("measure", step.data)
    for key in section:
        if judged and key not in known and key.split(" ")[0] not in report.broken:
            message = f'"{key[:80]}" is no result of this step'
            report.add("R160", message, section.at(key), did_you_mean(key, known), at_key=True)
    return {key: _action(report, section.data[key], section.at(key)) for key in section}


def _conditions(measured: Mapping[str, Measurement]) -> Iterator[str]:
    yield "else"
    for name, measurement in measured.items():
        if measurement.accept is not None:
            yield from (name, f"{name} high", f"{name} low")


def _action(report: Report, data: object, path: tuple[object, ...]) -> Action:
    if isinstance(data, str):
        if data in ("hold", "abort", "go_on"):
            return Action(cast(Literal["hold", "abort", "go_on"], data))
        report.add("R107", f'"{data[:80]}" is no action', path, "hold, abort, go_on, {repeat: ...} or {go_to: ...}")
        return Action("hold")
    fields = Fields(report, data, path, ("repeat", "limit", "go_to"))
    if "repeat" in fields and "go_to" not in fields:
        if "limit" not in fields:
            report.add("R162", "a repeat must be counted", path, "add limit: 2")
        return Action("repeat", fields.text("repeat"), fields.integer("limit", 1, 1, REPEATS_MAX))
    if "go_to" in fields and not {"repeat", "limit"} & set(fields):
        return Action("go_to", fields.text("go_to"))
    report.add("R107", "an action is one of repeat with limit, or go_to", path)
    return Action("hold")
