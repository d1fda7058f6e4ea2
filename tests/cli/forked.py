"""Commands as forks of one process that has imported all of springback, so that a start costs milliseconds.

Each is a process of its own with arguments, folder, umask, environment, streams and exit code. The process that forks
has one thread and has run nothing. What is about the start itself belongs to `begin` of `commands`: it starts an
interpreter.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

PACKAGES = ("controller", "drivers", "simulators")
SERVE = "import sys; from tests.cli.forked import serve; serve(int(sys.argv[1]))"
MESSAGE_MAX = 65536
PATIENCE_S = 100.0


def run(arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None) -> tuple[int, str, str]:
    """Run a command to its end with nobody at the terminal: exit code (minus the signal), stdout, stderr."""
    said = json.dumps([arguments, dict(environment), str(cwd or Path.cwd()), _umask()]).encode()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        socket.send_fds(_server(), [said], [out.fileno(), err.fileno()])
        code = _ended()
        out.seek(0)
        err.seek(0)
        return code, out.read().decode(), err.read().decode()


def _umask() -> int:
    """That of this process, which can only be read by setting it."""
    os.umask(mask := os.umask(0o077))
    return mask


def _ended() -> int:
    try:
        return int(_server().recv(MESSAGE_MAX))
    except TimeoutError:
        _server.cache_clear()  # its answer may still come, and would be taken for that of the next command
        raise


@cache
def _server() -> socket.socket:
    """The other end of the process that forks; it ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(theirs.fileno())], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        env=environment, pass_fds=[theirs.fileno()],
    )  # fmt: skip
    theirs.close()
    atexit.register(lambda: (ours.close(), process.wait(PATIENCE_S)))
    ours.settimeout(PATIENCE_S)
    return ours


# ---------------------------------------------------------------------------------------------- in the other process
def serve(number: int) -> None:
    """Fork for each command that comes; returns when nobody is left to ask, and in each fork when its command ended."""
    _import_all()
    line = socket.socket(fileno=number)
    while True:
        said, files, _, _ = socket.recv_fds(line, MESSAGE_MAX, 2)
        if not said:
            return
        pid = os.fork()
        if not pid:
            line.close()
            _become(*json.loads(said), files)
            return
        for file in files:
            os.close(file)
        line.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _import_all() -> None:
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    for package in PACKAGES:
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            import_module(module.name)
    gc.freeze()


def _become(arguments: list[str], environment: dict[str, str], cwd: str, umask: int, files: list[int]) -> None:
    """This process is the command from now on."""
    from springback.main import main

    for file, stream in zip(files, (1, 2), strict=True):
        os.dup2(file, stream)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    os.umask(umask)
    sys.argv[1:] = arguments
    main()
