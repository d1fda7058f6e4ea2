"""What a part has been through: found in the records of its folder, believed only when they are whole."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from controller.record.archive import load
from controller.record.history import as_fact, opened, runs_before, runs_of, unmet
from controller.record.index import INDEX, Digest, digests
from controller.record.site import enter
from tests.unit.short_record import write_short

NEEDS = {"press": "passed"}
DAY = "2026-11-2"


def of_part(runs: Path, part: str = "W-1", *, simulated: bool = True) -> list[Digest]:
    return runs_of(part, digests(runs)[0], simulated=simulated)


def test_runs_of_a_part_are_found_oldest_first_real_and_simulated_apart(tmp_path: Path) -> None:
    write_short(tmp_path, "b", part="W-1", utc=f"{DAY}1T10:00:00+00:00")
    write_short(tmp_path, "a", part="W-1", utc=f"{DAY}2T10:00:00+00:00")
    write_short(tmp_path, "other", part="W-2")
    write_short(tmp_path, "real", part="W-1", simulated=False)
    write_short(tmp_path, "scanned", scanned={"part": "W-3", "carrier": "C-1"})

    assert [one.run for one in of_part(tmp_path)] == ["b", "a"]
    assert [one.run for one in of_part(tmp_path, simulated=False)] == ["real"]
    assert [one.labels for one in of_part(tmp_path, "W-3")] == [{"part": "W-3", "carrier": "C-1"}]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ([], "the part has no run of press; its runs: none"),
        ([("polish", "PASS", "PROCESS_COMPLETE")], "the part has no run of press; its runs: polish"),
        ([("press", "FAIL", "PROCESS_COMPLETE")], "its last one, run-0, ended PROCESS_COMPLETE with verdict FAIL"),
        ([("press", "NONE", "PROCESS_COMPLETE")], "its last one, run-0, ended PROCESS_COMPLETE with verdict NONE"),
        ([("press", "PASS", "ABORTED")], "its last one, run-0, ended ABORTED"),
        ([("press", "PASS", "PROCESS_COMPLETE"), ("press", "FAIL", "PROCESS_COMPLETE")], "its last one, run-1"),
        ([("press", "FAIL", "PROCESS_COMPLETE"), ("press", "PASS", "PROCESS_COMPLETE")], ""),
        ([("press", "PASS", "PROCESS_COMPLETE"), ("polish", "FAIL", "PROCESS_COMPLETE")], ""),
    ],
)
def test_of_several_runs_of_a_recipe_the_last_one_counts(
    tmp_path: Path, written: list[tuple[str, str, str]], why: str
) -> None:
    for i, (recipe, verdict, state) in enumerate(written):
        utc = f"{DAY}{i}T10:00:00+00:00"
        write_short(tmp_path, f"run-{i}", part="W-1", recipe=recipe, verdict=verdict, state=state, utc=utc)

    found = unmet(NEEDS, of_part(tmp_path))

    assert len(found) == (1 if why else 0)
    assert why in "".join(found)


def test_completed_is_enough_where_nothing_else_is_needed(tmp_path: Path) -> None:
    write_short(tmp_path, "a", part="W-1", verdict="FAIL")

    assert unmet({"press": "completed"}, of_part(tmp_path)) == []


def change(record: Path) -> None:
    with sqlite3.connect(record) as db:
        db.execute("UPDATE events SET json = replace(json, '0.5', '0.6')")
    db.close()


def test_a_record_that_was_changed_meets_no_need(tmp_path: Path) -> None:
    folder = write_short(tmp_path, "a", part="W-1")
    change(folder / "run.sqlite")

    assert "the record of a is damaged" in unmet(NEEDS, of_part(tmp_path))[0]


def test_a_sound_record_that_is_not_the_one_that_was_closed_meets_no_need(tmp_path: Path) -> None:
    write_short(tmp_path, "a", part="W-1")
    enter(tmp_path, f"{DAY}0T11:00:00+00:00", "run_closed", {"run": "a", "head_sha256": "ab" * 32})

    assert "is not the one that was closed" in unmet(NEEDS, of_part(tmp_path))[0]


def test_the_next_record_names_the_runs_before_it_and_their_heads(tmp_path: Path) -> None:
    first = write_short(tmp_path / "one", "a", part="W-1")
    earlier = runs_before(first / "run.sqlite")
    second = write_short(tmp_path / "two", "b", recipe="polish", earlier=as_fact(earlier), utc=f"{DAY}1T10:00:00+00:00")

    found = runs_before(second / "run.sqlite")

    assert [one.run for one in found] == ["a", "b"]
    assert unmet(NEEDS, found) == []
    (first / "run.sqlite").unlink()
    assert "the record of a is no longer at" in unmet(NEEDS, found)[0]


def test_runs_that_were_moved_together_still_find_each_other(tmp_path: Path) -> None:
    first = write_short(tmp_path / "one", "a", part="W-1")
    write_short(tmp_path / "one", "b", recipe="polish", earlier=as_fact(runs_before(first / "run.sqlite")))
    (tmp_path / "one").rename(tmp_path / "moved")

    assert unmet(NEEDS, runs_before(tmp_path / "moved" / "b" / "run.sqlite")) == []


def test_the_index_is_worked_out_again_when_it_is_gone_broken_or_behind(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    write_short(tmp_path, "a", part="W-1")
    index = tmp_path / "site" / INDEX
    from_records = digests(tmp_path)[0]
    kept = digests(tmp_path)[0]

    assert index.is_file()
    assert kept == from_records
    index.write_bytes(b"no index " * 500)
    assert digests(tmp_path)[0] == from_records
    index.unlink()
    assert digests(tmp_path)[0] == from_records

    (tmp_path / "a" / "run.sqlite").unlink()
    (tmp_path / "a").rmdir()
    write_short(tmp_path, "a", part="W-9")
    assert [one.part for one in digests(tmp_path)[0]] == ["W-9"]


def test_the_index_is_read_instead_of_the_records_as_long_as_they_do_not_change(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    write_short(tmp_path, "a", part="W-1")
    digests(tmp_path)
    with sqlite3.connect(tmp_path / "site" / INDEX) as db:
        (text,) = db.execute("SELECT json FROM runs").fetchone()
        db.execute("UPDATE runs SET json = ?", (json.dumps(json.loads(text) | {"recipe": "from the index"}),))
    db.close()

    assert [one.recipe for one in digests(tmp_path)[0]] == ["from the index"]


def test_what_cannot_be_read_is_told_and_the_others_are_found(tmp_path: Path) -> None:
    write_short(tmp_path, "a", part="W-1")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "run.sqlite").write_text("no record " * 500, encoding="utf-8")

    found, broken = digests(tmp_path)

    assert [one.run for one in found] == ["a"]
    assert "b/run.sqlite" in str(broken[0])


def test_a_folder_that_is_no_site_gets_no_index(tmp_path: Path) -> None:
    write_short(tmp_path, "a")
    digests(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_was_given_at_the_start_counts_before_what_was_scanned(tmp_path: Path) -> None:
    folder = write_short(tmp_path, "a", part="W-1", scanned={"part": "W-2", "lot": "L-7", "wheel": "GW-1"})

    assert load(folder).labels == {"part": "W-1", "lot": "L-7"}


MATERIALS = {"cover": {"name": "cover", "type": "EMC-7", "scan": "syringe", "pot_life_s": 28800.0}}


def test_a_lot_is_open_from_its_first_scan_in_a_real_run(tmp_path: Path) -> None:
    scanned = {"syringe": "EMC-7-1", "wheel": "GW-1"}
    write_short(tmp_path, "b", simulated=False, utc=f"{DAY}1T10:00:00+00:00", scanned=scanned, materials=MATERIALS)
    write_short(tmp_path, "a", simulated=False, utc=f"{DAY}0T10:00:00Z", scanned=scanned, materials=MATERIALS)
    write_short(tmp_path, "c", simulated=True, utc=f"{DAY}0T01:00:00Z", scanned=scanned, materials=MATERIALS)
    write_short(tmp_path, "d", simulated=False, utc="", scanned={"syringe": "EMC-7-2"}, materials=MATERIALS)

    assert opened(digests(tmp_path)[0]) == {"EMC-7-1": f"{DAY}0T10:00:00+00:00"}
