"""What `springback recipe` does, here or by a daemon; ReleaseRefused when it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from controller import release
from controller.cli.boundary import show
from controller.cli.exits import CommandError, Exit
from controller.cli.here import here
from controller.cli.show import table
from controller.cli.status import tell_daemon
from controller.cli.tool_file import facts_of, read_tool
from controller.recipe.loader import find, load
from controller.recipe.model import Recipe
from controller.record.archive import find as find_run
from controller.record.events import SiteAct
from controller.record.releases import Standing, by
from controller.record.text import plain
from controller.sequence.steps import VERBS
from controller.tool import ToolFile
from springback.places import recipe_folder

SCHEMA = "springback.releases/1"


def sign_recipe(name: str, tool: Path | None, why: str, attach: str | None, folder: Path, twin: str | None) -> int:
    """Sign; see `release.sign`."""
    if attach is not None:
        _refuse_here(tool)
        return tell_daemon(attach, "sign", recipe=name, reason=why, **({"twin": twin} if twin else {}))
    file = read_tool(tool)
    recipe = _loaded(name, file)
    place = find_run(twin, folder) if twin else None
    act = release.sign(folder, recipe, file, here(), why, place)
    show(f"{_named(act)} is signed {by(act)}, twin run {act.facts['twin']['run']}")
    show(f"next     another user: springback recipe release {name}")
    return Exit.PASSED


def release_recipe(name: str, tool: Path | None, why: str, attach: str | None, folder: Path) -> int:
    """Release; see `release.release`."""
    if attach is not None:
        _refuse_here(tool)
        return tell_daemon(attach, "release", recipe=name, reason=why)
    file = read_tool(tool)
    recipe = _loaded(name, file)
    act = release.release(folder, recipe, file, here(), why)
    show(f"{_named(act)} is released {by(act)}")
    return Exit.PASSED


def retire_recipe(name: str, number: int | None, why: str, attach: str | None, folder: Path) -> int:
    """Retire; see `release.retire`."""
    if attach is not None:
        more = {"version": number} if number is not None else {}
        return tell_daemon(attach, "retire", recipe=name, reason=why, **more)
    for act in release.retire(folder, name, number, here(), why):
        show(f"{_named(act)} is retired {by(act)}")
    return Exit.PASSED


def show_status(name: str, tool: Path | None, folder: Path, *, as_json: bool) -> int:
    """Print how it stands with one recipe; not released is an exit code of its own."""
    file = read_tool(tool)
    recipe = _loaded(name, file)
    found = release.standing(folder, recipe, file)
    if as_json:
        show(json.dumps({"schema": SCHEMA, "version": recipe.version, **_json(recipe.name, found)}))
    else:
        show(plain(f"{recipe.name} v{recipe.version} {recipe.sha256[:12]}  {found.state.upper()}"))
        for act in found.acts:
            twin = f", twin run {act.facts['twin']['run']}" if "twin" in act.facts else ""
            show(plain(f"  {act.act.removeprefix('recipe_')} {by(act)}{twin}: {act.facts['why']}"))
        if not found.released:
            show(plain(f"  {found.why}\n  fix      {found.fix}"))
    return Exit.PASSED if found.released else Exit.REFUSED


def list_recipes(recipes: Path | None, tool: Path | None, folder: Path, *, as_json: bool) -> int:
    """Print the recipes of a folder of recipes; they are not checked."""
    place = recipes or recipe_folder()
    if not place.is_dir():
        raise CommandError(f"there is no folder {place}; --recipes names the folder of the recipes", Exit.USAGE)
    found = release.standings(folder, place, read_tool(tool))
    if as_json:
        show(json.dumps({"schema": SCHEMA, "recipes": [_json(name, one) for name, one in found.items()]}))
    else:
        show(table(["RECIPE", "state", ""], [(name, one.state, one.why) for name, one in found.items()]))
    return Exit.PASSED


def _json(name: str, found: Standing) -> dict[str, Any]:
    acts = [{"act": act.act, "utc": act.utc, **act.facts} for act in found.acts]
    return {"recipe": name, "state": found.state, "why": found.why, "fix": found.fix, "acts": acts}


def _loaded(name: str, tool: ToolFile) -> Recipe:
    return load(find(name, recipe_folder()), VERBS, facts_of(tool), {})


def _refuse_here(tool: Path | None) -> None:
    if tool is not None:
        raise CommandError("--tool is for an act without a daemon; the daemon has its own tool file", Exit.USAGE)


def _named(act: SiteAct) -> str:
    return f"{act.facts['recipe']} v{act.facts['version']} {act.facts['sha256'][:12]}"
