"""What came of a run: which mishap met which step, of which the record speaks, and which escaped in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from controller.cli.campaign.mishaps import Mishap, module_of
from controller.cli.campaign.unseen import why_unseen
from controller.cli.simulated.watch import Signature, Watch
from controller.recipe.model import Recipe
from controller.record.events import Alarm, Event, JobChanged, Measured, Note, PersonSaid, PhaseChanged, Refusal
from controller.sequence.verb import Verb

SEEN_S = 30.0  # an alarm this long after a fault may still be its
ODD = ("warning", "deviation", "refused")  # levels of notes
LEFT = ("PAUSING", "STOPPING", "ABORTING")

Events = Sequence[tuple[float, Event]]


@dataclass(frozen=True, slots=True)
class Told:
    """What the record of a finished run says: events at the loop's time, and what its curves show of the tool."""

    events: Events
    signs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Noticed:
    """One mishap: the verbs of the step it fell into, and whether anything in the record speaks of it."""

    mishap: str
    step: str
    detected: bool
    escaped: bool = False


@dataclass(slots=True)
class Played:
    """What came of a run."""

    state: str = ""
    verdict: str = "NONE"
    process_s: float = 0.0
    violations: list[str] = field(default_factory=list)
    escaped: list[str] = field(default_factory=list)
    silent: bool = False  # it passed, and the record tells of nothing unusual
    signatures: list[tuple[str, str]] = field(default_factory=list)  # of a run that passed: fault, what could be seen
    unseen: list[tuple[str, str]] = field(default_factory=list)  # the same, of what no check could tell
    noticed: list[Noticed] = field(default_factory=list)


def noticed(recipe: Recipe, mishaps: Sequence[Mishap], events: Events) -> list[Noticed]:
    """Which mishaps fell into which steps, and of which the record speaks until the next one."""
    rows = []
    end_s = events[-1][0]
    for i, mishap in enumerate(mishaps):
        if mishap.at_s > end_s:
            break  # the run was over
        next_s = mishaps[i + 1].at_s if i + 1 < len(mishaps) else 0.0
        step = next(
            (e.index for t_s, e in reversed(events) if isinstance(e, PhaseChanged) and t_s <= mishap.at_s), None
        )
        until_s = max(next_s, mishap.at_s + SEEN_S)
        speaks = any(mishap.at_s <= t_s <= until_s and _tells(event) for t_s, event in events)
        verbs = "+".join(verb.name for verb, _ in recipe.steps[step].verbs) if step is not None else "set-up"
        rows.append(Noticed(mishap.name, verbs or "wait", speaks))
    return rows


def _tells(event: Event) -> bool:
    return isinstance(event, Alarm | Refusal | PersonSaid) or (isinstance(event, Measured) and event.ok is False)


def judge_silence(watch: Watch, recipe: Recipe, mishaps: Sequence[Mishap], played: Played, record: Told) -> None:
    """A part that passed and is bad is an escape; so is what could be seen in a run whose record says nothing."""
    events = record.events
    blamed: set[int] = set()
    played.escaped = watch.escaped()
    if played.escaped:
        blamed |= {i for i, mishap in enumerate(mishaps) if mishap.lies}
    if watch.twin is not None:
        played.silent = not (record.signs or any(_deviates(event) for _, event in events))
        spans = spans_of(recipe, events)
        for found in watch.twin.signatures(spans):
            cause = _cause(mishaps, found)
            if why_unseen(mishaps[cause], found, spans[found.module][0]):
                played.unseen.append((mishaps[cause].name, str(found)))
                continue
            played.signatures.append((mishaps[cause].name, str(found)))
            if played.silent:
                blamed.add(cause)
                played.escaped.append(f"{mishaps[cause].name}: {found}")
    for i in blamed:
        if i < len(played.noticed):
            played.noticed[i] = replace(played.noticed[i], escaped=True)


def spans_of(recipe: Recipe, events: Events) -> dict[str, tuple[float, float]]:
    """From when until when each module was used: from the first to the last step with a verb of it."""
    spans: dict[str, tuple[float, float]] = {}
    for at_s, event in events:
        if isinstance(event, PhaseChanged):
            for verb, params in recipe.steps[event.index].verbs:
                if isinstance(verb, Verb):
                    module = verb.uses(params)
                    spans[module] = spans.get(module, (at_s, at_s))[0], at_s
    return spans


def _cause(mishaps: Sequence[Mishap], found: Signature) -> int:
    """The fault of its module, or else of the machine, that began last before something showed, else the first."""
    machine = [i for i, mishap in enumerate(mishaps) if mishap.kind == "machine"]
    near = [i for i in machine if module_of(mishaps[i].what) == found.module] or machine
    return max((i for i in near if mishaps[i].at_s <= found.from_s), default=near[0] if near else 0)


def _deviates(event: Event) -> bool:
    """Whether the record says that something was not as it should be."""
    match event:
        case Alarm() | Refusal():
            return True
        case Note():
            return event.level in ODD
        case JobChanged():
            return event.new in LEFT
        case Measured():
            return event.ok is False
    return False
