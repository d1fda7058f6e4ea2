"""The inner (vacuum) chamber of the press: pump, vacuum valve, bleed, vent, and the PLC's own loop on the bleed valve.

Pressures absolute in Pa. What the coils ask for is set from outside; the hard-wired chain decides whether they may.
"""

from __future__ import annotations

from collections.abc import Callable

from simulators.parameters import Parameters
from simulators.physics.pneumatics import exchange, relax
from simulators.physics.vacuum import effective_speed, outgassing, trapped_step
from simulators.physics.valve import equal_percentage, opening_for
from simulators.valve import TICK_S, Valve

_LOOP_TAU_S = 0.3
_DRY_Pa = 50e3  # above this the walls take up air again
_LEAST_Pa = 1e3  # of which a change counts, relatively
_HARDLY = 0.005  # relative change per second at rest


class InnerSide:
    """State of the inner chamber and of what is connected to it.

    `seen` gives what the loop's transmitter says (Pa) while that is wrong; otherwise the loop knows the true pressure.
    """

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.vacuum_open = self.vent_shut = self.vent_stuck = self.blocked = False
        self.pump = False
        self.control = False
        self.target_kPa = 101.3
        self.rate_kPa_s = 10.0
        self.bleed_percent = 0.0
        self.bleed = Valve(p["press.valve_tau"], round(p["press.bleed_dead_time"] / TICK_S))
        self.seen: Callable[[], float] | None = None
        self.change_Pa_s = 0.0
        self._atmosphere = p["ambient.pressure"]
        self.pressure = self._atmosphere
        self._working = self._atmosphere
        self.volume = p["press.inner_volume"]
        self._c_vent, self._c_bleed = p["press.c_inner_vent"], p["press.c_bleed"]
        self._rangeability = p["press.bleed_rangeability"]
        self._c_leak = p["press.c_inner_leak"]
        self.pump_speed, self.ultimate = p["press.pump_speed"], p["press.pump_ultimate"]
        self.line_conductance = p["press.line_conductance"]
        self._outgassing, self._exponent = p["press.outgassing"], p["press.outgassing_exponent"]
        self._evacuated_s = 0.0
        self.c_trapped = 0.0
        self._trapped_volume, self._trapped = p["press.trapped_volume"], self._atmosphere
        self._critical = p["press.critical_ratio"]

    @property
    def vent_open(self) -> bool:
        """Whether the vent valve really is open."""
        return not self.vent_shut and not self.vent_stuck

    @property
    def shut_in(self) -> bool:
        """Whether no air comes in through the vent: what moves in the chamber changes its pressure."""
        return self.blocked or not self.vent_open

    @property
    def idle(self) -> bool:
        """At atmosphere with nothing pumping."""
        return not (self.pump and self.vacuum_open) and -5.0 < self.pressure - self._atmosphere < 5.0

    @property
    def unrest(self) -> float:
        """Relative change of the pressure per second."""
        return abs(self.change_Pa_s) / max(self.pressure, _LEAST_Pa)

    @property
    def resting(self) -> bool:
        """Idle, or hardly changing with valves that stand."""
        return self.idle or (not self.control and self.unrest < _HARDLY)

    @property
    def on_ramp(self) -> bool:
        """Whether the PLC's loop is on its way to the target."""
        return self.control and self._working != self.target_kPa * 1e3

    def set_control(self, value: float) -> None:
        """Switch the PLC's loop; it starts from the present pressure."""
        on = bool(value)
        if on and not self.control:
            self._working = self.pressure
        self.control = on

    def step(self, ticks: int, sucked_m3_s: float, inflow: float = 0.0) -> None:
        """Advance by ticks of 10 ms; a growing gap takes in gas, and `inflow` (Pa m3/s) comes from elsewhere."""
        dt = ticks * TICK_S
        p, atmosphere = self.pressure, self._atmosphere
        flow, by_p, _ = exchange(p, atmosphere, self._critical)
        pumping = 0.0
        if self.pump and self.vacuum_open and not self.blocked:
            pumping = effective_speed(self.pump_speed, self.line_conductance)
        sink = pumping * (p - self.ultimate)
        conductance = self._c_leak
        opening = self._bleed_mean(ticks, dt, sink, -flow)
        if not self.blocked:
            conductance += self._c_bleed * equal_percentage(opening, self._rangeability)
            conductance += self._c_vent if self.vent_open else 0.0
        rate = inflow + self._gas_load(p, dt) - conductance * flow - sink - p * sucked_m3_s
        slope = -conductance * by_p - pumping
        new = relax(p, rate / self.volume, slope / self.volume, dt)
        self.pressure = atmosphere if p < atmosphere < new and inflow <= 0.0 else max(0.0, new)
        self.change_Pa_s = (self.pressure - p) / dt

    def _gas_load(self, p: float, dt: float) -> float:
        """Return what the walls and trapped volumes give off, Pa m3/s."""
        load = 0.0
        if self.c_trapped > 0.0:
            load, self._trapped = trapped_step(p, self._trapped, self._trapped_volume, self.c_trapped, dt)
        if p > _DRY_Pa:
            self._evacuated_s = 0.0
            return load
        self._evacuated_s += dt
        return load + outgassing(self._outgassing, self._evacuated_s, self._exponent)

    def _bleed_mean(self, ticks: int, dt: float, sink: float, inflow: float) -> float:
        """Move the bleed valve towards what the loop, or the host, wants; return its mean opening."""
        wanted = self.bleed_percent / 100.0
        if self.control:
            target, most = self.target_kPa * 1e3, self.rate_kPa_s * 1e3 * dt
            before = self._working
            self._working = min(target, before + most) if before < target else max(target, before - most)
            seen = self.pressure if self.seen is None else self.seen()
            demand = (self._working - before) / dt + (before - seen) / _LOOP_TAU_S
            full = self._c_bleed * inflow
            share = min(1.0, max(0.0, (demand * self.volume + sink) / full)) if full > 0.0 else 1.0
            wanted = opening_for(share, self._rangeability)
        return self.bleed.step(wanted, ticks)
