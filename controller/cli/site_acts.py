"""What commands enter into the journal of a folder of runs; what goes wrong with it makes no command fail."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from controller import wall
from controller.record.archive import SITE
from controller.record.events import SiteAct
from controller.record.recover import left_open, recover
from controller.record.releases import Identity
from controller.record.site import SiteJournal, closed
from controller.record.store import RecordError
from controller.server.users import user_name


def here() -> Identity:
    """Who acts: the user id of this process, never what the environment says, and its terminal."""
    uid = os.getuid()
    terminal = "no terminal"
    if sys.stdin.isatty():
        with suppress(OSError):  # one that has no name here
            terminal = os.ttyname(sys.stdin.fileno())
    return Identity(user_name(uid), uid, login=False, where=f"{terminal} of {platform.node()}")


def close_left_open(folder: Path) -> list[str]:
    """Before a new run in `folder`: close what a killed controller left open; says what was found."""
    said = []
    for path in left_open(folder):
        try:
            if recover(path):
                enter_recovered(path)
                said.append(f"{path.parent} was interrupted: its record is closed as aborted")
        except RecordError as error:
            said.append(str(error))
    return said


def enter_recovered(record: Path) -> None:
    """Enter a record that was closed for its dead writer, where there is a journal."""
    if (record.parent.parent / SITE).is_dir():
        enter_closed(record)


def enter_closed(record: Path) -> list[str]:
    """Enter a closed record into the journal of its folder; says what went wrong."""
    return _entered(record.parent.parent, closed(record, wall.utc_text()))


def enter_act(folder: Path, act: str, facts: Mapping[str, Any]) -> list[str]:
    """Enter an act into the journal of a folder of runs; says what went wrong."""
    return _entered(folder, SiteAct(act, wall.utc_text(), dict(facts)))


def _entered(folder: Path, act: SiteAct) -> list[str]:
    try:
        SiteJournal(folder).enter([act])
    except RecordError as error:
        return [str(error)]
    return []
