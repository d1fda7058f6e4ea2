"""Entry point of the `springback` command."""

from __future__ import annotations

from controller import wall  # noqa: F401  first, for the command's time counts from here


def main() -> None:
    """Run the command line; every error of a user ends in a message and an exit code."""
    from controller.cli.commands import cli

    cli(prog_name="springback")
