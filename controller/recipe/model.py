"""A recipe as plain frozen data: checked, with all quantities as numbers in the units that the names say.

The loader makes it, the sequencer walks it; it does nothing by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from controller.recipe.expressions import Expression
from controller.recipe.limits import Limit
from controller.recipe.problems import Problem
from controller.recipe.ranges import Range
from controller.recipe.verb import VerbSpec

if TYPE_CHECKING:
    from controller.recipe.params import Params

END = "end"  # where `go_to: end` leads: behind the last step


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that an operator, engineer or host may change before the run; numbers are in `unit`."""

    name: str
    text: str  # as written, with its unit: what `$name` stands for
    value: float
    default: float
    min: float | None
    max: float | None
    unit: str
    who: str


@dataclass(frozen=True, slots=True)
class Material:
    """A material of the recipe; `scan` names the field that holds its lot, `need` is in `unit`."""

    name: str
    type: str
    scan: str = ""
    pot_life_s: float | None = None
    need: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Monitor:
    """A watch beside the steps: `action` is due once `healthy` has not been true for `for_s`.

    It watches from the begin of `from_step` to the end of `until_step`; None is the begin, or the end, of the run.
    """

    name: str
    text: str
    healthy: Expression
    for_s: float
    action: Literal["warn", "hold", "abort"]
    from_step: str | None = None
    until_step: str | None = None


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """What a hold does with the step at work, and how long it may last before the job is aborted.

    `allow` names what a person may do instead of resuming: redo the step, or skip it.
    """

    policy: Literal["freeze", "retreat", "complete_first"]
    max_s: float
    allow: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ask:
    """One question of a step. `field` names the answer in the record; bounds of a number are in `unit`."""

    kind: Literal["confirm", "text", "number", "choice", "yes_no", "scan"]
    field: str
    text: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    match: str | None = None
    choices: tuple[str, ...] = ()
    default: Any = None  # text, number or bool by kind; None is no default
    within_s: float | None = None  # to be answered within; None: the longest time that any question may wait


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until a condition has held for `for_s`, at most `timeout_s`."""

    until: Expression
    for_s: float
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """One result: the mean of a tag, a calculation, a field of an inspection record, or a prediction (a tag too)."""

    name: str
    source: Literal["measured", "inspected", "predicted"]
    unit: str
    accept: Range | None
    tag: str | None = None
    over_s: float = 0.0
    value: Expression | None = None
    inspect: str | None = None
    predict: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What happens when a measurement fails; `step` and `limit` for repeat, `step` for go_to."""

    kind: Literal["repeat", "go_to", "hold", "abort", "go_on"]
    step: str = ""
    limit: int = 0


@dataclass(frozen=True, slots=True)
class ErrorAction:
    """What a step does about one class of faults; a retry is counted, and `fix` holds the verbs that go before it."""

    kind: Literal["hold", "abort", "retry"]
    limit: int = 0
    fix: tuple[tuple[VerbSpec, Params], ...] = ()


@dataclass(frozen=True, slots=True)
class CrashMove:
    """How a run that was killed here may go on: continue with the step when it had not begun, redo it even when it had,
    or rework from an earlier `step`.

    `fix` holds the verbs that go before it, since a crash takes pressure, heat and motion away.
    """

    kind: str
    step: str = ""
    fix: tuple[tuple[VerbSpec, Params], ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Order inside: asks, checks, all verbs together, wait, dwell, measure, then on_fail or go_to."""

    name: str
    index: int
    asks: tuple[Ask, ...] = ()
    checks: tuple[Expression, ...] = ()
    verbs: tuple[tuple[VerbSpec, Params], ...] = ()
    wait: Wait | None = None
    dwell_s: float = 0.0
    measure: Mapping[str, Measurement] = field(default_factory=dict)
    on_fail: Mapping[str, Action] = field(default_factory=dict)  # "<measurement> high|low", "<measurement>", "else"
    on_hold: HoldPolicy | None = None  # None: the recipe's
    on_error: Mapping[str, ErrorAction] = field(default_factory=dict)  # refused, timeout, answer, lost
    on_crash: tuple[CrashMove, ...] | None = None  # None: nothing is said
    dwell_counts: bool = False  # the dwell's clock goes on while the step is held, as that of a cure does
    go_to: str | None = None  # where a step that did not fail leads; None: the next one
    note: str = ""

    @property
    def all_verbs(self) -> tuple[tuple[VerbSpec, Params], ...]:
        """The verbs of the step and those that may put it right."""
        fixes = [action.fix for action in self.on_error.values()] + [move.fix for move in self.on_crash or ()]
        return self.verbs + tuple(pair for fix in fixes for pair in fix)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checked recipe. `sha256` is that of the text as written, before any parameter was set."""

    name: str
    version: int
    title: str
    sha256: str
    text: str
    path: Path | None
    intended_for: Mapping[str, str]  # tool, part, carrier
    needs: Mapping[str, str]  # recipe -> state that the part's history must show
    materials: Mapping[str, Material]
    parameters: Mapping[str, Parameter]
    limits: Mapping[str, Limit]  # the recipe's own; `limits.tighten` joins them with the tool's
    monitors: tuple[Monitor, ...]
    on_hold: HoldPolicy
    on_abort: str
    steps: tuple[Step, ...]
    warnings: tuple[Problem, ...] = ()

    def index(self, step: str) -> int:
        """Index of a step by name; "end" is the one behind the last. KeyError for any other name."""
        if step == END:
            return len(self.steps)
        for candidate in self.steps:
            if candidate.name == step:
                return candidate.index
        raise KeyError(step)

    def after(self, index: int) -> int:
        """Index of the step that follows a step which did not fail."""
        target = self.steps[index].go_to
        return index + 1 if target is None else self.index(target)

    def hold_policy(self, index: int) -> HoldPolicy:
        """The policy in force in a step."""
        return self.steps[index].on_hold or self.on_hold

    @property
    def modules(self) -> frozenset[str]:
        """The modules that the steps use."""
        return frozenset(verb.module for step in self.steps for verb, _ in step.all_verbs)
