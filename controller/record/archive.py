"""The runs in a folder: what each came to, and which one a person means.

It is worked out from the records each time; there is no index that could be wrong. What people say about a finished run
(`golden`) is no part of its record, which is closed: it stands beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from controller.record.events import (
    Alarm,
    AlarmChanged,
    Bypassed,
    EngineeringRun,
    JobChanged,
    Measured,
    Recorded,
    RunEnded,
    RunStarted,
)
from controller.record.fold import summarize
from controller.record.result import Summary
from controller.record.runfile import RunFile
from controller.record.store import RecordError

SITE = "site"  # folder of what the runs of a place have in common
RECORD = "run.sqlite"
REPORT = "report.html"
TAGS = "tags.json"
GOLDEN = "golden"
SIGNATURE = "signature.json"
PART = "part.json"  # where a simulated run leaves its part
OWN_FILES = (
    RECORD,
    f"{RECORD}-wal",
    f"{RECORD}-shm",
    REPORT,
    TAGS,
    PART,
    SIGNATURE,
)  # of a run's folder; nothing else is ever removed


EARLIER = 30  # runs of the same recipe that one is compared with
LOOK_AT = 60  # records that are opened to find them
LABELS = ("part", "lot", "carrier")  # of what a run is about: facts of its record, or fields that it scanned


class NoSuchRun(Exception):
    """What a person named is not one run."""


class Scanned(NamedTuple):
    """A lot of a material of the recipe, at a time in s; `about` is what the recipe says of it."""

    t_s: float
    lot: str
    material: str
    about: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the list. `started_utc` sorts; `labels` are those of LABELS that are known, `tags` a person's."""

    folder: Path
    summary: Summary
    started_utc: str
    labels: Mapping[str, str]
    tags: tuple[str, ...]

    @property
    def id(self) -> str:
        """What `RUN` on the command line may begin with."""
        return self.folder.name

    @property
    def recipe(self) -> str:
        """Name of the recipe, or nothing when the run never began."""
        return self.summary.started.recipe if self.summary.started else ""

    def to_json(self) -> dict[str, Any]:
        """The run's result with its place."""
        return {
            **self.summary.to_json(),
            "id": self.id,
            "folder": str(self.folder),
            "started_utc": self.started_utc,
            **{label: self.labels.get(label, "") for label in LABELS},
            "tags": list(self.tags),
        }


def load(folder: Path) -> Run:
    """The run in a folder; RecordError when its record cannot be read."""
    with RunFile(folder / RECORD) as record:
        summary = summarize(
            record.events(
                RunStarted, JobChanged, Alarm, AlarmChanged, Bypassed, EngineeringRun, Measured, Recorded, RunEnded
            ),
            record.meta,
        )
        if not record.ended:
            summary.state, summary.reason = "OPEN", "under way, or the controller was killed"
            summary.duration_s = record.span_s
        labels = labels_of(record.meta, summary)
        return Run(folder, summary, str(record.meta.get("start_utc", "")), labels, tuple(tags(folder)))


def labels_of(meta: Mapping[str, Any], summary: Summary) -> dict[str, str]:
    """Part, lot and carrier of a run: as given at its start, else as scanned in it."""
    scanned = {name: value for _, record in summary.records for name, value in record.fields.items()}
    found = {label: str(meta.get(label) or scanned.get(label) or "") for label in LABELS}
    return {label: text for label, text in found.items() if text}


def scanned_lots(meta: Mapping[str, Any], summary: Summary) -> Iterator[Scanned]:
    """The lots of the recipe's materials that a run scanned, in their order."""
    materials = {one["scan"]: (name, one) for name, one in (meta.get("materials") or {}).items()}
    for t_s, record in summary.records:
        for field, value in record.fields.items():
            if field in materials:
                yield Scanned(t_s, str(value), *materials[field])


def runs(folder: Path) -> Iterator[Run | RecordError]:
    """All runs below a folder, the oldest first; what cannot be read comes last, as its error."""
    found: list[Run] = []
    broken: list[RecordError] = []
    for path in folder.rglob(RECORD):
        try:
            found.append(load(path.parent))
        except RecordError as error:
            broken.append(error)
    yield from sorted(found, key=lambda run: (run.started_utc, run.id))
    yield from broken


def earlier(folder: Path, recipe: str, started_utc: str) -> list[Run]:
    """The completed runs of a recipe that lie beside `folder` and began before it, the oldest first; the last few."""
    beside = [path.parent for path in folder.parent.glob(f"*/{RECORD}") if path.parent.name != folder.name]
    beside.sort(key=lambda place: (place / RECORD).stat().st_mtime, reverse=True)
    found: list[Run] = []
    for place in beside[:LOOK_AT]:
        with suppress(RecordError):
            run = load(place)
            if run.recipe == recipe and run.summary.completed and run.started_utc <= started_utc:
                found.append(run)
        if len(found) == EARLIER:
            break
    return sorted(found, key=lambda run: (run.started_utc, run.id))


def find(name: str, folder: Path) -> Path:
    """The folder of the run that `name` means: a folder, a record, or the beginning of one id below `folder`.

    NoSuchRun when it means none, or several.
    """
    path = Path(name)
    for place in (path, path.parent):
        if (place / RECORD).is_file() and (place == path or path.name == RECORD):
            return place
    ids = {place.parent: place.parent.name for place in sorted(folder.rglob(RECORD))}
    meant = [place for place, run in ids.items() if run == name] or [
        place for place, run in ids.items() if run.startswith(name)
    ]
    if len(meant) == 1:
        return meant[0]
    if not meant:
        near = get_close_matches(name, ids.values(), 1)
        hint = f'did you mean "{near[0]}"?' if near else f"`springback runs list --in {folder}` shows what there is"
        raise NoSuchRun(f"no run {name!r} in {folder}; {hint}")
    raise NoSuchRun(f"{name!r} is the beginning of {len(meant)} runs: {', '.join(map(str, meant[:4]))}; write more")


def tags(folder: Path) -> list[str]:
    """What people said about the run in a folder."""
    try:
        return [str(tag) for tag in json.loads((folder / TAGS).read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise RecordError(f"{folder / TAGS}: {error}; correct or remove it") from None


def tag(folder: Path, name: str, *, remove: bool = False) -> list[str]:
    """Add or take away what people say about a run; returns all that is said now."""
    said = sorted({*tags(folder)} - {name} if remove else {*tags(folder), name})
    try:
        (folder / TAGS).write_text(json.dumps(said), encoding="utf-8")
    except OSError as error:
        raise RecordError(f"{folder / TAGS}: {error.strerror}") from None
    return said


def remove(folder: Path) -> None:
    """Delete a run's own files, and its folder when nothing else is in it."""
    try:
        for name in OWN_FILES:
            (folder / name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise RecordError(f"{folder}: {error.strerror}") from None
