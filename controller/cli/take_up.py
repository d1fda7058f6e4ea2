"""What `springback resume RUN` was asked for, and its exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from controller.cli.attach import daemon_for
from controller.cli.boundary import show, warn
from controller.cli.exits import CommandError, Exit

SCHEMA = "springback.resume/1"


@dataclass(frozen=True, slots=True)
class TakeUp:
    """The options of the command."""

    run: str
    tool: Path | None
    live: bool
    attach: str | None
    check: bool
    choose: str | None
    confirm: bool
    answers: Path | None
    engineering: str
    out: Path | None
    folder: Path


def take_up(asked: TakeUp, *, as_json: bool) -> int:
    """Look, or take the run up, in the daemon of the tool where there is one; CommandError when it cannot be."""
    daemon = daemon_for(asked.attach, asdict(asked))
    if daemon is not None:
        from controller.cli.resume_attached import look_attached, resume_attached

        if asked.check:
            return _show(look_attached(daemon, asked.run), as_json=as_json)
        return resume_attached(daemon, asked, as_json=as_json)
    from controller.cli.outcome import ending, show_outcome
    from controller.cli.resume import read_interrupted, resume_run
    from controller.cli.run import RunOptions
    from controller.interrupted import reconcile
    from controller.site_acts import enter_closed

    old = read_interrupted(asked.run, asked.folder, asked.tool)
    if not asked.live:
        if not asked.check:
            text = f"{old.place.name} goes on at the tool itself: say --live, or --check to see what may be done"
            raise CommandError(text, Exit.USAGE)
        return _show(reconcile(old, None).to_json(), as_json=as_json)
    options = RunOptions("", asked.tool, live=True, answers=asked.answers, out=asked.out, engineering=asked.engineering)

    def say(text: str) -> None:
        warn(text, as_json=as_json)

    run = resume_run(options, old, asked.choose or "", say, confirm=asked.confirm, check=asked.check)
    if asked.check:
        return _show(run.found.to_json(), as_json=as_json)
    outcome = run.outcome()
    for said in [] if asked.out else enter_closed(outcome.record):
        say(said)
    if as_json and outcome.summary.reason:
        click.echo(ending(outcome), err=True)
    show(json.dumps(outcome.result, allow_nan=False) if as_json else show_outcome(outcome))
    return outcome.exit


def _show(found: Mapping[str, Any], *, as_json: bool) -> int:
    from controller.cli.resume import resume_text

    show(json.dumps({"schema": SCHEMA, **found}) if as_json else resume_text(found))
    return Exit.PASSED
