"""The control loop of the pressure controller: a working target that ramps, and the openings of the two booster valves.

Works in gauge pressure (Pa). It knows the booster and the chamber as a well-tuned controller does: it converts the rate
it wants into an opening. Volumes and flows belong to the press, which tells it what full openings would do.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp

from simulators.parameters import Parameters
from simulators.valve import TICK_S, Valve

_INTEGRAL_WITHIN_Pa = 40e3
_STEADY_Pa = 20.0
_LEAST_Pa_s = 1.0  # a smaller demand moves no valve


class PressureLoop:
    """State of the controller: target, ramp, vent, and its fill and vent valves.

    `seen` gives what its sensor says (gauge, Pa) while that sensor is wrong; otherwise it knows the true pressure.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.control_on = False
        self.target_kPa = 0.0
        self.rate_kPa_s = 10.0
        self.working_Pa = 0.0
        self.vent_state = 0
        self._lag = parameters["press.valve_tau"]
        self.fill, self.vent = Valve(self._lag), Valve(self._lag)
        self.seen: Callable[[], float] | None = None
        self.settled = True
        self._error = 0.0
        self._integral = 0.0
        self._loop_tau = parameters["press.loop_tau"]
        self._integral_tau = parameters["press.loop_integral"]
        self._vented = parameters["press.vented"]

    @property
    def effort(self) -> float:
        """Opening of the valve that works, %."""
        return 100.0 * max(self.fill.opening, self.vent.opening)

    @property
    def busy(self) -> bool:
        """Whether a valve is open or may open."""
        return self.control_on or self.vent_state == 1 or not (self.fill.shut and self.vent.shut)

    @property
    def steady(self) -> bool:
        """Whether it stands at its target with valves that obey: it may be advanced by `hold`."""
        return (
            self.control_on
            and self.settled
            and -_STEADY_Pa < self._error < _STEADY_Pa
            and self.fill.healthy
            and self.vent.healthy
            and self.seen is None
        )

    def switch(self, on: bool, gauge_Pa: float) -> None:
        """Start the loop from the present pressure, or stop it and close both valves."""
        if on and not self.control_on:
            self.working_Pa = gauge_Pa
            self._integral = 0.0
        if on:
            self.vent_state = 0
        self.control_on = on

    def start_vent(self, start: bool, gauge_Pa: float) -> None:
        """Begin a vent at the slew rate, or abort it; a vent ends control."""
        if start:
            self.control_on = False
            self.working_Pa = gauge_Pa
            self._integral = 0.0
            self.vent_state = 1
        else:
            self.vent_state = 0

    def step(self, ticks: int, gauge_Pa: float, full_fill: float, full_vent: float) -> tuple[float, float]:
        """Advance by ticks of 10 ms and return the mean openings of the fill and the vent valve.

        `full_fill` and `full_vent` are the rates (Pa/s, both positive) that a fully open valve would give now.
        """
        fill_command = vent_command = 0.0
        demand = self._demand(ticks * TICK_S, gauge_Pa, full_fill, full_vent)
        if demand > _LEAST_Pa_s:
            fill_command = demand / full_fill if demand < full_fill else 1.0
        elif demand < -_LEAST_Pa_s:
            vent_command = demand / -full_vent if -demand < full_vent else 1.0
        fill, vent = self.fill, self.vent
        return (
            fill.step(fill_command, ticks) if fill_command > 0.0 or not fill.shut else 0.0,
            vent.step(vent_command, ticks) if vent_command > 0.0 or not vent.shut else 0.0,
        )

    def hold(self, dt_s: float, gauge_Pa: float, lost_Pa_s: float, full: tuple[float, float]) -> float:
        """Advance a steady loop by a long step and return the pressure (gauge).

        It is quasi-static: the error fades, and the opening is what the losses (Pa/s) need. `full` as in `step`.
        """
        full_fill, full_vent = full
        self.fill.hold(max(0.0, lost_Pa_s) / full_fill if full_fill else 0.0)
        self.vent.hold(max(0.0, -lost_Pa_s) / full_vent if full_vent else 0.0)
        self._integral = lost_Pa_s * (1.0 + self._lag / self._loop_tau)
        self._error = (self.working_Pa - gauge_Pa) * exp(-dt_s / self._loop_tau)
        return self.working_Pa - self._error

    def _demand(self, dt: float, gauge_Pa: float, full_fill: float, full_vent: float) -> float:
        """Return the wanted rate (Pa/s): the ramp a valve's lag ahead, plus the error, plus what hides a leak."""
        if self.control_on:
            target = self.target_kPa * 1e3
        elif self.vent_state == 1:
            target = 0.0
            if gauge_Pa < self._vented:
                self.vent_state = 2
        else:
            return 0.0
        working, lag = self.working_Pa, self._lag
        error, slope = working - (gauge_Pa if self.seen is None else self.seen()), 0.0
        if working != target:
            rate = self.rate_kPa_s * 1e3
            self.working_Pa = _towards(working, target, rate * dt)
            slope = (_towards(working, target, rate * lag) - working) / lag
        moving = self.fill.expected * full_fill - self.vent.expected * full_vent
        demand = slope + (error + (slope - moving) * lag) / self._loop_tau + self._integral
        if -full_vent < demand < full_fill and -_INTEGRAL_WITHIN_Pa < error < _INTEGRAL_WITHIN_Pa:
            self._integral += error * dt / (self._loop_tau * self._integral_tau)
        self._error = error
        self.settled = working == target and -500.0 < error < 500.0
        return demand if self.control_on else min(0.0, demand)


def _towards(value: float, target: float, most: float) -> float:
    """Return value moved to the target by at most `most`."""
    if value < target:
        return target if target - value < most else value + most
    return target if value - target < most else value - most
