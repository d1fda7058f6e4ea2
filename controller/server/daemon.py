"""The daemon: a socket in front of the jobs of one tool, until a signal ends it. It assembles and decides nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.record.events import Note
from controller.record.site import latest_acts
from controller.record.store import RecordError
from controller.server.client import answers
from controller.server.commands import Commands, Facts
from controller.server.connection import Connection
from controller.server.handover import DAYS
from controller.server.jobs import Jobs
from controller.server.lock import Owned, mode_in, private_folder
from controller.server.protocol import CLIENTS_MAX, Code, Refused
from controller.server.releasing import Releasing
from controller.server.requests import Requests
from controller.server.surroundings import Surroundings
from controller.server.users import Users
from controller.tool import ToolFile

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Seat:
    """What a daemon serves: where, to whom; `recipes` and `runs` are the folders of the recipes and the records."""

    facts: Facts
    socket: Path
    users: Users
    tool: ToolFile
    recipes: Path
    runs: Path


async def serve(seat: Seat, surroundings: Surroundings, ready: Callable[[str], None]) -> None:
    """Serve until a signal comes, then abort what runs and return when its safe state was read back.

    `ready` is told at each opening of the station, with an empty text, and why it did not open. Owned when another
    daemon answers at the socket. The caller holds the tool's lock.
    """
    loop = asyncio.get_running_loop()
    jobs = Jobs(surroundings, seat.runs, seat.facts.speed, ready)
    releasing = Releasing(seat.runs, seat.tool, seat.recipes)
    commands = Commands(seat.facts, jobs, seat.users, surroundings.load, releasing)
    requests = Requests(commands.hello, commands.methods, jobs.record, jobs.audit)
    clients: set[Connection] = set()

    def joined(client: Connection) -> None:
        if len(clients) >= CLIENTS_MAX:
            client.refuse(None, Refused(Code.TOO_MANY, f"{CLIENTS_MAX} clients are connected", "close one of them"))
            client.hang_up()
        else:
            clients.add(client)

    def left(client: Connection) -> None:
        clients.discard(client)
        jobs.hub.detach(client.outbox)

    def connection() -> Connection:
        return Connection(requests.serve, joined, left, seat.users.role_of_peer, seat.facts.speed)

    for number in ENDING:
        loop.add_signal_handler(number, jobs.end, f"the daemon was ended by {number.name}")
    try:
        jobs.handovers.restore(await asyncio.to_thread(latest_acts, seat.runs, DAYS))
    except RecordError as error:
        jobs.record(Note(f"notes of an earlier shift cannot be read: {error}", "warning"))
    server = await loop.create_unix_server(connection, sock=listening(seat.socket))
    jobs.record(Note(f"daemon {seat.facts.instance} of {seat.facts.tool} began"))
    try:
        await jobs.work()
    finally:
        jobs.record(Note(f"daemon {seat.facts.instance} ended"))
        server.close()
        await jobs.audit.written()
        for client in list(clients):
            client.hang_up()
        seat.socket.unlink(missing_ok=True)


def listening(path: Path) -> socket.socket:
    """A socket at `path`, for those who may enter its folder; one that a killed daemon left behind is replaced."""
    private_folder(path.parent)
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and answers(path):
            raise Owned(f"another daemon answers at {path}; name another with --socket")
        if path.is_socket():
            path.unlink()
        before = os.umask(0o177)
        try:
            ours.bind(str(path))
        finally:
            os.umask(before)
        path.chmod(mode_in(path.parent))
    except OSError as error:
        ours.close()
        raise Owned(f"cannot listen at {path}: {error.strerror or error}; name another with --socket") from None
    except BaseException:
        ours.close()
        raise
    return ours
