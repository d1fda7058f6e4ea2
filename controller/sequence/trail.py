"""How far an interrupted run came, from its journal alone: each step not started, in doubt or done, and where it stood.

The journal is ahead of the wire: an order that is not in it never went out, so a step without an order has not begun,
and an order without an outcome is in doubt. Nothing here decides what may be done about it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from controller.recipe.model import END, Recipe, Step
from controller.record.events import Event, Intent, Measured, Outcome, PhaseChanged, Recorded, Resumed
from controller.sequence.branch import Branches
from controller.sequence.step import failure
from controller.sequence.verb import Verb

LAMPS = frozenset({"line_plc.operator_call", "line_plc.tower"})  # they tell people something and move nothing


class Known(StrEnum):
    """What is known of a step."""

    NOT_STARTED = "not started"
    IN_DOUBT = "in doubt"
    DONE = "done"


@dataclass(slots=True)
class Trail:
    """What a journal says of a run and of those that it took up itself."""

    known: dict[str, Known]  # by step, in the order of the recipe
    at: int = 0  # index of the first step that is not done; behind the last one when all are
    turns: Counter[str] = field(default_factory=Counter)
    repeats: dict[str, int] = field(default_factory=dict)
    results: list[Measured] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    open_orders: list[Intent] = field(default_factory=list)  # without an outcome
    started: bool = False  # a step has begun

    @property
    def done(self) -> list[str]:
        """The steps that are done."""
        return [step for step, known in self.known.items() if known is Known.DONE]

    @property
    def ended(self) -> bool:
        """True when every step was done, and only the end of the run is missing."""
        return self.at >= len(self.known)


def follow(recipe: Recipe, events: Iterable[Event]) -> Trail:
    """Follow the events of a run of this recipe, in their order."""
    return _Follower(recipe).follow(events)


class _Nowhere:
    """Decisions of the old run are in its own record."""

    def event(self, event: Event) -> None:
        """Forget."""


class _Follower:
    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._trail = Trail({step.name: Known.NOT_STARTED for step in recipe.steps})
        self._branches = Branches(recipe, _Nowhere())
        self._orders: dict[int, Intent] = {}
        self._failed: list[str] = []
        self._at_work = ""

    def follow(self, events: Iterable[Event]) -> Trail:
        trail = self._trail
        for event in events:
            self._take(event)
        trail.repeats = self._branches.repeats
        trail.open_orders = [order for order in self._orders.values() if order.output not in LAMPS]
        return trail

    def _take(self, event: Event) -> None:
        trail = self._trail
        match event:
            case Intent():
                self._orders[event.id] = event
                if self._at_work and event.output not in LAMPS and not event.safe:
                    trail.known[self._at_work] = Known.IN_DOUBT
            case Outcome():
                self._orders.pop(event.id, None)
            case PhaseChanged():
                self._phase(event)
            case Measured():
                trail.results.append(event)
                if event.ok is False and event.step == self._at_work:
                    self._failed.append(failure(self._recipe.steps[trail.at].measure[event.name], event.value))
            case Recorded():
                trail.recorded.append(event)
            case Resumed():
                self._resumed(event)

    def _phase(self, event: PhaseChanged) -> None:
        trail = self._trail
        if event.old == "IDLE":
            trail.started = True
            trail.at, self._failed = event.index, []
            trail.turns[event.step] = event.turn
            self._at_work = event.step
            waits = _begins_with_an_order(self._recipe.steps[event.index])
            trail.known[event.step] = Known.NOT_STARTED if waits else Known.IN_DOUBT
        elif event.new == "COMPLETE":
            self._at_work = ""
            trail.known[event.step] = Known.DONE
            trail.at = self._branches.after(event.index, self._failed).index

    def _resumed(self, event: Resumed) -> None:
        trail = self._trail
        trail.at, trail.turns = event.index, Counter(event.turns)
        self._branches.repeats = dict(event.repeats)
        for step in event.done:
            trail.known[step] = Known.DONE


def _begins_with_an_order(step: Step) -> bool:
    """Nothing of such a step has happened before its first order; a dwell or a measurement begins by itself."""
    if step.verbs:
        return all(isinstance(verb, Verb) and verb.effects(params) for verb, params in step.verbs)
    return bool(step.asks) and step.wait is None and not step.dwell_s and not step.measure


def step_name(recipe: Recipe, index: int) -> str:
    """The name of a step, or `end` behind the last one."""
    return recipe.steps[index].name if index < len(recipe.steps) else END
