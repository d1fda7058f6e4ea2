"""The chain over a record: the hash of each row takes in the hash of the row before it.

Change, take out, add or exchange a row, and from there on the hashes no longer fit. It says what is hashed and how; the
store writes the chain, `verify.py` follows it.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

START = bytes(32)  # stands before the first row

FACT, EVENT, SAMPLE = range(3)
TABLES = ("facts", "events", "samples")  # by number; all three share one sequence without holes

CLOSED = "closed"  # key of the last fact of a record: how many rows each table has, itself included

_HEAD = struct.Struct("<bqdI")  # table, seq, t_s, length of the first column: no two rows are the same bytes


class Row(NamedTuple):
    """One row of any table: key and value of a fact, kind and JSON of an event, values and qualities of a sample."""

    table: int
    seq: int
    t_s: float
    first: str | bytes
    second: str | bytes


def link(before: bytes, row: tuple[int, int, float, bytes, bytes]) -> bytes:
    """The hash of a row with its columns as bytes, after the one whose hash is `before`."""
    table, seq, t_s, first, second = row
    return hashlib.sha256(b"".join((before, _HEAD.pack(table, seq, t_s, len(first)), first, second))).digest()


def tags_sha256(rows: Iterable[tuple[str, int, str, str]]) -> str:
    """The hash of the table of tags, `(name, index, unit, doc)` in order: it stands in the first fact."""
    return hashlib.sha256("\n".join(map(repr, rows)).encode()).hexdigest()


def counts_by_name(counts: Sequence[int]) -> dict[str, int]:
    """The value of the last fact."""
    return dict(zip(TABLES, counts, strict=True))
