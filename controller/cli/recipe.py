"""`springback recipe`: which recipes are released. Each command parses and calls; imports wait until then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from controller.cli.boundary import exits
from controller.cli.runs import IN, JSON

RECIPE = click.argument("name", metavar="RECIPE")
TOOL = click.option("--tool", type=click.Path(path_type=Path), help="tool file, whose limits count; the shipped one")
WHY = click.option("--reason", "why", required=True, metavar="TEXT", help="why; it is recorded")
ATTACH = click.option("--attach", metavar="SOCKET|TOOL", help="by the daemon of a tool, in its folder of runs")


@click.group()
def recipe() -> None:
    """Recipes that are released for the tool: one person signs, another one releases. RECIPE is a name or a file."""


def _act(command: Callable[..., None]) -> Callable[..., None]:
    for option in (IN, ATTACH, WHY, TOOL, RECIPE):
        command = option(command)
    return command


@recipe.command()
@_act
@click.option("--twin", metavar="RUN", help="the simulated run that passed; the latest one that fits by default")
@exits
def sign(name: str, tool: Path | None, why: str, attach: str | None, folder: Path, twin: str | None) -> int:
    """Sign a recipe as its author: this text, these limits of the tool, this run of its twin."""
    from controller.cli.recipe_acts import sign_recipe

    return sign_recipe(name, tool, why, attach, folder, twin)


@recipe.command()
@_act
@exits
def release(name: str, tool: Path | None, why: str, attach: str | None, folder: Path) -> int:
    """Release a recipe that another user has signed: from now on it may run on the tool."""
    from controller.cli.recipe_acts import release_recipe

    return release_recipe(name, tool, why, attach, folder)


@recipe.command()
@click.argument("name", metavar="NAME")
@click.option("--version", "number", type=click.IntRange(1), help="only this version; all by default")
@WHY
@ATTACH
@IN
@exits
def retire(name: str, number: int | None, why: str, attach: str | None, folder: Path) -> int:
    """End what is signed or released of a recipe."""
    from controller.cli.recipe_acts import retire_recipe

    return retire_recipe(name, number, why, attach, folder)


@recipe.command()
@RECIPE
@TOOL
@IN
@JSON
@exits
def status(name: str, tool: Path | None, folder: Path, as_json: bool) -> int:
    """Is a recipe released as it stands, by whom, why not; exit 5 when it is not."""
    from controller.cli.recipe_acts import show_status

    return show_status(name, tool, folder, as_json=as_json)


@recipe.command("list")
@click.option("--recipes", type=click.Path(path_type=Path), help="folder of recipes; the shipped ones by default")
@TOOL
@IN
@JSON
@exits
def list_(recipes: Path | None, tool: Path | None, folder: Path, as_json: bool) -> int:
    """The recipes of a folder, and whether they are released."""
    from controller.cli.recipe_acts import list_recipes

    return list_recipes(recipes, tool, folder, as_json=as_json)
