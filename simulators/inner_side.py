"""The inner (vacuum) chamber of the press: pump, vacuum valve, bleed, vent, and the PLC's own loop on the bleed valve.

Pressures absolute in Pa. What the coils ask for is set from outside; the hard-wired chain decides whether they may.
"""

from __future__ import annotations

from math import exp

from simulators.parameters import Parameters
from simulators.physics.pneumatics import mean_opening, relax, unit_flow

TICK_S = 0.01
_LOOP_TAU_S = 0.3


class InnerSide:
    """State of the inner chamber and of what is connected to it."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.vacuum_open = False
        self.vent_shut = False
        self.vent_stuck = False
        self.pump = False
        self.control = False
        self.target_kPa = 101.3
        self.rate_kPa_s = 10.0
        self.bleed_percent = 0.0
        self.bleed = 0.0
        self.change_Pa_s = 0.0
        self._atmosphere = p["ambient.pressure"]
        self.pressure = self._atmosphere
        self._working = self._atmosphere
        self._volume = p["press.inner_volume"]
        self._c_vent, self._c_bleed = p["press.c_inner_vent"], p["press.c_bleed"]
        self._c_leak = p["press.c_inner_leak"]
        speed, line = p["press.pump_speed"], p["press.line_conductance"]
        self._pump_speed, self._ultimate = speed * line / (speed + line), p["press.pump_ultimate"]
        self._critical = p["press.critical_ratio"]
        self._lag = p["press.valve_tau"]

    @property
    def vent_open(self) -> bool:
        """Whether the vent really is open."""
        return not self.vent_shut and not self.vent_stuck

    @property
    def idle(self) -> bool:
        """At atmosphere with nothing pumping."""
        return not (self.pump and self.vacuum_open) and abs(self.pressure - self._atmosphere) < 5.0

    @property
    def moving(self) -> bool:
        """Changing faster than 200 Pa/s, or on a ramp."""
        return abs(self.change_Pa_s) > 200.0 or (self.control and self._working != self.target_kPa * 1e3)

    def set_control(self, value: float) -> None:
        """Switch the PLC's loop; it starts from the present pressure."""
        on = bool(value)
        if on and not self.control:
            self._working = self.pressure
        self.control = on

    def step(self, ticks: int, sucked_m3_s: float) -> None:
        """Advance by ticks of 10 ms; a growing gap takes in a volume of gas."""
        dt = ticks * TICK_S
        p, atmosphere = self.pressure, self._atmosphere
        if p <= atmosphere:
            inflow, _, by_p = unit_flow(atmosphere, p, self._critical)
        else:
            outflow, by_up, _ = unit_flow(p, atmosphere, self._critical)
            inflow, by_p = -outflow, -by_up
        pumping = self._pump_speed if self.pump and self.vacuum_open else 0.0
        sink = pumping * (p - self._ultimate)
        opening = self._bleed_mean(dt, sink, inflow)
        conductance = self._c_leak + opening * self._c_bleed + (self._c_vent if self.vent_open else 0.0)
        rate = (conductance * inflow - sink - p * sucked_m3_s) / self._volume
        slope = (conductance * by_p - pumping) / self._volume
        new = relax(p, rate, slope, dt)
        self.pressure = atmosphere if p < atmosphere < new else max(0.0, new)
        self.change_Pa_s = (self.pressure - p) / dt

    def _bleed_mean(self, dt: float, sink: float, inflow: float) -> float:
        """Move the bleed valve towards what the loop, or the host, wants; return its mean opening."""
        wanted = self.bleed_percent / 100.0
        if self.control:
            target, most = self.target_kPa * 1e3, self.rate_kPa_s * 1e3 * dt
            before = self._working
            self._working = min(target, before + most) if before < target else max(target, before - most)
            demand = (self._working - before) / dt + (before - self.pressure) / _LOOP_TAU_S
            full = self._c_bleed * inflow
            wanted = min(1.0, max(0.0, (demand * self._volume + sink) / full)) if full > 0.0 else 1.0
        decay = exp(-dt / self._lag)
        mean = mean_opening(self.bleed, wanted, (1.0 - decay) * self._lag / dt)
        self.bleed = wanted + (self.bleed - wanted) * decay
        return mean
