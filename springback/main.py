"""Entry point of the `springback` command."""

from __future__ import annotations

import gc
import os

from controller import wall  # noqa: F401  first, for the command's time counts from here
from controller.collecting import MAKING


def main() -> None:
    """Run the command line; every error of a user ends in a message and an exit code."""
    gc.set_threshold(*MAKING)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # none is used, and looking for them costs a tenth of start
    from controller.cli.boundary import call
    from controller.cli.commands import cli

    call(cli)
