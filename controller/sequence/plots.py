"""Which curves a run's report shows: the overview, and for each step what its verbs move."""

from __future__ import annotations

from controller.recipe.model import Recipe
from controller.record.plots import Against, PlotGroup
from controller.sequence.verb import Verb

SETPOINTS = {
    "press.pressure": "press.setpoint",
    "press.platen": "press.platen_setpoint",
    "mold.temperature": "mold.setpoint",
    "grinder.thickness": "grinder.target",
}
TITLES = {
    "press.pressure": "Outer pressure",
    "press.vacuum": "Inner pressure",
    "press.gap": "Gap",
    "press.platen": "Platen",
    "mold.temperature": "Mold",
    "grinder.thickness": "Thickness",
    "grinder.power": "Spindle power",
    "grinder.spindle": "Spindle",
    "dispenser.mass_out": "Mass dispensed",
}


def plot_groups(recipe: Recipe) -> list[PlotGroup]:
    """One group per tag that some step's verbs show, with the names of those steps."""
    steps: dict[str, list[str]] = {}
    for step in recipe.steps:
        for verb, params in step.verbs:
            for tag in verb.shows_for(params) if isinstance(verb, Verb) else ():
                names = steps.setdefault(tag, [])
                if step.name not in names:
                    names.append(step.name)
    return [PlotGroup(TITLES[tag], tag, SETPOINTS.get(tag), steps=tuple(names)) for tag, names in steps.items()]


def springback_curve(plots: list[PlotGroup]) -> Against | None:
    """The gap against the pressure over all steps that move the pressure, where a recipe shows both."""
    shown = {plot.actual: plot for plot in plots}
    if not {"press.pressure", "press.gap"} <= set(shown):
        return None
    return Against("Springback curve", "press.pressure", "press.gap", shown["press.pressure"].steps)
