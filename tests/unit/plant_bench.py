"""A plant with a clock that the test moves, a beating heart, and short verbs for what every test needs first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from simulators.parameters import Parameters
from simulators.plant import Plant
from simulators.workpiece import Part, new_part


class Bench:
    """One plant under test; `poll_s` is how often a host would look at it."""

    def __init__(self, seed: int = 1, parameters: Parameters | None = None) -> None:
        self.now = 0.0
        self.beating = True
        self.plant = Plant(seed, self.clock, parameters)

    def clock(self) -> float:
        return self.now

    def run(self, seconds: float, poll_s: float = 0.2, watch: Callable[[], None] | None = None) -> None:
        """Let time pass; the heart beats at every poll."""
        began = self.now
        for i in range(1, round(seconds / poll_s) + 1):
            self.now = began + i * poll_s
            if self.beating:
                self.plant.drive("heartbeat", float(i))
            self.plant.advance()
            if watch is not None:
                watch()

    def drive(self, **values: float) -> None:
        for name, value in values.items():
            self.plant.drive(name, value)

    def sense(self, *names: str) -> Sequence[float]:
        return self.plant.sense_many(names)

    def truth(self, name: str) -> float:
        return self.plant.truth()[name]

    def enable(self) -> Bench:
        """Switch ENABLE on as a person and a host do."""
        self.run(0.4)
        self.plant.schedule(partial(self.plant.press_reset, True))
        self.run(0.4)
        self.drive(enable_reset=1)
        self.run(0.4)
        self.plant.schedule(partial(self.plant.press_reset, False))
        self.run(0.4)
        assert self.truth("enabled") == 1.0
        return self

    def put(self, tool: str, kind: str = "WLP-200") -> Part:
        """Put a new part into `press`, `mold` or `grinder`."""
        part = new_part(1001, kind, self.plant.seed)
        self.plant.schedule(partial(setattr, getattr(self.plant, tool), "part", part))
        self.run(0.2)
        return part

    def close_press(self, kind: str = "WLP-200") -> Part:
        """Enabled, part in, door locked, clamped, dump and inner vent as `pressurise` needs them."""
        self.enable()
        part = self.put("press", kind)
        self.drive(door_lock=1, clamp=1, dump_shut=1)
        self.run(3.0)
        return part

    def pressurise(self, kPa: float, rate: float) -> None:
        self.drive(pressure_target=kPa, pressure_rate=rate, pressure_control=1)
        self.run(kPa / rate + 3.0)
