"""What a run on the tool itself needs before anything is opened: a recipe that may run there, and the tool's lock."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from controller.cli.exits import CommandError, Exit
from controller.cli.runs import RUNS
from controller.recipe.model import Recipe
from controller.release import may_run
from controller.tool import ToolFile


@contextlib.contextmanager
def on_the_tool(tool: ToolFile, recipe: Recipe, engineering: str) -> Iterator[str]:
    """Own the tool while inside; gives what the record says of the recipe's release.

    ReleaseRefused when it is not released and this is no engineering run, CommandError when the tool is in use.
    """
    from controller.server.lock import Owned, owned
    from controller.server.places import lock_of

    said = may_run(RUNS, recipe, tool, engineering)
    try:
        with owned(lock_of(tool.name, simulated=False)):
            yield said
    except Owned as error:
        raise CommandError(str(error), Exit.REFUSED) from None
