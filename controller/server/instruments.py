"""The station of the tool as the daemon keeps it: opened anew for every job, polled and scanned while idle.

It knows no job, and decides nothing about one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from controller.server import looks
from controller.server.hub import Hub
from controller.station import Station, StationError

OPENING = "the station is being opened"


class Instruments:
    """`station` is None while they are not connected; `down` says why, and `unreachable` only what did not open."""

    def __init__(self, make: Callable[[], Station], hub: Hub, ready: Callable[[str], None]) -> None:
        """`make` gives a new station, not yet open; `ready` is told of each opening: nothing, or why it failed."""
        self.station: Station | None = None
        self.down = OPENING
        self.unreachable = ""
        self._make, self._hub, self._ready = make, hub, ready

    async def open(self) -> Station | None:
        """A station that answers; None when it could not be opened, and `down` says why."""
        station = self._make()
        try:
            await station.open()
        except StationError as error:
            self.down = self.unreachable = str(error)
        else:
            self.station, self.down, self.unreachable = station, "", ""
            self._hub.show(station.tags)
        self._hub.changed()
        self._ready(self.down)
        return self.station

    async def close(self) -> None:
        """Close the station, if one is open."""
        if (station := self.station) is not None:
            self.station, self.down = None, f"{OPENING} again"
            self._hub.changed()
            await station.close()

    def permissives(self) -> list[dict[str, Any]]:
        """What may be done now, and why not; empty while the instruments are not connected."""
        if self.station is None:
            return []
        return looks.permissives(self.station.tool.guard.interlocks, asyncio.get_running_loop().time())

    def to_json(self) -> dict[str, Any]:
        """For the state."""
        station = self.station
        return {
            "down": self.down,
            "instruments": looks.instruments(station) if station is not None else {},
            "limits": looks.limits(station.tool.guard.gate.limits) if station is not None else {},
        }
