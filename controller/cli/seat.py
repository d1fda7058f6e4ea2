"""The commands of the operator's seat: the daemon of a tool, and what is said to it. They parse; others do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from controller.cli.boundary import exits
from controller.cli.exits import CommandError, Exit
from controller.cli.runs import IN, JSON

DAEMON = click.option("--tool", "daemon", metavar="SOCKET|TOOL", help="which daemon; the only one by default")
REASON = click.option("--reason", default="", metavar="TEXT", help="why; it is recorded")
USERS = click.option(
    "--users", type=click.Path(path_type=Path), default=Path("users.yaml"), show_default=True, help="who may log in"
)


@click.command()
@click.option("--tool", type=click.Path(path_type=Path), help="tool file; the shipped config/tool.yaml by default")
@click.option("--simulated", is_flag=True, help="own simulated instruments")
@click.option("--live", is_flag=True, help="own the instruments at the addresses of the tool file")
@click.option("--speed", type=click.FloatRange(0.1, 20.0), help="of --simulated, times the wall clock; 1 by default")
@click.option("--operator", type=click.Path(path_type=Path), help="file: what the simulated operator does in every job")
@click.option(
    "--fault", "faults", multiple=True, metavar="SPEC", help="NAME[=VALUE][@TIME since the begin], repeatable"
)
@click.option(
    "--scenario", type=click.Path(path_type=Path), metavar="FILE", help="faults and plant, or NAME of a shipped one"
)
@click.option("--seed", type=click.IntRange(0), help="of the simulated noise; 1 by default")
@click.option("--socket", type=click.Path(path_type=Path), help="where to listen; the tool's usual place by default")
@click.option("--recipes", type=click.Path(path_type=Path), help="folder of the recipes; the shipped ones by default")
@USERS
@exits
def serve(**options: Any) -> int:
    """Own the instruments of a tool and serve clients until Ctrl-C; records go into runs/."""
    from controller.cli.serve import ServeOptions, serve_tool

    return serve_tool(ServeOptions(**options))


@click.command()
@DAEMON
@JSON
@exits
def status(daemon: str | None, as_json: bool) -> int:
    """Say what the tool does now, and who is asked what."""
    from controller.cli.status import show_status

    return show_status(daemon, as_json=as_json)


def _tell(command: str, does: str) -> click.Command:
    @click.command(command, help=does)
    @DAEMON
    @REASON
    @exits
    def tell(daemon: str | None, reason: str) -> int:
        from controller.cli.status import tell_daemon

        return tell_daemon(daemon, command, reason=reason)

    return tell


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--tool", metavar="SOCKET|TOOL|FILE", help="which daemon; with RUN the tool file")
@REASON
@click.option("--live", is_flag=True, help="on the tool itself: by its daemon, else with the addresses of its file")
@click.option("--attach", metavar="SOCKET|TOOL", help="RUN in a daemon that runs: its socket, or the name of its tool")
@click.option("--check", is_flag=True, help="only say how far RUN came and what may be done about it")
@click.option("--choose", type=click.Choice(["redo", "continue", "rework", "scrap"]), help="the move")
@click.option("--confirm", is_flag=True, help="everybody is clear and the part as it was: the tool may be energised")
@click.option("--answers", type=click.Path(path_type=Path), help="file: answers to the questions, resume.move too")
@click.option("--engineering", default="", metavar="WHY", help="with --live: the recipe need not be released")
@click.option("--out", type=click.Path(path_type=Path), help="folder of the new run; beside the old one by default")
@IN
@JSON
@exits
def resume(run: str | None, tool: str | None, reason: str, as_json: bool, **options: Any) -> int:
    """Let a held job go on; with RUN, take up a run that a crash has interrupted, as a new job."""
    if run is None:
        from controller.cli.status import tell_daemon

        return tell_daemon(tool, "resume", reason=reason)
    from controller.cli.take_up import TakeUp, take_up

    return take_up(TakeUp(run, Path(tool) if tool else None, **options), as_json=as_json)


@click.command()
@click.argument("prompt")
@click.argument("value")
@DAEMON
@exits
def answer(prompt: str, value: str, daemon: str | None) -> int:
    """Answer a question of the job that runs; springback status lists what is asked."""
    from controller.cli.status import tell_daemon

    return tell_daemon(daemon, "answer", prompt=prompt, value=value)


@click.command()
@click.argument("alarm", default="")
@DAEMON
@REASON
@exits
def acknowledge(alarm: str, daemon: str | None, reason: str) -> int:
    """Say that an alarm was seen, or all of them; it never resumes a job."""
    from controller.cli.status import tell_daemon

    return tell_daemon(daemon, "acknowledge", alarm=alarm, reason=reason)


@click.group()
def lot() -> None:
    """The lot at the tool: jobs take its parts one by one."""


@lot.command("load")
@click.argument("name", metavar="LOT")
@click.option("--parts", required=True, metavar="N|ID,ID", help="how many, or their ids")
@click.option("--carrier", default="", metavar="ID", help="the carrier that they lie on")
@DAEMON
@exits
def load_lot(name: str, parts: str, carrier: str, daemon: str | None) -> int:
    """Load a lot; N parts are called LOT/01 and so on."""
    from controller.cli.status import tell_daemon

    return tell_daemon(daemon, "load_lot", lot=name, parts=parts, carrier=carrier)


@lot.command("unload")
@DAEMON
@exits
def unload_lot(daemon: str | None) -> int:
    """Unload the lot."""
    from controller.cli.status import tell_daemon

    return tell_daemon(daemon, "unload_lot")


@lot.command("show")
@DAEMON
@exits
def show_lot(daemon: str | None) -> int:
    """Say which lot is loaded, and which part is next."""
    from controller.cli.status import show_lot

    return show_lot(daemon)


@click.command()
@click.argument("text", default="")
@DAEMON
@click.option("--show", is_flag=True, help="print the notes that stand, as without a text")
@exits
def handover(text: str, daemon: str | None, show: bool) -> int:
    """Leave a note for the next shift; it stands until the next person takes the tool over at a console."""
    from controller.cli.status import hand_over

    if text and show:
        raise CommandError("--show goes without a text", Exit.USAGE)
    return hand_over(daemon, text.strip())


@click.command()
@DAEMON
@click.option("--socket", type=click.Path(path_type=Path), help="the daemon's socket, instead of --tool")
@click.option("--readonly", is_flag=True, help="look only; nothing can be told to the tool")
@click.option("--plain", is_flag=True, help="lines instead of a screen: for screen readers, logs and dumb terminals")
@click.option("--replay", metavar="RUN", help="show a record: a run's folder or file, or the begin of its id")
@click.option(
    "--runs", type=click.Path(path_type=Path), default=Path("runs"), show_default=True, help="folder of the history"
)
@click.option("--observer", is_flag=True, help="be an observer until a login, whoever you are")
@click.option("--browser", is_flag=True, help="serve it to a browser, at an address that is told once; look only")
@click.option("--port", type=click.IntRange(0, 65535), help="of --browser; 8737 by default, 0 for any that is free")
@click.option("--listen", metavar="HOST", help="of --browser: an address beyond this machine; it is not encrypted")
@click.option("--acts", is_flag=True, help="of --browser: not only look; acting needs a login there")
@exits
def console(**options: Any) -> int:
    """Look at a tool and run it from a terminal; leaving it stops nothing."""
    from controller.cli.console import ConsoleOptions, open_console

    return open_console(ConsoleOptions(**options))


@click.group()
def user() -> None:
    """The people who may log in at the tool."""


@user.command()
@click.argument("name")
@click.option("--role", required=True, help="observer, operator, engineer or maintenance")
@click.option("--badge", is_flag=True, help="ask for a badge too")
@USERS
@exits
def add(name: str, role: str, badge: bool, users: Path) -> int:
    """Write a person into the users file; the PIN is typed, or read from stdin, never an argument."""
    from controller.cli.users import add_user

    return add_user(users, name, role, badge=badge)


COMMANDS = (
    serve,
    console,
    status,
    _tell("hold", "Hold the job: each step has its way to stand still."),
    resume,
    _tell("stop", "End the job after its step, in the safe state."),
    _tell("abort", "End the job now, by the recipe's way into the safe state."),
    _tell("reset", "Forget a trip after looking at the machine; it starts nothing."),
    _tell("redo", "Do the step of a held job again, where its recipe allows that."),
    _tell("skip", "Leave out the step of a held job, where its recipe allows that."),
    _tell("step", "Hold after each step, until resumed."),
    acknowledge,
    answer,
    handover,
    lot,
    user,
)
