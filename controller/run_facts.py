"""What a record says about its run besides events and samples: everything needed to read it without this machine."""

from __future__ import annotations

import platform
import sqlite3
from dataclasses import asdict
from typing import Any

from controller import wall
from controller.recipe.model import Recipe
from controller.sequence.plots import plot_groups, springback_curve
from controller.station import Station
from springback import __version__


def facts_of_run(recipe: Recipe, station: Station) -> dict[str, Any]:
    """Recipe and configuration as they were read, what wrote the record, when, and what its report draws."""
    plots = plot_groups(recipe)
    curve = springback_curve(plots)
    return {
        "start_utc": wall.utc_text(),
        "title": recipe.title,
        "part_kind": recipe.intended_for.get("part", ""),
        "recipe_text": recipe.text,
        "materials": {name: asdict(material) for name, material in recipe.materials.items()},
        "parameters": {name: parameter.text for name, parameter in recipe.parameters.items()},
        **station.texts,
        "versions": {
            "springback": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "system": f"{platform.system()} {platform.release()}",
        },
        "plots": [asdict(plot) for plot in plots],
        "against": asdict(curve) if curve else None,
    }
