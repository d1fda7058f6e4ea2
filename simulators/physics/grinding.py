"""Infeed grinding with a compliant machine: deflection, removal, power, and how many bumps a cut exposes.

Pure functions in SI units. Sources: Preston's law with one contact stiffness, whose time constant Hashimoto's papers on
infeed cycles study (sourced); normally scattered bump heights (chosen).
"""

from __future__ import annotations

from math import erf, exp, sqrt


def lag_time(energy_J_m3: float, area_m2: float, force_ratio: float, speed_m_s: float, stiffness_N_m: float) -> float:
    """Return the time constant of the deflection, s: u A / (mu v k)."""
    return energy_J_m3 * area_m2 / (force_ratio * speed_m_s * stiffness_N_m)


def deflection_step(deflection: float, feed: float, tau_s: float, dt_s: float) -> tuple[float, float]:
    """Advance the deflection under constant feed; return (new deflection, removed height), exact for any dt."""
    steady = feed * tau_s
    new = steady + (deflection - steady) * exp(-dt_s / tau_s)
    return new, feed * dt_s - (new - deflection)


def removal_power(energy_J_m3: float, area_m2: float, removal_m_s: float) -> float:
    """Return the power that removal takes, W."""
    return energy_J_m3 * area_m2 * removal_m_s


def exposed_share(depth: float, sigma: float) -> float:
    """Return the share of bumps whose top a cut `depth` below the mean top has reached."""
    return 0.5 * (1.0 + erf(depth / (sigma * sqrt(2.0))))
