"""The wheel spindle and its drive: speed, contactor, trips, standstill, and what the power meter sees."""

from __future__ import annotations

from math import exp, pi, sqrt

from simulators.parameters import Parameters

TICK_S = 0.01


class Spindle:
    """Speed in rpm, power in W; `load_W` is what the wheel takes at the moment.

    A bad bearing takes `drag_W` more at nominal speed; an unbalanced wheel shakes by `vibration_um`.
    """

    def __init__(self, parameters: Parameters) -> None:
        p = parameters
        self.contactor = False
        self.run = False
        self.tripped = False
        self.reference = 0.0
        self.speed = 0.0
        self.load_W = 0.0
        self.power_W = 0.0
        self.drag_W = 0.0
        self.vibration_um = 0.0
        self.standstill = True
        self._still_s = 10.0
        self._ramp, self._coast = p["spindle.ramp"], p["spindle.coast"]
        self._idle_W, self._nominal_rpm = p["spindle.idle"], p["spindle.nominal_speed"]
        self._nominal_Nm = p["spindle.nominal_power"] / (self._nominal_rpm * pi / 30.0)
        self._nominal_A, self._idle_A = p["spindle.nominal_current"], p["spindle.idle_current"]
        self._still_rpm, self._still_after = p["spindle.standstill"], p["spindle.standstill_time"]
        self._power_tau = p["spindle.power_tau"]

    @property
    def powered(self) -> bool:
        """Whether the drive turns the motor."""
        return self.contactor and self.run and not self.tripped

    @property
    def moving(self) -> bool:
        """Whether the speed changes."""
        return self.speed != (self.reference if self.powered else 0.0)

    @property
    def idle(self) -> bool:
        """At standstill, power display at zero."""
        return self.speed == 0.0 and self.standstill and self.power_W == 0.0 and not self.moving

    @property
    def torque_percent(self) -> float:
        """Torque in % of nominal."""
        if self.speed < 1.0 or not self.contactor:
            return 0.0
        return 100.0 * self.power_W / (self.speed * pi / 30.0) / self._nominal_Nm

    @property
    def current_A(self) -> float:
        """Motor current."""
        if not self.powered:
            return 0.0
        active = self._nominal_A * self.torque_percent / 100.0
        return sqrt(self._idle_A**2 + active * active)

    def set_contactor(self, value: float) -> None:
        """Close or open the contactor; an opening takes the run command with it."""
        self.contactor = bool(value)
        if not self.contactor:
            self.run = False

    def set_run(self, value: float) -> None:
        """Switch the drive's output; without power or with a fault it stays off."""
        self.run = bool(value) and self.contactor and not self.tripped

    def trip(self) -> None:
        """Go to fault: the motor coasts."""
        self.tripped, self.run = True, False

    def reset(self, _: float = 1.0) -> None:
        """Clear a fault; the motor stays off."""
        self.tripped = False

    def step(self, ticks: int) -> None:
        """Advance by ticks of 10 ms."""
        dt = ticks * TICK_S
        if self.powered:
            target, rate = self.reference, self._ramp
        else:
            driven = self.contactor and not self.tripped
            target, rate = 0.0, self._ramp if driven else self._coast
        if self.speed < target:
            self.speed = min(target, self.speed + rate * dt)
        elif self.speed > target:
            self.speed = max(target, self.speed - rate * dt)
        self._still_s = self._still_s + dt if self.speed < self._still_rpm else 0.0
        self.standstill = self._still_s >= self._still_after
        idle_W = (self._idle_W + self.drag_W) * self.speed / self._nominal_rpm
        drawn = idle_W + self.load_W if self.powered else 0.0
        self.power_W = drawn + (self.power_W - drawn) * exp(-dt / self._power_tau)
        if drawn == 0.0 and self.power_W < 0.5:
            self.power_W = 0.0
