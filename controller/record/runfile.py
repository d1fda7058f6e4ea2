"""Read the record of a run: facts, events in order, curves.

It only reads, and believes what it reads: whether the record is still what was written says `verify.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from struct import Struct
from typing import Any, NamedTuple

from controller.record.chain import TABLES
from controller.record.events import Event, RunEnded, from_json
from controller.record.store import RecordError, connect, plain_errors, tag_rows
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
        self._db = connect(path, "ro")
        with plain_errors(path):
            facts = self._db.execute("SELECT key, value FROM facts ORDER BY seq").fetchall()
            rows = tag_rows(self._db)
        self.meta: dict[str, Any] = {key: self._json(text) for key, text in facts}  # of a key the last one counts
        self.tags: dict[str, TagInfo] = {name: TagInfo(idx, unit, doc) for name, idx, unit, doc in rows}

    def __enter__(self) -> RunFile:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was already read stays usable."""
        self._db.close()

    def events(self, *kinds: type[Event], after: int = 0) -> list[Stamped]:
        """All events in the order they were recorded, or those of some kinds, or those after a sequence number."""
        where = f"AND kind IN ({', '.join('?' * len(kinds))}) " if kinds else ""
        with plain_errors(self.path):
            rows = self._db.execute(
                f"SELECT seq, t_s, json FROM events WHERE seq > ? {where}ORDER BY seq",
                [after, *(kind.kind for kind in kinds)],
            ).fetchall()
        return [Stamped(t_s, self._event(text), seq) for seq, t_s, text in rows]

    def _event(self, text: str) -> Event:
        try:
            return from_json(self._json(text))
        except (KeyError, TypeError) as error:
            advice = "read it with the version that wrote it"
            raise RecordError(f"run record {self.path}: unknown event {text[:80]}; {advice}") from error

    def _json(self, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise RecordError(f"run record {self.path}: {text[:80]!r} is no JSON; look at it with verify") from error

    @property
    def ended(self) -> bool:
        """True when the run has its terminal event; False while it runs, or after a killed process."""
        with plain_errors(self.path):
            query = "SELECT 1 FROM events WHERE kind = ? LIMIT 1"
            return self._db.execute(query, (RunEnded.kind,)).fetchone() is not None

    @property
    def span_s(self) -> float:
        """Seconds from the start to the last thing recorded."""
        with plain_errors(self.path):
            query = "SELECT max(t_s) FROM (SELECT max(t_s) t_s FROM events UNION SELECT max(t_s) FROM samples)"
            last_s: float | None = self._db.execute(query).fetchone()[0]
        return last_s or 0.0

    @property
    def head_sha256(self) -> str:
        """The hash of the last row as it stands there: whoever keeps it can tell a forged record from this one."""
        union = " UNION ".join(f"SELECT max(seq) seq, sha256 FROM {table}" for table in TABLES)
        with plain_errors(self.path):
            head: bytes | None = self._db.execute(f"SELECT sha256 FROM ({union}) ORDER BY seq DESC").fetchone()[0]
        return (head or b"").hex()

    def has(self, sha256: str) -> bool:
        """True when an event has this hash: all before it is then what it was when somebody kept it."""
        with plain_errors(self.path):
            query = "SELECT 1 FROM events WHERE sha256 = ? LIMIT 1"
            return self._db.execute(query, (bytes.fromhex(sha256),)).fetchone() is not None

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
