"""What may be done with an interrupted run: the moves that its recipe declares safe, and why one is not offered now.

Whatever is chosen, nothing goes on by itself: a person confirms a new job.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.recipe.model import END, Recipe
from controller.recipe.on_crash import moves_after_crash
from controller.record.events import SCRAP
from controller.sequence.carried import Carried
from controller.sequence.prompts import Prompt
from controller.sequence.step import Fix
from controller.sequence.trail import Known, Trail, step_name
from controller.sequence.verb import Verb

MOVE = Prompt("resume.move", "resume", "How shall it go on?", "text")
CONFIRM = Prompt(
    "resume.confirm", "resume", "What comes next energises the tool. Everybody clear, the part as it was?", "confirm"
)
OF_RESUME = (MOVE, CONFIRM)


@dataclass(frozen=True, slots=True)
class Offer:
    """One move: the step at which it begins and its index, the verbs before it; `why_not` when it is refused now."""

    move: str
    step: str
    index: int
    fix: Fix = ()
    why_not: str = ""


def offers(recipe: Recipe, trail: Trail, carried: Carried, present: dict[str, int] | None) -> list[Offer]:
    """All moves of the step at which the run stood, scrapping the part last.

    `present` says which part lies where now; None when nobody has looked.
    """
    found = [
        Offer(move, step_name(recipe, index), index, fix, _why_not(recipe, trail, carried, present, index))
        for move, index, fix in _declared(recipe, trail)
    ]
    return [*found, Offer(SCRAP, END, len(recipe.steps))]


def _declared(recipe: Recipe, trail: Trail) -> list[tuple[str, int, Fix]]:
    if trail.ended:
        return [("continue", trail.at, ())]
    step = recipe.steps[trail.at]
    fresh = trail.known[step.name] is not Known.IN_DOUBT
    found: list[tuple[str, int, Fix]] = []
    for move in moves_after_crash(step):
        if move.kind == "rework":
            found.append((move.kind, recipe.index(move.step), move.fix))
        elif fresh:  # nothing of it has been done: there is nothing to redo
            found.append(("continue", trail.at, move.fix))
        elif move.kind == "redo":
            found.append((move.kind, trail.at, move.fix))
    return list({move: (move, index, fix) for move, index, fix in found}.values())


def _why_not(recipe: Recipe, trail: Trail, carried: Carried, present: dict[str, int] | None, index: int) -> str:
    expired = _expired(recipe, carried, index)
    if expired or present is None:
        return expired
    # Only this one: a call is in the journal before its lamp is lit. None behind the last step.
    stood = recipe.steps[trail.at : trail.at + 1]
    carries = any(verb.name == "carry" for step in stood for verb, _ in step.verbs)
    for place, part in present.items():
        before = carried.places.get(place, 0)
        if part and carried.part and part != carried.part:
            return f"part {part} lies in the {place}, this run is about part {carried.part}; swap them"
        if part != before and not carries:
            was = f"part {before} lay" if before else "nothing lay"
            return f"{was} in the {place} then, now {f'part {part}' if part else 'nothing'} does; put it as it was"
    return ""


def _expired(recipe: Recipe, carried: Carried, index: int) -> str:
    """Why the material is too old for what is left to do from a step on, or nothing."""
    left_s = carried.pot_life_left_s
    if left_s is None or left_s > 0.0:
        return ""
    worked = next((step.name for step in recipe.steps[index:] if _works_material(step.verbs)), "")
    if not worked:
        return ""
    return f"the pot life of its lot ended {-left_s / 60.0:.0f} min ago, and {worked} still works with it"


def _works_material(verbs: Sequence[tuple[object, object]]) -> bool:
    return any(isinstance(verb, Verb) and verb.works_material for verb, _ in verbs)
