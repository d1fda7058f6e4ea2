"""The `springback` command as a shell sees it: a process with arguments, two streams and an exit code."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cli import forked

MAIN = "from springback.main import main; main()"
OURS = tempfile.TemporaryDirectory(prefix="springback-")  # sockets and locks: a tool belongs to one process at a time
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    "NO_COLOR": "1",
    "SPRINGBACK_RUN_DIR": OURS.name,
}
START_S = 60.0
RECIPES = Path(__file__).parents[1] / "line" / "recipes"


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found


def springback(*arguments: str | Path, cwd: Path | None = None, program: str = "") -> Finished:
    """Run a command to its end, with nobody at the terminal; a program that is not the usual one starts anew."""
    if not program:
        return Finished(*forked.run([str(argument) for argument in arguments], ENVIRONMENT, cwd))
    process = begin(*arguments, cwd=cwd, program=program)
    out, err = process.communicate(timeout=forked.PATIENCE_S)
    return Finished(process.returncode, out, err)


def begin(*arguments: str | Path, cwd: Path | None = None, program: str = MAIN) -> subprocess.Popen[str]:
    """Start a command and return at once."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env=ENVIRONMENT,
    )  # fmt: skip


def refused(run: Finished, code: int) -> str:
    """What a refused command says; it prints no result and no traceback."""
    assert run.code == code, run.err
    assert run.out == ""
    assert "Traceback" not in run.err
    return run.err.strip()


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Return when the file is there; AssertionError when the process has ended without it."""
    until_s = time.monotonic() + START_S
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until_s, f"{path} did not appear within {START_S:g} s"
        time.sleep(0.02)


@contextmanager
def simulated_station(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """`sim up` in a process of its own, and the tool file that it writes."""
    tool = folder / "tool.yaml"
    process = begin("sim", "up", "--write-tool", tool, "--json")
    try:
        wait_for(tool, process)
        yield process, tool
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=START_S)


class Terminal:
    """A command with a person at a terminal: stdin and stderr are one pty, stdout is a pipe."""

    def __init__(self, process: subprocess.Popen[str], master: int) -> None:
        self.process = process
        self._master = master
        self.shown = ""

    def read_until(self, text: str) -> None:
        """Return when the terminal has shown it."""
        until_s = time.monotonic() + START_S
        while text not in self.shown:
            assert time.monotonic() < until_s, self.shown
            if select.select([self._master], [], [], 0.1)[0]:
                self.shown += os.read(self._master, 4096).decode()

    def type(self, line: str) -> None:
        """Type a line and Enter; what was shown before is forgotten."""
        self.press(f"{line}\n")

    def press(self, keys: str) -> None:
        """Press keys."""
        self.shown = ""
        os.write(self._master, keys.encode())

    def end(self) -> tuple[int, str]:
        """Exit code and stdout."""
        out, _ = self.process.communicate(timeout=START_S)
        return self.process.returncode, out


@contextmanager
def at_terminal(*arguments: str | Path) -> Iterator[Terminal]:
    """Start a command with a terminal."""
    master, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, arguments)],
        stdin=slave, stdout=subprocess.PIPE, stderr=slave, text=True, env=ENVIRONMENT,
    )  # fmt: skip
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        os.close(master)
