"""What a step's verb is: parameters with units, a check without hardware, `run` on the modules, and its way to hold.

A verb's `run` may be called again after a hold: it moves to a state and keeps what must not be repeated in `memory`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from controller.equipment.dispenser import MoldDispenser
from controller.equipment.grinder import Grinder
from controller.equipment.line import LineModule
from controller.equipment.press import Press
from controller.guard.scan import Guard
from controller.recipe.model import Recipe
from controller.recipe.verb import CheckContext, Finding
from controller.record.events import Measured
from controller.sequence.effects import Effect

if TYPE_CHECKING:
    from controller.recipe.params import Params


@dataclass(slots=True)
class Tool:
    """The modules a step may ask, and what the run has measured so far."""

    guard: Guard
    line: LineModule
    press: Press
    dispenser: MoldDispenser
    grinder: Grinder
    pot_life_s: float = 0.0
    part: int = 0  # id of the part of this run, 0 until it was seen
    lot: str = ""  # the material lot that was scanned last
    opened_s: Mapping[str, float] = field(default_factory=dict)  # lots of earlier runs: since when, on the loop's clock
    judged: list[Measured] = field(default_factory=list)  # results of this run


class Verb(ABC):
    """One verb of the recipe language. Instances hold no state; a step's progress is in its memory."""

    name: ClassVar[str]
    module: ClassVar[str]
    params: ClassVar[type[Params]]
    repeatable: ClassVar[bool] = False  # done twice the tool stands, and the part is, as after once
    works_material: ClassVar[bool] = False  # what it does needs a lot within its pot life, if one was taken into use
    shows: ClassVar[tuple[str, ...]] = ()  # tags worth plotting in a step with this verb

    def uses(self, params: Any) -> str:
        """The module that this use of the verb acts on; the guard watches it."""
        return self.module

    def shows_for(self, params: Any) -> tuple[str, ...]:
        """Tags worth plotting for this use of the verb."""
        return self.shows

    def check(self, params: Any, context: CheckContext) -> Iterable[Finding]:
        """Problems that can be seen without hardware."""
        return ()

    @abstractmethod
    def effects(self, params: Any) -> Sequence[Effect]:
        """What `run` needs, asks for and leaves behind, for `springback prove`."""

    @abstractmethod
    async def run(self, tool: Tool, params: Any, memory: dict[str, Any]) -> None:
        """Act; returns when the tags say reached. Raises NotReached, OrderRefused or an InstrumentError."""

    async def hold(self, tool: Tool, params: Any) -> None:  # noqa: B027 - standing still is what most verbs want
        """Go to where this verb may stand during a hold; standing still is the default."""


def modules_of(recipe: Recipe) -> frozenset[str]:
    """The modules that a recipe acts on; the guard watches them."""
    return frozenset(
        verb.uses(params) for step in recipe.steps for verb, params in step.all_verbs if isinstance(verb, Verb)
    )
