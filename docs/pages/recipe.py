"""Pages for who writes recipes: the verbs, the units, the rules that a file must keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from controller.recipe import units
from controller.recipe.problems import RULES
from controller.recipe.quantities import Quantity
from controller.sequence.steps import VERBS
from controller.sequence.verb import Verb
from docs.pages.markdown import doc, page, table


def verbs() -> str:
    """One section per verb with its settings."""
    parts = [
        "# Verbs",
        "A step may use several verbs; they start together, and the step goes on when all are done. Settings without a"
        " default are required.",
    ]
    return page(parts + [_verb(verb) for verb in VERBS.values()])


def _verb(verb: Verb) -> str:
    rows = [_setting(name, field) for name, field in verb.params.model_fields.items()]
    owner = "by its setting" if type(verb).uses is not Verb.uses else verb.module
    again = " May be repeated." if verb.repeatable else ""
    lines = [f"## {verb.name}", doc(verb), f"Module: {owner}.{again} {doc(verb.params)}"]
    if rows:
        lines.append(table(("setting", "value", "default"), rows))
    return "\n\n".join(lines)


def _setting(name: str, field: Any) -> tuple[str, str, str]:
    default = "" if field.is_required() else "none" if field.default is None else f"{field.default:g}"
    return f"`{name}`", _value_of(field), default


def _value_of(field: Any) -> str:
    for mark in field.metadata:
        if isinstance(mark, Quantity):
            return f"{units.noun(mark.unit)}, as in `1 {mark.unit}`"
    choices = [choice for choice in _choices(field.annotation) if choice is not None]
    if choices:
        return " or ".join(f"`{choice}`" for choice in choices)
    if field.annotation is int:
        low, high = (next(getattr(m, bound) for m in field.metadata if hasattr(m, bound)) for bound in ("ge", "le"))
        return f"whole number, {low} to {high}"
    if field.annotation is str:
        return "name of an earlier result"
    raise TypeError(f"docs.pages cannot describe a setting of type {field.annotation}")


def _choices(annotation: Any) -> Iterator[object]:
    for arg in get_args(annotation):
        if get_origin(arg) is not None:
            yield from _choices(arg)
        elif arg is not type(None):
            yield arg


def unit_list() -> str:
    """The closed list of units."""
    rows = [
        (kind.noun, f"`{kind.canonical}`" if kind.canonical else "none", ", ".join(f"`{u}`" for u in kind.units if u))
        for kind in units.KINDS
    ]
    differences = ", ".join(f"`{point}` and `{unit}`" for point, unit in units.DIFFERENCE_OF.items())
    return page([
        "# Units",
        "A quantity is one number, one space, one unit: `400 kPa`. Units come from this closed list and are"
        " case-sensitive; prefixes that are not listed do not exist.",
        table(("kind", "kept in", "units"), rows),
        f"A point and a difference are different kinds ({differences}): temperatures are in degC and differ by K,"
        " pressures are relative to the atmosphere unless they say `abs`.",
    ])  # fmt: skip


def error_codes() -> str:
    """The rules that a file must keep."""
    return page([
        "# Error codes of files",
        "`springback check` and every start name the rule that a file breaks, with file, line and column."
        " R133, R134 and R135 are warnings, all others refuse the file (exit code 3).",
        table(("code", "rule"), [(code, rule) for code, rule in RULES.items()]),
    ])  # fmt: skip
