"""What one client is still to be told, bounded: the daemon never waits for a client.

While the client reads, everything goes out at once. While it does not, events queue up to a bound and then the oldest
are dropped, tag frames are dropped, and of the state and the table only the latest is kept, so no standing alarm and no
open prompt is ever lost. What was dropped is counted, and the next message says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from controller.server.protocol import encode, notification

EVENTS_MAX = 256
ANSWERS_MAX = 64  # whoever asks and does not read the answers is hung up on


class Overrun(Exception):
    """The client asks and does not read."""


class Outbox:
    """`write` hands bytes to the transport; `paused` is set while the transport's own buffer is full."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self.paused = False
        self.attached = False
        self._answers: deque[bytes] = deque()
        self._latest: dict[str, bytes] = {}
        self._events: deque[Mapping[str, Any]] = deque()
        self._lost_events = 0
        self._lost_frames = 0

    def answer(self, message: Mapping[str, Any]) -> None:
        """Send an answer; Overrun when too many wait."""
        if not self.paused:
            self._write(encode(message))
        elif len(self._answers) >= ANSWERS_MAX:
            raise Overrun(f"{ANSWERS_MAX} answers were not read")
        else:
            self._answers.append(encode(message))

    def event(self, params: Mapping[str, Any], line: bytes) -> None:
        """Tell an event; `line` is its message, made once for all clients."""
        if not self.paused:
            self._write(line)
            return
        if len(self._events) >= EVENTS_MAX:
            self._events.popleft()
            self._lost_events += 1
        self._events.append(params)

    def latest(self, method: str, line: bytes) -> None:
        """Tell the state or the table; one that was not sent yet is replaced."""
        if self.paused:
            self._latest[method] = line
        else:
            self._write(line)

    def frame(self, line: bytes, whole: Callable[[], Mapping[str, Any]]) -> None:
        """Tell what changed; after a gap, all values by `whole`."""
        if self.paused:
            self._lost_frames += 1
        elif self._lost_frames:
            gap, self._lost_frames = self._lost_frames, 0
            self._write(notification("tags", {"values": whole(), "gap": gap}))
        else:
            self._write(line)

    def resume(self) -> None:
        """The transport takes more: send what waits, the latest state first."""
        self.paused = False
        while self._answers and not self.paused:
            self._write(self._answers.popleft())
        while self._latest and not self.paused:
            self._write(self._latest.pop(next(iter(self._latest))))
        while self._events and not self.paused:
            params = self._events.popleft()
            if self._lost_events:
                params, self._lost_events = {**params, "gap": self._lost_events}, 0
            self._write(notification("event", params))
