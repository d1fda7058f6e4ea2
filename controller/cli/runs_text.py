"""What `springback runs` prints: the list, one run, two runs side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from controller.cli.boundary import show
from controller.cli.exits import CommandError, Exit
from controller.cli.outcome import show_summary
from controller.cli.show import table
from controller.record.archive import RECORD, REPORT, Run, find, load, runs
from controller.record.compare import Comparison, Pair, compare
from controller.record.fold import summary_of
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.text import clock_text, engineering_words, number, plain
from controller.record.verify import verify

NO_LABELS: Mapping[str, str] = {}


def list_runs(
    folder: Path,
    *,
    recipe: str | None = None,
    verdict: str | None = None,
    since: str | None = None,
    tag: str | None = None,
    labels: Mapping[str, str] = NO_LABELS,
    as_json: bool,
) -> int:
    """Print the runs that fit; a record that cannot be read is named and makes the exit code."""
    wanted: list[Callable[[Run], bool]] = [lambda run: labels.items() <= run.labels.items()]
    if recipe:
        wanted.append(lambda run: run.recipe == recipe)
    if verdict:
        wanted.append(lambda run: run.summary.verdict.value == verdict.upper())
    if since:
        _day(since)
        wanted.append(lambda run: run.started_utc >= since)
    if tag:
        wanted.append(lambda run: tag in run.tags)
    found = list(runs(folder))
    broken = [one for one in found if isinstance(one, RecordError)]
    chosen = [one for one in found if isinstance(one, Run) and all(fits(one) for fits in wanted)]
    if as_json:
        listed = [run.to_json() for run in chosen]
        unread = [str(error) for error in broken]
        show(json.dumps({"schema": "springback.runs/1", "runs": listed, "unreadable": unread}))
    else:
        show(_list(chosen) if chosen else f"no such run in {folder}")
        for error in broken:
            show(plain(f"unreadable: {error}"))
    return Exit.NOT_INTACT if broken else Exit.PASSED


def _day(text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--since {text[:40]!a} is no date; write it as in 2026-11-21", Exit.USAGE) from None


def _list(found: Sequence[Run]) -> str:
    rows = [
        (run.id, run.started_utc[:16].replace("T", " "), run.recipe, run.summary.verdict.value,
         run.summary.state.replace("_", " ").lower(), clock_text(run.summary.duration_s),
         str(len(run.summary.alarms) or "–"), run.labels.get("part", ""), run.labels.get("lot", ""), _said(run))
        for run in found
    ]  # fmt: skip
    return table(["RUN", "started, UTC", "recipe", "verdict", "state", ">took", ">alarms", "part", "lot", "tags"], rows)


def _said(run: Run) -> str:
    return ", ".join(filter(None, [*run.tags, engineering_words(run.summary.engineering)]))


def show_run(name: str, folder: Path, *, as_json: bool) -> int:
    """Print what `run` printed at the end."""
    place = find(name, folder)
    if as_json:
        show(json.dumps({**load(place).to_json(), "record": verify(place / RECORD).state}))
        return Exit.PASSED
    with RunFile(place / RECORD) as record:
        run = load(place)
        show(f"run      {place.name}  {run.started_utc}  {', '.join(run.tags)}".rstrip())
        for line in _of_the_part(run, record.meta):
            show(plain(line))
        show(show_summary(record, summary_of(record), place / REPORT))
    return Exit.PASSED


def _of_the_part(run: Run, meta: Mapping[str, Any]) -> Iterator[str]:
    """What the run is about, and what the part had been through before it."""
    if run.labels:
        yield f"{'of':<9}{', '.join(f'{label} {text}' for label, text in run.labels.items())}"
    for one in meta.get("earlier") or []:
        yield f"{'after':<9}{one['run']}  {one['recipe']}  {one['state'].replace('_', ' ').lower()}  {one['verdict']}"


def compare_runs(a: str, b: str, folder: Path, *, as_json: bool) -> int:
    """Print what two runs have in common by step, and how far they differ."""
    one, two = find(a, folder), find(b, folder)
    with RunFile(one / RECORD) as first, RunFile(two / RECORD) as second:
        found = compare(first, second)
    show(json.dumps({**found.to_json(), "a": str(one), "b": str(two)}) if as_json else _compared(found, one, two))
    return Exit.PASSED


def _compared(found: Comparison, one: Path, two: Path) -> str:
    heads = [">A", ">B", ">B - A"]
    durations = [(pair.step, *_cells(pair)) for pair in found.durations]
    results = [(pair.step, pair.name, *_cells(pair), pair.unit) for pair in found.results]
    tags = [
        (one.ends.step, one.ends.name, *_cells(one.ends), number(one.apart), clock_text(one.at_s), one.ends.unit)
        for one in found.tags
    ]
    parts = [
        f"A  {one}\nB  {two}",
        table(["STEP, seconds", *heads], durations),
        table(["RESULT of", "", *heads, "unit"], results),
        table(["TAG at the end of", "", *heads, ">apart", ">after", "unit"], tags),
    ]
    return "\n\n".join(parts)


def _cells(pair: Pair) -> tuple[str, str, str]:
    return number(pair.a), number(pair.b), number(pair.difference)
