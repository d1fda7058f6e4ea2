"""The time-pressure dispenser: air valve, regulator, barrel, needle; shots into the balance's cup or the mold's recess.

Any step length is exact while the air supply is steady: pressure is a first-order lag and the flow its integral.
"""

from __future__ import annotations

from math import exp

from simulators.balance import Balance
from simulators.mold import Mold
from simulators.parameters import Parameters
from simulators.physics import flow

TICK_S = 0.01
_INLET_TAU_S = 0.1
_AT_REST_Pa = 20.0


class Dispenser:
    """Air and liquid of the dispenser; pressures gauge."""

    def __init__(self, parameters: Parameters, balance: Balance, mold: Mold) -> None:
        p = parameters
        self._balance, self._mold = balance, mold
        self.air_valve = False
        self.needle_down = False
        self.pressure_kPa = 0.0
        self.vacuum_kPa = 0.0
        self.inlet_Pa = 0.0
        self.barrel_Pa = 0.0
        self.liquid_m3 = p["barrel.fill"]
        self.age_s = 0.0
        self.spilled_g = 0.0
        self._left_s = 0.0
        self._barrel, self._line = p["barrel.volume"], p["barrel.line"]
        self._density, self._doubling = p["epoxy.density"], p["epoxy.doubling"]
        self._unit_flow = flow.poiseuille(1.0, p["needle.radius"], p["needle.length"], p["epoxy.viscosity"])

    @property
    def needle_up(self) -> bool:
        """Whether the needle is lifted."""
        return not self.needle_down

    @property
    def dispensing(self) -> bool:
        """Whether a shot is going on."""
        return self._left_s > 0.0

    @property
    def idle(self) -> bool:
        """Nothing flows and no pressure changes."""
        return self._left_s <= 0.0 and self.barrel_Pa == 0.0 and self.inlet_Pa == 0.0 and not self.air_valve

    def shot(self, seconds: float) -> None:
        """Start a timed shot."""
        self._left_s = max(0.0, seconds)

    def stop(self, _: float = 1.0) -> None:
        """End the shot at once."""
        self._left_s = 0.0

    def clog(self, share: float) -> None:
        """Narrow the needle to a share of its radius."""
        self._unit_flow *= share**4

    def step(self, ticks: int, supply_gauge_Pa: float) -> None:
        """Advance by ticks of 10 ms."""
        dt = ticks * TICK_S
        wanted = supply_gauge_Pa if self.air_valve else 0.0
        if self.inlet_Pa != wanted:
            inlet = wanted + (self.inlet_Pa - wanted) * exp(-dt / _INLET_TAU_S)
            self.inlet_Pa = wanted if abs(inlet - wanted) < 100.0 else inlet
        if self._left_s <= 0.0 and self.barrel_Pa == 0.0:
            return
        on = min(dt, self._left_s)
        impulse = self._push(on, min(self.pressure_kPa * 1e3, self.inlet_Pa)) if on > 0.0 else 0.0
        self._left_s -= on
        if self._left_s < 1e-9:
            self._left_s = 0.0
        if dt - on > 1e-9:
            impulse += self._push(dt - on, 0.0)
        self._flow_out(impulse)

    def _push(self, seconds: float, target_Pa: float) -> float:
        """Move the barrel's pressure towards the target and return its integral over the time, Pa s."""
        tau = max(1e-7, self._barrel - self.liquid_m3) / self._line
        before = self.barrel_Pa - target_Pa
        after = before * exp(-seconds / tau)
        self.barrel_Pa = target_Pa + after
        if target_Pa == 0.0 and self.barrel_Pa < _AT_REST_Pa:
            self.barrel_Pa = 0.0
        return target_Pa * seconds + (before - after) * tau

    def _flow_out(self, impulse_Pa_s: float) -> None:
        """Let the liquid go where it must: cup, recess, or beside."""
        aging = 2.0 ** (self.age_s / self._doubling)
        volume = min(self.liquid_m3, impulse_Pa_s * self._unit_flow / aging)
        if volume <= 0.0:
            return
        self.liquid_m3 -= volume
        grams = volume * self._density * 1e3
        if self._balance.cup_present and not self.needle_down:
            self._balance.liquid_g += grams
        elif not (self.needle_down and self._mold.present and self._mold.pour(volume)):
            self.spilled_g += grams
