"""The vocabulary of a run: everything that happened is one of these frozen events.

State is a fold of events; the journal stores them in order, the report and the screens read them. Times are seconds of
the run's clock (loop time since the start), set by the recorder, not by the events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events; `kind` is the name in the journal and in JSON."""

    kind: ClassVar[str] = "event"

    def to_json(self) -> dict[str, Any]:
        """Plain data with the kind first. Nested fields are not copied (`asdict` would, at ten times the cost)."""
        return {"kind": self.kind, **{name: getattr(self, name) for name in self.__dataclass_fields__}}


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """What is run, on what; the first event. `resumes` is the id of the interrupted run that this one takes up."""

    kind: ClassVar[str] = "run_started"
    recipe: str
    version: int
    sha256: str
    tool: str
    simulated: bool
    instruments: dict[str, str]  # id -> what the instrument said it is
    resumes: str = ""


@dataclass(frozen=True, slots=True)
class Resumed(Event):
    """An interrupted run is taken up: the `move` that `by` has chosen, the `step` at which it begins, after `outage_s`
    of wall time. `done`, `turns` and `repeats` say by step how far the run had come, `doubt` what nobody knows."""

    kind: ClassVar[str] = "resumed"
    run: str
    move: str
    step: str
    index: int
    by: str
    outage_s: float
    done: list[str]
    turns: dict[str, int]
    repeats: dict[str, int]
    doubt: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JobChanged(Event):
    """The job went from one E40 state to another."""

    kind: ClassVar[str] = "job"
    old: str
    new: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PhaseChanged(Event):
    """A step went from one ISA-88 state to another; `turn` counts repeats from 1."""

    kind: ClassVar[str] = "phase"
    step: str
    index: int
    turn: int
    old: str
    new: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Intent(Event):
    """An actuation is about to go out; durable before the bytes."""

    kind: ClassVar[str] = "intent"
    id: int
    action: str
    output: str
    value: float
    unit: str
    why: str
    epoch: int
    safe: bool = False


@dataclass(frozen=True, slots=True)
class Outcome(Event):
    """What became of an intent.

    done, confirmed (its reply was lost, a read-back shows it), failed, superseded, unsent (it could not be recorded).
    """

    kind: ClassVar[str] = "outcome"
    id: int
    result: str
    read_back: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refusal(Event):
    """A command was refused before anything went out: not a fault. `unmet` is the condition, with the `values` it saw,
    of `interlock`; empty when a limit or a latched trip refused."""

    kind: ClassVar[str] = "refusal"
    action: str
    output: str
    reason: str
    fix: str
    interlock: str = ""
    unmet: str = ""
    values: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alarm(Event):
    """An interlock, trip, monitor or loss was raised, or cleared. `failure_class` is 1..4; `first_out` the input that
    changed first, with the `values` that its condition saw. `of` is what it is about where one code serves many (an
    instrument, a tag), `state` the alarm's state then, `follows` the alarm of its group that stood already."""

    kind: ClassVar[str] = "alarm"
    code: str
    failure_class: int
    active: bool
    happened: str
    we_did: str
    likely: str
    do: str
    first_out: str = ""
    values: dict[str, float | None] = field(default_factory=dict)
    of: str = ""
    priority: str = ""
    state: str = ""
    follows: str = ""


@dataclass(frozen=True, slots=True)
class AlarmChanged(Event):
    """An alarm went from one state to another, by itself or by a person's word."""

    kind: ClassVar[str] = "alarm_state"
    code: str
    of: str
    old: str
    new: str
    by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Bypassed(Event):
    """A person has put an interlock out of force for a while, or its time is over (`active` false)."""

    kind: ClassVar[str] = "bypass"
    interlock: str
    active: bool
    by: str
    reason: str
    for_s: float


@dataclass(frozen=True, slots=True)
class EngineeringRun(Event):
    """The run was declared an engineering run: its recipe need not be released, and the record says why."""

    kind: ClassVar[str] = "engineering_run"
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class PromptAhead(Event):
    """A person will be asked something, in `in_s` seconds at the earliest."""

    kind: ClassVar[str] = "prompt_ahead"
    id: str
    step: str
    text: str
    in_s: float


@dataclass(frozen=True, slots=True)
class PromptAsked(Event):
    """A person is asked something."""

    kind: ClassVar[str] = "prompt"
    id: str
    step: str
    text: str
    answer_type: str


@dataclass(frozen=True, slots=True)
class PromptAnswered(Event):
    """The answer, and by whom (operator, answers file, default)."""

    kind: ClassVar[str] = "answer"
    id: str
    value: Any
    by: str


@dataclass(frozen=True, slots=True)
class PersonSaid(Event):
    """A person or the scripted operator asked for something: hold, resume, redo, skip, step, stop, abort, ..."""

    kind: ClassVar[str] = "person"
    command: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PersonRefused(Event):
    """A person asked for something that was not done: not a fault."""

    kind: ClassVar[str] = "person_refused"
    command: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Measured(Event):
    """A result with its limits; `source` is measured, inspected or predicted. `ok` is None when nothing is judged.
    `run` is the interrupted run that found it, empty for this one."""

    kind: ClassVar[str] = "result"
    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    ok: bool | None
    source: str
    step: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class Recorded(Event):
    """Fields that a record step required, as given; `run` as in a result."""

    kind: ClassVar[str] = "record"
    step: str
    fields: dict[str, Any]
    run: str = ""


@dataclass(frozen=True, slots=True)
class Note(Event):
    """Something worth knowing that is none of the above: a branch taken, a repeat, a warning."""

    kind: ClassVar[str] = "note"
    text: str
    level: str = "info"


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """The last event of every run. `end_reason` is `ended`, or `interrupted` when the record was closed afterwards."""

    kind: ClassVar[str] = "run_ended"
    state: str
    verdict: str
    reason: str
    end_reason: str = "ended"


@dataclass(frozen=True, slots=True)
class SiteAct(Event):
    """Something done outside a run, in the journal of a folder of runs."""

    kind: ClassVar[str] = "site_act"
    act: str
    utc: str
    facts: dict[str, Any]


SCRAP = "scrap"  # a move of `Resumed`: the part fails, and nothing is energised
KINDS: dict[str, type[Event]] = {cls.kind: cls for cls in Event.__subclasses__()}


def from_json(data: dict[str, Any]) -> Event:
    """The event that `to_json` wrote; KeyError for an unknown kind."""
    rest = dict(data)
    return KINDS[rest.pop("kind")](**rest)
