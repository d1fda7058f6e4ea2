"""The station of the tool as the daemon keeps it: opened anew for every job, polled and scanned while idle.

It knows no job, and decides nothing about one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from controller.guard.lost import Answering
from controller.server import looks
from controller.server.hub import Hub
from controller.station import Station, StationError

LOOK_S = 1.0  # of the wall, between two looks for instruments that have fallen silent
OPENING = "the station is being opened"


First = Callable[[Station], Awaitable[None]]


class Instruments:
    """`station` is None while they are not connected; `down` says why, and `unreachable` only what did not open."""

    def __init__(
        self, make: Callable[[], Station], hub: Hub, ready: Callable[[str], None], speed: float, first: First
    ) -> None:
        """`make` gives a new station, not yet open; `ready` is told of each opening: nothing, or why it failed.

        `first` is done with a station that has been opened, before anything else; StationError closes it again.
        `speed` is how fast the loop's clock runs against the wall.
        """
        self.station: Station | None = None
        self.down = OPENING
        self.unreachable = ""
        self._make, self._hub, self._ready, self._look_s = make, hub, ready, LOOK_S * speed
        self._first = first
        self._answering: Answering | None = None
        self._next_look: asyncio.TimerHandle | None = None

    async def open(self) -> Station | None:
        """A station that answers; None when it could not be opened, and `down` says why."""
        station = self._make()
        try:
            await station.open()
            await self._first(station)
        except StationError as error:
            self.down = self.unreachable = str(error)
        else:
            self.station, self.down, self.unreachable = station, "", ""
            self._hub.show(station.tags)
            self._answering = Answering(station.tags)
            self._answering.watch(station.tool.guard.answering.instruments)
            self._answering.arm()
            self._look()
        self._hub.changed()
        self._ready(self.down)
        return self.station

    async def close(self) -> None:
        """Close the station, if one is open."""
        if (station := self.station) is not None:
            self.station, self._answering, self.down = None, None, f"{OPENING} again"
            if self._next_look is not None:
                self._next_look.cancel()
            self._hub.changed()
            await station.close()

    @property
    def lost(self) -> set[str]:
        """Who does not answer: as the guard sees it in a job, and as is seen from here without one.

        The guard's own list begins empty with each job, so that what is lost before a job is news to it.
        """
        if self.station is None or self._answering is None:
            return set()
        return self.station.tool.guard.lost | self._answering.lost

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        assert self._answering is not None
        if any(self._answering.look(loop.time())):
            self._hub.changed()
        self._next_look = loop.call_later(self._look_s, self._look)

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
            "instruments": looks.instruments(station, self.lost) if station is not None else {},
            "limits": looks.limits(station.tool.guard.gate.limits) if station is not None else {},
        }
