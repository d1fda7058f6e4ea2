"""What a failed command says, and its exit code."""

from __future__ import annotations

import json
import traceback

from controller.cli.exits import CommandError, Exit
from controller.recipe.problems import RecipeError
from controller.record.store import RecordError
from controller.station import StationError


def explain(error: Exception, *, as_json: bool) -> tuple[str, int]:
    """Message for stderr and exit code; only a bug of ours shows where it happened."""
    if isinstance(error, RecipeError):
        text = "\n".join(p.to_json() for p in error.problems) if as_json else error.render()
        return text, Exit.INVALID
    if isinstance(error, StationError):
        return _plain(str(error), Exit.UNREACHABLE, as_json), Exit.UNREACHABLE
    if isinstance(error, CommandError):
        return _plain(str(error), error.code, as_json), error.code
    if isinstance(error, RecordError):
        return _plain(str(error), Exit.STOPPED_BY_ALARM, as_json), Exit.STOPPED_BY_ALARM
    text = "".join(traceback.format_exception(error))
    return f"{text}\nThis is a bug of springback; please report it with the lines above.", Exit.BUG


def _plain(text: str, code: int, as_json: bool) -> str:
    return json.dumps({"error": text, "exit": int(code)}) if as_json else f"error: {text}"
