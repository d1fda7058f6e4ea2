"""The sections of a recipe that stand before its steps: parameters, limits, materials, monitors, what a hold does.

Each function reads one section into the model and reports what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from controller.recipe import units
from controller.recipe.limits import Limit, rate_unit, shown
from controller.recipe.model import HoldPolicy, Material, Monitor, Parameter
from controller.recipe.problems import did_you_mean
from controller.recipe.quantities import QuantityError, parse, read
from controller.recipe.reader import Fields, Report, expression_at
from controller.recipe.verb import ToolFacts

HOLD_S_MAX = 600.0  # a hold that nobody ends is a loss of knowledge after ten minutes, whatever the recipe says
POLICIES = ("freeze", "retreat", "complete_first")
ALLOW = ("redo", "skip")
ACTIONS = ("warn", "hold", "abort")
_WATCH_FORMS = {"below": "<", "above": ">", "within": "within", "in": "in"}


def read_parameters(report: Report, data: Any, overrides: Mapping[str, str]) -> dict[str, Parameter]:
    """Read `parameters`, put the values of `overrides` in, and make all known to the report as `$name`."""
    section = Fields(report, data, ("parameters",))
    for name in overrides:
        if name not in section:
            hint = did_you_mean(name, section)
            report.add_set("R153", f'there is no parameter "{name}" to set', name, hint)
    parameters = {name: _parameter(report, section, name, overrides.get(name)) for name in section}
    report.parameters = {name: parameter.text for name, parameter in parameters.items()}
    return parameters


def _parameter(report: Report, section: Fields, name: str, override: str | None) -> Parameter:
    path = section.at(name)
    fields = Fields(report, section.data[name], path, ("default", "min", "max", "who", "title"), ("default",))
    default, unit = fields.any_quantity("default") if "default" in fields else (0.0, "")
    low, high = fields.quantity("min", unit), fields.quantity("max", unit)
    if low is not None and high is not None and low > high:
        report.add("R122", f"{name}: min is above max", fields.at("min"), "exchange the two")
        low = high = None
    who = fields.choice("who", ("operator", "engineer", "host"), "engineer") if "who" in fields else "engineer"
    parameter = Parameter(name, str(fields.data.get("default", "")), default, default, low, high, unit, who)
    breach = Limit(unit, low, high).breach(default)
    if breach:
        hint = "change the default, or the bound"
        report.add("R122", f"{name}: the default is outside its bounds: {breach}", fields.path, hint)
    return parameter if override is None else _overridden(report, parameter, override)


def _overridden(report: Report, p: Parameter, text: str) -> Parameter:
    try:
        value = parse(text, p.unit, what=p.name)
    except QuantityError as error:
        report.add_set(error.code, error.message, p.name, error.hint)
        return p
    breach = Limit(p.unit, p.min, p.max).breach(value)
    if breach:
        bounds = [shown(bound, p.unit) for bound in (p.min, p.max) if bound is not None]
        hint = f"the recipe allows {' to '.join(bounds)}"
        report.add_set("R122", f'{p.name}: the value "{text}" is outside its bounds: {breach}', p.name, hint)
    return Parameter(p.name, text.strip(), value, p.default, p.min, p.max, p.unit, p.who)


def read_limits(report: Report, data: Any, tool: ToolFacts) -> dict[str, Limit]:
    """Read `limits`; each may only be as tight as the tool's or tighter."""
    section = Fields(report, data, ("limits",))
    found = {}
    for name in section:
        if name not in tool.limits:
            hint = did_you_mean(name, tool.limits)
            report.add("R101", f'the tool has no limit for "{name}"', section.at(name), hint, at_key=True)
            continue
        found[name] = _limit(report, section, name, tool.limits[name])
    return found


def _limit(report: Report, section: Fields, name: str, tool: Limit) -> Limit:
    fields = Fields(report, section.data[name], section.at(name), ("min", "max", "rate"))
    rate = fields.quantity("rate", rate_unit(tool.unit), positive=True) if "rate" in fields else None
    limit = Limit(tool.unit, fields.quantity("min", tool.unit), fields.quantity("max", tool.unit), rate)
    bounds = ((limit.low, tool.low, "min", -1.0), (limit.high, tool.high, "max", 1.0), (rate, tool.rate, "rate", 1.0))
    for own, given, key, sign in bounds:
        if own is not None and given is not None and sign * own > sign * given + 1e-9 * abs(given):
            unit = tool.rate_unit if key == "rate" else tool.unit
            message = f"{name} {key} {shown(own, unit)} is looser than the tool's {shown(given, unit)}"
            report.add("R121", message, fields.at(key), "tighten it; looser limits belong into the tool file")
    if limit.low is not None and limit.high is not None and limit.low > limit.high:
        report.add("R117", f"{name}: min is above max", fields.at("min"), "exchange the two")
    return limit


def read_materials(report: Report, data: Any) -> dict[str, Material]:
    """Read `materials`."""
    section = Fields(report, data, ("materials",))
    return {name: _material(report, section, name) for name in section}


def _material(report: Report, section: Fields, name: str) -> Material:
    fields = Fields(report, section.data[name], section.at(name), ("type", "scan", "pot_life", "need"), ("type",))
    need, unit = fields.any_quantity("need") if "need" in fields else (None, "")
    pot_life_s = fields.quantity("pot_life", "s", positive=True)
    return Material(name, fields.text("type"), fields.name("scan"), pot_life_s, need, unit)


def read_monitors(report: Report, data: Any, tag_units: Mapping[str, str]) -> tuple[Monitor, ...]:
    """Read `monitors`: a condition in one text, or a watched value with one of below, above, within, in."""
    section = Fields(report, data, ("monitors",))
    found = (_monitor(report, section, name, tag_units) for name in section)
    return tuple(monitor for monitor in found if monitor is not None)


def _monitor(report: Report, section: Fields, name: str, tag_units: Mapping[str, str]) -> Monitor | None:
    known = ("watch", *_WATCH_FORMS, "for", "else", "from", "until")
    fields = Fields(report, section.data[name], section.at(name), known, ("watch", "else"))
    forms = [key for key in _WATCH_FORMS if key in fields]
    if "watch" not in fields:
        return None
    text = str(fields.data["watch"])
    if len(forms) > 1:
        report.add("R107", f"monitor {name} has {' and '.join(forms)}", fields.path, "one monitor, one bound")
    for key in forms[:1]:
        text = f"{text} {_WATCH_FORMS[key]} {fields.data[key]}"
    healthy = expression_at(report, text, fields.at("watch"), tag_units, "condition")
    action = fields.choice("else", ACTIONS, "abort") if "else" in fields else "abort"
    for_s = fields.duration("for")
    if healthy is None:
        return None
    until = fields.text("until") or None
    kind = cast(Literal["warn", "hold", "abort"], action)
    return Monitor(name, text, healthy, for_s, kind, fields.text("from") or None, until)


def read_hold(report: Report, data: Any, path: tuple[str | int, ...], base: HoldPolicy | None) -> HoldPolicy:
    """Read `on_hold`; what a step leaves out is as in `base`, the recipe's."""
    fields = Fields(report, data, path, ("policy", "max", "then", "allow", "note"))
    policy = base.policy if base else "freeze"
    allow = _allowed(report, fields) if "allow" in fields else base.allow if base else frozenset()
    max_s = base.max_s if base else HOLD_S_MAX
    if "policy" in fields:
        policy = cast(Literal["freeze", "retreat", "complete_first"], fields.choice("policy", POLICIES, policy))
    elif base is None and isinstance(data, dict):
        report.add("R106", '"policy" is missing', path, f"one of {', '.join(POLICIES)}", at_key=True)
    if "max" in fields:
        max_s = fields.quantity("max", "s", positive=True) or max_s
    elif base is None:
        report.add("R130", 'on_hold has no "max"; a step could be held for ever', path, "add max: 5 min", at_key=True)
    if "max" in fields and max_s > HOLD_S_MAX:
        report.add("R130", f"a hold of {max_s:g} s is longer than the tool allows", fields.at("max"), "at most 10 min")
    if fields.text("then", "abort") != "abort":
        report.add("R107", '"then" of a hold can only be abort', fields.at("then"), "a hold that nobody ends aborts")
    return HoldPolicy(policy, max_s, allow)


def _allowed(report: Report, fields: Fields) -> frozenset[str]:
    given = fields.data["allow"]
    words = given if isinstance(given, list) else [given]
    for word in words:
        if word not in ALLOW:
            report.add("R107", f'"{word}" cannot be allowed', fields.at("allow"), f"a list of {', '.join(ALLOW)}")
    return frozenset(word for word in words if word in ALLOW)


def unit_is_listed(report: Report, fields: Fields, key: str) -> str:
    """Read a unit; "" when absent or unknown."""
    unit = fields.text(key)
    if unit in units.KIND_OF:
        return unit
    try:
        read(f"1 {unit}")
    except QuantityError as error:
        report.refuse(error, fields.at(key))
    return ""
