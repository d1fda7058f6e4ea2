"""The resilient element: bonded elastomer pads under load, viscoelastic, with compression set.

Pure functions; stress in Pa, stretch = height / free height, strains compressive and positive.

Sources: Gent-Lindley stress of a bonded block as quoted in Strojniski vestnik 60 (2014) 506 (sourced); Prony series
with the exact update for piecewise-linear stress (textbook); compression set fitted to a one-year ageing study of
porous PDMS and to the activation energy of stress relaxation of RTV silicone (sourced, spread of a decade); shift of
relaxation times with temperature (chosen).
"""

from __future__ import annotations

from math import exp, sqrt

GAS_CONSTANT = 8.314462618


def apparent_modulus(modulus_Pa: float, shape_factor: float, beta: float = 2.0) -> float:
    """Return Gent-Lindley's apparent modulus of a bonded pad; shape factor = loaded area / free area."""
    return modulus_Pa * (1.0 + beta * shape_factor * shape_factor)


def bonded_stress(stretch: float, apparent_Pa: float) -> float:
    """Return the compressive nominal stress at a stretch below 1 (negative above 1)."""
    return apparent_Pa / 3.0 * (1.0 / (stretch * stretch) - stretch)


def stretch_under(stress_Pa: float, apparent_Pa: float, guess: float) -> float:
    """Return the stretch that carries an elastic stress; Newton from a guess, usually two iterations."""
    c = 3.0 * stress_Pa / apparent_Pa
    x = guess
    for _ in range(30):
        step = (x * x * (x + c) - 1.0) / (x * (3.0 * x + 2.0 * c))
        x -= step
        if -1e-10 < step < 1e-10:
            break
    return x


def prony_coefficients(
    dt_s: float, weights: tuple[float, ...], times_s: tuple[float, ...]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return per term the decay e_i and the gain g_i (1 - e_i) tau_i/dt of the exact update over dt."""
    decays = tuple(exp(-dt_s / tau) for tau in times_s)
    gains = tuple(g * (1.0 - e) * tau / dt_s for g, e, tau in zip(weights, decays, times_s, strict=True))
    return decays, gains


def time_shift(kelvin: float, reference_K: float, activation_J_mol: float) -> float:
    """Return a_T, by which relaxation times are multiplied at this temperature."""
    return exp(activation_J_mol / GAS_CONSTANT * (1.0 / kelvin - 1.0 / reference_K))


def set_time(kelvin: float) -> float:
    """Return the time constant of compression set (s) of a good grade at this temperature."""
    return 2.48e8 * exp(5184.0 * (1.0 / kelvin - 1.0 / 343.15))


def set_increment(strain: float, reduced_time: float, step: float) -> float:
    """Return the permanent strain that a step of reduced time adds at this strain."""
    return strain * (exp(-sqrt(reduced_time)) - exp(-sqrt(reduced_time + step)))
