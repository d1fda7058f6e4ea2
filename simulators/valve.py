"""A proportional valve of the press: from command to opening, healthy or not.

A healthy valve is a first-order lag. `rate_per_s`, `band` and `dead_ticks` make it slow, frozen, sticky or late; what
its controller believes of it (`expected`) stays that of a healthy one.
"""

from __future__ import annotations

from math import exp

from simulators.physics.valve import delayed, mean_opening, rate_limited, stuck_stem

TICK_S = 0.01
MAX_TICKS = 100
_SHUT = 1e-7


class Valve:
    """Opening 0..1 of one valve; `lag_s` is the time constant of its stem."""

    __slots__ = ("_decay", "_pending", "_stem", "_weight", "band", "expected", "jump", "opening", "rate_per_s")

    def __init__(self, lag_s: float, dead_ticks: int = 0) -> None:
        self.opening = 0.0
        self.expected = 0.0
        self.rate_per_s: float | None = None
        self.band = 0.0
        self.jump = 0.0
        self._stem = 0.0
        self._pending = [0.0] * dead_ticks
        self._decay = [exp(-n * TICK_S / lag_s) for n in range(MAX_TICKS + 1)]
        self._weight = [1.0] + [(1.0 - self._decay[n]) * lag_s / (n * TICK_S) for n in range(1, MAX_TICKS + 1)]

    @property
    def shut(self) -> bool:
        """Whether nothing flows worth mentioning."""
        return self.opening < _SHUT

    @property
    def healthy(self) -> bool:
        """Whether the opening does what the controller believes."""
        return self.rate_per_s is None and self.band == 0.0

    def limit_rate(self, per_s: float) -> None:
        """Let the stem move no faster than this; 0 freezes it where it is."""
        self._stem, self.rate_per_s = self.opening, per_s

    def stick(self, band: float) -> None:
        """Let the stem stick: stickband plus deadband as a share of the travel; it slips by a third of that."""
        self._stem, self.band, self.jump = self.opening, band, band / 3.0

    def hold(self, opening: float) -> None:
        """Be at an opening, as a valve is whose command has long been constant."""
        self.opening = self.expected = opening

    def step(self, command: float, ticks: int) -> float:
        """Advance by ticks of 10 ms under a constant command and return the mean opening."""
        if self._pending:
            command = delayed(self._pending, command, ticks)
        weight, decay = self._weight[ticks], self._decay[ticks]
        before = self.expected
        self.expected = command + (before - command) * decay
        if self.rate_per_s is None and self.band == 0.0:
            self.opening = self.expected
            return command + (before - command) * weight
        if self.rate_per_s is not None:
            command = rate_limited(self._stem, command, self.rate_per_s * ticks * TICK_S)
        if self.band > 0.0:
            command = stuck_stem(self._stem, command, self.band, self.jump)
        self._stem = command
        mean = mean_opening(self.opening, command, weight)
        self.opening = command + (self.opening - command) * decay
        return mean
