"""What a run needs before anything is opened: on the tool a recipe that may run there and its lock; the site's key."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.exits import CommandError, Exit
from controller.cli.runs import RUNS
from controller.recipe.model import Recipe
from controller.record.site_key import SiteKey, ready
from controller.record.store import RecordError
from controller.release import may_run
from controller.start import LabelError, NotReady, Piece, Start, before_start
from controller.tool import ToolFile

if TYPE_CHECKING:
    from controller.cli.run import RunOptions


def look_before(options: RunOptions, tool: ToolFile, recipe: Recipe, folder: Path) -> Start:
    """What was found before the start; CommandError when the run must not begin.

    A live run is asked about the runs of its site, wherever its own record goes: --out is no way around them.
    """
    aside = options.live and options.out is not None
    try:
        piece = Piece(**options.labels, file=options.part)
        simulated = tool.simulated or not options.live
        start = before_start(recipe, tool, piece, RUNS if aside else folder.parent, simulated=simulated)
        if aside and not simulated:
            start.warned.append(f"{folder} is not in {RUNS}: what this run uses up is not counted, and no run finds it")
        return start
    except LabelError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    except NotReady as refused:
        raise CommandError(str(refused), Exit.REFUSED) from None


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


def site_key(tool: ToolFile) -> SiteKey | None:
    """The key that the tool file names; SiteKeyError when it cannot be used: no run begins that should be signed."""
    return ready(tool.path.parent / tool.site_key, RUNS) if tool.site_key else None


def sign_closed(record: Path, key: SiteKey | None) -> list[str]:
    """Sign a closed record, where there is a key; says what went wrong."""
    try:
        if key is not None:
            key.sign(record)
    except RecordError as error:
        return [str(error)]
    return []
