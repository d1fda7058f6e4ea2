"""From a recipe file to a checked `Recipe`, or to all that is wrong with it.

The one entry for command line, server and tests. It reads the file and nothing else: verbs and facts of the tool are
handed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from controller.recipe import source
from controller.recipe.check import check
from controller.recipe.folder import NAME, find
from controller.recipe.model import HoldPolicy, Recipe
from controller.recipe.problems import RecipeError, did_you_mean
from controller.recipe.reader import Fields, Report
from controller.recipe.sections import (
    HOLD_S_MAX,
    read_hold,
    read_limits,
    read_materials,
    read_monitors,
    read_parameters,
)
from controller.recipe.steps import StepReader
from controller.recipe.verb import ToolFacts, Verbs

__all__ = ["ToolFacts", "find", "load"]

_REQUIRED = ("recipe", "version", "title", "on_hold", "on_abort", "steps")
_OPTIONAL = ("for", "needs", "materials", "parameters", "limits", "monitors")
_STATES = ("passed", "completed")


def load(recipe: Path | str, verbs: Verbs, tool: ToolFacts, overrides: Mapping[str, str] | None = None) -> Recipe:
    """Load a recipe from a path, or from its text when `recipe` is a str; raise RecipeError with every problem.

    `overrides` are parameter values as `--set name=value` gives them. Warnings are in `Recipe.warnings`.
    """
    path = recipe if isinstance(recipe, Path) else None
    content = source.read(path) if path is not None else source.parse(str(recipe), "recipe")
    report = Report(content)
    loaded = _read(report, path, verbs, tool, overrides or {})
    check(loaded, report, tool)
    if report.errors:
        raise RecipeError(report.problems, content.text)
    return replace(loaded, warnings=tuple(report.problems))


def _read(report: Report, path: Path | None, verbs: Verbs, tool: ToolFacts, overrides: Mapping[str, str]) -> Recipe:
    fields = Fields(report, report.source.data, (), (*_REQUIRED, *_OPTIONAL), set(_REQUIRED) - {"on_hold", "on_abort"})
    text = report.source.text
    # parameters first: everything after may refer to them
    parameters = read_parameters(report, fields.data.get("parameters", {}), overrides)
    on_hold = _on_hold(report, fields)
    return Recipe(
        name=_name(report, fields, path),
        version=fields.integer("version", 1, 1, 999_999) if "version" in fields else 1,
        title=fields.text("title"),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        path=path,
        intended_for=_intended_for(report, fields),
        needs=_needs(report, fields),
        materials=read_materials(report, fields.data.get("materials", {})),
        parameters=parameters,
        limits=read_limits(report, fields.data.get("limits", {}), tool),
        monitors=read_monitors(report, fields.data.get("monitors", {}), tool.units),
        on_hold=on_hold,
        on_abort=_on_abort(report, fields, tool),
        steps=StepReader(report, verbs, tool, on_hold).read(fields.data["steps"]) if "steps" in fields else (),
    )


def _name(report: Report, fields: Fields, path: Path | None) -> str:
    name = fields.text("recipe")
    if "recipe" in fields and not NAME.fullmatch(name):
        hint = "small letters, digits, - and _, at most 64"
        report.add("R150", f'"{name[:80]}" is not a recipe name', ("recipe",), hint)
    elif "recipe" in fields and path is not None and name != path.stem:
        hint = f'the file is {path.name}: write "recipe: {path.stem}", or rename the file'
        report.add("R152", f'the recipe calls itself "{name}"', ("recipe",), hint)
    return name


def _intended_for(report: Report, fields: Fields) -> dict[str, str]:
    section = Fields(report, fields.data.get("for", {}), ("for",), ("tool", "part", "carrier"))
    return {key: section.text(key) for key in section}


def _needs(report: Report, fields: Fields) -> dict[str, str]:
    section = Fields(report, fields.data.get("needs", {}), ("needs",))
    for name in section:
        if not NAME.fullmatch(name):
            report.add("R150", f'"{name[:80]}" is not a recipe name', section.at(name), at_key=True)
    return {name: section.choice(name, _STATES, "passed") for name in section}


def _on_hold(report: Report, fields: Fields) -> HoldPolicy:
    if "on_hold" in fields:
        return read_hold(report, fields.data["on_hold"], ("on_hold",), None)
    report.add(
        "R130", "on_hold is missing: a hold needs a policy and a max", (), "on_hold: {policy: freeze, max: 5 min}"
    )
    return HoldPolicy("freeze", HOLD_S_MAX)


def _on_abort(report: Report, fields: Fields, tool: ToolFacts) -> str:
    if "on_abort" not in fields:
        hint = f"add on_abort: {' or '.join(sorted(tool.sequences))}"
        report.add("R131", "on_abort is missing: an abort needs a way to the safe state", (), hint)
        return ""
    name = fields.text("on_abort")
    if name not in tool.sequences:
        hint = did_you_mean(name, tool.sequences)
        report.add("R131", f'the tool has no abort sequence "{name[:80]}"', ("on_abort",), hint)
    return name
