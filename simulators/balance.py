"""The balance with its cup: true mass, lagging display, tare, and the stable flag.

Advances in steps of 0.1 s while it is not at rest.
"""

from __future__ import annotations

from math import exp

from simulators.parameters import Parameters

STEP_S = 0.1


class Balance:
    """Masses in g; `shown` is what the display says before its noise."""

    def __init__(self, parameters: Parameters) -> None:
        self.cup_g = parameters["balance.cup"]
        self.liquid_g = 0.0
        self.cup_present = False
        self.gain = 1.0
        self.stable = True
        self._settled = 0.0
        self._tare = 0.0
        self._for = 10.0
        self._decay = exp(-STEP_S / parameters["balance.tau"])
        self._band, self._after = parameters["balance.stable_rate"], parameters["balance.stable_after"]

    @property
    def load_g(self) -> float:
        """True mass on the pan."""
        return self.cup_g + self.liquid_g if self.cup_present else 0.0

    @property
    def shown(self) -> float:
        """Displayed mass, after tare."""
        return self.gain * (self._settled - self._tare)

    @property
    def idle(self) -> bool:
        """At rest and stable."""
        return self.stable and self.load_g == self._settled

    def tare(self) -> None:
        """Make the present display zero."""
        self._tare = self._settled

    def touch(self) -> None:
        """Note that the load changes, so that the display counts as unstable."""
        self.stable, self._for = False, 0.0

    def step(self) -> None:
        """Advance by 0.1 s."""
        load = self.load_g
        error = (self._settled - load) * self._decay
        if abs(error) > self._band:
            self.touch()
        self._settled = load if abs(error) < 1e-6 else load + error
        self._for += STEP_S
        self.stable = self._for > self._after
