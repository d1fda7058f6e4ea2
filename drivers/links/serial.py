"""Bytes over a serial port: pyserial in one thread per port, which both reads and writes.

It carries bytes, strips the echo of two-wire adapters if there is one, and notices an unplugged port; framing, quiet
times and deadlines are the line's.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import serial
from serial.tools import list_ports

from drivers.errors import LinkLost

WAKE_S = 0.05  # the longest a read blocks when nobody wakes it
WRITE_S = 1.0
BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """What both ends of a serial line must agree on. A pty ignores all of it."""

    baud: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: float = 1

    def __post_init__(self) -> None:
        allowed = {"bytesize": (5, 6, 7, 8), "parity": ("N", "E", "O", "M", "S"), "stopbits": (1, 1.5, 2)}
        for name, values in allowed.items():
            got = getattr(self, name)
            if got not in values:
                raise ValueError(f"{name} {got!r} is not possible on a serial line; write one of {values}")
        if self.baud <= 0:
            raise ValueError(f"baud {self.baud!r} is not possible; write a rate such as 9600 or 115200")


class SerialChannel:
    """A `Channel` on a serial port, e.g. `/dev/serial/by-id/...`."""

    def __init__(self, address: str, kind: str, settings: SerialSettings, *, echo: bool = False) -> None:
        self.kind = kind
        self.address = address
        self._settings = settings
        self._echo = echo
        self._lane: _Lane | None = None

    async def open(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Open the port for us alone; LinkLost says which ports exist when this one does not."""
        loop = asyncio.get_running_loop()
        port = await loop.run_in_executor(None, self._open_port)
        self._lane = _Lane(port, loop, on_data, on_lost, echo=self._echo)
        self._lane.start()

    def write(self, data: bytes, expects_reply: bool) -> None:
        """Give the bytes to the port's thread; nothing is sent on a port that is closed."""
        if self._lane is not None:
            self._lane.send(data)

    def want_more(self) -> None:
        """Nothing to do: the thread reads all the time."""

    async def reset(self) -> None:
        """Discard what the port has received; what is still on its way is waited for by the line's quiet time."""
        if self._lane is not None:
            await self._lane.discard()

    async def close(self) -> None:
        """End the thread, which closes the port."""
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.stop()
            await asyncio.get_running_loop().run_in_executor(None, lane.join)

    def _open_port(self) -> serial.Serial:
        s = self._settings
        try:
            return serial.Serial(
                self.address,
                baudrate=s.baud,
                bytesize=s.bytesize,
                parity=s.parity,
                stopbits=s.stopbits,
                timeout=WAKE_S,
                write_timeout=WRITE_S,
                exclusive=True,
            )
        except OSError as error:  # pyserial's SerialException is one
            raise LinkLost(explain(self.address, error)) from error
        except Exception as error:  # what the system's terminal settings refuse is not
            raise LinkLost(f"{self.address}: {error}; check baud, parity and stopbits in the tool file") from error


class _Lane(threading.Thread):
    """The thread of one open port. The loop gives it jobs; it tells the loop bytes and the end.

    One thread for both directions, since a port must not be closed while another uses it; `cancel_read` wakes it.
    """

    def __init__(
        self,
        port: serial.Serial,
        loop: asyncio.AbstractEventLoop,
        on_data: Callable[[bytes], None],
        on_lost: Callable[[str], None],
        *,
        echo: bool,
    ) -> None:
        super().__init__(name=f"serial {port.name}", daemon=True)
        self._port = port
        self._loop = loop
        self._on_data = on_data
        self._on_lost = on_lost
        self._jobs: deque[Callable[[], None]] = deque()
        self._waiting: list[asyncio.Future[None]] = []  # touched in the loop only, as is _over
        self._over = False
        self._echo = echo
        self._expected_echo = bytearray()
        self._stopping = False

    # ------------------------------------------------------------------------------------------ in the loop
    def send(self, data: bytes) -> None:
        self._do(lambda: self._write(data))

    async def discard(self) -> None:
        """Return when everything received so far has been dropped, or the port is gone."""
        if self._over:
            return
        done: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append(done)
        self._do(self._drop_input)
        await done

    def stop(self) -> None:
        self._stopping = True
        self._do(lambda: None)

    def _do(self, job: Callable[[], None]) -> None:
        self._jobs.append(job)
        with contextlib.suppress(OSError, TypeError):  # lost and closed this very moment: the thread says so itself
            self._port.cancel_read()

    def _dropped(self) -> None:
        while self._waiting:
            waiting = self._waiting.pop()
            if not waiting.done():  # whoever waited has gone
                waiting.set_result(None)

    def _ended(self, why: str) -> None:
        self._over = True
        self._dropped()
        if why:
            self._on_lost(why)

    # ------------------------------------------------------------------------------------------ in the thread
    def run(self) -> None:
        why = ""
        try:
            while not self._stopping:
                while self._jobs:
                    self._jobs.popleft()()
                data = self._port.read(max(1, self._port.in_waiting))
                if data:
                    self._receive(data)
        except OSError as error:
            why = f"{self._port.name}: {error}"
        finally:
            self._port.close()
            self._tell(self._ended, why)

    def _write(self, data: bytes) -> None:
        if self._echo:
            self._expected_echo += data
        self._port.write(data)

    def _receive(self, data: bytes) -> None:
        if self._expected_echo:
            n = min(len(data), len(self._expected_echo))
            if data[:n] != self._expected_echo[:n]:
                raise OSError(
                    f"sent {bytes(self._expected_echo[:n])!r} but the echo is {data[:n]!r}; two stations talk at once,"
                    " or the adapter gives no echo (then remove `echo: true`)"
                )
            del self._expected_echo[:n]
            data = data[n:]
        if data:
            self._tell(self._on_data, data)

    def _drop_input(self) -> None:
        self._port.reset_input_buffer()
        self._expected_echo.clear()
        self._tell(self._dropped)  # the loop keeps the order: all data told before comes before

    def _tell(self, callback: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:  # the loop has ended; there is nobody to tell
            self._stopping = True


def explain(address: str, error: OSError) -> str:
    """Say why a port did not open and what to do about it."""
    code = error.errno
    if code == errno.ENOENT:
        return (
            f"serial port {address} does not exist; there are: {ports()}. Check the cable and write a name under"
            f" {BY_ID} in the tool file: it stays the same when adapters are plugged in another order"
        )
    if code in (errno.EACCES, errno.EPERM):
        return f"no permission for serial port {address}; add this user to the group dialout and log in again"
    if code in (errno.EBUSY, errno.EAGAIN):
        return f"serial port {address} is in use by another program; close that one first (`fuser {address}` names it)"
    return f"cannot open serial port {address}: {error}"


def ports() -> str:
    """The serial ports that exist now, stable names first."""
    stable = sorted(str(path) for path in BY_ID.iterdir()) if BY_ID.is_dir() else []
    return ", ".join([*stable, *sorted(port.device for port in list_ports.comports())]) or "none"
