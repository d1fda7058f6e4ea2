"""Finding a daemon from the command line: by its socket, by the name of its tool, or because there is only one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.cli.exits import CommandError, Exit
from controller.server.client import Client, Refused, Unreachable
from controller.server.places import run_folder, socket_of, sockets
from controller.server.protocol import Code

EXITS: dict[int, Exit] = {Code.PARAMS: Exit.USAGE, Code.RECIPE: Exit.INVALID, Code.VERSION: Exit.UNREACHABLE}


@contextmanager
def talking(daemon: str | None) -> Iterator[Client]:
    """A client of the daemon; CommandError when none is found, or it says no."""
    try:
        with Client(socket_for(daemon), "springback") as client:
            yield client
    except Unreachable as error:
        raise CommandError(str(error), Exit.UNREACHABLE) from None
    except Refused as refused:
        raise refusal(refused) from None


def refusal(refused: Refused) -> CommandError:
    """What the daemon said no to, with the exit code of its kind."""
    problems = refused.data.get("problems")
    text = "\n".join(problems) if isinstance(problems, list) else str(refused)
    return CommandError(text, EXITS.get(refused.code, Exit.REFUSED))


def socket_for(daemon: str | None) -> Path:
    """The socket that is meant: a path has a slash or ends in .sock; a name is tried as real, then as simulated."""
    if daemon is None:
        return _only_one()
    if "/" in daemon or daemon.endswith(".sock"):
        return Path(daemon)
    real = socket_of(daemon, simulated=False)
    return real if real.exists() else socket_of(daemon, simulated=True)


def _only_one() -> Path:
    found = sockets()
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.stem for path in found)
        raise CommandError(f"several daemons have sockets here: {names}; choose one with --tool", Exit.USAGE)
    raise CommandError(f"no daemon has a socket in {run_folder()}; start one: springback serve", Exit.UNREACHABLE)
