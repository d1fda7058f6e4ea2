"""The run's record as a stranger reads it: the SQLite file, its events as JSON, the times of its samples.

Opened anew at each look, so it sees what is committed and nothing else; it never writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Record:
    """The file of the run under way, and the plant's time at which it began; before `begin` there is none."""

    path: Path | None = None
    began_s: float = 0.0
    events: list[tuple[float, dict[str, Any]]] = field(default_factory=list)  # plant's time, event
    texts: list[str] = field(default_factory=list)
    _seq: int = 0

    def begin(self, path: Path, now_s: float) -> None:
        """A run has begun: this is its file, and now is its time 0."""
        self.path, self.began_s = path, now_s

    def look(self) -> None:
        """Take in what was committed since the last look; nothing before a run has begun."""
        if self.path is None:
            return
        with self._open() as db:
            rows = db.execute("SELECT seq, t_s, json FROM events WHERE seq > ? ORDER BY seq", (self._seq,)).fetchall()
        for seq, t_s, text in rows:
            self._seq = seq
            self.texts.append(text)
            self.events.append((self.began_s + t_s, json.loads(text)))

    def of(self, kind: str) -> Iterator[tuple[float, dict[str, Any]]]:
        """The events of a kind seen so far, with the plant's times."""
        return ((t_s, event) for t_s, event in self.events if event["kind"] == kind)

    def sample_times(self) -> list[float]:
        """When samples were taken, in the plant's time."""
        with self._open() as db:
            return [self.began_s + t_s for (t_s,) in db.execute("SELECT t_s FROM samples ORDER BY seq")]

    def fact(self, key: str) -> Any:
        """A fact of the run as it was told last, None when it is not there."""
        with self._open() as db:
            row = db.execute("SELECT value FROM facts WHERE key = ? ORDER BY seq DESC LIMIT 1", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if self.path is None:
            raise LookupError("no run has begun; call begin first")
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            yield db
