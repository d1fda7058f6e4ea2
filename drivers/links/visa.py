"""Bytes to and from a VISA resource: pyvisa in one thread per resource, since its calls block.

It carries bytes. The line's deadline decides when a reply is late; VISA's own time-out is only the slice after which
the thread looks whether it shall go on. A TCP socket that the other end closed is noticed at the next question, not
before: pyvisa-py reports it as a time-out.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from drivers.errors import LinkLost
from drivers.links.serial import SerialSettings
from drivers.links.stream import CONNECT_S, unreachable

SLICE_MS = 50  # VISA counts milliseconds; nothing else here does
SLICES_MAX = 200  # 10 s: no deadline of a line is longer, so a thread that nobody stops ends all the same
SOCKET = re.compile(r"TCPIP\d*::(?P<host>[^:]+)::(?P<port>\d+)::SOCKET", re.IGNORECASE)
_manager_lock = threading.Lock()  # pyvisa keeps one resource manager per process, and makes it without a lock


class VisaChannel:
    """A `Channel` on a VISA resource, e.g. `TCPIP0::10.0.0.5::5025::SOCKET` or `ASRL/dev/ttyUSB0::INSTR`.

    Requests bring their own terminator; `read_termination` tells VISA where a reply ends, and both are set so that no
    default of a backend is ever in force. A message that ends without it is handed on after half a slice of silence.
    """

    kind = "visa"

    def __init__(
        self,
        address: str,
        *,
        read_termination: bytes,
        write_termination: bytes,
        serial: SerialSettings | None = None,
        backend: str = "@py",
    ) -> None:
        self.address = address
        self._terminations = read_termination.decode("ascii"), write_termination.decode("ascii")
        self._serial = serial or SerialSettings()
        self._backend = backend
        self._is_serial = address.upper().startswith("ASRL")
        self._stop = threading.Event()
        self._lane: ThreadPoolExecutor | None = None
        self._resource: Any = None  # touched in the lane only
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_data: Callable[[bytes], None] = lambda data: None
        self._on_lost: Callable[[str], None] = lambda why: None

    # ------------------------------------------------------------------------------------------ in the loop
    async def open(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """Open the resource; LinkLost when its port refuses or VISA does not know it."""
        self._loop = asyncio.get_running_loop()
        self._on_data, self._on_lost = on_data, on_lost
        self._lane = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"visa {self.address}")
        try:
            await self._loop.run_in_executor(self._lane, self._reopen)
        except LinkLost:
            await self.close()
            raise

    def write(self, data: bytes, expects_reply: bool) -> None:
        """Let the thread write, and read when a reply is expected."""
        if self._lane is not None:
            self._lane.submit(self._exchange, data, expects_reply)

    def want_more(self) -> None:
        """Let the thread read once more."""
        if self._lane is not None:
            self._lane.submit(self._exchange, b"", True)

    async def reset(self) -> None:
        """Close and open again: a device clear drops only what has already arrived."""
        if self._lane is None or self._loop is None:
            return
        self._stop.set()
        try:
            await self._loop.run_in_executor(self._lane, self._reopen)
        except LinkLost as error:
            await self.close()
            self._on_lost(str(error))

    async def close(self) -> None:
        """End the thread and close the resource."""
        lane, self._lane = self._lane, None
        if lane is None or self._loop is None:
            return
        self._stop.set()
        await self._loop.run_in_executor(lane, self._close)
        lane.shutdown(wait=False)

    # ------------------------------------------------------------------------------------------ in the lane
    def _reopen(self) -> None:
        self._close()
        self._stop.clear()
        if at := SOCKET.fullmatch(self.address):
            knock(at["host"], int(at["port"]), self.address)
        import pyvisa  # slow to import, and only stations with VISA resources pay for it

        try:
            with _manager_lock:
                resource = pyvisa.ResourceManager(self._backend).open_resource(self.address)
            self._configure(resource, pyvisa.constants)
        except Exception as error:  # pyvisa-py raises a bare Exception when it cannot connect
            raise LinkLost(
                f"VISA cannot open {self.address}: {error}; check the resource name in the tool file, and with"
                " `pyvisa-info` that the backend supports this kind of resource"
            ) from error
        self._resource = resource

    def _configure(self, resource: Any, constants: Any) -> None:
        resource.timeout = SLICE_MS
        resource.read_termination, resource.write_termination = self._terminations
        if SOCKET.fullmatch(self.address):
            resource.set_visa_attribute(constants.ResourceAttribute.suppress_end_enabled, False)
            _send_at_once(resource)
        elif self._is_serial:
            s = self._serial
            resource.baud_rate = s.baud
            resource.data_bits = s.bytesize
            resource.parity = dict(zip("NOEMS", constants.Parity, strict=True))[s.parity]
            resource.stop_bits = constants.StopBits(int(s.stopbits * 10))

    def _close(self) -> None:
        resource, self._resource = self._resource, None
        if resource is not None:
            resource.close()

    def _exchange(self, data: bytes, expects_reply: bool) -> None:
        if self._resource is None or self._stop.is_set():
            return
        from pyvisa.errors import Error

        try:
            if data:
                self._forget_input()
                self._resource.write_raw(data)
            if expects_reply:
                self._read()
        except (Error, OSError) as error:
            self._tell(self._on_lost, f"{self.address}: {error}")

    def _forget_input(self) -> None:
        """On a serial resource, drop what came since the last reply: nobody reads it there, unlike in SerialChannel."""
        from pyvisa.constants import BufferOperation

        if self._is_serial:
            self._resource.flush(BufferOperation.discard_read_buffer)

    def _read(self) -> None:
        from pyvisa.constants import StatusCode
        from pyvisa.errors import VisaIOError

        for _ in range(SLICES_MAX):
            if self._stop.is_set():
                return
            try:
                data = self._read_some()
            except VisaIOError as error:
                if error.error_code != StatusCode.error_timeout:
                    raise
                continue
            if data:
                self._tell(self._on_data, data)
                return

    def _read_some(self) -> bytes:
        """Up to the termination or to what has arrived; on a serial resource a time-out would lose what was read."""
        resource = self._resource
        if self._is_serial:
            return bytes(resource.read_bytes(max(1, resource.bytes_in_buffer), break_on_termchar=True))
        return bytes(resource.read_raw())

    def _tell(self, callback: Callable[..., None], argument: object) -> None:
        if self._loop is None or self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(callback, argument)


def _send_at_once(resource: Any) -> None:
    """Switch Nagle's algorithm off.

    A command and the question after it are two small packets, and the second would wait 40 ms for the first one's
    acknowledgement. pyvisa-py has no attribute for it, only the socket; other backends keep their way.
    """
    session = getattr(resource.visalib, "sessions", {}).get(resource.session)
    interface = getattr(session, "interface", None)
    if isinstance(interface, socket.socket):
        interface.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def knock(host: str, port: int, address: str) -> None:
    """Raise LinkLost when nothing listens: pyvisa-py opens a refused port without an error."""
    try:
        socket.create_connection((host, port), timeout=CONNECT_S).close()
    except OSError as error:
        raise unreachable(address, error) from error
