"""Serve an instrument on a TCP port of the loopback interface, one firmware (input buffer) per connection.

What the bytes mean is the firmware's business; the instrument behind it may be shared by the connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from simulators.wire.firmware import Firmware
from simulators.wire.outbox import Outbox

HOST = "127.0.0.1"
MAX_CONNECTIONS = 32  # keeps the process far below select's last descriptor, 1023
MAX_UNREAD = 1 << 20  # bytes a client may leave unread before it is cut off


class TcpServer:
    """A listening port; made by `serve_tcp`."""

    def __init__(self, factory: Callable[[], Firmware]) -> None:
        self._factory = factory
        self._server: asyncio.Server | None = None
        self.connections: set[_Connection] = set()

    async def listen(self, port: int) -> None:
        """Open the port, 0 for a free one; OSError when it is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self, self._factory()), HOST, port)

    @property
    def port(self) -> int:
        """The port in use."""
        if self._server is None or not self._server.sockets:
            raise RuntimeError("the server does not listen: it was closed, or never opened; use serve_tcp")
        return cast(int, self._server.sockets[0].getsockname()[1])

    @property
    def address(self) -> str:
        """`host:port`."""
        return f"{HOST}:{self.port}"

    async def close(self) -> None:
        """Stop listening and cut the connections; returns when the port is free. Closing twice is harmless."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for connection in list(self.connections):
            connection.cut()
        await server.wait_closed()


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, server: TcpServer, firmware: Firmware) -> None:
        self._server = server
        self._firmware = firmware
        self._outbox = Outbox(asyncio.get_running_loop(), self._write)
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if len(self._server.connections) >= MAX_CONNECTIONS:
            self.cut()
            return
        self._server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        self._outbox.send(self._firmware.receive(data))

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._outbox.close()

    def cut(self) -> None:
        """Drop the connection without sending what waits."""
        self._outbox.close()
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > MAX_UNREAD:
            self.cut()


async def serve_tcp(factory: Callable[[], Firmware], port: int = 0) -> TcpServer:
    """Serve an instrument; returns when clients can connect. The factory is called once per connection."""
    server = TcpServer(factory)
    await server.listen(port)
    return server
