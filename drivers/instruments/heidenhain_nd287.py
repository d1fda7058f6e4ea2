"""Heidenhain ND 287 readout with a length gauge (operating instructions, RS-232 interface).

One count of the display is `resolution_um`, a setting of the readout that cannot be asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from drivers.errors import WrongInstrument
from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.links.request import Dialogue, Poll
from drivers.protocols.heidenhain import ASK_IDENTITY, ASK_POSITION
from drivers.reading import TagTable, Value

FEEDING_S = 0.05  # poll periods
RESTING_S = 1.0


class HeidenhainNd287(Instrument):
    """One gauge; `ThicknessGauge` of the capabilities. Setting: `resolution_um` of one count (0.1)."""

    VALUES = (Value("thickness", "um", -1_000.0, 100_000.0, "displayed position of the gauge", at="A0200"),)

    def __init__(self, name: str, line: Line, tags: TagTable, settings: Mapping[str, Any]) -> None:
        super().__init__(name, line, tags, settings)
        self._resolution_um = float(self.setting("resolution_um", 0.1))
        self._feeding = False
        self._poll: Poll | None = None

    def identify(self) -> Dialogue[str]:
        """Ask for the model and the version of its software."""
        lines: list[str] = yield ASK_IDENTITY
        if "ND" not in lines[0].upper():
            raise WrongInstrument(
                f"{self.name}: wanted a Heidenhain ND 287 at {self.line.channel.address}, but it says {lines!r};"
                " check the address in the tool file"
            )
        return "Heidenhain " + ", ".join(text for text in (line.strip() for line in lines) if text)

    def polls(self) -> Sequence[Poll]:
        """The position."""
        self._poll = self.poll(FEEDING_S if self._feeding else RESTING_S, self._read, self._store, ["thickness"])
        return [self._poll]

    def feeding(self, on: bool) -> None:
        """Read 20 times a second while the wheel feeds, once a second otherwise."""
        self._feeding = on
        if self._poll is not None:
            self.pace(self._poll, FEEDING_S if on else RESTING_S)
            self.line.hurry(self._poll)

    def _read(self) -> Dialogue[int]:
        count: int = yield ASK_POSITION
        return count

    def _store(self, count: int, now_s: float) -> None:
        self.put("thickness", count * self._resolution_um, now_s)
