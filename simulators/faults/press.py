"""Faults of the press: door, air, leaks, valves."""

from __future__ import annotations

from simulators.faults.kind import FaultKind, level, switch

FAULTS: dict[str, FaultKind] = {
    "press.door": FaultKind("the door switch opens: someone forces the door", switch("press.door_forced"), "open"),
    "press.supply": FaultKind(
        "the compressed air sinks to this absolute pressure", level("press.supply"), "low", "Pa", 350e3, 101_325.0, 1e6
    ),
    "press.leak": FaultKind("the outer chamber leaks", level("press.c_leak"), "", "m3/(s Pa)", 5e-9, 1e-16, 1e-6),
    "press.inner_vent": FaultKind("the inner vent stays shut", switch("press.inner.vent_stuck"), "stuck"),
}
