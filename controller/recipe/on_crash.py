"""Reading `on_crash`: how a run that was killed in, or before, this step may go on, and the verbs that prepare it.

A crash leaves a tool without pressure, heat and motion, and a part that was let go. What is safe then only the recipe
knows; where it says nothing, a step goes on only if doing it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from controller.recipe.model import CrashMove, Step
from controller.recipe.reader import Fields, Report
from controller.recipe.verb import VerbSpec

if TYPE_CHECKING:
    from controller.recipe.params import Params

MOVES = ("redo", "continue", "rework", "scrap")

ReadFix = Callable[[Fields], tuple[tuple[VerbSpec, "Params"], ...]]


def read_on_crash(report: Report, step: Fields, read_fix: ReadFix) -> tuple[CrashMove, ...] | None:
    """Read `on_crash` of a step: redo, continue, scrap, or moves with {from: STEP, fix: {verb: settings}}."""
    if "on_crash" not in step:
        return None
    data, path = step.data["on_crash"], step.at("on_crash")
    if data == "scrap":
        return ()
    if data in ("redo", "continue"):
        return (CrashMove(data),)
    if not isinstance(data, dict):
        hint = "redo, continue, scrap, or {rework: {from: STEP}}"
        report.add("R107", f'"{str(data)[:80]}" is no way to go on after a crash', path, hint)
        return ()
    section = Fields(report, data, path, MOVES[:-1])
    return tuple(_move(report, section, kind, read_fix) for kind in MOVES[:-1] if kind in section)


def _move(report: Report, section: Fields, kind: str, read_fix: ReadFix) -> CrashMove:
    own = ("from", "fix") if kind == "rework" else ("fix",)
    data: Any = section.data[kind]
    fields = Fields(report, {} if data is None else data, section.at(kind), own, own[:-1])
    fix = read_fix(fields) if "fix" in fields else ()
    return CrashMove(kind, fields.text("from") if kind == "rework" else "", fix)


def moves_after_crash(step: Step) -> tuple[CrashMove, ...]:
    """The moves that a step allows; what it does not say follows from what it does."""
    if step.on_crash is not None:
        return step.on_crash
    at_rest = step.wait is None and not step.dwell_s and not any(m.tag for m in step.measure.values())
    if at_rest and all(verb.repeatable for verb, _ in step.verbs):
        return (CrashMove("redo"),)
    return ()
