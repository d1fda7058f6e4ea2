"""The models of the twin that can be run by themselves, by name."""

from __future__ import annotations

from simulators.models.dispense import DISPENSE
from simulators.models.grind import GRIND
from simulators.models.heat import CURE, HEAT
from simulators.models.kind import Model
from simulators.models.leads import LEADS
from simulators.models.press import PAD, PRESS

MODELS: dict[str, Model] = {
    "press": PRESS,
    "heat": HEAT,
    "pad": PAD,
    "leads": LEADS,
    "cure": CURE,
    "grind": GRIND,
    "dispense": DISPENSE,
}
