"""Random short recipes that `check` accepts: blocks of steps for press, grinder and mold, with settings drawn.

The settings are those of the verbs' own models, in their units; the ranges here are narrower than the tool's limits, so
that a recipe takes a minute or two. One in four has a step left out: then the gate has to refuse what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

import yaml

from controller.recipe.loader import load
from controller.recipe.problems import RecipeError
from controller.recipe.quantities import Quantity
from controller.recipe.verb import ToolFacts
from controller.sequence.steps import VERBS
from controller.sequence.verb import modules_of

# verb -> setting -> lowest and highest, in the unit of the verb's model
DRAWN: dict[str, dict[str, tuple[float, float]]] = {
    "press": {"to": (20.0, 220.0), "rate": (20.0, 60.0)},
    "vacuum": {"to": (70.0, 95.0), "rate": (4.0, 10.0), "within": (60.0, 60.0)},
    "atmosphere": {"rate": (4.0, 10.0)},
    "heat": {"to": (26.0, 28.5), "rate": (6.0, 8.0)},
    "cool": {"below": (30.0, 40.0), "within": (30.0, 30.0)},
    "cure": {
        "to": (20.0, 60.0), "half": (5.0, 15.0), "at": (25.0, 28.0), "doubling": (8.0, 15.0), "within": (60.0, 60.0),
    },
    "carry": {"within": (20.0, 40.0)},
    "material": {"pot_life": (3600.0, 28_800.0), "cap": (4.0, 7.6)},
    "calibrate": {"pressure": (250.0, 300.0), "time": (0.5, 1.0)},
    "dispense": {"pressure": (200.0, 300.0), "time": (0.5, 2.0), "shots": (1, 3)},
    "air": {"pressure": (100.0, 300.0)},
    "weigh": {"within": (5.0, 5.0)},
    "spindle": {"speed": (500.0, 1500.0)},
    "grind": {"to": (8.0, 14.0), "feed": (1.0, 5.0)},
    "spark_out": {"time": (1.0, 3.0)},
    "secure": {}, "open": {}, "home": {}, "wheel_rest": {},
}  # fmt: skip
MUTATED = 0.25
# What a process engineer measures of a healthy tool and a good part, by step; healthy values are those of this line.
CHECK_SHOT = {"pressure": "300 kPa", "time": "1 s"}
RATE = {"tag": "dispenser.rate", "accept": "0.205 g/s .. 0.212 g/s"}
JUDGED: dict[str, dict[str, Any]] = {
    "Check in": {"cold": {"tag": "mold.temperature", "over": "1 s", "accept": "23 degC .. 27 degC"}},
    "Calibrate": {"rate": RATE},
    "Check shot": {"rate_after": RATE},
    "Demold": {"voids": {"inspect": "void_index", "unit": "%", "accept": "max 0.5 %"}},
    "Close": {"platen_cold": {"tag": "press.platen", "over": "1 s", "accept": "23 degC .. 27 degC"}},
    "Recover": {"gap": {"tag": "press.gap", "over": "1 s", "accept": "147 um .. 150 um"}},
    "Unload": {
        "lifted": {"inspect": "lifted_bonds", "unit": "", "accept": "max 10"},
        "cracked": {"inspect": "cracked_leads", "unit": "", "accept": "max 0"},
        "strain": {"inspect": "lead_strain_max", "unit": "%", "accept": "max 9.5 %"},
    },
    "Hold part": {"incoming": {"tag": "grinder.thickness", "over": "1 s", "accept": "722 um .. 728 um"}},
    "Gauge": {
        "ground": {"tag": "grinder.thickness", "over": "1 s", "accept": "722 um .. 728 um"},
        "change": {"value": "ground - incoming", "unit": "um", "accept": "-1 um .. 1 um"},
    },
    "Off the chuck": {"ttv": {"inspect": "ttv", "unit": "um", "accept": "max 2 um"}},
}
TRIES = 20

Step = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A recipe's name and text, about how long it takes without faults, and the modules it acts on."""

    name: str
    text: str
    about_s: float
    modules: frozenset[str]


def draw_recipe(seed: int, facts: ToolFacts, *, whole: bool = False) -> Drawn:
    """Return the recipe of a seed; the same one for the same seed. A `whole` one lacks no step."""
    draw = Random(f"{seed}:recipe")
    for _ in range(TRIES):
        name = f"campaign-{seed}"
        steps = _steps(draw, whole)
        text = yaml.safe_dump(_recipe(draw, name, steps), sort_keys=False, allow_unicode=True)
        try:
            recipe = load(text, VERBS, facts)
        except RecipeError:
            continue  # the step that was left out is one that a later one refers to
        return Drawn(name, text, 10.0 + 0.6 * sum(_about_s(step) for step in steps), modules_of(recipe))
    raise RuntimeError(f"no recipe for seed {seed}; correct the blocks in {__name__}")


def _recipe(draw: Random, name: str, steps: list[Step]) -> dict[str, Any]:
    policy = draw.choice(["freeze", "freeze", "complete_first"])
    return {
        "recipe": name,
        "version": 1,
        "title": "Drawn for a campaign",
        "for": {"tool": "packaging-line", "part": "WLP-200"},
        "limits": {"press.pressure": {"max": "260 kPa"}, "press.platen": {"max": "45 degC"}},
        "monitors": _monitors(draw, steps),
        "on_hold": {"policy": policy, "max": f"{draw.randrange(5, 20)} s"},
        "on_abort": draw.choice(["safe-release", "safe-dump"]),
        "steps": steps,
    }


def _monitors(draw: Random, steps: list[Step]) -> Step:
    """Watches over the tools that the steps use."""
    used = {verb for step in steps for verb in step}
    monitors: Step = {}
    if "press" in used:
        band = {"watch": "press.pressure_error", "in": "-15 kPa .. 15 kPa", "for": "3 s"}
        monitors["track"] = {**band, "else": draw.choice(["hold", "abort", "warn"])}
    if "spindle" in used:
        monitors["load"] = {"watch": "grinder.load", "below": "70 %", "for": "2 s", "else": "hold"}
    return monitors


def _steps(draw: Random, whole: bool) -> list[Step]:
    blocks: list[Callable[[Random], list[Step]]] = [_press, _grind, _cover]
    chosen = draw.sample(blocks, draw.choice([1, 1, 2]))
    if whole:
        chosen.sort(key=blocks.index)  # a covered part is not pressed, and not ground before it has cured
    steps = [step for block in chosen for step in block(draw)]
    if draw.random() < 0.4:
        steps.insert(0, {"name": "Air", "air": _settings(draw, "air")})
    if draw.random() < 0.4:
        steps.append({"name": "Weigh", "weigh": _settings(draw, "weigh")})
    if draw.random() < MUTATED and not whole:
        del steps[draw.randrange(len(steps))]
    return _judged(steps) if whole else steps


def _judged(steps: list[Step]) -> list[Step]:
    """Measure whatever tells of a healthy tool and a good part, as a process engineer would, and judge it."""
    judged: list[Step] = []
    for step in steps:
        judged.append(step)
        if step["name"] == "Calibrate":
            step["calibrate"] = dict(CHECK_SHOT)
        elif step["name"] == "Cover":  # what has changed since the calibration
            judged.append({"name": "Check shot", "calibrate": dict(CHECK_SHOT)})
    for step in judged:
        if measures := JUDGED.get(step["name"]):
            step["measure"] = {**step.get("measure", {}), **deepcopy(measures)}
            step.setdefault("on_fail", "go_on")
    return judged


def _press(draw: Random) -> list[Step]:
    steps = [_verb(draw, "Load", "carry", to="press"), _verb(draw, "Close", "secure", module="press")]
    if draw.random() < 0.3:
        steps.append(_verb(draw, "Warm platen", "heat", zone="platen"))
    vacuum = draw.random() < 0.3
    if vacuum:
        steps.append(_verb(draw, "Evacuate", "vacuum"))
    for level in range(1, draw.randint(1, 3) + 1):
        step = _verb(draw, f"Press {level}", "press")
        step["then"] = {"dwell": f"{draw.randint(1, 8)} s"}
        to_kPa = float(step["press"]["to"].split()[0])
        accept = f"{to_kPa - 3.0:.1f} kPa .. {to_kPa + 3.0:.1f} kPa"
        step["measure"] = {f"pressure{level}": {"tag": "press.pressure", "over": "0.5 s", "accept": accept}}
        step["on_fail"] = _on_fail(draw, f"pressure{level}", step["name"])
        steps.append(step)
    if vacuum:
        steps.append(_verb(draw, "Back to air", "atmosphere"))
    release = {"name": "Release", "press": {**_settings(draw, "press"), "to": "0 kPa"}}
    recover = {"name": "Recover", "then": {"dwell": "2 s"}, "on_fail": draw.choice(["go_on", "hold"])}
    recover["measure"] = {"gap": {"tag": "press.gap", "over": "1 s", "accept": "120 um .. 152 um"}}
    opened = _verb(draw, "Open press", "open", module="press")
    return [*steps, release, recover, opened, _verb(draw, "Unload", "carry", out_of="press")]


def _grind(draw: Random) -> list[Step]:
    gauged = {"until": "grinder.thickness > 600 um", "for": "1 s", "timeout": "20 s"}
    still = {"until": "grinder.standstill", "for": "1 s", "timeout": "20 s"}
    accept = "715 um .. 735 um"
    hold = {**_verb(draw, "Hold part", "secure", module="grinder"), "wait": gauged}
    hold["measure"] = {"incoming": {"tag": "grinder.thickness", "over": "1 s", "accept": accept}}
    hold["on_fail"] = draw.choice(["hold", "abort", "go_on"])
    steps = [_verb(draw, "Home", "home"), _verb(draw, "Onto the chuck", "carry", to="chuck"), hold]
    steps.append(_verb(draw, "Spindle", "spindle"))
    if draw.random() < 0.7:
        grind = _verb(draw, "Grind", "grind", above="incoming")
        steps.append({**grind, "on_hold": {"policy": "retreat", "max": "15 s"}})
    if draw.random() < 0.4:
        steps.append(_verb(draw, "Spark-out", "spark_out"))
    measured = {"ground": {"tag": "grinder.thickness", "over": "1 s", "accept": accept}}
    return [
        *steps,
        _verb(draw, "Wheel rest", "wheel_rest"),
        {"name": "Gauge", "wait": still, "measure": measured, "on_fail": "go_on"},
        _verb(draw, "Free", "open", module="grinder"),
        _verb(draw, "Off the chuck", "carry", out_of="chuck"),
    ]


def _cover(draw: Random) -> list[Step]:
    check_in = _verb(draw, "Check in", "material")
    check_in["scan"] = {"field": "syringe", "match": "EMC-7-[0-9]+", "default": "EMC-7-55812"}
    steps = [
        check_in,
        _verb(draw, "Into the mold", "carry", to="mold"),
        _verb(draw, "Calibrate", "calibrate"),
        _verb(draw, "Cover", "dispense"),
    ]
    if draw.random() < 0.4:
        steps.append(_verb(draw, "Warm mold", "heat", zone="mold"))
        steps.append(_verb(draw, "Cure cover", "cure", zone="mold"))
        steps.append(_verb(draw, "Cool mold", "cool", zone="mold"))
    return [*steps, _verb(draw, "Demold", "carry", out_of="mold", to="chuck")]


def _on_fail(draw: Random, measured: str, step: str) -> Any:
    if draw.random() < 0.3:
        return {f"{measured} low": {"repeat": step, "limit": 1}, "else": "go_on"}
    return draw.choice(["go_on", "hold", "abort"])


def _verb(draw: Random, name: str, verb: str, **fixed: str) -> Step:
    return {"name": name, verb: {**fixed, **_settings(draw, verb)}}


def _settings(draw: Random, verb: str) -> dict[str, Any]:
    """Draw every setting of a verb that is a number, and write it with the unit of the verb's model."""
    settings: dict[str, Any] = {}
    for name, (low, high) in DRAWN[verb].items():
        unit = next((m.unit for m in VERBS[verb].params.model_fields[name].metadata if isinstance(m, Quantity)), None)
        if unit is None:
            settings[name] = draw.randint(int(low), int(high))
        else:
            settings[name] = f"{draw.uniform(low, high):.1f} {unit}"
    return settings


def _about_s(step: Step) -> float:
    """Roughly how long a step takes, for placing faults."""
    verbs = {
        "carry": 4.0, "secure": 4.0, "heat": 25.0, "vacuum": 12.0, "atmosphere": 20.0, "press": 9.0, "home": 3.0,
        "spindle": 6.0, "grind": 35.0, "calibrate": 11.0, "dispense": 12.0, "wheel_rest": 15.0, "open": 2.0, "air": 3.0,
    }  # fmt: skip
    return sum(seconds for verb, seconds in verbs.items() if verb in step) + 2.0
