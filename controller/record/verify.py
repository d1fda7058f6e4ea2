"""Is a record still what was written? It follows the chain from the first row to the terminal one, offline.

What is covered: every column of every row of facts, events and samples, their order and number, and the table of tags.
Bytes of the file that carry none of these (free pages, SQLite's own counters) may change without harm. The chain has
no secret: it finds damage and careless edits, and whoever keeps the head of a record elsewhere also finds a forged one.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from controller.record.chain import CLOSED, EVENT, SAMPLE, START, TABLES, counts_by_name, link, tags_sha256
from controller.record.events import RunEnded
from controller.record.store import TAGS_FACT, RecordError, connect, tag_rows
from controller.record.trace import Trace


@dataclass(slots=True)
class Finding:
    """What `verify` found. `bad` names the first record that does not fit; all `records` before it do.

    `closed` is False for a record without its end: the run is under way, was killed, or the end was cut off.
    """

    path: Path
    records: int = 0
    head: bytes = START
    last_s: float = 0.0
    closed: bool = False
    ended: bool = False
    bad: str = ""
    problem: str = ""
    trace_sha256: str = ""
    counts: list[int] = field(default_factory=lambda: [0] * len(TABLES))

    @property
    def intact(self) -> bool:
        """True when nothing is wrong and the record has its end."""
        return self.closed and not self.problem

    @property
    def state(self) -> str:
        """`intact`, `open` or `damaged`."""
        return "damaged" if self.problem else "intact" if self.closed else "open"

    def to_json(self) -> dict[str, object]:
        """Plain data; `head_sha256` is the hash of the last record that fits."""
        return {
            "record": str(self.path),
            "state": self.state,
            "records": self.records,
            "head_sha256": self.head.hex(),
            "trace_sha256": self.trace_sha256,
            "bad": self.bad,
            "problem": self.problem,
        }


_UNREADABLE = (sqlite3.Error, UnicodeDecodeError)  # of a damaged file even the complaint may be no text


class _Text(bytes):
    """Bytes of a text column: a blob of the same bytes is not the same row."""


class _Bad(Exception):
    """Where the chain breaks, and how."""

    def __init__(self, bad: str, problem: str) -> None:
        super().__init__(problem)
        self.bad, self.problem = bad, problem


_Found = tuple[int, int, float, bytes, bytes, bytes]  # seq, table, t_s, first column, second column, stored hash


def verify(path: Path) -> Finding:
    """Follow the chain of a record; never raises for what the file holds. RecordError when it cannot be opened."""
    finding = Finding(path)
    try:
        db = connect(path, "ro")
    except RecordError as error:
        if not path.is_file():
            raise
        finding.bad, finding.problem = "the file", str(error)
        return finding
    try:
        _follow(db, finding)
        (structure,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if structure != b"ok":
            raise _Bad("the file", f"SQLite finds its structure damaged: {structure.decode(errors='replace')}")
    except _Bad as bad:
        finding.bad, finding.problem = bad.bad, bad.problem
    except _UNREADABLE as error:
        finding.bad = f"record {finding.records + 1}"
        finding.problem = f"SQLite cannot read on: {error}"
    finally:
        db.close()
    return finding


def _follow(db: sqlite3.Connection, finding: Finding) -> None:
    tags = _tags(db)
    columns: dict[int, tuple[str, str]] = {}
    for name, index, unit, _doc in tags:
        columns.setdefault(index, (name, unit))
    trace = Trace(columns.values())
    db.text_factory = _Text
    counts = finding.counts
    closed = None
    for seq, table, t_s, first, second, stored in heapq.merge(*(_rows(db, table) for table in range(len(TABLES)))):
        here = f"record {finding.records + 1}"
        if seq != finding.records + 1:
            raise _Bad(here, f"{here} is missing: {TABLES[table]} goes on with {seq}")
        where = f"{TABLES[table]} {seq} at {t_s:.3f} s"
        if closed is not None:
            raise _Bad(where, "it stands after the end of the record")
        if link(finding.head, (table, seq, t_s, first, second)) != stored:
            raise _Bad(where, "its hash does not fit: it was changed, or what stood before it was")
        if seq == 1 and (first.decode(), json.loads(second)) != (TAGS_FACT, tags_sha256(tags)):
            raise _Bad("the table of tags", "its hash is not the one in the first fact")
        if table == EVENT:
            trace.event(t_s, second.decode())
            finding.ended = finding.ended or first.decode() == RunEnded.kind
        elif table == SAMPLE:
            trace.sample(t_s, first, second)
        elif first.decode() == CLOSED:
            closed = json.loads(second)
        counts[table] += 1
        finding.records, finding.head, finding.last_s = seq, stored, max(finding.last_s, t_s)
    finding.trace_sha256 = trace.sha256()
    if closed is not None and closed != counts_by_name(counts):
        raise _Bad("the closing record", f"it counts {closed}, there are {counts_by_name(counts)}")
    finding.closed = closed is not None


def _tags(db: sqlite3.Connection) -> list[tuple[str, int, str, str]]:
    try:
        return tag_rows(db)
    except _UNREADABLE as error:
        raise _Bad("the table of tags", f"SQLite cannot read it: {error}") from None


def _rows(db: sqlite3.Connection, table: int) -> Iterator[_Found]:
    """The rows of one table by their sequence; a column of another type than was written is damage."""
    text = bytes if table == SAMPLE else _Text
    for row in db.execute(f"SELECT * FROM {TABLES[table]} ORDER BY seq"):
        if [type(column) for column in row] != [int, float, text, text, bytes]:
            raise _Bad(f"{TABLES[table]} {row[0]}", "its columns are not of the types that were written")
        seq, t_s, first, second, stored = row
        yield seq, table, t_s, first, second, stored
