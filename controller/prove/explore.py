"""Every way through a recipe, with the tool's state as spans: what the gate would refuse, what must be impossible.

Explores steps, branches of `on_fail` (a repeat as often as you like), and a hold in the middle of every step, after
which it is resumed, put right by `on_error`, or skipped where that is allowed. The conditions are those of
config/interlocks.yaml, the effects those declared beside the verbs; nothing is run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from controller.guard.interlocks import Interlock, Kind
from controller.prove.facts import AT_REST, HAZARDS
from controller.prove.spans import Spans, assume, joined, truth_of
from controller.recipe.expression_tree import Condition
from controller.recipe.expressions import parse
from controller.recipe.model import Recipe, Step
from controller.recipe.params import Params
from controller.recipe.verb import VerbSpec
from controller.sequence.effects import Effect, Span
from controller.sequence.verb import Verb

MOST_STATES = 20_000  # far more than a recipe of 200 steps has


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: in which step, what, on which way the step was reached, and what to do."""

    step: str
    text: str
    path: tuple[str, ...]
    fix: str


@dataclass(slots=True)
class Proof:
    """What was looked at and found."""

    steps: int
    states: int = 0
    holds: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing was found wrong."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the exploration is: the step that comes next, the tool's state, and how it came here."""

    index: int
    spans: dict[str, Span]
    path: tuple[str, ...]


class Prover:
    """Explores one recipe; `tag_units` are those of the tool."""

    def __init__(self, recipe: Recipe, interlocks: Sequence[Interlock], tag_units: Mapping[str, str]) -> None:
        self._recipe, self._units = recipe, tag_units
        self._gated: dict[str, list[Interlock]] = {}
        for interlock in interlocks:
            for action in interlock.gates if interlock.kind not in (Kind.TRIP, Kind.WARNING) else ():
                self._gated.setdefault(action, []).append(interlock)
        self._watched = [i for i in interlocks if i.kind not in (Kind.PERMISSIVE, Kind.WARNING)]
        self._conditions: dict[str, Condition] = {}
        self._proof = Proof(len(recipe.steps))
        self._told: set[tuple[str, str]] = set()

    def prove(self) -> Proof:
        """Explore everything that can be reached from a tool at rest."""
        reached: set[int] = set()
        seen: set[tuple[int, frozenset[tuple[str, Span]]]] = set()
        waiting = deque([_Place(0, dict(AT_REST), ())])
        while waiting:
            place = waiting.popleft()
            key = place.index, frozenset(place.spans.items())
            if place.index >= len(self._recipe.steps) or key in seen:
                continue
            if len(seen) >= MOST_STATES:
                raise RuntimeError(f"{self._recipe.name}: more than {MOST_STATES} states; split the recipe")
            seen.add(key)
            reached.add(place.index)
            waiting.extend(self._beyond(place))
        for step in self._recipe.steps:
            if step.index not in reached:
                self._tell(step, "it is never reached", (), "remove it, or let a step go to it")
        self._proof.states = len(seen)
        return self._proof

    # ------------------------------------------------------------------------------------------ one step
    def _beyond(self, place: _Place) -> Iterator[_Place]:
        """Where a step may lead, with and without a hold in the middle of it."""
        step = self._recipe.steps[place.index]
        path = (*place.path, step.name)
        self._bounded_hold(step, path)
        after = self._carried_out(step, place.spans, path)
        midst = joined(place.spans, after)
        ends = [after, self._carried_out(step, midst, (*path, "(held, resumed)"))]
        for action in step.on_error.values():
            if action.fix:
                fixed = self._verbs(step, action.fix, midst, (*path, "(put right)"))
                ends.append(self._carried_out(step, fixed, (*path, "(put right)")))
        if "skip" in self._recipe.hold_policy(step.index).allow:
            ends.append(midst)
        for spans in ends:
            for index, label in _ways(self._recipe, step):
                yield _Place(index, spans, (*path, label) if label else path)

    def _carried_out(self, step: Step, before: Spans, path: tuple[str, ...]) -> dict[str, Span]:
        """The state after the step's verbs, from any state in the spans."""
        spans = dict(before)
        for check in step.checks:
            root = check.root
            if isinstance(root, Condition) and truth_of(root, spans) is False:
                self._tell(step, f"its check can never hold: {check.text}", path, "see what the steps before it leave")
        spans = self._verbs(step, step.verbs, spans, path)
        for interlock in self._watched:
            self._look(step, interlock, spans, path)
        return spans

    def _verbs(
        self, step: Step, verbs: Sequence[tuple[VerbSpec, Params]], spans: dict[str, Span], path: tuple[str, ...]
    ) -> dict[str, Span]:
        for verb, params in verbs:
            if isinstance(verb, Verb):
                for effect in verb.effects(params):
                    spans = self._effect(step, verb.name, effect, spans, path)
        return spans

    def _effect(
        self, step: Step, verb: str, effect: Effect, spans: dict[str, Span], path: tuple[str, ...]
    ) -> dict[str, Span]:
        for text, fix in effect.needs:
            if truth_of(self._condition(text), spans) is False:
                self._tell(step, f"{verb} cannot be done: {text} is not so", path, fix)
            spans = assume(self._condition(text), spans)
        left_out = effect.unless and truth_of(self._condition(effect.unless), spans) is True
        if effect.asks and not left_out:
            permitted = self._asked(step, effect.asks, spans, path)
            if permitted is None:
                return spans  # nothing goes out
            spans = permitted
        return {**spans, **effect.sets}

    def _asked(self, step: Step, action: str, spans: dict[str, Span], path: tuple[str, ...]) -> dict[str, Span] | None:
        """The gate is asked: what holds when it agrees, None when it refuses; and what it must not let pass."""
        for interlock in self._gated.get(action, ()):
            for clause in interlock.must:
                root = clause.bound.expression.root
                assert isinstance(root, Condition)
                if truth_of(root, spans) is False:
                    text = f"{action} would be refused by {interlock.id}: {clause.text} is not met"
                    self._tell(step, text, path, clause.fix)
                    return None
                spans = assume(root, spans)
        for hazard in HAZARDS:
            if hazard.action == action and truth_of(self._condition(hazard.never), spans) is not False:
                fix = f"add a permissive that gates {action} and excludes: {hazard.never}"
                self._tell(step, f"{hazard.text}: nothing excludes {hazard.never}", path, fix)
        return spans

    def _look(self, step: Step, interlock: Interlock, spans: Spans, path: tuple[str, ...]) -> None:
        """Whether the step leaves the tool in a state in which an interlock or trip would act."""
        active = interlock.active.expression.root if interlock.active is not None else None
        if active is not None and (not isinstance(active, Condition) or truth_of(active, spans) is not True):
            return
        for clause in interlock.must:
            root = clause.bound.expression.root
            if isinstance(root, Condition) and truth_of(root, spans) is False:
                text = f"{interlock.id} would act after it: {clause.text} is not met"
                self._tell(step, text, path, clause.fix)

    def _bounded_hold(self, step: Step, path: tuple[str, ...]) -> None:
        self._proof.holds += 1
        if not 0.0 < self._recipe.hold_policy(step.index).max_s < inf:
            self._tell(step, "a hold here has no end", path, "give on_hold a max")

    # ------------------------------------------------------------------------------------------ parts
    def _condition(self, text: str) -> Condition:
        if text not in self._conditions:
            root = parse(text, self._units, kind="condition").root
            assert isinstance(root, Condition)
            self._conditions[text] = root
        return self._conditions[text]

    def _tell(self, step: Step, text: str, path: tuple[str, ...], fix: str) -> None:
        if (step.name, text) not in self._told:
            self._told.add((step.name, text))
            self._proof.findings.append(Finding(step.name, text, path, fix))


def _ways(recipe: Recipe, step: Step) -> Iterator[tuple[int, str]]:
    """The steps that may follow, each with what has to happen for it."""
    following = recipe.after(step.index)
    yield following, ""
    for key, action in step.on_fail.items():
        if action.kind in ("repeat", "go_to"):
            yield recipe.index(action.step), f"({key}: {action.kind.replace('_', ' ')})"
        elif action.kind == "hold":
            yield following, f"({key}: held, resumed)"
