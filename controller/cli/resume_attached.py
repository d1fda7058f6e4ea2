"""`springback resume RUN` where a daemon owns the tool: the same questions here, the run in the daemon."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.cli.attach import run_attached
from controller.cli.boundary import warn
from controller.cli.daemon import talking
from controller.cli.resume import choose, prepared, resume_text
from controller.cli.terminal import terminal_answers
from controller.sequence.prompts import Answers

if TYPE_CHECKING:
    from controller.cli.take_up import TakeUp


def look_attached(path: Path, run: str) -> dict[str, Any]:
    """What the daemon knows of an interrupted run, and offers now; CommandError when it says no."""
    with talking(str(path)) as client:
        found: dict[str, Any] = client.call("interrupted", run=run)
    return found


def resume_attached(path: Path, asked: TakeUp, *, as_json: bool) -> int:
    """Choose and confirm here, then follow the job to its end; the exit code is that of a run."""
    found = look_attached(path, asked.run)
    warn(resume_text(found), as_json=as_json)
    answers = Answers(prepared(asked.choose or "", confirm=asked.confirm), defaults=False, terminal=terminal_answers())
    move, _, confirmed = asyncio.run(choose(answers, found))
    wanted = {"run": asked.run, "move": move, "confirmed": confirmed, "engineering": asked.engineering}
    return run_attached(path, "resume_run", wanted, as_json=as_json)
