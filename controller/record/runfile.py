"""Read the record of a run: facts, events in order, curves.

It only reads, except `end_interrupted`, which gives the record of a killed run the terminal event that it lacks.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple

from controller.record.events import Event, RunEnded, from_json
from controller.record.store import APPLICATION_ID, BUSY_S, FORMAT, RecordError, plain_errors
from controller.record.trace import Trace
from drivers.reading import Quality

_WORST_DRAWN = Quality.UNCERTAIN  # a value of worse quality is a gap in its curve


class Stamped(NamedTuple):
    """An event with its place in the run."""

    t_s: float
    event: Event
    seq: int


@dataclass(frozen=True, slots=True)
class TagInfo:
    """What a recorded tag is."""

    index: int
    unit: str
    doc: str


class _Scans(NamedTuple):
    """All samples: when, and the packed columns and qualities of all of them one behind the other."""

    times_s: tuple[float, ...]
    rows: bytes
    quality: bytes
    width: int


class RunFile:
    """A recorded run, finished or still being written. Use it as a context manager or `close` it."""

    def __init__(self, path: Path) -> None:
        """Open `path` for reading; RecordError when it is no run record."""
        self.path = path
        self._db = _open(path, mode="ro")
        with plain_errors(path):
            self.meta: dict[str, Any] = {k: json.loads(v) for k, v in self._db.execute("SELECT key, value FROM meta")}
            rows = self._db.execute("SELECT name, idx, unit, doc FROM tags ORDER BY rowid").fetchall()
        self.tags: dict[str, TagInfo] = {name: TagInfo(idx, unit, doc) for name, idx, unit, doc in rows}

    def __enter__(self) -> RunFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was already read stays usable."""
        self._db.close()

    def events(self) -> list[Stamped]:
        """All events in the order they were recorded."""
        with plain_errors(self.path):
            rows = self._db.execute("SELECT seq, t_s, json FROM events ORDER BY seq").fetchall()
        return [Stamped(t_s, self._event(text), seq) for seq, t_s, text in rows]

    def _event(self, text: str) -> Event:
        try:
            return from_json(json.loads(text))
        except (KeyError, TypeError, ValueError) as error:
            advice = "read it with the version that wrote it"
            raise RecordError(f"run record {self.path}: unknown event {text[:80]}; {advice}") from error

    @property
    def ended(self) -> bool:
        """True when the run has its terminal event; False while it runs, or after a killed process."""
        with plain_errors(self.path):
            return _ended(self._db)

    @property
    def span_s(self) -> float:
        """Seconds from the start to the last thing recorded."""
        with plain_errors(self.path):
            return _last(self._db)[1]

    def series(self, tag: str) -> tuple[Sequence[float], Sequence[float]]:
        """Times in s and values of a tag or alias, one per sample; NaN where the reading was not to be trusted.

        KeyError when there is no such tag.
        """
        scans, i = self._scans, self.tags[tag].index
        # One C loop that skips the other columns: most of a run is never drawn.
        column = Struct(f"<{8 * i}xd{8 * (scans.width - i - 1)}x")
        values = [value for (value,) in column.iter_unpack(scans.rows)]
        quality = self.quality(tag)
        if max(quality, default=_WORST_DRAWN) > _WORST_DRAWN:
            values = [v if q <= _WORST_DRAWN else math.nan for v, q in zip(values, quality, strict=True)]
        return scans.times_s, values

    def quality(self, tag: str) -> bytes:
        """The `Quality` of a tag at each sample."""
        return self._scans.quality[self.tags[tag].index :: self._scans.width]

    @cached_property
    def _scans(self) -> _Scans:
        with plain_errors(self.path):
            samples = self._db.execute("SELECT t_s, row, quality FROM samples ORDER BY seq").fetchall()
        times_s, rows, quality = zip(*samples, strict=True) if samples else ((), (), ())
        width = len({info.index for info in self.tags.values()})
        return _Scans(times_s, b"".join(rows), b"".join(quality), width)

    def trace_sha256(self) -> str:
        """The fingerprint, worked out from what is stored."""
        with plain_errors(self.path):
            return _trace(self._db)

    @property
    def intact(self) -> bool:
        """True when what is stored still has the fingerprint that it was closed with."""
        return self.meta.get("trace_sha256") == self.trace_sha256()


def end_interrupted(path: Path, reason: str) -> bool:
    """Give the record of a killed run its terminal event; True when it lacked one. Call it before the next run."""
    db = _open(path, mode="rw")
    try:
        with plain_errors(path):
            if _ended(db):
                return False
            seq, t_s = _last(db)
            text = json.dumps(RunEnded("INTERRUPTED", "NONE", reason).to_json())
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (seq + 1, t_s, RunEnded.kind, text))
            db.execute("INSERT OR REPLACE INTO meta VALUES ('trace_sha256', ?)", (json.dumps(_trace(db)),))
            db.execute("COMMIT")
            return True
    finally:
        db.close()


def _open(path: Path, *, mode: str) -> sqlite3.Connection:
    with plain_errors(path):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_S, isolation_level=None)
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    if (application, version) != (APPLICATION_ID, FORMAT):
        db.close()
        found = f"application id {application:#x}, format {version}"
        raise RecordError(f"{path} is no run record of format {FORMAT}, but {found}; name another file")
    return db


def _ended(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM events WHERE kind = ? LIMIT 1", (RunEnded.kind,)).fetchone() is not None


def _last(db: sqlite3.Connection) -> tuple[int, float]:
    query = "SELECT seq, t_s FROM {} ORDER BY seq DESC LIMIT 1"
    rows = [row for table in ("events", "samples") for row in db.execute(query.format(table))]
    return max(rows, default=(0, 0.0))


def _trace(db: sqlite3.Connection) -> str:
    columns: dict[int, tuple[str, str]] = {}
    for name, idx, unit in db.execute("SELECT name, idx, unit FROM tags ORDER BY rowid"):
        columns.setdefault(idx, (name, unit))
    trace = Trace(columns.values())
    rows = db.execute(
        "SELECT seq, t_s, json, NULL, NULL FROM events UNION ALL SELECT seq, t_s, NULL, row, quality FROM samples "
        "ORDER BY seq"
    )
    for _seq, t_s, text, row, quality in rows:
        if text is None:
            trace.sample(t_s, row, quality)
        else:
            trace.event(t_s, text)
    return trace.sha256()
