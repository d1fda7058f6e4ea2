"""One infeed grinding cycle of a cured cover: coarse, fine, spark-out, and the bumps that show at the end."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.inspection import inspect
from simulators.models.kind import Column, Model, Outcome, Result, Setting, thinned
from simulators.models.rig import Rig
from simulators.parameters import Parameters
from simulators.plant import Plant

_CURED = 0.97
_AIR_UM = 5.0  # cut through air before the touch
_MOST_S = 3600.0


def _height(plant: Plant) -> float:
    """Height of the part's top above the chip face."""
    part = plant.grinder.part
    return part.top_um - part.chip_um if part else 0.0


def run_grind(settings: Mapping[str, float], parameters: Parameters) -> Outcome:
    """Feed the stage to where a stiff machine would leave the height asked for, then let the deflection grind out."""
    s = settings
    rig = Rig(parameters, {
        "height": _height,
        "force": lambda plant: plant.grinder.force_N,
        "power": lambda plant: plant.grinder.spindle.load_W,
    })  # fmt: skip
    part = rig.put("grinder")
    part.cover.height_um, part.cover.degree = s["cover"], _CURED
    rig.drive(wheel_down=1.0, coolant=1.0, chuck_vacuum=1.0, chuck_motor=1.0, spindle_contactor=1.0, z_home=1.0)
    rig.run(1.0)
    rig.drive(spindle_reference=s["speed"], spindle_run=1.0)
    rig.run_until(lambda plant: not plant.grinder.stage.moving and not plant.grinder.spindle.moving, 60.0)
    rig.drive(z_speed=5000.0, z_target=part.top_um + _AIR_UM)
    rig.run(1.0)
    rig.run_until(lambda plant: not plant.grinder.stage.moving, 60.0)
    rig.start()
    for feed, leave in ((s["coarse"], s["leave"]), (s["fine"], 0.0)):
        rig.drive(z_speed=feed, z_target=part.chip_um + s["height"] + leave)
        rig.run(0.2)
        rig.run_until(lambda plant: not plant.grinder.stage.moving, _MOST_S)
    fed_at = len(rig.times_s) - 1
    rig.run(s["spark_out"])
    height, force, power = (rig.columns[name] for name in ("height", "force", "power"))
    exposed, unit = inspect(part, 1, parameters)["exposed_fraction"]
    results = [
        Result("force", max(force), "N", "highest"),
        Result("power", max(power), "W", "highest, without idling"),
        Result("before spark-out", height[fed_at], "um", "above the chip face"),
        Result("height", height[-1], "um", "above the chip face"),
        Result("left", height[-1] - s["height"], "um", "what deflection and wear of the wheel leave"),
        Result("exposed", exposed, unit, "of the bumps, as inspected"),
    ]
    columns = [
        Column("Height above the chip face", "um", thinned(height)),
        Column("Force", "N", thinned(force)),
        Column("Power", "W", thinned(power)),
    ]
    return Outcome(results, Column("time", "s", thinned(rig.times_s)), columns)


GRIND = Model(
    "infeed grinding of a well-cured cover with a compliant machine",
    (
        Setting("cover", 70.0, "um", 40.0, 200.0, "cover above the chip face before"),
        Setting("height", 25.0, "um", 5.0, 100.0, "asked for above the chip face"),
        Setting("coarse", 3.0, "um/s", 0.1, 10.0, "feed"),
        Setting("leave", 15.0, "um", 0.0, 60.0, "for the fine feed"),
        Setting("fine", 0.3, "um/s", 0.05, 5.0, "feed"),
        Setting("spark_out", 5.0, "s", 0.0, 60.0, "without feed"),
        Setting("speed", 3000.0, "rpm", 500.0, 4500.0, "of the wheel"),
    ),
    ("grind", "wheel", "spindle"),
    run_grind,
)
