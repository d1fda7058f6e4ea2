"""A control valve between its command and its opening, both 0..1.

Pure functions, in the order in which a valve applies them: dead time, rate limit, stiction, lag, characteristic.

Sources: two-parameter stiction in the form with one comparison that He and others gave in 2007 (textbook); exact mean
opening of a first-order lag over a step (textbook); equal percentage (textbook).
"""

from __future__ import annotations

from math import log, log1p


def delayed(pending: list[float], command: float, ticks: int) -> float:
    """Return the mean command that arrives within so many ticks, and queue the new one behind those on their way.

    `pending` holds one command per tick of dead time, oldest first; it is changed.
    """
    dead = len(pending)
    arriving = min(dead, ticks)
    mean = (sum(pending[:arriving]) + (ticks - arriving) * command) / ticks
    pending[:] = pending[arriving:] + [command] * arriving
    return mean


def rate_limited(position: float, command: float, most: float) -> float:
    """Return the command, but no further than `most` from the position."""
    return min(position + most, max(position - most, command))


def stuck_stem(stem: float, command: float, band: float, jump: float) -> float:
    """Return where a sticking stem stands: it waits until the command has gone away, then slips.

    `band` S is the command's travel on reversal during which nothing moves, `jump` J <= S is how far it slips.
    """
    off = command - stem
    if abs(off) <= (band + jump) / 2.0:
        return stem
    behind = (band - jump) / 2.0
    return command - behind if off > 0.0 else command + behind


def mean_opening(opening: float, command: float, weight: float) -> float:
    """Return the exact mean opening of a first-order valve over a step.

    `weight` is (1 - exp(-dt/tau)) tau/dt, computed once per step length.
    """
    return command + (opening - command) * weight


def equal_percentage(opening: float, rangeability: float) -> float:
    """Return the share of the full conductance, in the form that goes through zero: (R^x - 1)/(R - 1)."""
    return float((rangeability**opening - 1.0) / (rangeability - 1.0))


def opening_for(share: float, rangeability: float) -> float:
    """Return the opening that gives a share of the full conductance: the inverse of `equal_percentage`."""
    return log1p(share * (rangeability - 1.0)) / log(rangeability)
