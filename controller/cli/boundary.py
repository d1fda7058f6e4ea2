"""Between the commands and the shell: messages, exit codes, and streams that are closed or full.

With `--json` every problem is one JSON object on stderr (see `failures.py`), a mistyped option too.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from controller.cli.exits import Exit


def exits(command: Callable[..., int]) -> Callable[..., None]:
    """Turn what a command raises into a message and an exit code; never a traceback for a user's mistake."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            code = command(*args, **options)
        except KeyboardInterrupt:
            _say("interrupted; no run is under way")
            code = Exit.INTERRUPTED
        except OutputLost as lost:
            _say(str(lost))
            code = Exit.INTERRUPTED
        except Exception as error:
            from controller.cli.failures import explain

            message, code = explain(error, as_json=bool(options.get("as_json")))
            _say(message)
        sys.exit(code)

    return run


def call(cli: click.Group) -> None:
    """Run the command tree for the arguments of this process."""
    _open_streams()
    try:
        sys.exit(cli.main(prog_name="springback", standalone_mode=False))
    except click.UsageError as error:
        if "--json" not in sys.argv:
            error.show()
        else:
            from controller.cli.failures import as_object

            _say(as_object(error.format_message(), error.exit_code))
        sys.exit(error.exit_code)
    except OSError as error:  # of click's own output, e.g. --help
        _say(_forget_output(error))
        sys.exit(Exit.INTERRUPTED)


def show(text: str) -> None:
    """Write a result to stdout; OutputLost when nobody takes it."""
    try:
        click.echo(text)
    except OSError as error:
        raise OutputLost(_forget_output(error)) from None


def warn(text: str, *, as_json: bool) -> None:
    """Say something on stderr that makes nothing fail."""
    from controller.cli.failures import as_object

    _say(as_object(text, 0, kind="warning") if as_json else f"warning: {text}")


class OutputLost(Exception):
    """Stdout is full, failing or closed; says how, or nothing when its reader has gone and knows."""


def _forget_output(error: OSError) -> str:
    """What to say of an error of stdout; from then on output goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return "" if isinstance(error, BrokenPipeError) else f"error: stdout takes nothing: {error.strerror}"


def _say(message: str) -> None:
    if message:
        with contextlib.suppress(OSError):
            click.echo(message, err=True)


def _open_streams() -> None:
    """A stream that the caller has closed leads nowhere, instead of to whatever file is opened next."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, this one
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
