"""Where the recipe goes after a step: on, back for a counted repeat, forward, or into a hold or abort."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.recipe.model import Action, Recipe, Step
from controller.record.events import Event, Note


class Record(Protocol):
    """Where decisions are noted."""

    def event(self, event: Event) -> None: ...


@dataclass(frozen=True, slots=True)
class Branch:
    """The step that is next, and what happens before it: `action` is go_on, hold or abort, `why` says what failed."""

    index: int
    action: str
    why: str


class Branches:
    """Counts the repeats of one run."""

    def __init__(self, recipe: Recipe, record: Record, repeats: Mapping[str, int] | None = None) -> None:
        """`repeats` by step, of a run that is taken up."""
        self._recipe, self._record = recipe, record
        self.repeats = dict(repeats or {})

    def after(self, index: int, failed: Sequence[str]) -> Branch:
        """What follows the step at `index`, whose measurements `failed` ("<name> high", "<name> low" or "<name>")."""
        following = self._recipe.after(index)
        if not failed:
            return Branch(following, "go_on", "")
        step, what = self._recipe.steps[index], ", ".join(failed)
        why = f"{what} is outside its limits"
        action = self._action(step, failed)
        if action.kind == "repeat":
            turn = self.repeats[step.name] = self.repeats.get(step.name, 0) + 1
            self._note(f"{what}: repeats {action.step} ({turn} of {action.limit})")
            return Branch(self._recipe.index(action.step), "go_on", why)
        self._note(f"{what}: {action.kind.replace('_', ' ')} {action.step}".rstrip())
        if action.kind == "go_to":
            return Branch(self._recipe.index(action.step), "go_on", why)
        return Branch(following, action.kind, why)

    def _action(self, step: Step, failed: Sequence[str]) -> Action:
        """What the recipe says about these failures; a repeat whose limit is used up is as if it were not written."""
        for key in (*(key for name in failed for key in (name, name.rpartition(" ")[0])), "else"):
            action = step.on_fail.get(key)
            if action is None:
                continue
            if action.kind != "repeat" or self.repeats.get(step.name, 0) < action.limit:
                return action
            self._note(f"{key}: was repeated {action.limit} times, as often as allowed")
        return Action("go_on")

    def _note(self, text: str) -> None:
        self._record.event(Note(text, "branch"))
