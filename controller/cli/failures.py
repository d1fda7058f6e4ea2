"""What a failed command says, and its exit code.

For programs (`--json`) each problem is one line of JSON on stderr, always of one shape: `error` and `exit`, and where
they are known `rule`, `file`, `line`, `column` and `fix`. A warning has `warning` in the place of `error`, `exit` 0.
"""

from __future__ import annotations

import errno
import json
import traceback
from typing import TYPE_CHECKING

from controller.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from controller.recipe.problems import Problem

REPORT_IT = "this is a bug of springback; please report it with the lines above"


def explain(error: Exception, *, as_json: bool) -> tuple[str, int]:
    """Message for stderr and exit code; only a bug of ours shows where it happened."""
    if isinstance(error, CommandError):
        return _plain(str(error), error.code, as_json), error.code
    # Whoever asks a daemon shall not wait until all this is loaded.
    from controller.recipe.problems import RecipeError
    from controller.record.archive import NoSuchRun
    from controller.record.site_key import SiteKeyError
    from controller.record.store import RecordError
    from controller.release import ReleaseRefused
    from controller.station import StationError

    if isinstance(error, RecipeError):
        text = "\n".join(problem_object(p) for p in error.problems) if as_json else error.render()
        return text, Exit.INVALID
    if isinstance(error, ReleaseRefused):
        return _plain(str(error), Exit.REFUSED, as_json), Exit.REFUSED
    if isinstance(error, StationError):
        return _plain(str(error), Exit.UNREACHABLE, as_json), Exit.UNREACHABLE
    if isinstance(error, SiteKeyError):
        return _plain(str(error), Exit.INVALID, as_json), Exit.INVALID
    if isinstance(error, RecordError):
        return _plain(str(error), Exit.NOT_INTACT, as_json), Exit.NOT_INTACT
    if isinstance(error, NoSuchRun):
        return _plain(str(error), Exit.USAGE, as_json), Exit.USAGE
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return _plain("too many open files; raise the limit (`ulimit -n`)", Exit.USAGE, as_json), Exit.USAGE
    text = "".join(traceback.format_exception(error))
    return as_object(text, Exit.BUG, fix=REPORT_IT) if as_json else f"{text}\nerror: {REPORT_IT}", Exit.BUG


def problem_object(problem: Problem) -> str:
    """One line of JSON for a problem of a recipe or a configuration file."""
    warning = problem.severity == "warning"
    return as_object(
        problem.message,
        Exit.PASSED if warning else Exit.INVALID,
        kind="warning" if warning else "error",
        rule=problem.code,
        file=problem.file,
        line=problem.line,
        column=problem.column,
        fix=problem.hint,
    )


def as_object(text: str, code: int, *, kind: str = "error", **details: str | int) -> str:
    """One line of JSON; what is empty or 0 is not known and left out."""
    known = {key: value for key, value in details.items() if value}
    return json.dumps({kind: text, "exit": int(code), **known}, ensure_ascii=False)


def _plain(text: str, code: int, as_json: bool) -> str:
    return as_object(text, code) if as_json else f"error: {text}"
