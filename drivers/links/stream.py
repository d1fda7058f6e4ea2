"""Bytes over a TCP connection, or over a connection in memory that a virtual-time loop makes for `mem:<name>`.

It carries bytes and notices the end of the connection; deadlines and meaning are elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from drivers.errors import LinkLost

CONNECT_S = 2.0


class _Wire(asyncio.Protocol):
    """One connection; `detach` makes it deaf, so nothing of an old connection reaches a new one."""

    def __init__(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        self._on_data = on_data
        self._on_lost = on_lost

    def data_received(self, data: bytes) -> None:
        self._on_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._on_lost(str(exc) if exc is not None else "the other end hung up")

    def detach(self) -> None:
        self._on_data = lambda data: None
        self._on_lost = lambda why: None


class StreamChannel:
    """A `Channel` at `tcp://host:port` or `mem:<name>`.

    `reopen_on_reset` says whether an unanswered request is forgotten by a new connection. That is right for text over
    TCP, where a late reply would answer the next question. It is not needed for Modbus TCP, whose replies carry the
    number of their request, and not for what stands in for a serial line: there the line's quiet time has to do.
    """

    def __init__(self, address: str, kind: str, *, reopen_on_reset: bool) -> None:
        self.kind = kind
        self.address = address
        self._host, self._port = endpoint(address)
        self._reopen_on_reset = reopen_on_reset
        self._transport: asyncio.Transport | None = None
        self._wire: _Wire | None = None
        self._on_data: Callable[[bytes], None] = lambda data: None
        self._on_lost: Callable[[str], None] = lambda why: None

    async def open(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Connect within CONNECT_S; LinkLost when nothing listens."""
        self._on_data, self._on_lost = on_data, on_lost
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                # asyncio sets TCP_NODELAY on every TCP socket: a request must not wait for an acknowledgement
                self._transport, self._wire = await loop.create_connection(
                    lambda: _Wire(on_data, self._lost), self._host, self._port
                )
        except (OSError, TimeoutError) as error:
            raise unreachable(self.address, error) from error

    def write(self, data: bytes, expects_reply: bool) -> None:
        """Hand the bytes to the transport; nothing is sent on a connection that is gone."""
        if self._transport is not None:
            self._transport.write(data)

    def want_more(self) -> None:
        """Nothing to do: bytes come by themselves."""

    async def reset(self) -> None:
        """Reopen if the protocol needs it; a connection that cannot be reopened is reported as lost."""
        if not self._reopen_on_reset or self._transport is None:
            return
        await self.close()
        try:
            await self.open(self._on_data, self._on_lost)
        except LinkLost as error:
            self._on_lost(str(error))

    async def close(self) -> None:
        """Close; whatever still arrives is dropped."""
        if self._wire is not None:
            self._wire.detach()
        if self._transport is not None:
            self._transport.close()
        self._wire = self._transport = None

    def _lost(self, why: str) -> None:
        self._wire = self._transport = None
        self._on_lost(why)


def unreachable(address: str, error: OSError | TimeoutError) -> LinkLost:
    """The error for an address where nobody answers."""
    if isinstance(error, ConnectionRefusedError):
        found = "nothing listens there (connection refused)"
    else:
        found = str(error) or "no answer in time"
    return LinkLost(
        f"cannot connect to {address}: {found}; check that the instrument (or its simulator) is on, the cable, and"
        " host and port in the tool file"
    )


def endpoint(address: str) -> tuple[str, int]:
    """Host and port of `tcp://host:port`; a memory address is its own host. ValueError for anything else."""
    if address.startswith("mem:"):
        return address, 0
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is no number
        host, port = None, None
    if parts.scheme != "tcp" or not host or port is None:
        raise ValueError(f"address {address!r} is not understood; write tcp://host:port or mem:<name>")
    return host, port
