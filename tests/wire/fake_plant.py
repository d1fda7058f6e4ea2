"""A plant of plain dictionaries for tests of the instruments' firmware: no physics, no time.

A test sets what sensors show and looks at what the firmware drove. Unknown channel names fail at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulators.channels import ACTUATORS, SENSORS


class FakePlant:
    """The plant's ports with values set by hand; sensors start at 0."""

    def __init__(self, **sensors: float) -> None:
        self.sensors: dict[str, float] = dict.fromkeys(SENSORS, 0.0)
        self.actuators: dict[str, float] = {}
        self.driven: list[tuple[str, float]] = []
        self.show(**sensors)

    def show(self, **sensors: float) -> None:
        """Set what sensors read from now on."""
        unknown = sensors.keys() - SENSORS.keys()
        if unknown:
            raise KeyError(f"not sensors of the plant: {sorted(unknown)}")
        self.sensors.update(sensors)

    def sense(self, channel: str) -> float:
        return self.sensors[channel]

    def sense_many(self, names: Sequence[str]) -> list[float]:
        return [self.sensors[name] for name in names]

    def drive(self, actuator: str, value: float) -> None:
        if actuator not in ACTUATORS:
            raise KeyError(f"not an actuator of the plant: {actuator}")
        self.actuators[actuator] = value
        self.driven.append((actuator, value))


class FakeClock:
    """A clock that a test turns by hand, in seconds."""

    def __init__(self, now_s: float = 100.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s
