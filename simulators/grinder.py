"""The grinder: wheel on part, with deflection, removal and load; heat, chuck, coolant, guard and thickness gauge.

Spindle, stage and wheel are parts of it; the hard-wired chain takes their power and lifts the wheel.
"""

from __future__ import annotations

from math import exp, pi

from simulators.parameters import Parameters
from simulators.physics.grinding import coolant_rise, deflection_step, lag_time, removal_power, surface_rise
from simulators.spindle import Spindle
from simulators.stage import Stage
from simulators.wheel import Wheel
from simulators.workpiece import Cover, Damage, Nest, Part

TICK_S = 0.01
_CUTTING_RPM = 100.0
_DRY_L_MIN = 0.5


class Grinder(Nest):
    """True state of the grinder, advanced in ticks of 10 ms; lengths in um unless a name says otherwise."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.spindle, self.stage, self.wheel = Spindle(p), Stage(p), Wheel(p)
        self.coolant = self.chuck_vacuum = self.chuck_motor = False
        self.coolant_lost = self.chuck_lost = self.guard_open = False
        self.guard_locked = self.guard_lock_asked = False
        self.coolant_flow = 0.0
        self.chuck_kPa = 0.0
        self.deflection = 0.0
        self.force_N = 0.0
        self.growth_um = 0.0
        self.coolant_rise_K = self.surface_rise_K = 0.0
        self.tilt_alpha, self.tilt_beta = p["chuck.alpha"], p["chuck.beta"]
        self.particle_um = 0.0
        self.gauge = 0.0
        self.gauge_shift = 0.0
        self.gauge_drift_um_h = 0.0
        self._cut_feed = 3.0
        self._area, self._ratio, self._stiffness = p["grind.area"], p["grind.force_ratio"], p["grind.stiffness"]
        self._breaking, self._yielding = p["grind.breaking_deflection"], p["grind.tilt_per_force"]
        self._metres_per_turn = 2.0 * pi * p["wheel.radius"]
        self._flow, self._flow_tau = p["coolant.flow"], p["coolant.tau"]
        self._ambient, self._film, self._film_dry = p["ambient.temperature"], p["coolant.film"], p["coolant.film_dry"]
        self._growth, self._growth_tau = p["spindle.growth"], p["spindle.growth_tau"]
        self._per_kelvin = p["gauge.per_kelvin"]
        self._vacuum, self._open, self._chuck_tau = p["chuck.vacuum"], p["chuck.open"], p["chuck.tau"]
        self._holds, self._gauge_tau = p["chuck.holds"], p["gauge.tau"]

    @property
    def guard_closed(self) -> bool:
        """What the guard's switch says."""
        return not self.guard_open

    @property
    def wheel_um(self) -> float:
        """True height of the cutting face above the chuck, without deflection."""
        return self.stage.wheel_um + self.wheel.wear_um - self.growth_um

    @property
    def moving(self) -> bool:
        """Whether steps of 10 ms are needed."""
        return self.stage.moving or self.spindle.moving or self.deflection > 0.05

    @property
    def idle(self) -> bool:
        """Nothing moves, flows or settles."""
        return (
            not self.stage.moving
            and self.deflection == 0.0
            and self.spindle.idle
            and self.coolant_flow == self._coolant_target()
            and self.chuck_kPa == self._chuck_target()
            and self.gauge == self._gauge_target()
            and self.gauge_drift_um_h == 0.0
        )

    def step(self, ticks: int) -> None:
        """Advance by ticks of 10 ms."""
        dt = ticks * TICK_S
        self._step_services(dt)
        velocity = self.stage.step(ticks)
        self._step_contact(velocity, dt)
        self.spindle.step(ticks)
        target = self._gauge_target()
        self.gauge = _lagging(self.gauge, target, dt / self._gauge_tau, 0.005)

    def age(self, seconds: float) -> None:
        """Let heat act: the spindle grows, coolant and surface warm up; the gauge drifts if it must."""
        spindle = self.spindle
        self.growth_um = _lagging(self.growth_um, self._growth * spindle.power_W, seconds / self._growth_tau, 1e-6)
        wet = self.coolant_flow > _DRY_L_MIN
        self.coolant_rise_K = coolant_rise(spindle.load_W, self.coolant_flow / 60e3) if wet else 0.0
        film = self._film if wet else self._film_dry
        self.surface_rise_K = surface_rise(spindle.load_W, self._area, film)
        self.gauge_shift += self.gauge_drift_um_h * seconds / 3600.0

    def _step_contact(self, velocity: float, dt: float) -> None:
        part = self.part
        spindle = self.spindle
        if part is None:
            self.deflection = self.force_N = spindle.load_W = 0.0
            return
        overlap = part.top_um - self.wheel_um
        if overlap <= 0.0 and self.deflection <= 0.0:
            self.force_N = spindle.load_W = 0.0
            return
        if velocity < 0.0:
            self._cut_feed = -velocity
        if spindle.speed > _CUTTING_RPM:
            self._cut(part, overlap, velocity, dt)
        else:
            self.deflection, spindle.load_W = max(0.0, overlap), 0.0
        self.force_N = self._stiffness * self.deflection * 1e-6
        if self.deflection > self._breaking:
            part.spoil(Damage.BROKEN)

    def _cut(self, part: Part, overlap: float, velocity: float, dt: float) -> None:
        """Remove what the deflection presses away in one step; `overlap` is after the stage has moved."""
        wheel, dry = self.wheel, self.coolant_flow < _DRY_L_MIN
        bite = wheel.bite(part, self._ambient + self.coolant_rise_K + self.surface_rise_K)
        energy = wheel.energy(bite, self._cut_feed)
        speed = self.spindle.speed / 60.0 * self._metres_per_turn
        tau = lag_time(energy, self._area, self._ratio, speed, self._stiffness)
        start = max(0.0, overlap + velocity * dt)
        contact = dt if start > 0.0 or velocity >= 0.0 else max(0.0, min(dt, overlap / -velocity))
        deflection, removed = deflection_step(start, -velocity, tau, contact)
        removed = min(max(0.0, removed), max(0.0, start - velocity * contact))
        wheel.work(bite, removed, dry)
        wheel.press(self.force_N, dt)
        part.removed_um += removed
        part.ground = True
        self.deflection = max(0.0, deflection)
        if self.deflection < 1e-3:
            self.deflection = 0.0
        self.spindle.load_W = removal_power(energy, self._area, removed * 1e-6 / dt)
        self._shape(part.cover)
        if part.removed_um > part.cover.height_um:
            part.spoil(Damage.CHIP_GROUND)
        if dry and removed > 0.0:
            part.spoil(Damage.BURNED)

    def _shape(self, cover: Cover) -> None:
        """Leave the wheel's plane on the cover: the chuck's tilt, and what the force of this step adds to it."""
        cover.tilt_alpha = self.tilt_alpha
        cover.tilt_beta = self.tilt_beta + self._yielding * self.force_N
        cover.waves_um, cover.dimple_um = self.spindle.vibration_um, self.particle_um

    def _step_services(self, dt: float) -> None:
        self.coolant_flow = _lagging(self.coolant_flow, self._coolant_target(), dt / self._flow_tau, 0.005)
        self.chuck_kPa = _lagging(self.chuck_kPa, self._chuck_target(), dt / self._chuck_tau, 0.01)
        if self.deflection > 0.0 and self.part is not None and self.chuck_kPa > self._holds:
            self.part.spoil(Damage.LOST)

    def _coolant_target(self) -> float:
        return self._flow if self.coolant and not self.coolant_lost else 0.0

    def _chuck_target(self) -> float:
        if not self.chuck_vacuum or self.chuck_lost:
            return 0.0
        return self._vacuum if self.part is not None else self._open

    def _gauge_target(self) -> float:
        if self.part is None:
            return 0.0
        return self.part.top_um + self.gauge_shift + self._per_kelvin * self.coolant_rise_K


def _lagging(value: float, target: float, span: float, near: float) -> float:
    """Return a first-order lag after `span` time constants, snapped to the target when near."""
    if value == target:
        return value
    value = target + (value - target) * exp(-span)
    return target if -near < value - target < near else value
