"""What the console costs and how quick it is: the real program in a pty, fed ten whole frames a second.

The daemon of the console's own tests sends them over a real socket, so that every value changes in each frame; what is
drawn is read as fast as it comes. `measure()` returns rows for a table; run as a program it prints them.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import statistics
import struct
import sys
import tempfile
import termios
import time
from itertools import count
from pathlib import Path

from controller.server.protocol import FRAMES_HZ
from tests.console.fake import FakeDaemon

WARM_S, WATCH_S, KEYS = 3.0, 15.0, 200
MAIN = "import sys; sys.modules['numpy'] = None; from springback.main import main; main()"
SIZES = ((24, 80), (48, 160))


async def tell(daemon: FakeDaemon) -> None:
    """Another value of every tag, for ever."""
    names = list(daemon.snapshot["table"])
    for frame in count():
        values = {n: (round(100.0 + (frame * 7 + i) % 50 + frame % 10 / 10, 3), 0) for i, n in enumerate(names)}
        daemon.tell("tags", values=values)
        await asyncio.sleep(1 / FRAMES_HZ)


class Console:
    """The program in a pty of a size."""

    def __init__(self, socket: Path, rows: int, columns: int) -> None:
        self.pid, self._pty = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.chdir(socket.parent)
            os.execv(sys.executable, [sys.executable, "-c", MAIN, "console", "--socket", str(socket)])
        fcntl.ioctl(self._pty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self._pty, False)

    def read(self) -> bytes:
        """What it has drawn since; a console that has lost the daemon ends the benchmark, for it draws nothing."""
        try:
            drawn = os.read(self._pty, 1 << 20)
        except BlockingIOError:
            return b""
        if b"LINK LOST" in drawn:
            sys.exit("the console does not hold the link to the daemon of tests/console/fake.py")
        return drawn

    def key(self, key: str) -> None:
        """Press one."""
        os.write(self._pty, key.encode())

    @property
    def cpu_s(self) -> float:
        """Of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._pty)


async def watch(console: Console, seconds: float) -> int:
    """Let it draw; returns how many bytes."""
    drawn, end_s = 0, time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        drawn += len(console.read())
        await asyncio.sleep(0.01)
    return drawn


async def key_ms(console: Console, key: str, words: bytes) -> float:
    """From a key to words that only its page has."""
    console.read()
    begun_s = time.perf_counter()
    console.key(key)
    seen = b""
    while words not in seen:
        seen += console.read()
        await asyncio.sleep(0.0005)
        if time.perf_counter() - begun_s > 5.0:
            raise TimeoutError(f"{key} did not lead to {words!r}")
    return (time.perf_counter() - begun_s) * 1000


async def one(rows: int, columns: int) -> list[tuple[str, str, str]]:
    """The rows of one size."""
    with tempfile.TemporaryDirectory() as name:
        daemon = FakeDaemon(Path(name))
        await daemon.start()
        telling, values = asyncio.create_task(tell(daemon)), len(daemon.snapshot["table"])
        console = Console(daemon.path, rows, columns)
        try:
            await watch(console, WARM_S)
            out = []
            for page, key in (("overview", "0"), ("trends", "4"), ("all values", "9")):
                console.key(key)
                await watch(console, 1.0)
                begun_s, cpu_s = time.perf_counter(), console.cpu_s
                drawn = await watch(console, WATCH_S)
                wall_s = time.perf_counter() - begun_s
                share = 100 * (console.cpu_s - cpu_s) / wall_s
                what = f"console {columns}x{rows}, {page}: {values} values change {FRAMES_HZ:g} times a second"
                out.append((what, f"{share:.1f} % of a core, {drawn / wall_s / 1000:.0f} kB/s", "10 %"))
            pages = [("6", b"6 ALARMS"), ("0", b"2 DISPENSER")]
            took = []
            for i in range(KEYS):
                took.append(await key_ms(console, *pages[i % 2]))
                await watch(console, 0.06)  # slower than a scanner
            took.sort()
            late = took[int(0.99 * (KEYS - 1))]
            text = f"{statistics.median(took):.0f} ms, 99 %: {late:.0f} ms, worst {took[-1]:.0f} ms"
            out.append((f"console {columns}x{rows}: key to screen, {KEYS} times", text, "99 %: 50 ms"))
            return out
        finally:
            telling.cancel()
            console.close()
            await daemon.stop()


def measure() -> list[tuple[str, str, str]]:
    """Rows of what, figure, goal."""
    return [row for rows, columns in SIZES for row in asyncio.run(one(rows, columns))]


if __name__ == "__main__":
    for what, figure, goal in measure():
        print(f"{what:<75} {figure:<55} goal {goal}")
