"""Who may release what: the fold of the acts, two identities, and a ledger that is cut, replaced or damaged."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.record.archive import SITE
from controller.record.events import SiteAct
from controller.record.releases import (
    RELEASED,
    RETIRED,
    SIGNED,
    Identity,
    Key,
    Ledger,
    Releases,
    State,
    act_on,
)
from controller.record.site import LEDGER, objections
from controller.record.store import RecordError

UTC = "2026-11-21T10:00:00+00:00"
EMMA = Identity("emma", 1001, False, "/dev/pts/1 of tool")
TEXT, OTHER_TEXT, OTHER_LIMITS = Key("smoke", "aa", "11"), Key("smoke", "bb", "11"), Key("smoke", "aa", "22")
TWIN = {"run": "smoke-1", "head_sha256": "cc", "trace_sha256": "dd"}


def signed(key: Key = TEXT, version: int = 1) -> SiteAct:
    return act_on(SIGNED, UTC, key, version, EMMA, "made", twin=TWIN)


def released(key: Key = TEXT, version: int = 1) -> SiteAct:
    return act_on(RELEASED, UTC, key, version, Identity("mara", 1002, False, ""), "looked at")


def retired(key: Key = TEXT, version: int = 1) -> SiteAct:
    return act_on(RETIRED, UTC, key, version, EMMA, "wrong pads")


@pytest.mark.parametrize(
    ("acts", "state", "words"),
    [
        ([], State.DRAFT, "never signed"),
        ([signed()], State.SIGNED, "signed by emma on 2026-11-21 10:00 UTC, and nobody else"),
        ([signed(), released()], State.RELEASED, ""),
        ([signed(), released(), retired()], State.RETIRED, "retired by emma on 2026-11-21 10:00 UTC: wrong pads"),
        ([signed(), retired()], State.RETIRED, "wrong pads"),
        ([signed(), released(), retired(), signed()], State.SIGNED, "nobody else"),
        ([signed(), released(), retired(), signed(), released()], State.RELEASED, ""),
        ([signed(), released(), signed()], State.SIGNED, "nobody else"),
        ([signed(OTHER_TEXT, 3), released(OTHER_TEXT, 3)], State.CHANGED, "not that of version 3, released by mara"),
        ([signed(OTHER_LIMITS), released(OTHER_LIMITS)], State.CHANGED, "limits of the tool are not those"),
        ([signed(OTHER_LIMITS), released(OTHER_LIMITS), retired(OTHER_LIMITS)], State.DRAFT, "never signed"),
        ([signed(OTHER_TEXT)], State.DRAFT, "never signed"),
    ],
)
def test_the_last_act_on_exactly_this_text_and_these_limits_counts(
    acts: list[SiteAct], state: State, words: str
) -> None:
    found = Releases.fold(acts).standing(TEXT, " --tool mine.yaml")

    assert (found.state, found.released) == (state, state is State.RELEASED)
    assert words in found.why
    assert bool(found.why) == bool(found.fix) == (state is not State.RELEASED)
    assert "springback recipe" in found.fix or found.released
    assert found.fix.count("--tool mine.yaml") == found.fix.count("springback ")


PEOPLE = st.builds(
    Identity, st.sampled_from(["root", "tool", "emma", "mara"]), st.integers(0, 3), st.booleans(), st.just("")
)


@given(PEOPLE, PEOPLE)
def test_two_identities_differ_by_name_and_by_system_user_unless_both_have_logged_in(a: Identity, b: Identity) -> None:
    same = a.may_be(b)

    assert same == b.may_be(a)
    assert same or a.user != b.user
    if not (a.login and b.login):
        assert same or a.uid != b.uid
    else:
        assert same == (a.user == b.user)


def test_acts_are_kept_in_order_with_their_head_in_the_journal_of_the_day(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.change(lambda found: [signed()])
    ledger.change(lambda found: [released()] if found.state(TEXT) is State.SIGNED else [])

    assert ledger.read().standing(TEXT).released
    assert ledger.read().twins() == {"smoke-1"}
    assert objections(tmp_path) == []


def test_what_is_decided_sees_what_stands_and_enters_nothing_when_it_raises(tmp_path: Path) -> None:
    def refuse(found: Releases) -> list[SiteAct]:
        raise LookupError(found.state(TEXT))

    ledger = Ledger(tmp_path)
    ledger.change(lambda found: [signed()])
    with pytest.raises(LookupError, match="signed"):
        ledger.change(refuse)

    assert ledger.read().state(TEXT) is State.SIGNED


def test_a_ledger_that_is_damaged_releases_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.change(lambda found: [signed(), released(), retired()])
    path = tmp_path / SITE / LEDGER
    db = sqlite3.connect(path)
    db.execute("UPDATE events SET json = replace(json, 'recipe_retired', 'recipe_signed')")
    db.commit()
    db.close()

    with pytest.raises(RecordError, match=r"hash does not fit.*keep it as evidence"):
        ledger.read()
    with pytest.raises(RecordError, match="keep it as evidence"):
        ledger.change(lambda found: [signed()])
    assert [objection.path for objection in objections(tmp_path)] == [path]


@pytest.mark.parametrize("how", ["cut", "replaced", "gone"])
def test_a_ledger_that_lacks_what_the_journal_knows_is_named(tmp_path: Path, how: str) -> None:
    ledger = Ledger(tmp_path)
    ledger.change(lambda found: [signed(), released()])
    ledger.change(lambda found: [retired()])
    path = tmp_path / SITE / LEDGER
    path.unlink()
    if how != "gone":
        other = Ledger(tmp_path / "other")
        other.change(lambda found: [signed(), released()] if how == "cut" else [signed(OTHER_TEXT)])
        (tmp_path / "other" / SITE / LEDGER).rename(path)

    for asked in ("", "one-run"):  # of all runs, of one: what it was released by is gone
        assert [(one.path, "cut or replaced" in one.problem) for one in objections(tmp_path, asked)] == [(path, True)]


def test_who_may_write_into_the_folder_may_write_into_its_files(tmp_path: Path) -> None:
    shared, own = tmp_path / "shared", tmp_path / "own"
    shared.mkdir()
    own.mkdir()
    shared.chmod(0o775)
    own.chmod(0o755)
    before = os.umask(0o022)
    try:
        for runs in (shared, own):
            Ledger(runs).change(lambda found: [signed()])
    finally:
        os.umask(before)

    def group_writes(runs: Path) -> set[bool]:
        made = [runs / SITE, *(runs / SITE).iterdir()]
        return {bool(path.stat().st_mode & stat.S_IWGRP) for path in made}

    assert (group_writes(shared), group_writes(own)) == ({True}, {False})
