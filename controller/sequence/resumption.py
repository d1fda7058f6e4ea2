"""An interrupted run, what is known of it, and the move that was chosen: all that the run needs which takes it up."""

from __future__ import annotations

from dataclasses import dataclass

from controller.recipe.model import Recipe
from controller.record.events import Resumed
from controller.sequence.carried import Carried, take_up
from controller.sequence.offers import Offer
from controller.sequence.start import Start
from controller.sequence.trail import Known, Trail
from controller.sequence.verb import Tool


@dataclass(frozen=True, slots=True)
class Resumption:
    """`by` is who chose the move."""

    trail: Trail
    carried: Carried
    offer: Offer
    by: str

    @property
    def start(self) -> Start:
        """Where the sequencer begins."""
        return Start(self.offer.index, self.offer.fix, self.trail.turns, self.trail.repeats)

    def begin(self, tool: Tool, recipe: Recipe) -> None:
        """Record what is taken up, and give it to the tool."""
        trail, offer = self.trail, self.offer
        doubt = [step for step, known in trail.known.items() if known is Known.IN_DOUBT]
        done = [step for step in trail.done if recipe.index(step) < offer.index]
        tool.guard.record.event(
            Resumed(
                self.carried.run, offer.move, offer.step, offer.index, self.by, round(self.carried.outage_s, 1),
                done, dict(trail.turns), dict(trail.repeats), doubt,
            )
        )  # fmt: skip
        take_up(tool, trail, self.carried)
