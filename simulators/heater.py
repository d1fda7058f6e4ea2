"""A heated tool with its temperature controller: the platen of the press, the mold tool.

Two thermal nodes, a thermocouple, a PI loop with anti-windup, break detection, contactor and over-temperature cut-out.
Advances in fixed steps of 0.2 s. Setpoint ramps belong to the controller's firmware, which drives the working setpoint.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp

from simulators.parameters import Parameters
from simulators.physics.heat import TwoNodes, simc, two_node_step

STEP_S = 0.2
_ANTI_WINDUP_S = 20.0
_OUTPUT_HIGH = 95.0


class HeatedTool:
    """True temperatures (degC) and the controller's state; `name` selects the parameters.

    `seen` gives what the controller takes for its thermocouple's value while that channel is disturbed.
    """

    def __init__(self, name: str, parameters: Parameters) -> None:
        p = parameters
        nodes = TwoNodes(p[f"{name}.c1"], p[f"{name}.c2"], p[f"{name}.g1"], p[f"{name}.g2"], p[f"{name}.g12"])
        self.ambient = p["ambient.temperature"]
        self.body = self.load = self.reading = self.ambient
        self.setpoint = 0.0
        self.output = 0.0
        self.contactor = False
        self.cut_out = False
        self.element_open = self.ssr_shorted = False
        self.sensor_break = self.sensor_short = False
        self.seen: Callable[[], float] | None = None
        self.loop_break = False
        self._nodes_matrix = nodes.transition(STEP_S)
        self._gain_body, self._gain_load = nodes.steady(1.0)
        self._power, self._limit = p[f"{name}.power"], p[f"{name}.cutout"]
        gain, self._integral_s = simc(
            self._gain_body, -1.0 / nodes.rates()[0], p["heater.dead_time"], p["heater.closed_loop"]
        )
        self._gain = 100.0 * gain / self._power
        self._sensor_tau = p["heater.sensor_tau"]
        self._sensor_decay = exp(-STEP_S / self._sensor_tau)
        self._burnout, self._reset_band = p["heater.burnout"], p["heater.cutout_reset"]
        self._break_s, self._break_rise = p["heater.loop_break_time"], p["heater.loop_break_rise"]
        self._integral = 0.0
        self._high_for = 0.0
        self._high_from = 0.0

    @property
    def contactor_closed(self) -> bool:
        """Coil energised and cut-out not tripped."""
        return self.contactor and not self.cut_out

    @property
    def idle(self) -> bool:
        """Cold and asked for nothing."""
        return (
            self.setpoint <= self.ambient
            and -1e-3 < self.body - self.ambient < 1e-3
            and self.output == 0.0
            and not (self.ssr_shorted or self.sensor_break or self.seen)
        )

    def loosen_sensor(self, factor: float) -> None:
        """Let the thermocouple sit so badly that it lags this much more."""
        self._sensor_decay = exp(-STEP_S / (self._sensor_tau * factor))

    def reset_cut_out(self) -> None:
        """Reset the over-temperature cut-out by hand; it holds while the tool is hot."""
        if self.body < self._limit - self._reset_band:
            self.cut_out = False

    def step(self) -> None:
        """Advance by 0.2 s."""
        if self.idle:
            return
        live = self.contactor and not self.cut_out and not self.element_open
        power = (1.0 if self.ssr_shorted else self.output * 0.01) * self._power if live else 0.0
        ambient = self.ambient
        steady = (ambient + power * self._gain_body, ambient + power * self._gain_load)
        self.body, self.load = two_node_step(self.body, self.load, steady, self._nodes_matrix)
        if self.sensor_break:
            self.reading, self.output, self._integral = self._burnout, 0.0, 0.0
        else:
            tip = self.ambient if self.sensor_short else self.body
            self.reading = tip + (self.reading - tip) * self._sensor_decay
            self._control(self.reading if self.seen is None else self.seen())
        if self.body > self._limit:
            self.cut_out = True
        self._watch_loop()

    def _control(self, reading: float) -> None:
        """Set the output for the next step: PI on the thermocouple, back-calculation when it saturates."""
        proportional = self._gain * (self.setpoint - reading)
        wanted = proportional + self._integral
        self.output = min(100.0, max(0.0, wanted))
        self._integral += STEP_S * (proportional / self._integral_s + (self.output - wanted) / _ANTI_WINDUP_S)

    def _watch_loop(self) -> None:
        """Set the loop break when the output has been high for long without response."""
        if self.output <= _OUTPUT_HIGH:
            self._high_for, self.loop_break = 0.0, False
            return
        if self._high_for == 0.0 or self.reading >= self._high_from + self._break_rise:
            self._high_for, self._high_from, self.loop_break = 0.0, self.reading, False
        self._high_for += STEP_S
        if self._high_for > self._break_s:
            self.loop_break = True
