"""The press: outer chamber with booster, dump, relief, leak and door; clamp; the stack between its platens.

Pressures absolute in Pa inside, gauge where a name says so. The pressure controller's loop and the inner side are parts
of it; the hard-wired chain sets and clears what its coils do.
"""

from __future__ import annotations

from math import exp

from simulators.inner_side import InnerSide
from simulators.parameters import Parameters
from simulators.physics.gas import Gas, Port, Vessel, gas_at, gas_step
from simulators.physics.pneumatics import chamber_step, exchange, mean_exchange, relax, seal_conductance, unit_flow
from simulators.pressure_loop import PressureLoop
from simulators.stack import Stack
from simulators.workpiece import KINDS, Nest

TICK_S = 0.01
RUNGS = (1, 5, 10, 100)  # lengths of steps in ticks; each ends at a multiple of its length
_AT_REST_Pa = 2.0
_HARDLY_Pa_s = 20.0
_HARDLY_um_s = 0.05
_HARDLY = 0.005  # relative change of a pressure that one step may bring
_MOST_Pa = 1e3  # in one plain step; more is taken in sub-steps that cannot overshoot


class Press(Nest):
    """True state of the press, advanced in ticks of 10 ms."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.loop = PressureLoop(p)
        self.inner = InnerSide(p)
        self.stack = Stack(p)
        self.door_open = False
        self.door_forced = False
        self.locked = False
        self.lock_asked = False
        self.dump_shut = False
        self.clamp = False
        self.clamp_Pa = 0.0
        self.supply = p["press.supply"]
        self.c_leak = p["press.c_leak"]
        self.c_crack = 0.0
        self.change_Pa_s = 0.0
        self._clamp_change = 0.0
        self._gap_change = 0.0
        self._crack = 0.0
        self.gap1 = self.gap2 = self.gap3 = p["press.gap_without_part"]
        self._no_gap = p["press.gap_without_part"]
        self.atmosphere = p["ambient.pressure"]
        self.outer = self.atmosphere
        self._gas: Gas | None = None
        self._read_constants(p)

    def _read_constants(self, p: Parameters) -> None:
        self._volume, self._critical = p["press.outer_volume"], p["press.critical_ratio"]
        self._c_fill, self._c_vent, self._c_dump = p["press.c_fill"], p["press.c_vent"], p["press.c_dump"]
        self._dump_blocks_supply = bool(p["press.dump_blocks_supply"])
        self._relief, self._relief_band = self.atmosphere + p["press.relief"], p["press.relief_band"]
        self._c_relief, self._c_door, self._c_seal = p["press.c_relief"], p["press.c_door"], p["press.c_seal"]
        self._seal_area, self.clamp_area = p["press.seal_area"], p["press.clamp_area"]
        self._clamp_tau, self._regulator = p["press.clamp_tau"], p["press.clamp_regulator"]
        self._ambient_K = p["ambient.temperature"] + 273.15
        self._vessel = Vessel(self._volume, p["press.wall"], self._ambient_K)
        if p["press.gas_model"]:
            self._gas = gas_at(self.outer, self._ambient_K, self._volume)

    @property
    def gauge_Pa(self) -> float:
        """Outer pressure above atmosphere."""
        return self.outer - self.atmosphere

    @property
    def supply_gauge_Pa(self) -> float:
        """Compressed air above atmosphere."""
        return self.supply - self.atmosphere

    @property
    def door_closed(self) -> bool:
        """What the door switch says."""
        return not self.door_open and not self.door_forced

    @property
    def outer_K(self) -> float:
        """Temperature of the air in the outer chamber; that of the room in the isothermal model."""
        return self._gas.kelvin if self._gas else self._ambient_K

    @property
    def idle(self) -> bool:
        """Resting at atmosphere without a part: nothing to integrate."""
        return self.part is None and abs(self.outer - self.atmosphere) < _AT_REST_Pa and self.resting

    @property
    def resting(self) -> bool:
        """Nothing flows worth mentioning, the clamp is at rest: pads hardly creep, chambers hardly leak."""
        loop = self.loop
        return (
            (loop.steady if loop.busy else True)
            and -_HARDLY_Pa_s < self.change_Pa_s < _HARDLY_Pa_s
            and -1.0 < self._clamp_change < 1.0
            and -_HARDLY_um_s < self._gap_change < _HARDLY_um_s
            and self.inner.resting
            and self._gas is None
        )

    @property
    def rung(self) -> int:
        """Ticks of the next step, one of RUNGS: the longest in which pressures hardly change."""
        if self.resting:
            return RUNGS[3]
        unrest = max(abs(self.change_Pa_s) / self.outer, self.inner.unrest)
        if unrest * TICK_S * RUNGS[1] > _HARDLY:
            return RUNGS[0]
        loop = self.loop
        steered = (loop.busy and not loop.settled) or self.inner.on_ramp or abs(self._clamp_change) > 1e3
        return RUNGS[1] if steered or unrest * TICK_S * RUNGS[2] > _HARDLY else RUNGS[2]

    def set_clamp(self, value: float) -> None:
        """Pressurise the clamp piston (1) or empty it (0)."""
        self.clamp = bool(value)
        self._clamp_change = 1e4

    def step(self, ticks: int, celsius: float) -> None:
        """Advance by ticks of 10 ms; `celsius` is the temperature of the stack."""
        dt = ticks * TICK_S
        part, inner = self.part, self.inner
        if self.c_crack > 0.0:
            chambers = (self.outer, self._volume), (inner.pressure, inner.volume)
            self._crack = mean_exchange(*chambers, self.c_crack, self._critical, dt)
        self._step_outer(ticks, dt)
        self._step_clamp(dt)
        sucked_m3_s = self._gap_change = 0.0
        if part is not None:
            moved_um = self.stack.press(part, ticks, self.outer - inner.pressure, celsius, inner.pressure)
            self._gap_change = moved_um / dt
            sucked_m3_s = KINDS[part.kind].pressed_area_m2 * self._gap_change * 1e-6
        if not inner.idle or inner.shut_in or self.c_crack > 0.0:
            inner.step(ticks, sucked_m3_s, self._crack)
        self._show_gap()

    def age(self, seconds: float, celsius: float) -> None:
        """Let the part's pads take set; called once a second."""
        if self.part is not None:
            self.stack.age(self.part, seconds, celsius, self.inner.pressure)

    def _step_outer(self, ticks: int, dt: float) -> None:
        p, atmosphere, volume = self.outer, self.atmosphere, self._volume
        loop = self.loop
        if not loop.busy and -_AT_REST_Pa < p - atmosphere < _AT_REST_Pa and self.c_crack == 0.0:
            self.change_Pa_s = 0.0
            return
        fill = fill_slope = 0.0
        if p < self.supply and not (self._dump_blocks_supply and not self.dump_shut):
            flow, _, by_down = unit_flow(self.supply, p, self._critical)
            fill, fill_slope = self._c_fill * flow / volume, self._c_fill * by_down / volume
        out, out_slope, _ = exchange(p, atmosphere, self._critical)
        losses = self._losses(p)
        lost = (out * losses + self._crack) / volume
        full_vent = max(0.0, self._c_vent * out / volume)
        if ticks > RUNGS[2] and -full_vent <= lost <= fill and loop.steady:
            self.outer = atmosphere + loop.hold(dt, p - atmosphere, lost, (fill, full_vent))
        else:
            fill_mean = vent_mean = 0.0
            if loop.busy:
                fill_mean, vent_mean = loop.step(ticks, p - atmosphere, fill, full_vent)
            conductance = self._c_vent * vent_mean + losses
            rate = fill * fill_mean - out * self._c_vent * vent_mean / volume - lost
            slope = fill_slope * fill_mean - out_slope * conductance / volume
            if -_MOST_Pa < rate * dt < _MOST_Pa and self._gas is None:
                self.outer = relax(p, rate, slope, dt)
            else:
                self.outer = self._balance(dt, self._c_fill * fill_mean if fill else 0.0, conductance)
        self.change_Pa_s = (self.outer - p) / dt

    def _balance(self, dt: float, c_in: float, c_out: float) -> float:
        """Return the pressure after a step in sub-steps, with constant conductances of the two ways."""
        inlet, outlet = (self.supply, c_in), (self.atmosphere, c_out)
        if self._gas is None:
            p = chamber_step(self.outer, dt, self._volume, inlet, outlet, self._critical)
            return p - self._crack * dt / self._volume
        ports = [Port(pressure, self._ambient_K, c) for pressure, c in (inlet, outlet)]
        ports.append(Port(self.inner.pressure, self._ambient_K, self.c_crack))
        self._gas = gas_step(self._gas, self._vessel, ports, self._critical, dt)
        return self._gas.pressure(self._volume)

    def _losses(self, p: float) -> float:
        """Return the conductance of every way out except the booster's vent valve."""
        separating = (p - self.atmosphere) * self._seal_area
        c = self.c_leak
        if separating > 50.0:
            c = seal_conductance(c, self._c_seal, separating, self.clamp_Pa * self.clamp_area)
        if not self.dump_shut:
            c += self._c_dump
        if self.door_open:
            c += self._c_door
        if p > self._relief:
            c += self._c_relief * min(1.0, (p - self._relief) / self._relief_band)
        return c

    def _step_clamp(self, dt: float) -> None:
        """Fill or empty the piston; a check valve lets nothing back to a weaker supply."""
        before = self.clamp_Pa
        target = 0.0
        if self.clamp:
            target = before if before >= self._regulator else max(before, min(self._regulator, self.supply_gauge_Pa))
        if before == target:
            self._clamp_change = 0.0
            return
        after = target + (before - target) * exp(-dt / self._clamp_tau)
        self.clamp_Pa = target if abs(after - target) < 1.0 else after
        self._clamp_change = (self.clamp_Pa - before) / dt

    def _show_gap(self) -> None:
        """Set what the three gap heads stand over."""
        part = self.part
        if part is None or self.door_open:
            self.gap1 = self.gap2 = self.gap3 = self._no_gap
            return
        gap, tilt = part.gap_um, part.tilt_um
        self.gap1, self.gap2, self.gap3 = gap + tilt[0], gap + tilt[1], gap + tilt[2]
