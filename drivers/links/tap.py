"""A tap on a channel: bytes pass unchanged, and somebody hears those that go out and those that come back.

It is passive: whoever listens cannot stop, change or delay anything, and an error of theirs ends there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from drivers.links.request import Channel

log = logging.getLogger(__name__)

Heard = Callable[[bytes, bool], None]
"""Bytes, and whether the host sent them."""
Tap = Callable[[str, bytes, bool], None]
"""The same of several lines, with the line's name."""


class TappedChannel:
    """A `Channel` with a listener."""

    def __init__(self, channel: Channel, heard: Heard) -> None:
        self._channel, self._heard = channel, heard
        self.kind, self.address = channel.kind, channel.address

    async def open(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        """As the channel does."""

        def heard(data: bytes) -> None:
            self._tell(data, False)
            on_data(data)

        await self._channel.open(heard, on_lost)

    def write(self, data: bytes, expects_reply: bool) -> None:
        """As the channel does; it goes out first and is heard then."""
        self._channel.write(data, expects_reply)
        self._tell(data, True)

    def want_more(self) -> None:
        """As the channel does."""
        self._channel.want_more()

    async def reset(self) -> None:
        """As the channel does."""
        await self._channel.reset()

    async def close(self) -> None:
        """As the channel does."""
        await self._channel.close()

    def _tell(self, data: bytes, out: bool) -> None:
        try:
            self._heard(data, out)
        except Exception:
            log.exception("whoever taps %s", self.address)
