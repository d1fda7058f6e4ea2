"""Short variants of the shipped recipes: the same steps, verbs and moves, without the long waits and the heat."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

WARM = "30 degC"  # above the room, so that there is a ramp
DWELL = "2 s"
SETTLES = ("settle", "cure")  # parameters that are lengths of dwells


def shorten(recipe: Path, folder: Path) -> Path:
    """Write the short variant of a recipe into a folder, under its own name."""
    data: dict[str, Any] = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    if any("grind" in step for step in data["steps"]):  # uncured it could not be ground: as it is
        return Path(shutil.copy(recipe, folder / recipe.name))
    for name in SETTLES:
        if name in data.get("parameters", {}):
            data["parameters"][name] |= {"default": DWELL, "min": DWELL}
    data["monitors"] = {name: m for name, m in data.get("monitors", {}).items() if "degC" not in str(m)}
    for step in data["steps"]:
        _shorten(step)
    path = folder / recipe.name
    path.write_text(yaml.safe_dump(data, sort_keys=False, width=1000), encoding="utf-8")
    return path


def _shorten(step: dict[str, Any]) -> None:
    if "dwell" in step.get("then", {}):
        step["then"]["dwell"] = DWELL
    if "heat" in step:
        step["heat"]["to"] = WARM
    if "cure" in step:
        step["cure"] |= {"half": "2 s", "at": "25 degC"}
    if "degC" in str(step.get("wait", "")):
        step["wait"]["until"] = "mold.temperature in 27 degC .. 33 degC"
