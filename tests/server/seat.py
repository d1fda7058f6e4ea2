"""A daemon in a process of its own, on simulated instruments, and what tests say to it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.server.client import Client, Refused
from controller.server.picture import Picture
from controller.server.protocol import PROTOCOL
from tests.cli import forked
from tests.cli.commands import MAIN

RECIPES = Path(__file__).parent / "recipes"
PEOPLE = {
    "olga": "observer", "otto": "operator", "emma": "engineer", "erik": "engineer", "mara": "maintenance",
}  # fmt: skip
PIN = "4711"
WAIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Seat:
    """A running daemon and where it is."""

    process: subprocess.Popen[str]
    folder: Path
    environment: dict[str, str]
    said: str  # when it was ready

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "packaging-line.simulated.sock"

    def client(self, token: str = "") -> Client:
        return Client(self.socket, "test", token=token)

    def logged_in(self, user: str) -> Client:
        client = self.client()
        client.call("login", user=user, pin=PIN)
        return client

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run springback as its users do, in the same folder."""
        code, out, err = forked.run(arguments, self.environment, self.folder)
        return subprocess.CompletedProcess(arguments, code, out, err)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Start springback as its users do, in the same folder."""
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, *arguments], env=self.environment, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def raw(self, *, hello: bool = True) -> socket.socket:
        """A socket without our client; said hello, if wanted."""
        plain = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        plain.settimeout(WAIT_S)
        plain.connect(str(self.socket))
        if hello:
            plain.sendall(line(id="h", method="hello", params={"protocol": PROTOCOL, "token": os.urandom(8).hex()}))
            read_line(plain)
        return plain


def line(**message: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n"


def read_line(plain: socket.socket) -> dict[str, Any]:
    """The next line; an empty object when the daemon has closed."""
    got = b""
    while not got.endswith(b"\n"):
        byte = plain.recv(1)
        if not byte:
            return {}
        got += byte
    found: dict[str, Any] = json.loads(got)
    return found


def closed(plain: socket.socket) -> bool:
    """True when the daemon closes within the time that tests have; what it still says is read."""
    try:
        while plain.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def environment(folder: Path) -> dict[str, str]:
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "NO_COLOR": "1"}
    return {**found, "SPRINGBACK_RUN_DIR": str(folder / "run")}


def start(folder: Path, *arguments: str, owns: str = "--simulated") -> Seat:
    """Start a daemon and return when it is ready."""
    env = environment(folder)
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "serve", owns, "--recipes", str(RECIPES), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder, env=env,
    )  # fmt: skip
    assert process.stdout is not None
    said = ""
    while "is ready" not in said:
        more = process.stdout.readline()
        assert more, said
        said += more
    return Seat(process, folder, env, said)


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Seat]:
    """A daemon for the time of a test."""
    seat = start(folder, *arguments)
    try:
        yield seat
    finally:
        end(seat)


def end(seat: Seat, number: signal.Signals = signal.SIGTERM) -> int:
    if seat.process.poll() is None:
        seat.process.send_signal(number)
    seat.process.communicate(timeout=WAIT_S)
    return seat.process.returncode


def wait_until(look: Callable[[], Any], what: str) -> Any:
    """What `look` returns once it is true; AssertionError after WAIT_S."""
    until_s = time.monotonic() + WAIT_S
    while not (found := look()):
        assert time.monotonic() < until_s, what
        time.sleep(0.01)
    return found


def follow(client: Client, picture: Picture, reached: Callable[[Picture], Any]) -> Any:
    """Apply news until the picture shows what is wanted; returns it."""
    until_s = time.monotonic() + WAIT_S
    while not (found := reached(picture)):
        assert time.monotonic() < until_s, picture.state
        news = client.news(1.0)
        if news is not None:
            picture.apply(news)
    return found


def refusal(client: Client, method: str, **params: Any) -> Refused:
    """What the daemon says when it must refuse."""
    try:
        result = client.call(method, **params)
    except Refused as refused:
        return refused
    raise AssertionError(f"{method} was carried out: {result}")


def job_state(picture: Picture) -> str:
    job = picture.state["job"]
    return job["state"] if job else ""


def quiet(seat: Seat) -> None:
    """Leave the daemon without job, queue and trip, for the next test."""
    with seat.client() as client:
        if client.call("status")["job"]:
            client.call("abort", reason="end of test")
            wait_until(lambda: not client.call("status")["job"], "the job has not ended")
        for job in client.call("status")["queue"]:
            client.call("unload", job=job["id"])
        wait_until(lambda: not client.call("status")["down"], "the station is not open again")
        if client.call("status")["trip"]:
            client.call("reset")
