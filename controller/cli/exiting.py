"""How every command ends: what it raises becomes a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from controller.cli.exits import Exit


def exiting(command: Callable[..., int]) -> Callable[..., None]:
    """Turn what a command raises into a message and an exit code; never a traceback for a user's mistake."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            code = command(*args, **options)
        except KeyboardInterrupt:
            click.echo("interrupted; no run is under way", err=True)
            code = Exit.INTERRUPTED
        except BrokenPipeError:  # whoever read the output has gone
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = Exit.INTERRUPTED
        except Exception as error:
            from controller.cli.failures import explain

            message, code = explain(error, as_json=bool(options.get("as_json")))
            click.echo(message, err=True)
        sys.exit(code)

    return run
