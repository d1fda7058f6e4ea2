"""The limits in force, read by the monitor itself from the text of the tool file and of the recipe: the tighter wins.

Knows only the units that limits are written in; it checks nothing, because a wrong file is somebody else's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

_FACTORS = {"K/min": 1.0 / 60.0, "min": 60.0, "h": 3600.0, "mm": 1e3, "mm/s": 1e3}


@dataclass(frozen=True, slots=True)
class Limits:
    """Highest value and rate by tag, in the unit of the tool file (rates per second); what the recipe says besides."""

    highest: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    mass_cap_g: float | None = None
    pot_life_s: float | None = None
    measured: Mapping[str, tuple[str, float]] = field(default_factory=dict)  # result -> tag, seconds averaged
    hold_s: float = 0.0  # the longest hold that any step allows


def read_limits(tool_text: str, recipe_text: str) -> Limits:
    """Return what two files say together."""
    tool, recipe = yaml.safe_load(tool_text), yaml.safe_load(recipe_text)
    highest: dict[str, float] = {}
    rates: dict[str, float] = {}
    for limits in (tool["limits"], recipe.get("limits", {})):
        for tag, limit in limits.items():
            for found, key in ((highest, "max"), (rates, "rate")):
                if key in limit:
                    found[tag] = min(_number(limit[key]), found.get(tag, float("inf")))
    steps: list[dict[str, Any]] = recipe["steps"]
    materials = [step["material"] for step in steps if "material" in step]
    holds = [recipe["on_hold"], *(step["on_hold"] for step in steps if "on_hold" in step)]
    return Limits(
        highest,
        rates,
        mass_cap_g=_number(materials[-1]["cap"]) if materials else None,
        pot_life_s=_number(materials[-1]["pot_life"]) if materials else None,
        measured={
            name: (origin["tag"], _number(origin.get("over", 0.0)))
            for step in steps
            for name, origin in step.get("measure", {}).items()
            if "tag" in origin
        },
        hold_s=max(_number(hold["max"]) for hold in holds if "max" in hold),
    )


def _number(written: Any) -> float:
    number, _, unit = str(written).partition(" ")
    return float(number) * _FACTORS.get(unit.strip(), 1.0)
