"""Who commands: the user of this process and where they sit."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress

from controller.record.releases import Identity
from controller.server.users import user_name


def here() -> Identity:
    """Who acts: the user id of this process, never what the environment says, and its terminal."""
    uid = os.getuid()
    terminal = "no terminal"
    if sys.stdin.isatty():
        with suppress(OSError):  # one that has no name here
            terminal = os.ttyname(sys.stdin.fileno())
    return Identity(user_name(uid), uid, login=False, where=f"{terminal} of {platform.node()}")
