"""What came of a run: its exit code, its report and the object that `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller import wall
from controller.cli.exits import Exit
from controller.record.fold import summary_of
from controller.record.journal import RecordError
from controller.record.result import Summary
from controller.record.runfile import RunFile

RESULT_KEYS = ("name", "value", "unit", "low", "high", "pass", "source")


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What came of it; `result` is the object that `--json` prints."""

    exit: Exit
    summary: Summary
    result: dict[str, Any]
    record: Path
    report: Path | None  # None when it could not be written; `result["notes"]` says why


@dataclass(slots=True)
class RunFacts:
    """What only the end of a run knows."""

    state: str = ""
    interrupted: bool = False
    by_person: bool = False
    refused: bool = False
    simulated: bool = True
    links: list[str] = field(default_factory=list)
    exchanges: dict[str, int] = field(default_factory=dict)
    trace_sha256: str = ""
    faults: tuple[str, ...] = ()
    plant: Mapping[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    violations: list[str] | None = None  # None: nobody watched


def outcome_of(folder: Path, seed: int, facts: RunFacts) -> RunOutcome:
    """Write the report and read what the record says of the run in `folder`; RecordError when it cannot be read."""
    report = _report(folder, facts)
    record = folder / "run.sqlite"
    with RunFile(record) as run:
        summary = summary_of(run)
    return RunOutcome(_exit_code(facts, summary), summary, _result(seed, facts, summary, report), record, report)


def _report(folder: Path, facts: RunFacts) -> Path | None:
    from controller.record.report.folder import report_on  # only now: a restart has no time for it

    try:
        return report_on(folder)
    except RecordError as error:
        facts.notes.append(f"No {error}; then write it with `springback runs report {folder}`.")
        return None


def _exit_code(facts: RunFacts, summary: Summary) -> Exit:
    if facts.interrupted:
        return Exit.INTERRUPTED if facts.links == ["memory"] else Exit.ABORTED_BY_PERSON
    if facts.refused:
        return Exit.REFUSED
    if facts.state == "PROCESS_COMPLETE":
        return Exit.OUT_OF_ACCEPTANCE if summary.verdict.value == "FAIL" or facts.violations else Exit.PASSED
    return Exit.ABORTED_BY_PERSON if facts.by_person else Exit.STOPPED_BY_ALARM


def _result(seed: int, facts: RunFacts, summary: Summary, report: Path | None) -> dict[str, Any]:
    shown = summary.to_json()
    return {
        "schema": shown["schema"],
        "run": shown["id"],
        "simulated": shown["simulated"],
        "recipe": shown["recipe"],
        "resumes": shown["resumes"],
        "seed": seed,
        "state": shown["state"],
        "verdict": shown["verdict"],
        "process_s": shown["duration_s"],
        "wall_s": round(wall.since_start_s(), 3),
        "trace_sha256": facts.trace_sha256,
        "links": facts.links,
        "exchanges": facts.exchanges,
        "results": [{key: row[key] for key in RESULT_KEYS} for row in shown["results"]],
        "alarms": shown["alarms"],
        "notes": [*facts.notes, *(f"VIOLATED {found}" for found in facts.violations or ())],
        "violations": facts.violations,
        "alarm_load": shown["alarm_load"],
        "bypassed": shown["bypassed"],
        "engineering": shown["engineering"],
        "report": str(report or ""),
    }
