"""`springback site`: the key with which a site signs its records. Each command parses and calls."""

from __future__ import annotations

from pathlib import Path

import click

from controller.cli.boundary import exits, show, warn
from controller.cli.exits import Exit
from controller.cli.recipe import WHY
from controller.cli.runs import IN

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def site() -> None:
    """What all runs of a place have in common."""


@site.group()
def key() -> None:
    """The key with which records are signed when they are closed; needs springback[sign]."""


@key.command()
@FILE
@WHY
@IN
@exits
def make(file: Path, why: str, folder: Path) -> int:
    """Make a key: FILE gets the private half, the folder of runs the public one."""
    from controller.record import site_key

    made = site_key.make(file, folder)
    _entered("key_made", made.id, why, folder)
    show(f"site key {made.id} in {file}; the tool file uses it with\n\nsite_key: {file.resolve()}")
    return Exit.PASSED


@key.command()
@FILE
@WHY
@IN
@exits
def publish(file: Path, why: str, folder: Path) -> int:
    """Put the public half of the key in FILE into another folder of runs."""
    from controller.record import site_key

    found = site_key.load(file, folder)
    path = site_key.publish(found, folder)
    _entered("key_published", found.id, why, folder)
    show(f"site key {found.id} can be checked with {path}")
    return Exit.PASSED


def _entered(act: str, id: str, why: str, folder: Path) -> None:
    from dataclasses import asdict

    from controller.cli.site_acts import enter_act, here

    for said in enter_act(folder, act, {"key": id, "by": asdict(here()), "why": why}):
        warn(said, as_json=False)
