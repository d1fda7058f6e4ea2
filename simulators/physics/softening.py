"""Softening of filled rubber after its first stretch (Mullins effect), in Ogden and Roxburgh's form.

Pure functions. The memory is the greatest energy per volume that the rubber has stored so far; unloading and loading
again below it is softer, loading beyond it is as if new. Source: Ogden-Roxburgh as solvers document it (sourced;
constants chosen).
"""

from __future__ import annotations

from math import erf


def remaining_share(energy: float, peak: float, share: float, offset: float, beta: float = 0.1) -> float:
    """Return the share of the stress of the new material that is left at an energy below the peak so far.

    Energies in J/m3; `share` is the greatest loss (Ogden and Roxburgh's 1/r), `offset` (m) an energy too.
    """
    if energy >= peak:
        return 1.0
    return 1.0 - share * erf((peak - energy) / (offset + beta * peak))
