"""Shots of mold epoxy into the recess of the mold tool, over the default part."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.models.kind import Column, Model, Outcome, Result, Setting, thinned
from simulators.models.rig import Rig
from simulators.parameters import Parameters

_BETWEEN_S = 2.0


def run_dispense(settings: Mapping[str, float], parameters: Parameters) -> Outcome:
    """Air on, needle down, the shots, then a pause."""
    s = settings
    rig = Rig(parameters, {
        "barrel": lambda plant: plant.dispenser.barrel_Pa / 1e3,
        "volume": lambda plant: plant.mold.part.cover.volume_uL if plant.mold.part else 0.0,
        "cover": lambda plant: plant.mold.part.cover.height_um if plant.mold.part else 0.0,
    })  # fmt: skip
    rig.put("mold")
    rig.drive(dispenser_air=1.0, dispense_pressure=s["pressure"], needle_down=1.0)
    rig.run(_BETWEEN_S)
    rig.start()
    volumes = []
    for _ in range(round(s["shots"])):
        before = rig.columns["volume"][-1] if rig.times_s else 0.0
        rig.drive(dispense_shot=s["time"])
        rig.run(s["time"] + _BETWEEN_S)
        volumes.append(rig.columns["volume"][-1] - before)
    volume, cover = rig.columns["volume"], rig.columns["cover"]
    results = [
        Result("first shot", volumes[0], "uL", "the barrel's air has to be filled"),
        Result("last shot", volumes[-1], "uL", ""),
        Result("volume", volume[-1], "uL", "in the recess"),
        Result("mass", volume[-1] * 1e-6 * parameters["epoxy.density"], "g", "in the recess"),
        Result("cover", cover[-1], "um", "above the chip face when it has levelled"),
    ]
    columns = [
        Column("Barrel", "kPa", thinned(rig.columns["barrel"])),
        Column("Volume", "uL", thinned(volume)),
        Column("Cover", "um", thinned(cover)),
    ]
    return Outcome(results, Column("time", "s", thinned(rig.times_s)), columns)


DISPENSE = Model(
    "time-pressure dispenser: shots into the recess of the mold tool",
    (
        Setting("pressure", 300.0, "kPa", 50.0, 600.0, "of the barrel's air"),
        Setting("time", 8.0, "s", 0.1, 9.9, "of each shot"),
        Setting("shots", 4.0, "", 1.0, 50.0, "how many"),
    ),
    ("needle", "barrel", "epoxy", "recess"),
    run_dispense,
)
