"""What a run came to: results, verdict, steps, alarms.

It judges by the limits that the results carry; it sets none. How a summary follows from events is `fold.py`; what was
unusual, in sentences, is `unusual.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from controller.record.alarm_load import AlarmLoad, alarm_load
from controller.record.alarm_rows import AlarmRow
from controller.record.events import (
    Bypassed,
    Measured,
    Note,
    Outcome,
    PersonSaid,
    PromptAhead,
    PromptAsked,
    Recorded,
    Refusal,
    RunStarted,
)

COMPLETED = frozenset({"PROCESS_COMPLETE", "PROCESS COMPLETE", "COMPLETE", "DONE"})


class Verdict(StrEnum):
    """Of a part. NONE: nothing measured decides."""

    PASS = "PASS"
    FAIL = "FAIL"
    NONE = "NONE"


def judge(results: Iterable[Measured], *, completed: bool) -> Verdict:
    """The verdict that results support.

    A measured or inspected result outside its limits fails the part. It passes when the run is completed, at least one
    such result was judged and none failed. Predictions decide nothing. Of a repeated measurement the last one counts.
    """
    judged = [r.ok for r in latest(results) if r.source != "predicted" and r.ok is not None]
    if False in judged:
        return Verdict.FAIL
    return Verdict.PASS if judged and completed else Verdict.NONE


def latest(results: Iterable[Measured]) -> list[Measured]:
    """The last of each repeated result, in the order in which they first appeared."""
    kept: dict[tuple[str, str, str], Measured] = {}
    for result in results:
        kept[result.name, result.source, result.step] = result
    return list(kept.values())


@dataclass(slots=True)
class StepRow:
    """One turn of one step."""

    index: int
    step: str
    turn: int
    start_s: float
    end_s: float | None = None
    held_s: float = 0.0
    state: str = "RUNNING"
    reason: str = ""
    planned_s: float | None = None

    @property
    def duration_s(self) -> float | None:
        """Seconds from start to end, held time included; None while it runs."""
        return None if self.end_s is None else self.end_s - self.start_s


@dataclass(slots=True)
class PromptRow:
    """A question to a person, and the answer."""

    asked_s: float
    prompt: PromptAsked
    answered_s: float | None = None
    value: Any = None
    by: str = ""


@dataclass(slots=True)
class Summary:
    """Everything a result table, a report or a JSON file needs; times in seconds since the start of the run."""

    run_id: str = ""
    started: RunStarted | None = None
    state: str = "RUNNING"
    verdict: Verdict = Verdict.NONE
    reason: str = ""
    end_reason: str = ""
    duration_s: float = 0.0
    all_results: list[Measured] = field(default_factory=list)
    steps: list[StepRow] = field(default_factory=list)
    alarms: list[AlarmRow] = field(default_factory=list)
    prompts: list[PromptRow] = field(default_factory=list)
    people: list[tuple[float, PersonSaid]] = field(default_factory=list)
    refusals: list[tuple[float, Refusal]] = field(default_factory=list)
    records: list[tuple[float, Recorded]] = field(default_factory=list)
    notes: list[tuple[float, Note]] = field(default_factory=list)
    unconfirmed: list[tuple[float, Outcome]] = field(default_factory=list)
    bypasses: list[tuple[float, Bypassed]] = field(default_factory=list)
    announced: list[tuple[float, PromptAhead]] = field(default_factory=list)
    engineering: str = ""  # why the run was declared an engineering run

    @property
    def completed(self) -> bool:
        """True when every step ran to its end."""
        return self.state.upper() in COMPLETED

    @property
    def results(self) -> list[Measured]:
        """The results that count: the last of each repeated one."""
        return latest(self.all_results)

    @property
    def first_alarm(self) -> AlarmRow | None:
        """What happened first."""
        return next((row for row in self.alarms if row.heard), None)

    @property
    def alarm_load(self) -> AlarmLoad:
        """How many alarms the operator had to answer."""
        return alarm_load((row.raised_s, row.name) for row in self.alarms if row.heard)

    @property
    def bypassed(self) -> list[str]:
        """Interlocks that were out of force at any time."""
        return list(dict.fromkeys(event.interlock for _, event in self.bypasses))

    def to_json(self) -> dict[str, Any]:
        """The machine-readable result, schema `springback.run/1`."""
        started = self.started
        recipe = {"name": started.recipe, "version": started.version, "sha256": started.sha256} if started else None
        return {
            "schema": "springback.run/1",
            "id": self.run_id,
            "simulated": started.simulated if started else None,
            "tool": started.tool if started else None,
            "recipe": recipe,
            "state": self.state,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "end_reason": self.end_reason,
            "duration_s": round(self.duration_s, 3),
            "results": [_result_json(result) for result in self.results],
            "alarms": [row.to_json() for row in self.alarms],
            "alarm_load": asdict(self.alarm_load) | {"flood": self.alarm_load.flood},
            "bypassed": self.bypassed,
            "engineering": self.engineering,
            "steps": [asdict(row) | {"duration_s": row.duration_s} for row in self.steps],
        }


def _result_json(result: Measured) -> dict[str, Any]:
    data = {key: value for key, value in result.to_json().items() if key != "kind"}
    data["pass"] = data.pop("ok")
    return data
