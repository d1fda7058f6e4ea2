"""A tap on every line of the station, at the host's end: what goes out, what comes back, when.

It passes bytes on unchanged. It knows just enough of a frame to tell the units of the shared pair apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from simulators.station import Wire
from simulators.wire.firmware import Answer, Firmware

SHARED = "rs485_a"
PROMPT_S = 0.3  # an answer that takes longer is none: every driver has given up by then


class Tap:
    """Counts requests per line and second, and notes when each line, or unit of the shared one, answered last."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.answered_s: dict[str, float] = {}  # line, or `line#unit`
        self.most_per_s: Counter[str] = Counter()
        self.on_answer: Callable[[str], None] | None = None  # told of each prompt one
        self._second: dict[str, tuple[int, int]] = {}

    def put_on(self, wires: Mapping[str, Wire]) -> dict[str, Wire]:
        """Return the wires with the tap in them."""
        return {name: replace(wire, firmware=self._tapped(name, wire.firmware)) for name, wire in wires.items()}

    def silent_s(self, name: str) -> float:
        """Seconds since the last prompt answer."""
        return self._clock() - self.answered_s.get(name, 0.0)

    def _tapped(self, line: str, firmware: Callable[[], Firmware]) -> Callable[[], Firmware]:
        return lambda: _Tapped(self, line, firmware())

    def pass_on(self, line: str, firmware: Firmware, data: bytes) -> list[Answer]:
        """Give a request to the firmware behind the wire and return its answers."""
        now_s = self._clock()
        second, count = self._second.get(line, (-1, 0))
        count = count + 1 if second == int(now_s) else 1
        self._second[line] = int(now_s), count
        if count > self.most_per_s[line]:
            self.most_per_s[line] = count
        answers = firmware.receive(data)
        for answer in answers:
            if answer.delay_s <= PROMPT_S:
                who = f"{line}#{answer.data[0]}" if line == SHARED and answer.data else line
                self.answered_s[who] = now_s
                if self.on_answer is not None:
                    self.on_answer(who)
        return answers


class _Tapped:
    """Firmware behind the tap."""

    __slots__ = ("_firmware", "_line", "_tap")

    def __init__(self, tap: Tap, line: str, firmware: Firmware) -> None:
        self._tap, self._line, self._firmware = tap, line, firmware

    def receive(self, data: bytes) -> list[Answer]:
        return self._tap.pass_on(self._line, self._firmware, data)
