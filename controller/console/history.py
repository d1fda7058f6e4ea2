"""The runs in a folder, for the history page, and how long each step took in the last one that was completed."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from controller.record.fold import summary_of
from controller.record.result import Summary
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.text import engineering_words

RUNS_MAX = 200  # the latest ones; older ones are found with other tools


def read(folder: Path, zone: tzinfo | None) -> tuple[list[dict[str, Any]], dict[str, dict[str, float]]]:
    """Runs with the latest first, and recipe -> step -> seconds. What cannot be read is listed as such."""
    records = sorted(folder.glob("*/run.sqlite"), key=lambda path: path.stat().st_mtime, reverse=True)
    runs: list[dict[str, Any]] = []
    durations: dict[str, dict[str, float]] = {}
    for path in records[:RUNS_MAX]:
        try:
            with RunFile(path) as record:
                summary = summary_of(record)
                begun = str(record.meta.get("start_utc", ""))
        except RecordError as error:
            runs.append(_unread(path, str(error)))
            continue
        runs.append(_row(path, summary, begun, zone))
        if summary.started is not None and summary.completed:
            took = {row.step: row.duration_s for row in summary.steps if row.duration_s is not None}
            durations.setdefault(summary.started.recipe, took)
    return runs, durations


def _row(path: Path, summary: Summary, begun: str, zone: tzinfo | None) -> dict[str, Any]:
    with suppress(ValueError):
        begun = datetime.fromisoformat(begun).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return {
        "id": path.parent.name, "folder": str(path.parent), "begun": begun,
        "recipe": summary.started.recipe if summary.started else "", "state": summary.state,
        "verdict": summary.verdict.value, "duration_s": summary.duration_s, "alarms": len(summary.alarms),
        "reason": summary.reason, "engineering": engineering_words(summary.engineering),
        "results": [_result(result) for result in summary.results],
    }  # fmt: skip


def _result(result: Any) -> str:
    bounds = f"  {result.low:g} .. {result.high:g}" if result.low is not None and result.high is not None else ""
    word = {True: "✓", False: "✗ out", None: ""}[result.ok]
    return f"{result.name:<18} {result.value:>9.4g} {result.unit:<6} {result.source:<9} {word}{bounds}"


def _unread(path: Path, why: str) -> dict[str, Any]:
    return {
        "id": path.parent.name, "folder": str(path.parent), "begun": "", "recipe": "", "state": "UNREADABLE",
        "verdict": "", "duration_s": 0.0, "alarms": 0, "reason": why, "engineering": "", "results": [],
    }  # fmt: skip
