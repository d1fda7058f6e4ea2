"""The SQLite file of one run: its tables, and how a batch of rows gets into it, chained.

It knows nothing of clocks, threads or what an event means. A batch that carries events is written with
`synchronous=FULL` (it survives a power cut), a batch of samples with NORMAL (it survives a killed process). In virtual
time everything is NORMAL: a power cut ends the simulated plant too, and nothing is left that the record must explain.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from controller.record.chain import FACT, SAMPLE, START, TABLES, Row, link, tags_sha256
from drivers.reading import TagTable

APPLICATION_ID = 0x53505242  # "SPRB": tells `file` and us that this is a run record
FORMAT = 2
BUSY_S = 2.0  # how long to wait for another process that holds the file; chosen: above any reader of ours
TAGS_FACT = "tags_sha256"  # key of the first fact
LOG_PAGES = 250  # chosen: 1 MB of SQLite's log, then it is carried over into the file and used from its beginning again
ROOM_BYTES = (LOG_PAGES + 50) * (4096 + 24)  # a page with its head in the log; it is a little over when it is noticed

_TABLES = """
CREATE TABLE tags (name TEXT PRIMARY KEY, idx INTEGER NOT NULL, unit TEXT NOT NULL, doc TEXT NOT NULL);
CREATE TABLE facts (seq INTEGER PRIMARY KEY, t_s REAL NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, sha256 BLOB);
CREATE TABLE events (seq INTEGER PRIMARY KEY, t_s REAL NOT NULL, kind TEXT NOT NULL, json TEXT NOT NULL, sha256 BLOB);
CREATE TABLE samples
  (seq INTEGER PRIMARY KEY, t_s REAL NOT NULL, row BLOB NOT NULL, quality BLOB NOT NULL, sha256 BLOB);
"""
_INSERT = tuple(f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?)" for table in TABLES)


class RecordError(Exception):
    """The record cannot be written or read. While a run cannot be recorded, nothing may be commanded."""


@dataclass(slots=True)
class Batch:
    """Rows that are committed together, in the order of their sequence; `full` when they must survive a power cut."""

    rows: list[Row] = field(default_factory=list)
    full: bool = False

    def add(self, row: Row) -> None:
        """Append one row."""
        self.rows.append(row)
        self.full = self.full or row.table != SAMPLE

    def extend(self, later: Batch) -> None:
        """Append what came later."""
        self.rows += later.rows
        self.full = self.full or later.full


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says into a RecordError that tells a person what to do."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:  # of a damaged file even the complaint may be no text
        raise RecordError(f"run record {path}: {error}; {_advice(error)}") from error


def _advice(error: Exception) -> str:
    extended = getattr(error, "sqlite_errorcode", 0)
    if extended == sqlite3.SQLITE_READONLY_ROLLBACK:
        return "a process was killed while it closed it; `springback runs recover` finishes that"
    code = extended & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return "another program holds it; close that program"
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return "the disk is full or failing; free space or choose another folder for runs"
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return "check that the folder exists and may be written, and that more files may be opened (`ulimit -n`)"
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return "the file is no run record, or it is damaged"
    return "the record is incomplete from here on"


def connect(path: Path, mode: str) -> sqlite3.Connection:
    """Open an existing record, `mode` `ro` or `rw`; RecordError when it is none, or of another format."""
    with plain_errors(path):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_S, isolation_level=None)
        try:
            (application,) = db.execute("PRAGMA application_id").fetchone()
            (version,) = db.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error:
            db.close()
            raise
    if (application, version) != (APPLICATION_ID, FORMAT):
        db.close()
        found = f"application id {application:#x}, format {version}"
        raise RecordError(f"{path} is no run record of format {FORMAT}, but {found}; name another file")
    return db


def tag_rows(db: sqlite3.Connection) -> list[tuple[str, int, str, str]]:
    """The table of tags in its order: a name before the aliases of the same index."""
    return db.execute("SELECT name, idx, unit, doc FROM tags ORDER BY rowid").fetchall()


@contextmanager
def unwritten(folder: Path) -> Iterator[bool]:
    """True, and until the end of the block nobody begins to write, when no living process writes a record there."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
            return
        yield False
    finally:
        os.close(lock)


class Store:
    """A record file open for writing. One thread at a time may use it; its folder stays locked until `close`."""

    def __init__(self, path: Path, db: sqlite3.Connection, head: bytes, lock: int | None, *, real: bool = True) -> None:
        """For `create` and `append` only. `head` is the hash of the last row, `write` moves it on."""
        self.path = path
        self.head = head
        self._db, self._lock = db, lock
        self._real, self._full = real, True

    @classmethod
    def create(cls, path: Path, tags: TagTable, *, real: bool = True) -> Store:
        """Create the file and its tables; RecordError when it exists or cannot be made.

        `real` is False in virtual time, where no row has to survive a power cut. The file is made under another name
        first: a process that is killed meanwhile leaves no half record.
        """
        if path.exists():
            raise RecordError(f"run record {path}: it exists already; each run needs a new file")
        # Aliases are tags of the same index; they come after the name they stand for, and readers rely on that order.
        rows = [(name, i, tags.units[i], tags.docs[i]) for name in tags for i in (tags.index(name),)]
        chained, head = _chain(START, [Row(FACT, 1, 0.0, TAGS_FACT, f'"{tags_sha256(rows)}"')])
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        with plain_errors(path), closing(sqlite3.connect(new, isolation_level=None)) as db:
            db.executescript(f"BEGIN; PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={FORMAT}; {_TABLES}")
            db.executemany("INSERT INTO tags VALUES (?, ?, ?, ?)", rows)
            db.executemany(_INSERT[FACT], chained[FACT])
            db.execute("COMMIT")
            db.execute("PRAGMA journal_mode=WAL")
        new.rename(path)
        with plain_errors(path):
            # The writer thread takes over the connection that was opened here, hence check_same_thread.
            db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            db.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
        lock = os.open(path.parent, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_SH)  # whoever dies lets go of it: see `unwritten`
        return cls(path, db, head, lock, real=real)

    @classmethod
    def append(cls, path: Path, head: bytes) -> Store:
        """Open a record whose last row has the hash `head`, inside `unwritten`."""
        return cls(path, connect(path, "rw"), head, None)

    def make_room(self) -> None:
        """Fill SQLite's log with zeros, before the first `write`: that overwriting it needs one access to the disk.

        A commit that lengthens its file waits for the file system's own journal too, and with it for everybody else who
        writes to the disk. SQLite takes zeros for an empty log, and what follows its end for nothing.
        """
        with suppress(OSError), Path(f"{self.path}-wal").open("ab", buffering=0) as log:  # a full disk is found later
            log.write(bytes(ROOM_BYTES))
            os.fsync(log.fileno())

    def write(self, batch: Batch) -> None:
        """Commit a batch; it is on disk when this returns. RecordError when nothing of it is."""
        chained, head = _chain(self.head, batch.rows)
        with plain_errors(self.path):
            self._sync(full=batch.full and self._real)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for insert, rows in zip(_INSERT, chained, strict=True):
                    if rows:
                        self._db.executemany(insert, rows)
                self._db.execute("COMMIT")
            except sqlite3.Error:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        self.head = head

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
        if self._lock is not None:
            os.close(self._lock)


_Chained = tuple[int, float, str | bytes, str | bytes, bytes]


def _chain(head: bytes, rows: Iterable[Row]) -> tuple[list[list[_Chained]], bytes]:
    """The rows of each table with their hashes, and the hash of the last one."""
    chained: list[list[_Chained]] = [[] for _ in TABLES]
    for table, seq, t_s, first, second in rows:
        head = link(head, (table, seq, t_s, _bytes(first), _bytes(second)))
        chained[table].append((seq, t_s, first, second, head))
    return chained, head


def _bytes(column: str | bytes) -> bytes:
    return column.encode() if isinstance(column, str) else column
