"""`springback user add`: type a PIN and write a person into the users file."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path

from controller.cli.boundary import show
from controller.cli.exits import CommandError, Exit
from controller.server.users import UsersError, add


def add_user(path: Path, name: str, role: str, *, badge: bool) -> int:
    """Ask for the secrets and write the entry; CommandError when that is not possible."""
    pin = _secret("PIN (empty for none)" if badge else "PIN")
    scanned = _secret("badge") if badge else ""
    try:
        add(path, name, role, pin, scanned)
    except UsersError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    show(f"{name} is {role}; the daemon reads {path} when it starts")
    return Exit.PASSED


def _secret(what: str) -> str:
    """Typed twice without echo at a terminal, else a line of stdin."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    first = getpass.getpass(f"{what}: ")
    if first and getpass.getpass(f"{what} again: ") != first:
        raise CommandError(f"the two entries of the {what} differ; nothing was written", Exit.USAGE)
    return first
