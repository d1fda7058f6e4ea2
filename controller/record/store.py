"""The SQLite file of one run: its tables, and how a batch of rows gets into it.

It knows nothing of clocks, threads or what an event means. A batch that carries events is written with
`synchronous=FULL` (it survives a power cut), a batch of samples with NORMAL (it survives a killed process).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.reading import TagTable

APPLICATION_ID = 0x53505242  # "SPRB": tells `file` and us that this is a run record
FORMAT = 1
BUSY_S = 2.0  # how long to wait for another process that holds the file; chosen: above any reader of ours

_TABLES = """
CREATE TABLE meta    (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tags    (name TEXT PRIMARY KEY, idx INTEGER NOT NULL, unit TEXT NOT NULL, doc TEXT NOT NULL);
CREATE TABLE events  (seq INTEGER PRIMARY KEY, t_s REAL NOT NULL, kind TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE samples (seq INTEGER PRIMARY KEY, t_s REAL NOT NULL, row BLOB NOT NULL, quality BLOB NOT NULL);
"""


class RecordError(Exception):
    """The record cannot be written or read. While a run cannot be recorded, nothing may be commanded."""


EventRow = tuple[int, float, str, str]
SampleRow = tuple[int, float, bytes, bytes]


@dataclass(slots=True)
class Batch:
    """Rows that are committed together. Events and samples share one sequence, so their order can be restored."""

    events: list[EventRow] = field(default_factory=list)
    samples: list[SampleRow] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.events or self.samples or self.meta)


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a RecordError that tells a person what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise RecordError(f"run record {path}: {error}; {_advice(error)}") from error


def _advice(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program holds it; close that program"
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return "the disk is full or failing; free space or choose another folder for runs"
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return "check that the folder exists and may be written"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return "the file is no run record, or it is damaged"
    return "the record is incomplete from here on"


class Store:
    """A new record file. One thread at a time may use it."""

    def __init__(self, path: Path, tags: TagTable) -> None:
        """Create the file and its tables; RecordError when it exists or cannot be made."""
        self.path = path
        if path.exists():
            raise RecordError(f"run record {path}: it exists already; each run needs a new file")
        with plain_errors(path):
            # The writer thread takes over the connection that was opened here, hence check_same_thread.
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version={FORMAT}")
            self._db.executescript(f"BEGIN;{_TABLES}COMMIT;")
            self._full = True
            self._write_tags(tags)

    def _write_tags(self, tags: TagTable) -> None:
        # Aliases are tags of the same index; they come after the name they stand for, and readers rely on that order.
        rows = [(name, i, tags.units[i], tags.docs[i]) for name in tags for i in (tags.index(name),)]
        self._db.executemany("INSERT INTO tags VALUES (?, ?, ?, ?)", rows)

    def write(self, batch: Batch) -> None:
        """Commit a batch; it is on disk when this returns. RecordError when it is not."""
        with plain_errors(self.path):
            self._sync(full=bool(batch.events))
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._insert(batch)
                self._db.execute("COMMIT")
            except sqlite3.Error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _insert(self, batch: Batch) -> None:
        if batch.samples:
            self._db.executemany("INSERT INTO samples VALUES (?, ?, ?, ?)", batch.samples)
        if batch.events:
            self._db.executemany("INSERT INTO events VALUES (?, ?, ?, ?)", batch.events)
        if batch.meta:
            pairs = [(key, json.dumps(value, default=str)) for key, value in batch.meta.items()]
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", pairs)

    def _sync(self, *, full: bool) -> None:
        if full is not self._full:
            self._db.execute(f"PRAGMA synchronous={'FULL' if full else 'NORMAL'}")
            self._full = full

    def close(self) -> None:
        """Close; the finished record becomes one plain file without side files, unless a reader still has it open."""
        # When a reader holds it, or the disk is full, everything committed stays readable through the WAL.
        with suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA journal_mode=DELETE")
        self._db.close()
