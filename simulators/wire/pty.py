"""Serve an instrument on a pseudo terminal, which clients open like a serial port. POSIX only.

A pty has no baud rate, parity or modem lines: settings are accepted and mean nothing. Answers wait for their own delay,
bytes are not paced.
"""

from __future__ import annotations

import asyncio
import os
import tty

from simulators.wire.firmware import Firmware
from simulators.wire.outbox import Outbox

READ_SIZE = 4096


class PtyServer:
    """One serial line; made by `serve_pty`."""

    def __init__(self, firmware: Firmware) -> None:
        self._firmware = firmware
        self._loop = asyncio.get_running_loop()
        self._outbox = Outbox(self._loop, self._write)
        # The spare descriptor of the slave side stays open: without it the master fails with EIO, and the terminal
        # forgets its raw mode, as soon as the last client closes.
        self._master, self._spare = os.openpty()
        tty.setraw(self._spare)
        os.set_blocking(self._master, False)
        self.address = os.ttyname(self._spare)
        self._loop.add_reader(self._master, self._readable)
        self._open = True

    async def close(self) -> None:
        """Take the port away; clients get an error. Closing twice is harmless."""
        if not self._open:
            return
        self._open = False
        self._outbox.close()
        self._loop.remove_reader(self._master)
        os.close(self._master)
        os.close(self._spare)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, READ_SIZE)
        except BlockingIOError:
            return
        self._outbox.send(self._firmware.receive(data))

    def _write(self, data: bytes) -> None:
        # Nobody reads and the terminal's buffer is full: the bytes are lost, as on a real line.
        try:
            os.write(self._master, data)
        except BlockingIOError:
            return


async def serve_pty(firmware: Firmware) -> PtyServer:
    """Serve a firmware on a new pty; clients may open `address` at once and as often as they like."""
    return PtyServer(firmware)
