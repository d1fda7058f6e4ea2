"""Where a falling function of one variable crosses zero; for balances that no formula solves.

Pure; no physics here. Source: a growing bracket, then false position in the Illinois form (textbook).
"""

from __future__ import annotations

from collections.abc import Callable

_FIRST_STEP = 1e-4
_NEAR = 1e-9


def falling_root(excess: Callable[[float], float], guess: float, low: float, high: float) -> float:
    """Return x in low..high where a falling `excess` is zero; an end if it has one sign throughout."""
    a = min(high, max(low, guess))
    at_a = excess(a)
    b, at_b, step = a, at_a, _FIRST_STEP if at_a > 0.0 else -_FIRST_STEP
    while at_a * at_b > 0.0:
        a, at_a = b, at_b
        b = min(high, max(low, b + step))
        if b == a:
            return a
        at_b, step = excess(b), 8.0 * step
    while abs(b - a) > _NEAR and at_b != 0.0:
        x = b - at_b * (b - a) / (at_b - at_a)
        at_x = excess(x)
        if at_x * at_b < 0.0:
            a, at_a = b, at_b
        else:
            at_a *= 0.5
        b, at_b = x, at_x
    return b
