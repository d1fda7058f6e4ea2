"""The journal of a folder of runs: several writers, many acts at a time, days, and a disk that takes nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from controller.record.events import PersonRefused, SiteAct
from controller.record.runfile import RunFile
from controller.record.site import SiteJournal, enter, objections
from controller.record.store import RecordError
from controller.record.verify import verify
from controller.server.audit import Audit

DAY, NEXT = "2026-11-21", "2026-11-22"


def act(name: str, day: str = DAY) -> SiteAct:
    return SiteAct(name, f"{day}T10:00:00+00:00", {"by": "otto"})


def entered(runs: Path, day: str = DAY) -> list[str]:
    path = runs / "site" / f"{day}.sqlite"
    assert not verify(path).problem
    with RunFile(path) as journal:
        return [found.act for _, found, _ in journal.events() if isinstance(found, SiteAct)]


def test_several_writers_take_turns_and_each_day_has_its_file(tmp_path: Path) -> None:
    one, other = SiteJournal(tmp_path), SiteJournal(tmp_path)
    one.enter([act("a"), act("b")])
    other.enter([act("c")])
    one.enter([act("d"), act("e", NEXT)])
    enter(tmp_path, f"{NEXT}T11:00:00+00:00", "f", {})
    one.enter([act("g", NEXT)])

    assert (entered(tmp_path), entered(tmp_path, NEXT)) == (["a", "b", "c", "d"], ["e", "f", "g"])
    assert objections(tmp_path) == []


def test_an_end_that_is_not_ours_is_verified_before_it_is_written_on(tmp_path: Path) -> None:
    journal = SiteJournal(tmp_path)
    journal.enter([act("a"), act("b")])
    forge_the_end(tmp_path / "site" / f"{DAY}.sqlite")

    with pytest.raises(RecordError, match="keep it as evidence"):
        journal.enter([act("c")])


def forge_the_end(path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("UPDATE events SET sha256 = zeroblob(32) WHERE seq = (SELECT max(seq) FROM events)")
    db.commit()
    db.close()


def test_acts_are_on_disk_in_order_when_written_returns(tmp_path: Path) -> None:
    async def scene() -> list[str]:
        audit = Audit(tmp_path, 1.0)
        for i in range(50):
            audit.enter(PersonRefused("start", "olga", str(i)))
        await audit.written()
        (path,) = (tmp_path / "site").glob("*.sqlite")
        with RunFile(path) as journal:
            return [found.facts["reason"] for _, found, _ in journal.events() if isinstance(found, SiteAct)]

    assert asyncio.run(scene()) == [str(i) for i in range(50)]


def test_a_journal_that_cannot_be_written_is_logged_and_holds_nobody_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "site").write_text("in the way", encoding="utf-8")

    async def scene() -> None:
        audit = Audit(tmp_path, 1.0)
        audit.enter(PersonRefused("start", "olga", "the role"))
        await audit.written()
        audit.enter(PersonRefused("start", "olga", "again"))
        await audit.written()

    asyncio.run(scene())
    assert [("the role" in text, "again" in text) for text in caplog.messages] == [(True, False), (False, True)]
