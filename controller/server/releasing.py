"""Recipes that are signed, released and retired by clients of the daemon, each as who it has logged in as.

The rules are those of `controller/release.py`; what is refused there is refused here. Files are read in threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from controller.recipe.folder import names
from controller.recipe.model import Recipe
from controller.recipe.problems import RecipeError
from controller.record.archive import NoSuchRun, find
from controller.record.events import SiteAct
from controller.record.releases import Identity, by
from controller.record.store import RecordError
from controller.release import (
    ReleaseRefused,
    may_run,
    release,
    retire,
    sign,
    standing,
    standings,
)
from controller.server.connection import Who
from controller.server.params import Params
from controller.server.protocol import Code, Refused
from controller.tool import ToolFile

T = TypeVar("T")
UNKNOWN = "unknown"  # a state: what is known of releases is damaged
Read = Callable[[str, Mapping[str, str]], Awaitable[Recipe]]


def may_run_here(runs: Path, recipe: Recipe, tool: ToolFile, engineering: str) -> str:
    """What the record says of a release; Refused when the recipe is not released."""
    return _or_refused(lambda: may_run(runs, recipe, tool, engineering))


@dataclass(frozen=True, slots=True)
class Releasing:
    """Releases of one folder of runs, for the recipes of one folder on one tool."""

    runs: Path
    tool: ToolFile
    recipes: Path

    def states(self) -> dict[str, Any]:
        """The names of all recipes, and the state of each; it reads them all."""
        try:
            states = {name: str(one.state) for name, one in standings(self.runs, self.recipes, self.tool).items()}
        except RecordError:
            states = dict.fromkeys(names(self.recipes), UNKNOWN)
        return {"recipes": list(states), "states": states}

    def look(self, recipe: Recipe) -> dict[str, Any]:
        """How it stands with one recipe."""
        try:
            found = standing(self.runs, recipe, self.tool)
        except RecordError as error:
            return {"state": UNKNOWN, "why": str(error), "fix": "springback verify --all"}
        return {"state": found.state, "why": found.why, "fix": found.fix}

    async def sign(self, who: Who, params: Params, read: Read) -> dict[str, Any]:
        """Sign as the author."""
        name, why, run = params.text("recipe"), params.text("reason"), params.text("twin", "")
        params.end()
        recipe = await read(name, {})

        def act() -> list[SiteAct]:
            twin = find(run, self.runs) if run else None
            return [sign(self.runs, recipe, self.tool, _identity(who), why, twin)]

        return await _done(act)

    async def release(self, who: Who, params: Params, read: Read) -> dict[str, Any]:
        """Release what another one has signed."""
        name, why = params.text("recipe"), params.text("reason")
        params.end()
        recipe = await read(name, {})
        return await _done(lambda: [release(self.runs, recipe, self.tool, _identity(who), why)])

    async def retire(self, who: Who, params: Params) -> dict[str, Any]:
        """Retire a recipe, or one version of it."""
        name, why, version = params.text("recipe"), params.text("reason"), params.whole("version")
        params.end()
        return await _done(lambda: retire(self.runs, name, version, _identity(who), why))


def _identity(who: Who) -> Identity:
    """A login where somebody has logged in, else the user that the kernel names."""
    where = f"the daemon's socket, from a process of {who.peer_user}"
    return Identity(who.user, who.peer_uid, login=who.user != who.peer_user, where=where)


async def _done(act: Callable[[], list[SiteAct]]) -> dict[str, Any]:
    acts = await asyncio.to_thread(_or_refused, act)
    last = acts[-1].facts
    return {
        "recipe": last["recipe"],
        "version": last["version"],
        "sha256": last["sha256"],
        "done": f"{acts[-1].act.removeprefix('recipe_')} {by(acts[-1])}",
    }


def _or_refused(act: Callable[[], T]) -> T:
    try:
        return act()
    except ReleaseRefused as error:
        raise Refused(Code.RELEASE, error.message, error.fix) from None
    except (RecordError, RecipeError, NoSuchRun) as error:
        raise Refused(Code.RELEASE, str(error), "see springback verify --all") from None
