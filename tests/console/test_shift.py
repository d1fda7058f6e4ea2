"""A shift at the real program in a real terminal, against a real daemon on simulated instruments."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from controller.server.users import add
from tests.cli.commands import MAIN
from tests.server.seat import PIN, Seat, end, environment, follow, job_state, start, wait_until

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (apt install tmux)")
WAIT_S = 30.0


class Terminal:
    """A terminal of 80 by 24 on a tmux server of its own, in which one command runs."""

    def __init__(self, folder: Path, env: dict[str, str], *arguments: str) -> None:
        self._server = f"springback-{uuid.uuid4().hex[:8]}"
        given = [f"-e{name}={env[name]}" for name in ("PYTHONPATH", "SPRINGBACK_RUN_DIR")]
        command = [sys.executable, "-c", MAIN, *arguments]
        self._tmux("new-session", "-d", "-x", "80", "-y", "24", "-c", str(folder), *given, *command)
        self._tmux("set-option", "-g", "remain-on-exit", "on")

    @property
    def pid(self) -> int:
        """Of the program in it."""
        return int(self._tmux("list-panes", "-F", "#{pane_pid}"))

    @property
    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def keys(self, *keys: str) -> None:
        """Keys as a person presses them: one after the other, slower than a scanner."""
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(0.06)

    def scan(self, text: str) -> None:
        """All at once, as a scanner types."""
        self._tmux("send-keys", "-l", text)
        self._tmux("send-keys", "Enter")

    def until(self, words: str) -> str:
        """The screen as soon as the words stand on it."""
        end_s = time.monotonic() + WAIT_S
        while words not in (text := self.screen):
            assert time.monotonic() < end_s, f"{words!r} is not on the screen:\n{text}"
            time.sleep(0.02)
        assert "SIMULATED" in text.splitlines()[0], text
        return text

    def ended(self) -> None:
        """Return when the program has ended."""
        end_s = time.monotonic() + WAIT_S
        while self._tmux("list-panes", "-F", "#{pane_dead}").strip() != "1":
            assert time.monotonic() < end_s, self.screen
            time.sleep(0.02)

    def close(self) -> None:
        """The terminal goes, with or without its program."""
        with suppress(subprocess.CalledProcessError):
            self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._server, "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def seat(tmp_path: Path) -> Iterator[Seat]:
    for name, role in {"otto": "operator", "emma": "engineer"}.items():
        add(tmp_path / "users.yaml", name, role, PIN, f"badge-{name}")
    made = start(tmp_path, "--recipes", str(Path(__file__).parent / "recipes"))
    yield made
    end(made)


@pytest.fixture
def terminal(seat: Seat, tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path, environment(tmp_path), "console")
    yield made
    made.close()


def test_a_shift_from_login_to_the_next_person(seat: Seat, terminal: Terminal) -> None:
    terminal.until("link ok")
    terminal.keys("L", "1", *"otto", "Enter", *PIN, "Enter")
    terminal.until("otto operator")

    terminal.keys("5", "S")
    terminal.until("READY? shift")
    terminal.keys("1", "0")
    terminal.until("now  Load: scan the carrier")
    terminal.scan("HX-2231")
    terminal.until("nothing asks for such a scan")
    terminal.scan("C-0418")

    terminal.until("monitor.cold")
    terminal.keys("6", "a", *"cold", "Space", *"morning", "Enter")
    terminal.until("ACTIVE acked")
    terminal.keys("H")
    terminal.until(" HELD ")
    terminal.keys("0")
    terminal.until("standing still since")
    terminal.keys("R")
    terminal.until("RUNNING")

    terminal.until("now  Look: Nothing sticks?")
    terminal.keys("Enter", "1")
    terminal.until("last: shift COMPLETE")

    terminal.keys("8")
    terminal.until("COMPLETE")
    terminal.keys("N", *"cold", "Space", *"morning", "Enter")
    terminal.keys("0")
    terminal.until("otto (operator): cold morning")
    terminal.keys("L", "2")
    terminal.scan("badge-emma")
    text = terminal.until("1 Take over")
    assert "otto (operator): cold morning" in text and "then: no job runs" in text
    terminal.keys("1")
    terminal.until("take over: notes 1")
    assert "emma engineer" in terminal.screen
    terminal.keys("q")
    terminal.ended()


def test_killing_the_daemon_is_said_and_starting_it_again_too(seat: Seat, terminal: Terminal, tmp_path: Path) -> None:
    terminal.until("link ok")
    seat.process.kill()
    seat.process.wait()
    terminal.until("LINK LOST")
    again = start(tmp_path, "--recipes", str(Path(__file__).parent / "recipes"))
    try:
        terminal.until("the daemon was started anew")
    finally:
        end(again)


def test_a_console_that_stood_still_shows_what_is_when_it_goes_on(seat: Seat) -> None:
    """Not in tmux, which lets a stopped program go on at once."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    console = subprocess.Popen(
        [sys.executable, "-c", MAIN, "console"], stdin=slave, stdout=slave, stderr=slave, cwd=seat.folder,
        env={**seat.environment, "TERM": "xterm-256color"},
    )  # fmt: skip
    try:
        drawn_until(master, "link ok")
        console.send_signal(signal.SIGSTOP)
        with seat.client() as client:
            picture = client.attach()
            client.call("start", recipe="shift")
            follow(client, picture, lambda p: p.state["prompts"])
        console.send_signal(signal.SIGCONT)

        drawn_until(master, "now  Load: scan the carrier")
    finally:
        console.kill()
        console.wait()
        os.close(master)
        os.close(slave)


def drawn_until(master: int, words: str) -> None:
    """Return when the program at the other end has drawn the words."""
    end_s, drawn = time.monotonic() + WAIT_S, b""
    while words.encode() not in drawn:
        assert time.monotonic() < end_s, drawn.decode(errors="replace")
        if select.select([master], [], [], 0.1)[0]:
            drawn += os.read(master, 65536)


@pytest.mark.parametrize("how", ["terminal", "killed"])
def test_a_console_whose_terminal_goes_ends_and_its_job_does_not(seat: Seat, terminal: Terminal, how: str) -> None:
    terminal.until("link ok")
    terminal.keys("5", "S")
    terminal.until("READY? shift")
    terminal.keys("1", "0")
    terminal.until("now  Load")
    pid = terminal.pid
    if how == "terminal":
        terminal.close()
    else:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not _lives(pid), "the console outlives its terminal")

    with seat.client() as client:
        picture = client.attach()
        assert [prompt["id"] for prompt in picture.state["prompts"]] == ["Load.carrier"]
        client.call("answer", prompt="Load.carrier", value="C-0001")
        follow(client, picture, lambda p: (p.state["job"]["step"] or {}).get("name") == "Wait")
        assert job_state(picture) == "PROCESSING"


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
