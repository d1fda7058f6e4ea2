"""Pages for who sits at a keyboard: the command line with its exit codes, the keys of the console."""

from __future__ import annotations

from collections.abc import Iterator

import click

from controller.cli.commands import cli
from controller.cli.exits import Exit
from controller.console.keys import KEYS
from controller.console.pages.help import shown
from docs.pages.markdown import page, table

EXITS = {
    Exit.PASSED: "the run completed and passed, or judged nothing; the check found nothing wrong",
    Exit.OUT_OF_ACCEPTANCE: "the run completed, a result is outside its range; an invariant was broken",
    Exit.USAGE: "the command line cannot be understood, or the folder for the run cannot be used",
    Exit.INVALID: "a recipe, tool, maintenance, scenario, answers or operator file is wrong, or a recipe is not proven",
    Exit.UNREACHABLE: "an instrument, or the daemon, does not answer, or the wrong one does, before the start",
    Exit.REFUSED: "refused: a prompt that nobody would answer, an inhibit, a bypass that is not allowed, a tool in use,"
    " a part that has not been through what the recipe needs, a worn wheel, a certificate that ran out,"
    " a role or a state that does not allow it",
    Exit.STOPPED_BY_ALARM: "an alarm aborted the run, a lost instrument included; the tool went to its safe state",
    Exit.ABORTED_BY_PERSON: "a person stopped or aborted the run; the tool went to its safe state",
    Exit.NOT_INTACT: "a record cannot be written or read, is not what was written, or has no end; it says where",
    Exit.BUG: "a fault of springback itself; the message says where",
    Exit.INTERRUPTED: "Ctrl-C, SIGTERM or SIGHUP in virtual time (on real ports 7), or stdout was closed or full",
}

PROBLEMS = (
    "With `--json` each problem is one JSON object on one line of stderr, a mistyped option and a run that did not"
    " complete too. Fields that are not known are left out."
)
PROBLEM = {
    "error": "what is wrong; `warning` in its place when nothing fails because of it",
    "exit": "the exit code that it leads to",
    "rule": "code of the rule that is broken, see [error codes](error-codes.md)",
    "file": "the file it stands in",
    "line": "from 1",
    "column": "from 1",
    "fix": "what to write or do instead",
}


def command_line() -> str:
    """Help of every command, and the exit codes."""
    parts = ["# Command line", "Results go to stdout, messages to stderr."]
    parts += [f"## {path}\n\n```text\n{text}\n```" for path, text in _helps(cli, "springback", None)]
    rows = [(str(int(code)), code.name, EXITS[code]) for code in Exit]
    parts += ["## Exit codes", table(("code", "name", "meaning"), rows)]
    fields = [(f"`{name}`", meaning) for name, meaning in PROBLEM.items()]
    return page([*parts, "## Problems with --json", PROBLEMS, table(("field", "meaning"), fields)])


def _helps(command: click.Command, path: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    width = {"terminal_width": 80, "max_content_width": 80}
    context = click.Context(command, parent, info_name=path.split()[-1], **{**command.context_settings, **width})
    yield path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _helps(child, f"{path} {name}", context)


def console_keys() -> str:
    """The key map of the console."""
    rows = [(f"`{shown(key.key)}`", "yes" if key.acts else "", key.does) for key in KEYS]
    head = "Lower case looks, upper case acts. [How to use the console](../howto/use-the-console.md)."
    return page(["# Keys of the console", head, table(("key", "acts", "what it does"), rows)])
