"""What lies behind a link: sockets and ptys that answer, close, echo and keep silent as they are told."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from drivers.links.line import Line
from drivers.links.open import make_channel
from drivers.links.request import Ask, Channel, Dialogue
from drivers.protocols.text import take_line

SOON_S = 5.0  # far more than anything here takes; a wait that ends by it is a failure
LATE_S = 0.03  # deadline of a question that is answered late


class Responder:
    """The far end: answers each line `<text>` with `<text>!`; can be told to keep answers back."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        self._send = send
        self._buffer = bytearray()
        self.asked: list[str] = []
        self.holding = False
        self.held: list[bytes] = []

    def receive(self, data: bytes) -> None:
        self._buffer += data
        while (line := take_line(self._buffer)) is not None:
            self.asked.append(line)
            reply = f"{line}!\r\n".encode()
            if self.holding:
                self.held.append(reply)
            else:
                self._send(reply)

    def release(self) -> None:
        self.holding = False
        for reply in self.held:
            self._send(reply)
        self.held.clear()


class TcpFarEnd:
    """A TCP server with one Responder that all connections share; replies go out where the request came in."""

    def __init__(self) -> None:
        self.responders: list[Responder] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.holding = False

    async def serve(self) -> str:
        self.server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port: int = self.server.sockets[0].getsockname()[1]
        return f"tcp://127.0.0.1:{self.port}"

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        responder = Responder(lambda data: None if writer.is_closing() else writer.write(data))
        responder.holding = self.holding
        self.responders.append(responder)
        self.writers.append(writer)
        try:
            while data := await reader.read(1000):
                responder.receive(data)
        except ConnectionError:
            pass
        finally:
            writer.close()

    def hold(self, on: bool) -> None:
        self.holding = on
        for responder in self.responders:
            responder.holding = on

    def release(self) -> None:
        self.holding = False
        for responder in self.responders:
            responder.release()

    def send(self, data: bytes) -> None:
        for writer in self.writers:
            if not writer.is_closing():
                writer.write(data)

    def asked(self) -> list[str]:
        return [line for responder in self.responders for line in responder.asked]

    async def hang_up(self) -> None:
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()


class PtyFarEnd:
    """A pty whose master end is a Responder. A spare slave descriptor keeps the master alive between opens."""

    def __init__(self, echo: Callable[[bytes], bytes] | None = None) -> None:
        self.master, self.spare = os.openpty()
        tty.setraw(self.spare)
        os.set_blocking(self.master, False)
        self.responder = Responder(lambda data: os.write(self.master, data))
        self.address = os.ttyname(self.spare)
        self._echo = echo
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self.master, self._readable)

    def _readable(self) -> None:
        data = os.read(self.master, 1000)
        if self._echo is not None:
            os.write(self.master, self._echo(data))
        self.responder.receive(data)

    def hold(self, on: bool) -> None:
        self.responder.holding = on

    def release(self) -> None:
        self.responder.release()

    def send(self, data: bytes) -> None:
        os.write(self.master, data)

    def asked(self) -> list[str]:
        return self.responder.asked

    async def hang_up(self) -> None:
        if self.master >= 0:
            self._loop.remove_reader(self.master)
            os.close(self.master)
            os.close(self.spare)
            self.master = -1


FarEnd = TcpFarEnd | PtyFarEnd


async def tcp() -> tuple[Channel, FarEnd]:
    far = TcpFarEnd()
    return make_channel({"link": "tcp", "address": await far.serve()}), far


async def pty() -> tuple[Channel, FarEnd]:
    far = PtyFarEnd()
    return make_channel({"link": "serial", "address": far.address, "baud": 115200}), far


VISA = {"link": "visa", "read_termination": "CRLF", "write_termination": "CR"}


async def visa_socket() -> tuple[Channel, FarEnd]:
    far = TcpFarEnd()
    await far.serve()
    return make_channel({**VISA, "address": f"TCPIP0::127.0.0.1::{far.port}::SOCKET"}), far


async def visa_serial() -> tuple[Channel, FarEnd]:
    far = PtyFarEnd()
    return make_channel({**VISA, "address": f"ASRL{far.address}::INSTR", "baud": 115200}), far


Make = Callable[[], Awaitable[tuple[Channel, FarEnd]]]
EVERY_LINK = pytest.mark.parametrize("make", [tcp, pty, visa_socket, visa_serial])


@asynccontextmanager
async def opened(make: Make) -> AsyncIterator[tuple[Line, FarEnd]]:
    channel, far = await make()
    line = Line("wire", channel)
    await line.open()
    try:
        yield line, far
    finally:
        await line.close()
        await far.hang_up()


def question(text: str) -> Callable[[], Dialogue[str]]:
    def dialogue() -> Dialogue[str]:
        reply: str = yield Ask(f"{text}\r".encode(), take_line)
        return reply

    return dialogue


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(round(SOON_S / 0.001)):
        if condition():
            return
        await asyncio.sleep(0.001)
    pytest.fail("what the test waits for did not happen")
