"""What all clients are told: events at once, the state when it changed, tag frames a few times a second.

It numbers events and keeps the latest of them for clients that come back. It knows nothing of sockets or commands.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from collections.abc import Callable
from typing import Any

from controller import wall
from controller.record.events import Event
from controller.record.journal import event_text
from controller.server.outbox import Outbox
from controller.server.protocol import FRAMES_HZ, notification
from drivers.reading import Quality, TagTable

RECENT = 1000  # events for clients that come back
SHOWN = 200  # and for new ones


class Hub:
    """Tells every attached outbox. `speed` is how fast the loop's clock runs against the wall."""

    def __init__(self, speed: float, state: Callable[[], dict[str, Any]]) -> None:
        self.clients: set[Outbox] = set()
        self.seq = 0
        self._state = state
        self._state_due = False
        self._period_s = speed / FRAMES_HZ
        self._recent: deque[dict[str, Any]] = deque(maxlen=RECENT)
        self._tags = TagTable()
        self._names: list[str] = []
        self._sent: list[tuple[float | None, int]] = []
        self._ticking = False

    # ------------------------------------------------------------------------------------------ attaching
    def attach(self, outbox: Outbox, since: int | None) -> dict[str, Any]:
        """Tell this outbox everything from now on; returns the snapshot, with the events after `since`."""
        outbox.attached = True
        self.clients.add(outbox)
        self._tick_later()
        first = self._recent[0]["seq"] if self._recent else self.seq + 1
        if since is None:
            events, gap = list(self._recent)[-SHOWN:], 0
        else:
            events, gap = [e for e in self._recent if e["seq"] > since], max(0, first - since - 1)
        return {
            "seq": self.seq,
            "gap": gap,
            "table": self._table(),
            "values": self._whole(),
            "events": events,
            "state": self._state(),
        }

    def detach(self, outbox: Outbox) -> None:
        """Forget a client."""
        self.clients.discard(outbox)

    # ------------------------------------------------------------------------------------------ telling
    def event(self, run: str, t_s: float, event: Event) -> dict[str, Any]:
        """Tell an event at once, and the state it led to in the next turn of the loop; returns what is told."""
        self.seq += 1
        params = {
            "seq": self.seq,
            "run": run,
            "t_s": round(t_s, 3),
            "utc": wall.utc_text(),
            "event": json.loads(event_text(event)),
        }
        self._recent.append(params)
        if self.clients:
            line = notification("event", params)
            for client in list(self.clients):
                client.event(params, line)
        self.changed()
        return params

    def changed(self) -> None:
        """Tell the state in the next turn of the loop, once whatever changed until then."""
        if not self._state_due:
            self._state_due = True
            asyncio.get_running_loop().call_soon(self._tell_state)

    def _tell_state(self) -> None:
        self._state_due = False
        if self.clients:
            line = notification("state", self._state())
            for client in list(self.clients):
                client.latest("state", line)

    # ------------------------------------------------------------------------------------------ tags
    def show(self, tags: TagTable) -> None:
        """From now on tell the readings of this table; call it again when it got more columns."""
        people_say: dict[int, str] = {}
        for name in tags:  # a name that people gave comes after the instrument's own, and wins
            people_say[tags.index(name)] = name
        self._tags, self._names = tags, [people_say[i] for i in range(len(tags.names))]
        self._sent = []
        line = notification("table", {"table": self._table()})
        for client in list(self.clients):
            client.latest("table", line)

    def _table(self) -> dict[str, tuple[str, str]]:
        return {name: (self._tags.units[i], self._tags.docs[i]) for i, name in enumerate(self._names)}

    def _tick_later(self) -> None:
        if not self._ticking:
            self._ticking = True
            asyncio.get_running_loop().call_later(self._period_s, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        if not self.clients:
            return
        now = self._readings()
        before, self._sent = self._sent, now
        if len(before) != len(now):
            changed = dict(zip(self._names, now, strict=True))
        else:
            changed = {self._names[i]: new for i, new in enumerate(now) if new != before[i]}
        if changed:
            line = notification("tags", {"values": changed})
            for client in list(self.clients):
                client.frame(line, self._whole)
        self._tick_later()

    def _whole(self) -> dict[str, tuple[float | None, int]]:
        return dict(zip(self._names, self._readings(), strict=True))

    def _readings(self) -> list[tuple[float | None, int]]:
        """Value and quality of every column as of now; seven digits are more than any instrument has."""
        tags, now_s = self._tags, asyncio.get_running_loop().time()
        found: list[tuple[float | None, int]] = []
        for i in range(len(self._names)):
            quality = tags.quality[i]
            if quality <= Quality.UNCERTAIN and now_s - tags.time_s[i] > tags.fresh_s[i]:
                quality = int(Quality.STALE)
            value = tags.value[i]
            found.append((float(f"{value:.7g}") if math.isfinite(value) else None, int(quality)))
        return found
