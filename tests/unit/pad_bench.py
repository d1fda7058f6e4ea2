"""A part between platens without the rest of the press: pressures, temperatures and times as a test wants them."""

from __future__ import annotations

from simulators.parameters import Parameters
from simulators.stack import Stack
from simulators.workpiece import Part

ATMOSPHERE_Pa = 101_325.0


class PadBench:
    """One part under a stack's laws; `inside_Pa` is the absolute pressure around the pads."""

    def __init__(self, kind: str = "WLP-200", celsius: float = 120.0, **changes: float) -> None:
        self.stack = Stack(Parameters({name.replace("__", "."): value for name, value in changes.items()}))
        self.part = Part(1001, kind)
        self.celsius = celsius
        self.inside_Pa = ATMOSPHERE_Pa
        self.load_kPa = 0.0
        self.peak_um_s = 0.0
        self._ticks = 0

    def ramp(self, to_kPa: float, rate_kPa_s: float) -> PadBench:
        """Change the load at a rate, in steps of 10 ms."""
        start, steps = self.load_kPa, max(1, round(abs(to_kPa - self.load_kPa) / rate_kPa_s * 100.0))
        for i in range(1, steps + 1):
            self.load_kPa = start + (to_kPa - start) * i / steps
            self._step(1)
        return self

    def hold(self, seconds: float, ticks: int = 100) -> PadBench:
        """Keep the load, in longer steps."""
        for _ in range(round(seconds * 100.0 / ticks)):
            self._step(ticks)
        return self

    def _step(self, ticks: int) -> None:
        moved = self.stack.press(self.part, ticks, 1e3 * self.load_kPa, self.celsius, self.inside_Pa)
        self.peak_um_s = max(self.peak_um_s, 100.0 * moved / ticks)
        before, self._ticks = self._ticks, self._ticks + ticks
        for _ in range(before // 100, self._ticks // 100):
            self.stack.age(self.part, 1.0, self.celsius, self.inside_Pa)
