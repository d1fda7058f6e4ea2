"""`springback check`: recipes against the rules and a tool, without hardware."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from controller.cli.boundary import show
from controller.cli.exits import Exit
from controller.cli.failures import problem_object
from controller.cli.tool_file import facts_of, read_tool
from controller.recipe.loader import find, load
from controller.recipe.problems import Problem, RecipeError
from controller.sequence.steps import VERBS
from springback.places import recipe_folder


def check_recipes(names: Sequence[str], tool: Path | None, *, as_json: bool) -> int:
    """Check each recipe; problems go to stderr, one line per good recipe (or one JSON object) to stdout."""
    facts = facts_of(read_tool(tool))
    checked = []
    failed = False
    for name in names:
        try:
            recipe = load(find(name, recipe_folder()), VERBS, facts, {})
        except RecipeError as error:
            failed = True
            _say(error.problems, error.text, as_json=as_json)
            checked.append({"recipe": name, "ok": False, "problems": len(error.problems)})
            continue
        _say(recipe.warnings, recipe.text, as_json=as_json)
        checked.append({"recipe": name, "ok": True, "steps": len(recipe.steps), "warnings": len(recipe.warnings)})
        if not as_json:
            show(f"{recipe.name} v{recipe.version}: ok, {len(recipe.steps)} steps")
    if as_json:
        show(json.dumps({"schema": "springback.check/1", "ok": not failed, "recipes": checked}))
    return Exit.INVALID if failed else Exit.PASSED


def _say(problems: Sequence[Problem], text: str, *, as_json: bool) -> None:
    for problem in problems:
        click.echo(problem_object(problem) if as_json else problem.render(text), err=True)
