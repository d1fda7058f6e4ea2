"""An index of the runs of a folder: what each came to and used up, so that a start needs not open a thousand records.

It holds nothing of its own: what stands in it was worked out from the records and is worked out again when a record's
file has changed, when the index is of another version, or when somebody has deleted it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controller.record.archive import LABELS, RECORD, SITE, Run, load, scanned_lots
from controller.record.events import SCRAP, PhaseChanged, Resumed, RunStarted
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.wear import used

INDEX = "index.db"
VERSION = 2  # of what is kept about a run; another one is worked out anew
BUSY_S = 0.5  # for another process that writes the index; without it everything is read, which is slow and right

_TABLE = "CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, stamp TEXT NOT NULL, json TEXT NOT NULL)"


@dataclass(frozen=True, slots=True)
class Digest:
    """What one run was and came to; `place` is its folder, `used` what it used up by name of the measure (wear.py)."""

    run: str
    place: str
    recipe: str
    version: int
    started_utc: str
    state: str
    verdict: str
    simulated: bool
    tool: str
    head_sha256: str
    labels: Mapping[str, str] = field(default_factory=dict)  # part, lot, carrier
    used: Mapping[str, float] = field(default_factory=dict)
    lots: Mapping[str, str] = field(default_factory=dict)  # of materials: when each was scanned, UTC
    end_reason: str = ""
    resumes: str = ""  # the interrupted run that it took up: a step has begun, or the part was scrapped

    @property
    def part(self) -> str:
        """The id of its part, or nothing."""
        return self.labels.get(LABELS[0], "")


def digest(folder: Path) -> Digest:
    """What the record in a folder says, read now; RecordError when it cannot be read."""
    run = load(folder)
    with RunFile(folder / RECORD) as record:
        head, wear, lots, resumes = record.head_sha256, used(record), _lots(record, run), _taken_up(record)
    started, summary = run.summary.started, run.summary
    return Digest(
        run.id,
        str(folder),
        run.recipe,
        started.version if started else 0,
        run.started_utc,
        summary.state,
        summary.verdict.value,
        started is None or started.simulated,
        started.tool if started else "",
        head,
        run.labels,
        wear,
        lots,
        summary.end_reason,
        resumes,
    )


def _taken_up(record: RunFile) -> str:
    """The interrupted run that was taken up in it, as soon as something came of that."""
    story = [event for _, event, _ in record.events(RunStarted, Resumed, PhaseChanged)]
    acted = any(
        isinstance(event, PhaseChanged) or (isinstance(event, Resumed) and event.move == SCRAP) for event in story
    )
    return next((event.resumes for event in story if isinstance(event, RunStarted)), "") if acted else ""


def _lots(record: RunFile, run: Run) -> dict[str, str]:
    """When each material lot was scanned; nothing of a record that does not say when it began."""
    try:
        began = datetime.fromisoformat(run.started_utc)
    except ValueError:
        return {}
    began = began if began.tzinfo is not None else began.replace(tzinfo=UTC)
    lots = {scanned.lot: began + timedelta(seconds=scanned.t_s) for scanned in scanned_lots(record.meta, run.summary)}
    return {lot: utc.isoformat(timespec="seconds") for lot, utc in lots.items()}


def digests(runs: Path) -> tuple[list[Digest], list[RecordError]]:
    """All runs that lie in a folder, the oldest first, and what cannot be read."""
    found: list[Digest] = []
    broken: list[RecordError] = []
    with _kept(runs / SITE) as kept:
        for record in runs.glob(f"*/{RECORD}"):
            try:
                found.append(kept.digest(record.parent))
            except RecordError as error:
                broken.append(error)
    return sorted(found, key=lambda one: (one.started_utc, one.run)), broken


class _Kept:
    """What the index file holds; without one, everything is read from the records."""

    def __init__(self, db: sqlite3.Connection | None) -> None:
        rows = db.execute("SELECT run, stamp, json FROM runs") if db is not None else ()
        self._known = {run: (stamp, text) for run, stamp, text in rows}
        self.new: list[tuple[str, str, str]] = []

    def digest(self, folder: Path) -> Digest:
        stamp = _stamp(folder)
        known, text = self._known.get(folder.name, ("", ""))
        if stamp and stamp == known:
            with suppress(ValueError, TypeError):
                return Digest(**{**json.loads(text), "place": str(folder)})
        found = digest(folder)
        if stamp and stamp == _stamp(folder):
            self.new.append((folder.name, stamp, json.dumps(asdict(found))))
        return found


def _stamp(folder: Path) -> str:
    """What changes with a record's file; nothing while it is being written."""
    if (folder / f"{RECORD}-wal").exists():
        return ""
    try:
        file = (folder / RECORD).stat()
    except OSError:
        return ""
    return f"{VERSION}:{file.st_ino}:{file.st_size}:{file.st_mtime_ns}"


@contextmanager
def _kept(site: Path) -> Iterator[_Kept]:
    """The index while it is used; what was worked out anew is written at the end, if that is possible."""
    if not site.is_dir():  # no folder of a site: then we make none
        yield _Kept(None)
        return
    path = site / INDEX
    kept = _opened(path)
    yield kept
    if kept.new:
        with suppress(sqlite3.Error), closing(_connect(path)) as db, db:
            db.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?)", kept.new)


def _opened(path: Path) -> _Kept:
    try:
        with closing(_connect(path)) as db:
            return _Kept(db)
    except sqlite3.OperationalError:  # another process has it, or the folder may not be written
        return _Kept(None)
    except sqlite3.DatabaseError:  # no index any more: nothing is lost with it
        with suppress(OSError):
            path.unlink()
        return _Kept(None)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=BUSY_S)
    try:
        db.execute(_TABLE)
    except sqlite3.Error:
        db.close()
        raise
    return db
