"""`springback console`: find the daemon or the record, and show it on a terminal or as lines."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from controller import wall
from controller.cli.daemon import socket_for
from controller.cli.exits import CommandError, Exit
from controller.console.view import View
from controller.record.archive import RECORD
from controller.record.archive import find as find_run
from controller.record.runfile import RunFile

# How often textual writes what has changed, read when it is loaded: a key waits for the next time. 60 is its default.
REDRAWS_HZ = "120"


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """What `springback console` was asked for."""

    daemon: str | None
    socket: Path | None
    readonly: bool
    plain: bool
    replay: str | None
    runs: Path
    observer: bool = False
    browser: bool = False
    port: int | None = None
    listen: str | None = None
    acts: bool = False


def open_console(options: ConsoleOptions) -> int:
    """Show the tool until the person leaves; the run stays."""
    if options.browser:
        return _browser(options)
    if options.port is not None or options.listen or options.acts:
        raise CommandError("--port, --listen and --acts go with --browser", Exit.USAGE)

    def find() -> Path:
        try:
            return options.socket or socket_for(options.daemon)
        except CommandError as error:
            raise LookupError(str(error)) from None

    view = View(now_s=lambda: asyncio.get_running_loop().time(), wall=wall.local, readonly=options.readonly)
    view.observer = options.observer
    if options.plain:
        if options.replay is not None:
            raise CommandError("--plain shows a tool, not a record", Exit.USAGE)
        return _plain(view, find)
    in_browser = "TEXTUAL_DRIVER" in os.environ  # set by who draws us there
    at_terminal = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
    if not at_terminal and not in_browser:
        raise CommandError("the console needs a terminal; --plain needs none", Exit.USAGE)
    os.environ.setdefault("TEXTUAL_FPS", REDRAWS_HZ)
    from controller.console.app import Console

    record = RunFile(find_run(options.replay, options.runs) / RECORD) if options.replay is not None else None
    try:
        Console(view, find, options.runs, record).run()
    finally:
        if record is not None:
            record.close()
    if view.job is not None and record is None and not in_browser:
        click.echo(f"left the console; {view.job['recipe']} goes on without it")
    return Exit.PASSED


def _browser(options: ConsoleOptions) -> int:
    """In the browser nobody is anybody before a login, and who shall act there has to be asked for."""
    if options.plain or (options.readonly and options.acts):
        raise CommandError("--browser goes without --plain, and --acts without --readonly", Exit.USAGE)
    from controller.cli.browser import serve_browser

    arguments = ["--observer", "--runs", str(options.runs.absolute())]
    arguments += [] if options.acts else ["--readonly"]
    if options.replay is not None:
        arguments += ["--replay", options.replay]
    else:
        arguments += ["--socket", str((options.socket or socket_for(options.daemon)).absolute())]
    return serve_browser(arguments, options.listen, options.port)


def _plain(view: View, find: Callable[[], Path]) -> int:
    from controller.console.plain import PlainConsole

    async def run() -> None:
        reader = asyncio.StreamReader()
        if _typed():
            loop = asyncio.get_running_loop()
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

        async def typed() -> str:
            return (await reader.readline()).decode(errors="replace")

        await PlainConsole(view, find, click.echo).run(typed)

    asyncio.run(run())
    return Exit.PASSED


def _typed() -> bool:
    """True when somebody, or a program, may type; without that the console tells for ever, e.g. into a log."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    return sys.stdin.isatty() or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
