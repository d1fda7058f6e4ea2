"""`springback model`: one model of the simulated plant by itself, without a recipe and without a controller."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from controller.cli.boundary import show
from controller.cli.exits import CommandError, Exit
from controller.cli.plant_values import plant_value, spaced
from controller.cli.plot_file import Panel, check_plot, draw
from controller.cli.show import plot_columns, table
from controller.cli.simulated import PARAMETERS
from controller.cli.simulated.models import MODELS, Model, Outcome, Setting, run_model
from controller.recipe.problems import did_you_mean
from controller.recipe.quantities import QuantityError, parse
from controller.record.text import number

SCHEMA = "springback.model/1"


def show_models(*, as_json: bool) -> int:
    """List the models with what may be set."""
    if as_json:
        models = {name: {"doc": m.doc, "settings": [s._asdict() for s in m.settings]} for name, m in MODELS.items()}
        show(json.dumps({"schema": SCHEMA, "models": models}))
        return Exit.PASSED
    parts = [_listed(name, model) for name, model in MODELS.items()]
    show("\n\n".join([*parts, "springback model NAME --set SETTING=VALUE [--plot FILE]"]))
    return Exit.PASSED


def try_model(name: str, given: Mapping[str, str], plot: Path | None, *, as_json: bool) -> int:
    """Run one model with its defaults and what was given; CommandError for a name, setting or value that is none."""
    model = _model(name)
    settings, parameters = _values(model, name, given)
    if plot is not None:
        check_plot(plot)
    try:
        outcome = run_model(model, settings, parameters)
    except (ArithmeticError, ValueError) as error:
        text = f"the model {name} has no answer for these values ({error}); stay nearer to the defaults"
        raise CommandError(text, Exit.USAGE) from None
    if plot is not None:
        draw(plot, [Panel(f"{c.title}, {c.unit}", {"": (outcome.x.values, c.values)}) for c in outcome.columns],
             f"{outcome.x.title}, {outcome.x.unit}")  # fmt: skip
    show(_json(name, settings, parameters, outcome) if as_json else _text(name, model, settings, outcome, plot))
    return Exit.PASSED


def _model(name: str) -> Model:
    if name in MODELS:
        return MODELS[name]
    raise CommandError(f'there is no model "{name}"; {did_you_mean(name, MODELS)}', Exit.USAGE)


def _values(model: Model, name: str, given: Mapping[str, str]) -> tuple[dict[str, float], dict[str, float]]:
    """Settings of the model, and changes of plant parameters that it depends on."""
    settings = {setting.name: setting for setting in model.settings}
    readable = [p for p in PARAMETERS if p.partition(".")[0] in model.reads]
    values, changes = {setting.name: setting.default for setting in model.settings}, {}
    for key, text in given.items():
        try:
            if key in settings:
                values[key] = _bounded(settings[key], parse(spaced(text), settings[key].unit, what=key))
            elif key in readable:
                changes[key] = plant_value(key, PARAMETERS[key].unit, spaced(text), PARAMETERS[key].value)
            else:
                hint = did_you_mean(key, settings if "." not in key else readable)
                raise CommandError(f'the model {name} has no setting "{key}"; {hint}', Exit.USAGE)
        except QuantityError as error:
            raise CommandError(f"--set {key}: {error.message}. {error.hint}".rstrip(". "), Exit.USAGE) from None
    return values, changes


def _bounded(setting: Setting, value: float) -> float:
    if setting.low <= value <= setting.high:
        return value
    span = f"{setting.low:g} .. {setting.high:g} {setting.unit}".rstrip()
    raise CommandError(f"--set {setting.name}: {value:g} {setting.unit} is not in {span}", Exit.USAGE)


def _listed(name: str, model: Model) -> str:
    rows = [(f"  {s.name}", f"{s.default:g} {s.unit}", f"{s.low:g} .. {s.high:g}", s.meaning) for s in model.settings]
    groups = ", ".join(f"{group}.*" for group in model.reads)
    head = f"{name}: {model.doc}\n  and plant parameters {groups}"
    return f"{head}\n{table(['  setting', 'default', 'range', ''], rows)}"


def _text(name: str, model: Model, settings: Mapping[str, float], outcome: Outcome, plot: Path | None) -> str:
    units = {setting.name: setting.unit for setting in model.settings}
    said = ", ".join(f"{key} {value:g} {units[key]}".rstrip() for key, value in settings.items())
    rows = [(r.name, f"{number(r.value)} {r.unit}".rstrip(), r.meaning) for r in outcome.results]
    curves = [f"picture  {plot}"] if plot is not None else [plot_columns(outcome.x, outcome.columns)]
    return "\n".join([f"SIMULATED  {name}: {said}", *curves, table(["RESULT", "value", ""], rows)])


def _json(name: str, settings: Mapping[str, float], parameters: Mapping[str, float], outcome: Outcome) -> str:
    columns: Sequence[Any] = [outcome.x, *outcome.columns]
    found = {
        "schema": SCHEMA,
        "simulated": True,
        "model": name,
        "settings": dict(settings),
        "parameters": dict(parameters),
        "results": [{**r._asdict(), "value": r.value if r.value == r.value else None} for r in outcome.results],
        "columns": [column._asdict() for column in columns],
    }
    return json.dumps(found, allow_nan=False)
