"""The verbs of the recipe language, one family per file. To add one: write the class, put it into the table below."""

from __future__ import annotations

from controller.sequence.steps.carry import Carry, Open, Secure
from controller.sequence.steps.cover import Air, Calibrate, Dispense, Material, Weigh
from controller.sequence.steps.grind import Grind, Home, SparkOut, Spindle, WheelRest
from controller.sequence.steps.heat import Cool, Cure, Heat
from controller.sequence.steps.press import Atmosphere, PressTo, Vacuum
from controller.sequence.verb import Verb

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Carry(),
        Secure(),
        Open(),
        PressTo(),
        Vacuum(),
        Atmosphere(),
        Heat(),
        Cool(),
        Cure(),
        Material(),
        Calibrate(),
        Dispense(),
        Air(),
        Weigh(),
        Home(),
        Spindle(),
        Grind(),
        SparkOut(),
        WheelRest(),
    )
}
