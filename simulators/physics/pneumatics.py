"""Flow through orifices and the pressure of a chamber: ISO 6358 ellipse law, isothermal air.

Pure functions in SI units, pressures absolute, flows in Pa m3/s at the reference temperature. It knows no valve and no
machine; who opens what is the press's business.

Sources: ISO 6358 component model with the linear patch above beta as the Simscape and MapleSim component pages describe
it (sourced); isothermal balance (textbook); exponential Rosenbrock-Euler step (textbook).
"""

from __future__ import annotations

from math import exp, sqrt

REFERENCE_PRESSURE_PA = 1e5
LAMINAR_RATIO = 0.999
_MOST_STEP = 0.05  # of the supply pressure in one sub-step; choked filling overshoots with longer ones


def unit_flow(upstream_Pa: float, downstream_Pa: float, critical: float) -> tuple[float, float, float]:
    """Return flow and its derivatives by upstream and downstream pressure, for a conductance of 1 m3/(s Pa).

    Expects upstream >= downstream > 0; the caller swaps the sides of a reversed flow.
    """
    scale = REFERENCE_PRESSURE_PA
    ratio = downstream_Pa / upstream_Pa
    if ratio <= critical:
        return upstream_Pa * scale, scale, 0.0
    span = 1.0 - critical
    if ratio < LAMINAR_RATIO:
        x = (ratio - critical) / span
        value = sqrt(1.0 - x * x)
        slope = -x / (span * value)
        return upstream_Pa * scale * value, scale * (value - slope * ratio), scale * slope
    x = (LAMINAR_RATIO - critical) / span
    slope = scale * sqrt(1.0 - x * x) / (1.0 - LAMINAR_RATIO)
    return slope * (upstream_Pa - downstream_Pa), slope, -slope


def relax(pressure_Pa: float, rate_Pa_s: float, slope_per_s: float, dt_s: float) -> float:
    """Advance dp/dt = rate + slope (p - p0) over dt: one exponential Rosenbrock-Euler step."""
    z = slope_per_s * dt_s
    if -1e-9 < z < 1e-9:
        return pressure_Pa + rate_Pa_s * dt_s
    return pressure_Pa + rate_Pa_s / slope_per_s * (exp(z) - 1.0)


def chamber_step(
    pressure_Pa: float,
    dt_s: float,
    volume_m3: float,
    inlet: tuple[float, float],
    outlet: tuple[float, float],
    critical: float,
) -> float:
    """Advance a chamber between a supply and a sink over dt and return its pressure.

    `inlet` and `outlet` are (pressure of the other side in Pa, conductance in m3/(s Pa)). A reversed flow through the
    outlet is possible (air comes back in); the inlet has a check valve. Sub-steps keep each move within 5 % of the
    highest pressure, so no step overshoots the supply.
    """
    supply, c_in = inlet
    sink, c_out = outlet
    left = dt_s
    while left > 0.0:
        rate = slope = 0.0
        if c_in > 0.0 and pressure_Pa < supply:
            q, _, by_down = unit_flow(supply, pressure_Pa, critical)
            rate += c_in * q
            slope += c_in * by_down
        if c_out > 0.0:
            if pressure_Pa >= sink:
                q, by_up, _ = unit_flow(pressure_Pa, sink, critical)
                rate -= c_out * q
                slope -= c_out * by_up
            else:
                q, _, by_down = unit_flow(sink, pressure_Pa, critical)
                rate += c_out * q
                slope += c_out * by_down
        rate /= volume_m3
        most = _MOST_STEP * supply
        step = left if abs(rate) * left <= most else most / abs(rate)
        pressure_Pa = _between(pressure_Pa, relax(pressure_Pa, rate, slope / volume_m3, step), sink, supply)
        left -= step
        if left < 1e-12:
            break
    return pressure_Pa


def _between(before_Pa: float, after_Pa: float, sink_Pa: float, supply_Pa: float) -> float:
    """Return the new pressure, but no further than the supply or the sink that the old one was heading for."""
    if before_Pa <= supply_Pa < after_Pa:
        return supply_Pa
    if after_Pa < sink_Pa <= before_Pa:
        return sink_Pa
    return after_Pa


def mean_opening(opening: float, command: float, weight: float) -> float:
    """Return the exact mean opening of a first-order valve over a step.

    `weight` is (1 - exp(-dt/tau)) tau/dt, computed once per step length.
    """
    return command + (opening - command) * weight
