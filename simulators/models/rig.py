"""A plant without instruments and without a controller: its clock moved by hand, its actuators driven directly.

So a model is tried on the very plant that the instruments are connected to.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from simulators.parameters import Parameters
from simulators.plant import Plant
from simulators.workpiece import Part, new_part

LOOK_S = 0.1


class Rig:
    """One enabled plant; `times_s` and `columns` grow while it runs, one row each 0.1 s."""

    def __init__(self, parameters: Parameters, watch: dict[str, Callable[[Plant], float]]) -> None:
        self._now_s = self._began_s = 0.0
        self._beats = 0
        self.plant = Plant(1, lambda: self._now_s, parameters)
        self._watch = watch
        self.times_s: list[float] = []
        self.columns: dict[str, list[float]] = {name: [] for name in watch}
        self._enable()

    def drive(self, **values: float) -> None:
        """Set actuators; they act from the next tick on."""
        for name, value in values.items():
            self.plant.drive(name, value)

    def put(self, tool: str) -> Part:
        """Lay a new default part into `press`, `mold` or `grinder`."""
        part = new_part(1001, "WLP-200", self.plant.seed)
        self.plant.schedule(partial(setattr, getattr(self.plant, tool), "part", part))
        self.run(LOOK_S)
        return part

    def start(self) -> None:
        """Count time, and keep rows, from now on."""
        self._began_s = self._now_s
        self.times_s.clear()
        for column in self.columns.values():
            column.clear()

    def run(self, seconds: float) -> None:
        """Let time pass; the host's heart beats."""
        for _ in range(round(seconds / LOOK_S)):
            self._now_s += LOOK_S
            self._beats += 1
            self.plant.drive("heartbeat", float(self._beats))
            self.plant.advance()
            self.times_s.append(self._now_s - self._began_s)
            for name, look in self._watch.items():
                self.columns[name].append(look(self.plant))

    def run_until(self, reached: Callable[[Plant], bool], most_s: float) -> None:
        """Let time pass until the plant is in a state, or for this long."""
        end_s = self._now_s + most_s
        while self._now_s < end_s and not reached(self.plant):
            self.run(LOOK_S)

    def _enable(self) -> None:
        """Switch ENABLE on as a person at the panel and a host do."""
        self.run(0.4)
        self.plant.schedule(partial(self.plant.press_reset, True))
        self.run(0.4)
        self.drive(enable_reset=1.0)
        self.run(0.4)
        self.plant.schedule(partial(self.plant.press_reset, False))
        self.run(0.4)
