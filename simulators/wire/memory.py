"""Wires in memory: firmware at one end, an unmodified asyncio protocol at the other, line time in between.

A wire without baud rate (TCP) hands bytes over at once. A serial wire delivers the answer when request, thinking and
answer would have passed at its baud rate: one timer for the whole exchange, so the firmware sees the request when it is
sent, a few milliseconds early.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.wire.firmware import Firmware

BITS_PER_BYTE = 10.0  # start, eight data bits, stop; 8E1 has 11, within the tolerance of this model


@dataclass(slots=True)
class _Server:
    firmware: Callable[[], Firmware]
    baud: float  # 0 = no line time


class MemoryNetwork:
    """The in-memory servers of one loop, by name `mem:<name>`."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._servers: dict[str, _Server] = {}

    def serve(self, name: str, firmware: Callable[[], Firmware], baud: float = 0.0) -> None:
        """Let `mem:<name>` reach a firmware; the factory is called for each connection."""
        self._servers[f"mem:{name}"] = _Server(firmware, baud)

    def connect(self, protocol_factory: Callable[[], Any], host: str) -> tuple[MemoryTransport, Any]:
        """Connect as `loop.create_connection` does; ConnectionRefusedError when nobody serves the name."""
        server = self._servers.get(host)
        if server is None:
            raise ConnectionRefusedError(f"nothing is served at {host}")
        protocol = protocol_factory()
        transport = MemoryTransport(self._loop, protocol, server.firmware(), server.baud)
        protocol.connection_made(transport)
        return transport, protocol


class MemoryTransport(asyncio.Transport):
    """The client's end of a wire in memory."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Any, firmware: Firmware, baud: float) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._firmware = firmware
        self._byte_s = BITS_PER_BYTE / baud if baud else 0.0
        self._free_at = 0.0
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closing:
            return
        request = bytes(data)
        answers = self._firmware.receive(request)
        if not answers:
            return
        byte_s = self._byte_s
        if not byte_s and len(answers) == 1 and not answers[0].delay_s:  # nearly always, on Ethernet
            self._protocol.data_received(answers[0].data)
            return
        at_s = max(self._loop.time(), self._free_at) + len(request) * byte_s
        for answer in answers:
            at_s += answer.delay_s + len(answer.data) * byte_s
            if byte_s or answer.delay_s:
                self._loop.call_at(at_s, self._deliver, answer.data)
            else:
                self._protocol.data_received(answer.data)
        self._free_at = at_s

    def _deliver(self, data: bytes) -> None:
        if not self._closing:
            self._protocol.data_received(data)

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default
