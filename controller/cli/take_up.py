"""What `springback resume RUN` was asked for, and its exit code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click

from controller.cli.boundary import show, warn
from controller.cli.exits import CommandError, Exit
from controller.cli.outcome import ending, show_outcome
from controller.cli.resume import interrupted, resume_run, show_interrupted, unseen
from controller.cli.run import RunOptions
from controller.site_acts import enter_closed


@dataclass(frozen=True, slots=True)
class TakeUp:
    """The options of the command."""

    run: str
    tool: Path | None
    live: bool
    check: bool
    choose: str | None
    confirm: bool
    answers: Path | None
    engineering: str
    out: Path | None
    folder: Path


def take_up(asked: TakeUp, *, as_json: bool) -> int:
    """Look, or take the run up; CommandError when it cannot be."""
    old = interrupted(asked.run, asked.folder, asked.tool)
    if not asked.live:
        if not asked.check:
            text = f"{old.place.name} goes on at the tool itself: say --live, or --check to see what may be done"
            raise CommandError(text, Exit.USAGE)
        return show_interrupted(old, unseen(old), {}, as_json=as_json)
    options = RunOptions("", asked.tool, live=True, answers=asked.answers, out=asked.out, engineering=asked.engineering)

    def say(text: str) -> None:
        warn(text, as_json=as_json)

    run = resume_run(options, old, asked.choose or "", say, confirm=asked.confirm, check=asked.check)
    if asked.check:
        return show_interrupted(old, run.offers, run.found, as_json=as_json)
    outcome = run.outcome()
    for said in [] if asked.out else enter_closed(outcome.record):
        say(said)
    if as_json and outcome.summary.reason:
        click.echo(ending(outcome), err=True)
    show(json.dumps(outcome.result, allow_nan=False) if as_json else show_outcome(outcome))
    return outcome.exit
