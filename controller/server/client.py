"""Clients of the daemon: `Client` waits in its own thread, `AsyncClient` lives in an event loop.

Both say hello, ask by `call`, and hand out what the daemon sends by itself. They hold nothing back and repeat nothing:
who reconnects attaches again with the last sequence number, and may ask again with the same id and the same token.
Standard library only: `springback status` has 150 ms for everything.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.server.picture import Picture
from controller.server.protocol import ANSWER_MAX, PROTOCOL, Code, Refused, decode, request

if TYPE_CHECKING:
    import asyncio

TIMEOUT_S = 5.0
CHUNK = 64 * 1024
NEWS_MAX = 5000  # that wait in an AsyncClient


class Unreachable(Exception):
    """No daemon answers there, or it has gone; the text says where and what to do."""


class _Talk:
    """Both clients' half of the conversation, without a socket: bytes in, answers and news out."""

    def __init__(self, path: Path, token: str) -> None:
        self.path = path
        self.token = token or os.urandom(8).hex()  # names this client across connections
        self.news: deque[dict[str, Any]] = deque()
        self._rest = b""
        self._asked = 0

    def next_id(self) -> str:
        """An id that this token has not used."""
        self._asked += 1
        return f"{os.getpid()}-{self._asked}"

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The messages that are complete; Unreachable when the daemon has closed, or sends what is no message."""
        if not data:
            raise Unreachable(f"the daemon at {self.path} has closed the connection")
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > ANSWER_MAX:
            raise Unreachable(f"what answers at {self.path} is no springback daemon")
        try:
            return [decode(line) for line in lines]
        except Refused as error:
            raise Unreachable(f"what answers at {self.path} is no springback daemon: {error}") from None

    def hello(self, name: str) -> dict[str, Any]:
        """The parameters of the greeting."""
        return {"protocol": PROTOCOL, "token": self.token, "name": name}


def _result(answer: Mapping[str, Any]) -> Any:
    if "error" in answer:
        raise Refused.from_json(answer["error"])
    return answer.get("result")


def answers(path: Path) -> bool:
    """True when somebody listens at the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def _unreachable(path: Path, error: OSError) -> Unreachable:
    text = {
        FileNotFoundError: "there is no daemon; start one with: springback serve",
        ConnectionRefusedError: "its daemon has ended; start it with: springback serve",
        PermissionError: "you may not use it; ask to be put into the group of the daemon",
    }.get(type(error), error.strerror or str(error))
    return Unreachable(f"{text} ({path})")


class Client:
    """A connection that waits. Use it as a context manager, in one thread; `greeting` is what the daemon said."""

    def __init__(self, path: Path, name: str, *, token: str = "", timeout_s: float = TIMEOUT_S) -> None:
        """Connect and say hello; Unreachable without a daemon, Refused when it does not take this client."""
        self._talk = _Talk(path, token)
        self._answers: dict[str, dict[str, Any]] = {}
        self._timeout_s = timeout_s
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
            self.greeting: dict[str, Any] = self.call("hello", **self._talk.hello(name))
        except OSError as error:
            self.close()
            raise _unreachable(path, error) from None
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def call(self, method: str, /, *, id: str = "", **params: Any) -> Any:
        """The result of a command; Refused when the daemon says no, Unreachable when it does not answer in time."""
        id = id or self._talk.next_id()
        try:
            self._socket.settimeout(self._timeout_s)
            self._socket.sendall(request(id, method, params))
            while id not in self._answers:
                self._receive()
        except TimeoutError:
            raise Unreachable(
                f"{self._talk.path}: the daemon did not answer within {self._timeout_s:g} s;"
                " whether it did what was asked is not known, so look at its status"
            ) from None
        except OSError as error:
            raise _unreachable(self._talk.path, error) from None
        return _result(self._answers.pop(id))

    def attach(self, since: int | None = None, instance: str = "") -> Picture:
        """Be told everything from now on; with `seq` and `instance` of an earlier picture, what was missed too."""
        return Picture(self.call("attach", since=since, instance=instance))

    def news(self, timeout_s: float) -> dict[str, Any] | None:
        """The next message that the daemon sends by itself; None when none comes in time.

        Whoever only watches calls `ping` every `PING_S`, or is let go.
        """
        self._socket.settimeout(timeout_s)
        try:
            while not self._talk.news:
                self._receive()
        except (TimeoutError, BlockingIOError):
            return None
        except OSError as error:
            raise _unreachable(self._talk.path, error) from None
        return self._talk.news.popleft()

    def ping(self) -> None:
        """Say that we are there."""
        self.call("ping")

    def _receive(self) -> None:
        for message in self._talk.feed(self._socket.recv(CHUNK)):
            if "method" in message:
                self._talk.news.append(message)
            elif message.get("id") is None:  # not even our request was understood
                raise Refused.from_json(message.get("error"))
            else:
                self._answers[str(message["id"])] = message


class AsyncClient:
    """A connection in an event loop; `connect` makes it. Calls may run side by side."""

    def __init__(self, path: Path, token: str) -> None:
        self.greeting: dict[str, Any] = {}
        self._talk = _Talk(path, token)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._some: asyncio.Event | None = None
        self._gone: Exception | None = None

    @classmethod
    async def connect(cls, path: Path, name: str, *, token: str = "", observer: bool = False) -> AsyncClient:
        """Connect and say hello; Unreachable without a daemon, Refused when it does not take this client.

        `observer` gives up the role of the peer: without a login this client only looks, holds, stops and aborts.
        """
        import asyncio

        client = cls(path, token)
        try:
            reader, client._writer = await asyncio.open_unix_connection(path)
        except OSError as error:
            raise _unreachable(path, error) from None
        client._some = asyncio.Event()
        client._reading = asyncio.get_running_loop().create_task(client._read(reader), name="daemon")
        try:
            less: dict[str, Any] = (
                {"observer": True} if observer else {}
            )  # said when wanted: older daemons do not know it
            client.greeting = await client.call("hello", **client._talk.hello(name), **less)
        except BaseException:
            await client.close()
            raise
        return client

    @property
    def token(self) -> str:
        """Give it to the next connection to be known as the same client."""
        return self._talk.token

    async def close(self) -> None:
        """Hang up; calls that wait end with Unreachable."""
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        self._end(Unreachable(f"the connection to {self._talk.path} was closed"))

    async def call(self, method: str, /, *, id: str = "", timeout_s: float = TIMEOUT_S, **params: Any) -> Any:
        """The result of a command; Refused when the daemon says no, Unreachable when it does not answer in time."""
        import asyncio

        assert self._writer is not None
        if self._gone is not None:
            raise self._gone
        id = id or self._talk.next_id()
        answer = self._waiting[id] = asyncio.get_running_loop().create_future()
        self._writer.write(request(id, method, params))
        try:
            async with asyncio.timeout(timeout_s):
                return _result(await answer)
        except TimeoutError:
            raise Unreachable(f"{self._talk.path}: the daemon did not answer within {timeout_s:g} s") from None
        finally:
            self._waiting.pop(id, None)

    async def attach(self, since: int | None = None, instance: str = "") -> Picture:
        """Be told everything from now on; with `seq` and `instance` of an earlier picture, what was missed too."""
        return Picture(await self.call("attach", since=since, instance=instance))

    async def news(self) -> dict[str, Any]:
        """The next message that the daemon sends by itself; Unreachable when it has gone."""
        assert self._some is not None
        while not self._talk.news:
            if self._gone is not None:
                raise self._gone
            self._some.clear()
            await self._some.wait()
        return self._talk.news.popleft()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                for message in self._talk.feed(await reader.read(CHUNK)):
                    self._take(message)
        except (OSError, Unreachable) as error:
            self._end(error if isinstance(error, Unreachable) else _unreachable(self._talk.path, error))

    def _take(self, message: dict[str, Any]) -> None:
        assert self._some is not None
        if "method" in message and len(self._talk.news) >= NEWS_MAX:
            raise Unreachable(f"{NEWS_MAX} messages of the daemon were not taken in time; connect again")
        if "method" in message:
            self._talk.news.append(message)
            self._some.set()
        elif (waiting := self._waiting.get(str(message.get("id")))) and not waiting.done():
            waiting.set_result(message)
        elif message.get("id") is None:  # not even our request was understood
            self._end(Refused.from_json(message.get("error")))

    def _end(self, why: Exception) -> None:
        self._gone = self._gone or why
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(why)
        if self._some is not None:
            self._some.set()


__all__ = ["AsyncClient", "Client", "Code", "Refused", "Unreachable"]
