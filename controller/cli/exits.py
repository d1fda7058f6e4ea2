"""Exit codes and errors of the command line."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What the shell gets."""

    PASSED = 0
    OUT_OF_ACCEPTANCE = 1
    USAGE = 2
    INVALID = 3  # recipe or configuration
    UNREACHABLE = 4  # an instrument, before the start
    REFUSED = 5  # permissive, role, mode, a prompt nobody would answer
    STOPPED_BY_ALARM = 6
    ABORTED_BY_PERSON = 7
    NOT_INTACT = 9  # a record
    BUG = 70
    INTERRUPTED = 130  # in virtual time


class CommandError(Exception):
    """Ends a command with a message for people and an exit code; never a traceback."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.code = code
