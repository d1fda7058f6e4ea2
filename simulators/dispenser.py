"""The time-pressure dispenser: air valve, regulator, barrel, needle; shots into the balance's cup or the mold's recess.

The barrel's pressure is a first-order lag and exact at any step length while the air supply is steady; the flow follows
the mean pressure of the step. The liquid ages in the barrel as it cures anywhere, by temperature and time.
"""

from __future__ import annotations

from math import exp

from simulators.balance import Balance
from simulators.materials import MATERIALS, MOLD_EPOXY, Material, Resin
from simulators.mold import Mold
from simulators.parameters import Parameters
from simulators.physics import flow

TICK_S = 0.01
_INLET_TAU_S = 0.1
_AT_REST_Pa = 20.0
_BUBBLE_m3 = 1e-15  # smaller ones are none


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
        self.tip_Pa = 0.0
        self.celsius = p["ambient.temperature"]
        self.regulator_gain = 1.0
        self.spilled_g = 0.0
        self._left_s = 0.0
        self._barrel, self._line, self._friction = p["barrel.volume"], p["barrel.line"], p["barrel.friction"]
        self._atmosphere = p["ambient.pressure"]
        self._radius, self._length = p["needle.radius"], p["needle.length"]
        self._resins = {material.type: Resin(p, material) for material in MATERIALS.values()}
        self._full = p["barrel.fill"]
        self.mount(MOLD_EPOXY)

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
        still = self.barrel_Pa == 0.0 and self.tip_Pa == 0.0 and self.inlet_Pa == 0.0
        return still and self._left_s <= 0.0 and not self.air_valve

    def mount(self, material: Material) -> None:
        """Put a full, fresh syringe of a material into the holder."""
        self.syringe, self._resin = material, self._resins[material.type]
        self.liquid_m3, self.bubble_m3, self.degree = self._full, 0.0, 0.0
        self._fluid = self._resin.fluid(self.celsius, self.degree)

    def shot(self, seconds: float) -> None:
        """Start a timed shot; the liquid is as thick as it is by now."""
        self._fluid = self._resin.fluid(self.celsius, self.degree)
        self._left_s = max(0.0, seconds)

    def stop(self, _: float = 1.0) -> None:
        """End the shot at once."""
        self._left_s = 0.0

    def clog(self, share: float) -> None:
        """Narrow the needle to a share of its radius."""
        self._radius *= share

    def step(self, ticks: int, supply_gauge_Pa: float) -> None:
        """Advance by ticks of 10 ms."""
        dt = ticks * TICK_S
        wanted = supply_gauge_Pa if self.air_valve else 0.0
        if self.inlet_Pa != wanted:
            inlet = wanted + (self.inlet_Pa - wanted) * exp(-dt / _INLET_TAU_S)
            self.inlet_Pa = wanted if abs(inlet - wanted) < 100.0 else inlet
        if self._left_s <= 0.0 and self.barrel_Pa == 0.0 and self.tip_Pa == 0.0:
            return
        on = min(dt, self._left_s)
        if on > 0.0:
            self._push(on, min(self.pressure_kPa * 1e3 * self.regulator_gain, self.inlet_Pa))
        self._left_s -= on
        if self._left_s < 1e-9:
            self._left_s = 0.0
        if dt - on > 1e-9:
            self._push(dt - on, 0.0)

    def age(self, seconds: float) -> None:
        """Let the liquid in the barrel cure, slowly."""
        self.degree = self._resin.cured(self.degree, self.celsius, seconds)

    def _push(self, seconds: float, target_Pa: float) -> None:
        """Move the barrel's air towards the target for some seconds, and let out what it drives through the needle."""
        tau = max(1e-7, self._barrel - self.liquid_m3) / self._line
        before = self.barrel_Pa - target_Pa
        after = before * exp(-seconds / tau)
        self.barrel_Pa = target_Pa + after
        if target_Pa == 0.0 and self.barrel_Pa < _AT_REST_Pa:
            self.barrel_Pa = 0.0
        mean_Pa = max(0.0, target_Pa + (before - after) * tau / seconds - self._friction)
        mean_Pa = self._past_bubble(mean_Pa, seconds)
        self._flow_out(seconds * flow.needle_flow(mean_Pa, self._radius, self._length, self._fluid))

    def _past_bubble(self, mean_Pa: float, seconds: float) -> float:
        """Return the mean pressure at the needle; behind an air bubble it lags, so a shot starts late and drools."""
        set_Pa = self.pressure_kPa * 1e3
        rate = flow.needle_flow(set_Pa, self._radius, self._length, self._fluid)
        if self.bubble_m3 < _BUBBLE_m3 or rate <= 0.0:
            self.tip_Pa = 0.0
            return mean_Pa
        before = self.tip_Pa
        tau = flow.bubble_lag(self.bubble_m3, self._atmosphere + set_Pa, set_Pa, rate)
        tip = mean_Pa + (before - mean_Pa) * exp(-seconds / tau)
        self.tip_Pa = tip if tip > _AT_REST_Pa else 0.0
        return mean_Pa + (before - tip) * tau / seconds

    def _flow_out(self, wanted_m3: float) -> None:
        """Let the liquid go where it must: cup, recess, or beside; it takes its share of the trapped air along."""
        volume = min(self.liquid_m3, wanted_m3)
        if volume <= 0.0:
            return
        air = self.bubble_m3 * volume / self.liquid_m3
        self.liquid_m3 -= volume
        self.bubble_m3 -= air
        air *= 1.0 + self.tip_Pa / self._atmosphere  # it comes out of the needle and swells
        grams_per_m3 = self._resin.density * 1e3
        if self._balance.cup_present and not self.needle_down:
            self._balance.liquid_g += volume * grams_per_m3
            return
        poured = 0.0
        if self.needle_down and self._mold.present:
            poured = self._mold.pour(volume, air, self.degree, self.syringe.purpose)
        self.spilled_g += (volume - poured) * grams_per_m3
