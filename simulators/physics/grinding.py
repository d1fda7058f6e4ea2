"""Infeed grinding with a compliant machine: deflection, removal, power, heat, and how a wheel grows dull.

Pure functions in SI units. Sources: Preston's law with one contact stiffness, whose time constant Hashimoto's papers on
infeed cycles study (sourced); size effect, heat balance of the coolant (textbook); laws of the sharpness (chosen).
"""

from __future__ import annotations

from math import exp

WATER_J_m3_K = 4.18e6


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


def size_effect(feed: float, reference_feed: float, exponent: float) -> float:
    """Return the factor of a feed on the specific energy: thin chips take more energy per volume."""
    return float((reference_feed / feed) ** exponent)


def dulled(sharpness: float, removed: float, loss_per_length: float) -> float:
    """Return the sharpness (0..1] after removing a height: grains glaze and pores load in proportion to it."""
    return sharpness * exp(-removed * loss_per_length)


def dressed(sharpness: float, rate_1_s: float, dt_s: float) -> float:
    """Return the sharpness after pressing hard enough for some time: dull grains break out."""
    return 1.0 - (1.0 - sharpness) * exp(-rate_1_s * dt_s)


def coolant_rise(power_W: float, flow_m3_s: float) -> float:
    """Return by how much water warms that carries a power away, K."""
    return power_W / (WATER_J_m3_K * flow_m3_s)


def surface_rise(power_W: float, area_m2: float, film_W_m2_K: float) -> float:
    """Return by how much the ground surface is warmer than the coolant, K: half of the heat goes into the part."""
    return 0.5 * power_W / (area_m2 * film_W_m2_K)
