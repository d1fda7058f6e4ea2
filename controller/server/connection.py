"""One client's socket: bytes to lines, lines to requests, at a bounded pace; answers and news back.

It never waits for its client. What a request means is decided by whoever is given as `serve`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from controller.server.outbox import Outbox, Overrun
from controller.server.protocol import BURST, HELLO_S, IDLE_S, LINE_MAX, LINES_HZ, Code, Refused, decode
from controller.server.users import user_name

WINDOW_S = BURST / LINES_HZ
LINES_MAX = 1000


@dataclass(slots=True)
class Who:
    """Who is at the other end: the peer as the kernel names it, and who has logged in."""

    user: str
    role: str
    peer_user: str
    peer_role: str
    peer_uid: int

    @property
    def by(self) -> str:
        """For the record."""
        return f"{self.user} ({self.role})"


class Connection(asyncio.Protocol):
    """One client. `who` comes from the peer's credentials, `token` from its hello."""

    def __init__(
        self,
        serve: Callable[[Connection, dict[str, Any]], None],
        joined: Callable[[Connection], None],
        left: Callable[[Connection], None],
        role_of_peer: Callable[[int], str],
        speed: float,
    ) -> None:
        self._serve, self._joined, self._left, self._role_of_peer = serve, joined, left, role_of_peer
        self._speed = speed
        self._loop = asyncio.get_running_loop()
        self._rest = b""
        self._lines: deque[bytes] = deque()
        self._budget = BURST
        self._working = False
        self._watch: asyncio.TimerHandle | None = None
        self.token = ""

    # ------------------------------------------------------------------------------------------ asyncio.Protocol
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.outbox = Outbox(self._write)
        peer: socket.socket = transport.get_extra_info("socket")
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _pid, uid, _gid = struct.unpack("3i", credentials)
        name, role = user_name(uid), self._role_of_peer(uid)
        self.who = Who(name, role, name, role, uid)
        self._let_go_after(HELLO_S)
        self._joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._lines.clear()
        self._left(self)

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines.extend(line for line in lines if line.strip())
        if len(self._rest) > LINE_MAX or any(len(line) > LINE_MAX for line in lines):
            self._expel(f"a line has at most {LINE_MAX} bytes")
        elif len(self._lines) > LINES_MAX:
            self._expel(f"at most {LINES_MAX} lines may wait")
        else:
            self._work()

    def pause_writing(self) -> None:
        self.outbox.paused = True

    def resume_writing(self) -> None:
        self.outbox.resume()

    # ------------------------------------------------------------------------------------------ for the daemon
    def answer(self, id: Any, result: Any) -> None:
        """Answer a request."""
        self.send({"id": id, "result": result})

    def refuse(self, id: Any, refused: Refused) -> None:
        """Answer a request with an error."""
        self.send({"id": id, "error": refused.to_json()})

    def hang_up(self) -> None:
        """Close once what was written is out; a client that does not read is cut off later."""
        self._lines.clear()
        self.transport.close()
        self._loop.call_later(HELLO_S * self._speed, self.transport.abort)

    def _expel(self, why: str) -> None:
        self.refuse(None, Refused(Code.REQUEST, why, "the connection is closed"))
        self.hang_up()

    # ------------------------------------------------------------------------------------------ lines at a pace
    def _work(self) -> None:
        """Serve lines while there is budget; what is left waits, and meanwhile no more is read."""
        while self._lines and self._budget and not self.transport.is_closing():
            self._budget -= 1
            self._line(self._lines.popleft())
        if not self._working and self._budget < BURST:
            self._working = True
            self._loop.call_later(WINDOW_S * self._speed, self._refill)
        if self._lines and not self.transport.is_closing():
            self.transport.pause_reading()

    def _refill(self) -> None:
        self._working, self._budget = False, BURST
        if self.transport.is_closing():
            return
        self.transport.resume_reading()
        self._work()

    def _line(self, line: bytes) -> None:
        try:
            message = decode(line)
        except Refused as refused:
            self.refuse(None, refused)
            return
        self._serve(self, message)
        if not self.transport.is_closing():
            self._let_go_after(IDLE_S if self.token else HELLO_S)

    def _let_go_after(self, wall_s: float) -> None:
        """Hang up on a client that says nothing more for this long."""
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_later(wall_s * self._speed, self.transport.abort)

    def send(self, message: dict[str, Any]) -> None:
        """Send an answer; who asks and does not read is hung up on."""
        try:
            self.outbox.answer(message)
        except Overrun:
            self.transport.abort()

    def _write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)
