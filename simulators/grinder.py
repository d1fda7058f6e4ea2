"""The grinder: wheel on part, with deflection, removal, load and wear; chuck, coolant, guard and thickness gauge.

Spindle and stage are parts of it; the hard-wired chain takes their power and lifts the wheel.
"""

from __future__ import annotations

from math import exp, pi

from simulators.parameters import Parameters
from simulators.physics.grinding import deflection_step, lag_time, removal_power
from simulators.spindle import Spindle
from simulators.stage import Stage
from simulators.workpiece import Damage, Part

TICK_S = 0.01
_CUTTING_RPM = 100.0
_DRY_L_MIN = 0.5


class Grinder:
    """True state of the grinder, advanced in ticks of 10 ms; lengths in um unless a name says otherwise."""

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.spindle, self.stage = Spindle(p), Stage(p)
        self.part: Part | None = None
        self.coolant = self.chuck_vacuum = self.chuck_motor = False
        self.coolant_lost = self.chuck_lost = self.guard_open = False
        self.guard_locked = self.guard_lock_asked = False
        self.coolant_flow = 0.0
        self.chuck_kPa = 0.0
        self.deflection = 0.0
        self.force_N = 0.0
        self.wear = 0.0
        self.gauge = 0.0
        self.gauge_shift = 0.0
        self._cut_feed = 3.0
        self._area, self._energy, self._exponent = p["grind.area"], p["grind.energy"], p["grind.energy_exponent"]
        self._ratio, self._stiffness = p["grind.force_ratio"], p["grind.stiffness"]
        self._undercured, self._well_cured = p["grind.undercured"], p["grind.well_cured"]
        self._breaking = p["grind.breaking_deflection"]
        self._metres_per_turn = 2.0 * pi * p["wheel.radius"]
        self._wear = self._area / (p["wheel.grinding_ratio"] * p["wheel.rim"])
        self._flow, self._flow_tau = p["coolant.flow"], p["coolant.tau"]
        self._vacuum, self._open, self._chuck_tau = p["chuck.vacuum"], p["chuck.open"], p["chuck.tau"]
        self._holds, self._gauge_tau = p["chuck.holds"], p["gauge.tau"]

    @property
    def guard_closed(self) -> bool:
        """What the guard's switch says."""
        return not self.guard_open

    @property
    def part_id(self) -> int:
        """Id of the part on the chuck, 0 when none."""
        return self.part.id if self.part else 0

    @property
    def part_present(self) -> bool:
        """Whether a part lies on the chuck."""
        return self.part is not None

    @property
    def wheel_um(self) -> float:
        """True height of the cutting face above the chuck, without deflection."""
        return self.stage.wheel_um + self.wear

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
        energy = self._specific_energy(part)
        speed = self.spindle.speed / 60.0 * self._metres_per_turn
        tau = lag_time(energy, self._area, self._ratio, speed, self._stiffness)
        start = max(0.0, overlap + velocity * dt)
        contact = dt if start > 0.0 or velocity >= 0.0 else max(0.0, min(dt, overlap / -velocity))
        deflection, removed = deflection_step(start, -velocity, tau, contact)
        removed = min(max(0.0, removed), max(0.0, start - velocity * contact))
        self.wear += removed * self._wear
        part.removed_um += removed
        part.ground = True
        self.deflection = max(0.0, deflection)
        if self.deflection < 1e-3:
            self.deflection = 0.0
        self.spindle.load_W = removal_power(energy, self._area, removed * 1e-6 / dt)
        if part.removed_um > part.cover.height_um:
            part.spoil(Damage.CHIP_GROUND)
        if self.coolant_flow < _DRY_L_MIN and removed > 0.0:
            part.spoil(Damage.BURNED)

    def _specific_energy(self, part: Part) -> float:
        """Return the energy per volume at the feed last used, J/m3; a soft cover loads the wheel."""
        feed = min(10.0, max(0.05, self._cut_feed))
        lacking = max(0.0, self._well_cured - part.cover.degree) / self._well_cured
        return float(self._energy * (3.0 / feed) ** self._exponent) * (1.0 + self._undercured * lacking)

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
        return self.part.top_um + self.gauge_shift if self.part is not None else 0.0


def _lagging(value: float, target: float, span: float, near: float) -> float:
    """Return a first-order lag after `span` time constants, snapped to the target when near."""
    if value == target:
        return value
    value = target + (value - target) * exp(-span)
    return target if -near < value - target < near else value
