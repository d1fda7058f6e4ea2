"""Faults of the press: door, clamp, air, leaks, valves, pump. Defaults show clearly at 400 kPa; sources CHOSEN."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulators.faults.kind import FaultKind, level, scale, switch

if TYPE_CHECKING:
    from simulators.plant import Plant

_SAG = 0.8  # share of the supply pressure that is left
_ULTIMATE = 10.0  # times the ultimate pressure of a worn pump


def _sag(plant: Plant, seconds: float) -> None:
    press = plant.press
    before = press.supply
    press.supply = _SAG * before
    plant.after(seconds, partial(setattr, press, "supply", before))


def _wear_pump(plant: Plant, share: float) -> None:
    plant.press.inner.pump_speed *= share
    plant.press.inner.ultimate *= _ULTIMATE


FAULTS: dict[str, FaultKind] = {
    "press.door": FaultKind("the door switch opens: someone forces the door", switch("press.door_forced"), "open"),
    "press.clamp": FaultKind(
        "the clamp holds with this share of its force: the door seal leaks above some pressure",
        scale("press.clamp_area"), "weak", "", 0.3, 0.0, 1.0,
    ),
    "press.supply": FaultKind(
        "the compressed air sinks to this absolute pressure", level("press.supply"), "low", "Pa", 350e3, 101_325.0, 1e6
    ),
    "press.sag": FaultKind(
        "the compressed air sags by a fifth for so many seconds", _sag, "", "s", 5.0, 0.01, 86_400.0
    ),
    "press.leak": FaultKind("the outer chamber leaks", level("press.c_leak"), "", "m3/(s Pa)", 5e-9, 1e-16, 1e-6),
    "press.crack": FaultKind(
        "the wafer cracks, or the inner seal: the outer chamber leaks into the inner one",
        level("press.c_crack"), "", "m3/(s Pa)", 5e-11, 1e-16, 1e-7,
    ),
    "press.fill_valve": FaultKind(
        "the booster's inlet valve sticks where it is",
        lambda plant, _: plant.press.loop.fill.limit_rate(0.0), "stuck",
    ),
    "press.fill_stiction": FaultKind(
        "the booster's inlet valve moves in jerks: stickband plus deadband, share of the travel",
        lambda plant, share: plant.press.loop.fill.stick(share), "", "", 0.03, 0.001, 0.5,
    ),
    "press.vent_valve": FaultKind(
        "the booster's vent valve moves no faster than this; 0 is frozen",
        lambda plant, per_s: plant.press.loop.vent.limit_rate(per_s), "slow", "1/s", 0.02, 0.0, 10.0,
    ),
    "press.inner_vent": FaultKind("the inner vent stays shut", switch("press.inner.vent_stuck"), "stuck"),
    "press.inner_port": FaultKind(
        "the port of the inner chamber is blocked: no vent, no bleed, no vacuum",
        switch("press.inner.blocked"), "blocked",
    ),
    "press.pump": FaultKind(
        "the vacuum pump is worn: this share of its speed, ten times its ultimate pressure",
        _wear_pump, "worn", "", 0.5, 0.01, 1.0,
    ),
    "press.vacuum_line": FaultKind(
        "the vacuum line clogs to this conductance",
        level("press.inner.line_conductance"), "clogged", "m3/s", 5e-4, 1e-7, 1e-2,
    ),
    "press.trapped": FaultKind(
        "a trapped volume bleeds into the inner chamber: a virtual leak of this conductance",
        level("press.inner.c_trapped"), "", "m3/s", 1e-7, 1e-10, 1e-3,
    ),
}  # fmt: skip
