"""The journal of a folder of runs: acts outside a run, and the head of each record that was closed; one file a day.

It has the form of a run's record and the same chain, but no end. Because it keeps the heads, a run that was forged,
cut or taken away as a whole is found as well.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from controller.record.chain import EVENT, Row
from controller.record.events import SiteAct
from controller.record.journal import event_text
from controller.record.runfile import RunFile
from controller.record.store import Batch, RecordError, Store
from controller.record.verify import Finding, verify
from drivers.reading import TagTable

FOLDER = "site"
CLOSED, DELETED = "run_closed", "run_deleted"


def enter(runs: Path, utc: str, act: str, facts: Mapping[str, Any]) -> None:
    """Enter one act, at a UTC time in ISO 8601, durably; RecordError when that cannot be done."""
    SiteJournal(runs).enter([SiteAct(act, utc, dict(facts))])


def closed(record: Path, utc: str) -> SiteAct:
    """The act that a record was closed: it keeps its head. RecordError when it cannot be read."""
    with RunFile(record) as run:
        return SiteAct(CLOSED, utc, {"run": record.parent.name, "head_sha256": run.head_sha256})


class SiteJournal:
    """The journal of one folder of runs, for whoever enters acts into it. Any number of processes may do that."""

    def __init__(self, runs: Path) -> None:
        self._folder = runs / FOLDER
        self._sound: Finding | None = None  # what we wrote last: it is verified once, not with every act

    def enter(self, acts: Sequence[SiteAct]) -> None:
        """Enter acts in their order, durably; RecordError when that cannot be done. It waits for a disk."""
        with _alone(self._folder):
            for day, of_day in groupby(acts, lambda act: act.utc[:10]):
                self._append(self._folder / f"{day}.sqlite", list(of_day))

    def _append(self, path: Path, acts: Sequence[SiteAct]) -> None:
        found = self._verified(path)
        batch = Batch()
        for seq, act in enumerate(acts, start=found.records + 1):
            batch.add(Row(EVENT, seq, 0.0, act.kind, event_text(act)))
        store = Store.append(path, found.head)
        try:
            store.write(batch)
        finally:
            store.close()
        self._sound = Finding(path, found.records + len(acts), store.head)

    def _verified(self, path: Path) -> Finding:
        """Where the journal of a day ends; RecordError when it is damaged."""
        if not path.exists():
            Store.create(path, TagTable()).close()
        sound = self._sound
        if sound is not None and sound.path == path:
            with RunFile(path) as journal:
                if journal.head_sha256 == sound.head.hex():
                    return sound
        found = verify(path)
        if found.problem:
            raise RecordError(f"site journal {path}: {found.bad}: {found.problem}; keep it as evidence")
        return found


@dataclass(frozen=True, slots=True)
class Objection:
    """What the journal says against a folder: which file, and what is wrong."""

    path: Path
    problem: str


def acts(runs: Path) -> Iterator[SiteAct]:
    """All acts in the journals of a folder, the oldest first; RecordError when one cannot be read."""
    for path in _journals(runs):
        yield from _acts_of(path)


def heads(told: Iterable[SiteAct]) -> dict[str, str]:
    """The head of each record that was closed, by name of its run, as the acts tell it; without those deleted since."""
    found: dict[str, str] = {}
    for act in told:
        if act.act == CLOSED:
            found[str(act.facts["run"])] = str(act.facts["head_sha256"])
        elif act.act == DELETED:
            found.pop(str(act.facts["run"]), None)
    return found


def objections(runs: Path) -> list[Objection]:
    """Where the journals are damaged, or say something else of the runs than is there."""
    found: list[Objection] = []
    told: list[SiteAct] = []
    for path in _journals(runs):
        journal = verify(path)
        if journal.problem:
            found.append(Objection(path, f"{journal.bad}: {journal.problem}"))
        else:
            told += _acts_of(path)
    for run, head in heads(told).items():
        record = runs / run / "run.sqlite"
        if not record.is_file():
            found.append(Objection(record, "the journal knows this run, and nobody entered that it was deleted"))
        elif verify(record).head.hex() != head:
            found.append(Objection(record, f"it is not the record that was closed: its head was {head[:16]}"))
    return found


def _journals(runs: Path) -> list[Path]:
    return sorted((runs / FOLDER).glob("*.sqlite"))


def _acts_of(journal: Path) -> list[SiteAct]:
    with RunFile(journal) as days:
        return [act for _, act, _ in days.events(SiteAct) if isinstance(act, SiteAct)]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RecordError(f"site journal {folder}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
