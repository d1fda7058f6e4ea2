"""Short variants of the shipped recipes: the same steps, verbs and moves, without the long waits and the heat.

A cover has to be hard before it is ground, so it is of an epoxy that cures in a minute at a temperature soon reached.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

QUICK = Path(__file__).with_name("quick.yaml")  # that epoxy; a scenario
WARM, HARD = 30, 45  # degC: above the room, so that there is a ramp; where the quick epoxy cures
DWELL, CURES = "2 s", "50 s"
LEAVE = "5 um"
SETTLES = ("settle", "cure")  # parameters that are lengths of dwells


def shorten(recipe: Path, folder: Path) -> Path:
    """Write the short variant of a recipe into a folder, under its own name."""
    data: dict[str, Any] = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    for name in SETTLES:
        if name in data.get("parameters", {}):
            data["parameters"][name] |= {"default": DWELL, "min": DWELL}
    data["monitors"] = {name: m for name, m in data.get("monitors", {}).items() if "degC" not in str(m)}
    ground = any("grind" in step for step in data["steps"])
    for step in data["steps"]:
        _shorten(step, HARD if ground else WARM)
    path = folder / recipe.name
    path.write_text(yaml.safe_dump(data, sort_keys=False, width=1000), encoding="utf-8")
    return path


def _shorten(step: dict[str, Any], hot_degC: int) -> None:
    if "dwell" in step.get("then", {}):
        step["then"]["dwell"] = CURES if step["name"] == "Cure" and hot_degC == HARD else DWELL
    if "heat" in step:
        to = hot_degC - 4 if step["name"] == "Heat" else hot_degC  # the rest is approached slowly
        step["heat"]["to"] = f"{to} degC"
    if "leave" in step.get("grind", {}):
        step["grind"]["leave"] = LEAVE  # for the fine feed
    if "cure" in step:
        step["cure"] |= {"half": "2 s", "at": "25 degC"}
    if "degC" in str(step.get("wait", "")):
        step["wait"]["until"] = f"mold.temperature in {hot_degC - 3} degC .. {hot_degC + 3} degC"
