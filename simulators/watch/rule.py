"""What a rule of the monitor is: it looks at the wire, the true state and the record, and reports what must not be.

Rules know the machine, the limits of the files and nothing of the controller. Each overrides only the looks it needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from simulators.plant import Plant
from simulators.watch.limits import Limits
from simulators.watch.record import Record
from simulators.watch.tap import Tap

# Longest way from something the PLC sees to the answer on the machine: two polls of 0.1 s, the PLC's deadline, the
# 0.8 s after which a missing heartbeat does it, and a tick.
REACTION_S = 1.3


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant was broken: which rule saw it, when (seconds since the plant's start), and what was seen."""

    rule: str
    t_s: float
    text: str

    def __str__(self) -> str:
        return f"{self.t_s:.2f} s {self.rule}: {self.text}"


@dataclass(slots=True)
class Scene:
    """What rules may look at. `faulty` is set by whoever breaks something: from then on instruments may lie."""

    plant: Plant
    tap: Tap
    limits: Limits
    record: Record
    recipe_text: str
    faulty: bool = False
    last_fault_s: float = 0.0
    stalled_s: list[float] = field(default_factory=list)  # when the host stood still
    enable_lost_s: list[float] = field(default_factory=list)  # when the relay dropped
    violations: list[Violation] = field(default_factory=list)


class Rule:
    """One rule; its docstring is the sentence in the reference."""

    id: ClassVar[str]
    reads_record: ClassVar[bool] = False  # at the end it needs a whole record

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.plant = scene.plant
        self._said: set[str] = set()

    def step(self, t_s: float) -> None:
        """Look at the true state; called after each step of the plant."""

    def drive(self, t_s: float, actuator: str, value: float) -> None:
        """Look at an actuation, as the instrument's firmware passes it to the machine, before it acts."""

    def end(self, t_s: float) -> None:
        """Look at the finished record and at the machine when the run is over."""

    def report(self, t_s: float, text: str) -> None:
        """Note a violation; the same one only once."""
        if text not in self._said:
            self._said.add(text)
            self.scene.violations.append(Violation(self.id, t_s, text))


class Lasting:
    """Something that may be for a moment, not for longer."""

    __slots__ = ("_most_s", "_since_s")

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._since_s = -1.0

    def too_long(self, t_s: float, bad: bool) -> bool:
        """Whether it has been bad for longer than allowed."""
        if not bad:
            self._since_s = -1.0
            return False
        if self._since_s < 0.0:
            self._since_s = t_s
        return t_s - self._since_s > self._most_s
