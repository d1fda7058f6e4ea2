"""Reading `on_error`: what a step does about each class of fault, and the verbs that put it right before a retry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.recipe.model import ErrorAction
from controller.recipe.params import Params
from controller.recipe.reader import Fields, Report
from controller.recipe.verb import VerbSpec

FAULTS = ("refused", "timeout", "answer", "lost")
RETRIES_MAX = 5

ReadVerb = Callable[[str, Fields], tuple[VerbSpec, Params | None]]
Fix = tuple[tuple[VerbSpec, Params], ...]


def read_fix(report: Report, fields: Fields, read_verb: ReadVerb, verbs: Any) -> Fix:
    """Read `fix` of an action: verbs with their settings, in their order."""
    fix = Fields(report, fields.data["fix"], fields.at("fix"), tuple(verbs))
    read = [read_verb(name, fix) for name in fix if name in verbs]
    return tuple((verb, params) for verb, params in read if params is not None)


def read_on_error(report: Report, step: Fields, read_verb: ReadVerb, verbs: Any) -> dict[str, ErrorAction]:
    """Read `on_error` of a step: fault class -> hold, abort or {retry: 2, fix: {verb: settings}}."""
    if "on_error" not in step:
        return {}
    section = Fields(report, step.data["on_error"], step.at("on_error"), FAULTS)
    return {fault: _action(report, section, fault, read_verb, verbs) for fault in section if fault in FAULTS}


def _action(report: Report, section: Fields, fault: str, read_verb: ReadVerb, verbs: Any) -> ErrorAction:
    data, path = section.data[fault], section.at(fault)
    if data == "abort":
        return ErrorAction("abort")
    if data == "hold":
        if fault == "lost":
            hint = "abort, or {retry: 1}"
            report.add("R107", "a step whose order was lost cannot stand: nobody knows what holds", path, hint)
        return ErrorAction("hold")
    if isinstance(data, str):
        report.add("R107", f'"{data[:80]}" is no action', path, "hold, abort or {retry: 2}")
        return ErrorAction("hold")
    fields = Fields(report, data, path, ("retry", "fix"), ("retry",))
    limit = fields.integer("retry", 1, 1, RETRIES_MAX)
    return ErrorAction("retry", limit, read_fix(report, fields, read_verb, verbs) if "fix" in fields else ())
