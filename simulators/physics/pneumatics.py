"""Flow through orifices and the pressure of a chamber: ISO 6358 ellipse law, isothermal air.

Pure functions in SI units, pressures absolute, flows in Pa m3/s at the reference temperature. It knows no valve and no
machine; who opens what is the press's business.

Sources: ISO 6358 component model with the linear patch above beta as the Simscape and MapleSim component pages describe
it (sourced); isothermal balance (textbook); exponential Rosenbrock-Euler step (textbook).
"""

from __future__ import annotations

from math import exp, expm1, sqrt

REFERENCE_PRESSURE_PA = 1e5
REFERENCE_KELVIN = 293.15
REFERENCE_DENSITY = 1.185  # kg/m3, of air of 65 % humidity at the reference, as ISO 8778 has it
GAS_CONSTANT_AIR = REFERENCE_PRESSURE_PA / (REFERENCE_DENSITY * REFERENCE_KELVIN)
LAMINAR_RATIO = 0.999
_MOST_STEP = 0.05  # of the highest pressure in one sub-step; choked filling overshoots with longer ones


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


def exchange(first_Pa: float, second_Pa: float, critical: float) -> tuple[float, float, float]:
    """Return the flow from the first to the second space and its derivatives by their pressures, for unit conductance.

    Negative when the second pressure is the higher one.
    """
    if first_Pa >= second_Pa:
        return unit_flow(first_Pa, second_Pa, critical)
    flow, by_up, by_down = unit_flow(second_Pa, first_Pa, critical)
    return -flow, -by_down, -by_up


def mean_exchange(
    first: tuple[float, float], second: tuple[float, float], conductance: float, critical: float, dt_s: float
) -> float:
    """Return the mean flow over dt (Pa m3/s) from the first to the second chamber, each (pressure Pa, volume m3).

    Taking it from one and giving it to the other conserves the gas, and no dt makes the pressures cross.
    """
    flow, by_first, by_second = exchange(first[0], second[0], critical)
    z = conductance * (by_second / second[1] - by_first / first[1]) * dt_s
    return conductance * flow * (1.0 if z > -1e-9 else expm1(z) / z)


def mass_flow(flow_Pa_m3_s: float) -> float:
    """Return the mass flow (kg/s) of a flow in Pa m3/s at the reference temperature."""
    return flow_Pa_m3_s * REFERENCE_DENSITY / REFERENCE_PRESSURE_PA


def seal_conductance(tight: float, open_: float, separating_N: float, holding_N: float) -> float:
    """Return the conductance of a door seal: `tight`, and a share of `open_` where the clamp is too weak."""
    if separating_N <= holding_N:
        return tight
    return tight + open_ * (separating_N - holding_N) / separating_N


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
    most = _MOST_STEP * max(supply, sink, pressure_Pa)
    left = dt_s
    while left > 0.0:
        rate = slope = 0.0
        if c_in > 0.0 and pressure_Pa < supply:
            q, _, by_down = unit_flow(supply, pressure_Pa, critical)
            rate += c_in * q
            slope += c_in * by_down
        if c_out > 0.0:
            q, by_own, _ = exchange(pressure_Pa, sink, critical)
            rate -= c_out * q
            slope -= c_out * by_own
        rate /= volume_m3
        step = left if abs(rate) * left <= most else most / abs(rate)
        high = max(pressure_Pa, supply if c_in > 0.0 else 0.0, sink if c_out > 0.0 else 0.0)
        low = min(pressure_Pa, sink if c_out > 0.0 else pressure_Pa)
        pressure_Pa = min(high, max(low, relax(pressure_Pa, rate, slope / volume_m3, step)))
        left -= step
        if left < 1e-12:
            break
    return pressure_Pa
