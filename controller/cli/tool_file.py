"""The tool file that a command names, and what recipes may use of its tool. Nothing is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.exits import CommandError, Exit
from controller.tool import ToolFile, load
from springback.places import config_file

if TYPE_CHECKING:
    from controller.recipe.verb import ToolFacts


def read_tool(path: Path | None) -> ToolFile:
    """The tool file, the shipped one by default."""
    return load(path or config_file("tool.yaml"))


def facts_of(tool: ToolFile) -> ToolFacts:
    """What recipes may use of a tool; CommandError when its file does not describe one."""
    from controller.station import Station, StationError

    try:
        return Station(tool, config_file("interlocks.yaml"), {}).facts()
    except StationError as error:
        raise CommandError(str(error), Exit.INVALID) from None
