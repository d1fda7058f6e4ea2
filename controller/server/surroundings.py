"""What differs for the daemon between a real tool and a simulated one; the command line gives it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from controller.recipe.model import Recipe
from controller.recipe_run import RecipeRun
from controller.sequence.prompts import Answers
from controller.server.prompts import OpenPrompts
from controller.station import Station


class Surroundings(Protocol):
    """What differs between a real tool and a simulated one."""

    def load(self, name: str, settings: Mapping[str, str]) -> Recipe:
        """A checked recipe by its name; RecipeError, or Refused for one that this tool cannot run. It reads files."""
        ...

    @property
    def lives_on(self) -> bool:
        """True when plant and parts outlive the daemon, so that an interrupted run may be taken up."""
        ...

    def station(self) -> Station:
        """A new station, not yet open."""
        ...

    def answers(self, recipe: Recipe, prompts: OpenPrompts) -> Answers:
        """Where the answers of a job come from."""
        ...

    def facts(self) -> Mapping[str, Any]:
        """What the record of every job says of the surroundings."""
        ...

    def began(self, run: RecipeRun) -> None:
        """A job begins now."""
        ...

    def may_run(self, recipe: Recipe, engineering: str) -> str:
        """What the record says of the recipe's release; Refused when it is not released. It reads a small file."""
        ...

    def sign(self, record: Path) -> None:
        """Sign a closed record with the site's key, where there is one; RecordError when that cannot be written."""
        ...
