"""The journal of a folder of runs: acts outside a run, and the head of each record that was closed; one file a day.

It has the form of a run's record and the same chain, but no end. Because it keeps the heads, a run that was forged,
cut or taken away as a whole is found as well.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from controller.record.archive import SITE
from controller.record.chain import EVENT, Row
from controller.record.events import SiteAct
from controller.record.journal import event_text
from controller.record.runfile import RunFile
from controller.record.signature import signed_by
from controller.record.store import Batch, RecordError, Store
from controller.record.verify import Finding, verify
from drivers.reading import TagTable

LEDGER = "releases.sqlite"  # beside the days: what was signed, released and retired, see `releases.py`
CLOSED, DELETED = "run_closed", "run_deleted"


def enter(runs: Path, utc: str, act: str, facts: Mapping[str, Any]) -> None:
    """Enter one act, at a UTC time in ISO 8601, durably; RecordError when that cannot be done."""
    SiteJournal(runs).enter([SiteAct(act, utc, dict(facts))])


def closed(record: Path, utc: str) -> SiteAct:
    """The act that a record was closed: its head, and which key signed it. RecordError when it cannot be read."""
    key = signed_by(record)
    with RunFile(record) as run:
        facts = {"run": record.parent.name, "head_sha256": run.head_sha256}
    return SiteAct(CLOSED, utc, {**facts, "key": key} if key else facts)


class SiteJournal:
    """The journal of one folder of runs, for whoever enters acts into it. Any number of processes may do that."""

    def __init__(self, runs: Path) -> None:
        self._folder = runs / SITE
        self._sound: Finding | None = None  # what we wrote last: it is verified once, not with every act

    def enter(self, acts: Sequence[SiteAct]) -> None:
        """Enter acts in their order, durably; RecordError when that cannot be done. It waits for a disk."""
        with alone(self._folder):
            self.append(acts)

    def append(self, acts: Sequence[SiteAct]) -> None:
        """The same, for who is `alone` already."""
        for day, of_day in groupby(acts, lambda act: act.utc[:10]):
            self.append_to(self._folder / f"{day}.sqlite", list(of_day))

    def append_to(self, path: Path, acts: Sequence[SiteAct]) -> str:
        """Append to one file, inside `alone`; returns the hash of its last row."""
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
        return store.head.hex()

    def _verified(self, path: Path) -> Finding:
        """Where the journal of a day ends; RecordError when it is damaged."""
        if not path.exists():
            Store.create(path, TagTable()).close()
            _shared_as(path.parent, path)
        sound = self._sound
        if sound is not None and sound.path == path:
            with RunFile(path) as journal:
                if journal.head_sha256 == sound.head.hex():
                    return sound
        return sound_journal(path)


def sound_journal(path: Path) -> Finding:
    """Where a journal ends; RecordError when it is damaged."""
    found = verify(path)
    if found.problem:
        raise RecordError(f"site journal {path}: {found.bad}: {found.problem}; keep it as evidence")
    return found


def latest_acts(runs: Path, days: int) -> list[SiteAct]:
    """The acts of the latest journals, at most so many days, in their order; RecordError when one cannot be read."""
    found: list[SiteAct] = []
    for path in sorted((runs / SITE).glob("[0-9]*.sqlite"))[-days:]:
        with RunFile(path) as journal:
            found += [act for _, act, _ in journal.events(SiteAct) if isinstance(act, SiteAct)]
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


def objections(runs: Path, of: str = "") -> list[Objection]:
    """Where the journals are damaged, or say something else than is there: of all runs, or of one by its name."""
    found: list[Objection] = []
    told: list[SiteAct] = []
    for path in _journals(runs):
        journal = verify(path)
        if journal.problem:
            found.append(Objection(path, f"{journal.bad}: {journal.problem}"))
        else:
            told += _acts_of(path)
    keys = {str(act.facts["run"]): str(act.facts.get("key", "")) for act in told if act.act == CLOSED}
    ledger_head = ""
    for act in told:
        if act.act not in (CLOSED, DELETED):
            ledger_head = str(act.facts.get("ledger_sha256", ledger_head))
    ledger = runs / SITE / LEDGER
    if ledger_head and ledger not in {one.path for one in found} and not _knows(ledger, ledger_head):
        found.append(Objection(ledger, "it lacks what the journal knows of releases: cut or replaced"))
    for run, head in heads(told).items():
        if of and run != of:
            continue
        record = runs / run / "run.sqlite"
        if not record.is_file():
            found.append(Objection(record, "the journal knows this run, and nobody entered that it was deleted"))
        elif verify(record).head.hex() != head:
            found.append(Objection(record, f"it is not the record that was closed: its head was {head[:16]}"))
        elif keys[run] and keys[run] != signed_by(record):
            found.append(Objection(record, f"the site key {keys[run]} had signed it, and the signature is gone"))
    return found


def _journals(runs: Path) -> list[Path]:
    return sorted((runs / SITE).glob("*.sqlite"))


def _acts_of(journal: Path) -> list[SiteAct]:
    with RunFile(journal) as days:
        return [act for _, act, _ in days.events(SiteAct) if isinstance(act, SiteAct)]


def _knows(path: Path, head: str) -> bool:
    if not path.is_file():
        return False
    with RunFile(path) as journal:
        return journal.has(head)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One writer at a time."""
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            _shared_as(folder.parent, folder)
        path = folder / ".lock"
        new = not path.exists()
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if new:
            _shared_as(folder, path)
    except OSError as error:
        raise RecordError(f"site journal {folder}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _shared_as(folder: Path, made: Path) -> None:
    """Let the group write into what was made where the group may write: signatures are of different users."""
    if folder.stat().st_mode & stat.S_IWGRP:
        made.chmod(made.stat().st_mode | stat.S_IWGRP)
