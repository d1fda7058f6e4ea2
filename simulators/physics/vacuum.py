"""Vacuum: what a pump moves through a line, and the gas that comes from walls and trapped volumes.

Pure functions in SI units; pressures absolute, gas loads in Pa m3/s. The chamber that they act on is the press's
business.

Sources: series of conductances, power law of outgassing (textbook); exact exchange of two volumes through a constant
conductance (textbook).
"""

from __future__ import annotations

from math import expm1

HOUR_S = 3600.0


def effective_speed(pump_m3_s: float, line_m3_s: float) -> float:
    """Return the speed that is left of a pump behind a line of this conductance."""
    return pump_m3_s * line_m3_s / (pump_m3_s + line_m3_s)


def outgassing(load_after_1_h: float, seconds: float, exponent: float) -> float:
    """Return the gas load of the walls so many seconds after they came under vacuum; constant in the first second."""
    return load_after_1_h * float((HOUR_S / max(seconds, 1.0)) ** exponent)


def trapped_step(
    chamber_Pa: float, trapped_Pa: float, volume_m3: float, conductance_m3_s: float, dt_s: float
) -> tuple[float, float]:
    """Return (mean gas load on the chamber, new pressure in the trapped volume) for a chamber at constant pressure.

    A virtual leak: it fades as the trapped volume empties into the chamber.
    """
    left = (trapped_Pa - chamber_Pa) * -expm1(-conductance_m3_s * dt_s / volume_m3)
    return left * volume_m3 / dt_s, trapped_Pa - left
