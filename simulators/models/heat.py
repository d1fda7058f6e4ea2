"""The platen under its temperature loop, and the cure of the mold epoxy at one temperature."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.epoxy import Epoxy
from simulators.models.kind import Column, Model, Outcome, Result, Setting, first_at, thinned
from simulators.models.rig import Rig
from simulators.parameters import Parameters

_WITHIN_K = 1.0
_LOOK_S = 5.0  # how often a ramp's setpoint goes out


def run_heat(settings: Mapping[str, float], parameters: Parameters) -> Outcome:
    """Ramp the platen's setpoint as a controller does, then stay."""
    s = settings
    rig = Rig(parameters, {
        "platen": lambda plant: plant.platen.body,
        "stack": lambda plant: plant.platen.load,
        "output": lambda plant: plant.platen.output,
    })  # fmt: skip
    rig.start()
    ambient = parameters["ambient.temperature"]
    rig.drive(platen_contactor=1.0)
    for i in range(round(s["time"] / _LOOK_S)):
        rig.drive(platen_setpoint=min(s["to"], ambient + s["rate"] / 60.0 * i * _LOOK_S))
        rig.run(_LOOK_S)
    platen, stack, output = (rig.columns[name] for name in ("platen", "stack", "output"))
    power = parameters["platen.power"] * output[-1] / 100.0
    results = [
        Result("reached", first_at(rig.times_s, platen, s["to"] - _WITHIN_K), "s", "within 1 K"),
        Result("overshoot", max(platen) - s["to"], "K", "of the platen"),
        Result("power to hold", power, "W", "at the end"),
        Result("drop to the stack", platen[-1] - stack[-1], "K", "at the end"),
    ]
    columns = [
        Column("Platen", "degC", thinned(platen)),
        Column("Stack", "degC", thinned(stack)),
        Column("Output", "%", thinned(output)),
    ]
    return Outcome(results, Column("time", "s", thinned(rig.times_s)), columns)


def run_cure(settings: Mapping[str, float], parameters: Parameters) -> Outcome:
    """Cure at one temperature from the beginning on."""
    epoxy = Epoxy(parameters)
    times_s, degree = [0.0], [0.0]
    for second in range(1, round(settings["time"]) + 1):
        times_s.append(float(second))
        degree.append(epoxy.cured(degree[-1], settings["temperature"], 1.0))
    glass = [epoxy.glass_transition(value) for value in degree]
    results = [
        Result("degree of cure", 100.0 * degree[-1], "%", "at the end"),
        Result("gel", first_at(times_s, degree, epoxy.gel), "s", "time to the gel point"),
        Result("90 % cured", first_at(times_s, degree, 0.9), "s", ""),
        Result("glass transition", glass[-1], "degC", "at the end"),
    ]
    columns = [
        Column("Degree of cure", "%", [100.0 * value for value in thinned(degree)]),
        Column("Glass transition", "degC", thinned(glass)),
    ]
    return Outcome(results, Column("time", "s", thinned(times_s)), columns)


HEAT = Model(
    "platen, carrier and wafer under the temperature controller",
    (
        Setting("to", 120.0, "degC", 30.0, 190.0, "setpoint"),
        Setting("rate", 8.0, "K/min", 0.5, 60.0, "of the setpoint"),
        Setting("time", 1200.0, "s", 60.0, 7200.0, "length of the run"),
    ),
    ("platen", "heater"),
    run_heat,
)
CURE = Model(
    "cure of the mold epoxy at one temperature",
    (
        Setting("temperature", 150.0, "degC", 60.0, 190.0, ""),
        Setting("time", 600.0, "s", 10.0, 14400.0, "length of the run"),
    ),
    ("epoxy",),
    run_cure,
)
