"""The press with a default part between its platens, and the pads alone under a load that is simply there."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from simulators.models.kind import Column, Model, Outcome, Result, Setting, thinned
from simulators.models.rig import Rig
from simulators.parameters import Parameters
from simulators.stack import Stack
from simulators.workpiece import new_part

_CLOSE_S = 3.0
_TICKS = 10
_TICK_S = 0.01


def _heights(free_um: float, gap: list[float], end_of_release: int) -> list[Result]:
    """What both models come down to; `end_of_release` is an index into the gap."""
    speed = max((b - a) / (_TICKS * _TICK_S) for a, b in pairwise(gap))
    return [
        Result("free height", free_um, "um", "gap before the load"),
        Result("compressed", min(gap), "um", "smallest gap"),
        Result("released", gap[end_of_release], "um", "gap when the load is gone"),
        Result("recovered", gap[-1], "um", "gap at the end"),
        Result("height ratio", 100.0 * gap[-1] / free_um, "%", "gap at the end by that before"),
        Result("fastest rise", speed, "um/s", "of the gap"),
    ]


def run_press(settings: Mapping[str, float], parameters: Parameters) -> Outcome:
    """Pressurise, hold and release through the booster and its loop; the chamber's own dynamics are in it."""
    s = settings
    rig = Rig(parameters, {
        "outer": lambda plant: plant.press.gauge_Pa / 1e3,
        "gap": lambda plant: plant.press.part.gap_um if plant.press.part else 0.0,
    })  # fmt: skip
    rig.put("press")
    rig.drive(door_lock=1.0, clamp=1.0, dump_shut=1.0)
    rig.run(_CLOSE_S)
    free_um = rig.columns["gap"][-1]
    rig.start()
    rig.run(1.0)
    rig.drive(pressure_target=s["pressure"], pressure_rate=s["rate"], pressure_control=1.0)
    rig.run(s["pressure"] / s["rate"] + s["hold"])
    held_at = len(rig.times_s) - 1
    rig.drive(pressure_rate=s["release"], pressure_target=0.0)
    rig.run(s["pressure"] / s["release"])
    released_at = len(rig.times_s) - 1
    rig.run(s["after"])
    outer, gap = rig.columns["outer"], rig.columns["gap"]
    results = [
        Result("overshoot", max(outer) - s["pressure"], "kPa", "beyond the pressure asked for"),
        Result("error at the end of the hold", outer[held_at] - s["pressure"], "kPa", ""),
        Result("left when the ramp has ended", outer[released_at], "kPa", "the vent is slower than the ramp"),
        *_heights(free_um, gap, released_at),
    ]
    columns = [Column("Outer pressure", "kPa", thinned(outer)), Column("Gap", "um", thinned(gap))]
    return Outcome(results, Column("time", "s", thinned(rig.times_s)), columns)


def run_pad(settings: Mapping[str, float], parameters: Parameters) -> Outcome:
    """Load, hold and unload pads along a straight ramp, at one temperature."""
    s = settings
    part, stack = new_part(1001, "WLP-200", 1), Stack(parameters)
    up_s, hold_s, down_s = s["pressure"] / s["rate"], s["hold"], s["pressure"] / s["release"]
    times_s, load, gap = [0.0], [0.0], [part.gap_um]
    dt_s, around_Pa = _TICKS * _TICK_S, parameters["ambient.pressure"]
    for i in range(1, round((up_s + hold_s + down_s + s["after"]) / dt_s) + 1):
        t_s = i * dt_s
        kPa = min(s["pressure"], t_s * s["rate"], max(0.0, s["pressure"] - (t_s - up_s - hold_s) * s["release"]))
        stack.press(part, _TICKS, kPa * 1e3, s["temperature"], around_Pa)
        if i % 10 == 0:
            stack.age(part, 1.0, s["temperature"], around_Pa)
        times_s.append(t_s)
        load.append(kPa)
        gap.append(part.gap_um)
    results = [
        *_heights(gap[0], gap, round((up_s + hold_s + down_s) / dt_s)),
        Result("set", 100.0 * part.pad.set_strain, "%", "of the free height, lasting"),
    ]
    columns = [Column("Load", "kPa", thinned(load)), Column("Gap", "um", thinned(gap))]
    return Outcome(results, Column("time", "s", thinned(times_s)), columns)


_LOADING = (
    Setting("pressure", 400.0, "kPa", 20.0, 550.0, "outer pressure, gauge"),
    Setting("rate", 50.0, "kPa/s", 1.0, 60.0, "on the way up"),
    Setting("hold", 60.0, "s", 0.0, 3600.0, "at the pressure"),
    Setting("release", 10.0, "kPa/s", 0.5, 500.0, "on the way down"),
    Setting("after", 60.0, "s", 0.0, 3600.0, "recovery after the release"),
)

PRESS = Model(
    "outer chamber, booster and its loop, with a part between the platens at room temperature",
    _LOADING, ("press", "pad"), run_press,
)  # fmt: skip
PAD = Model(
    "pads under a load that follows its ramp exactly",
    (*_LOADING, Setting("temperature", 120.0, "degC", 10.0, 190.0, "of the pads")), ("pad",), run_pad,
)  # fmt: skip
