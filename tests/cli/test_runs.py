"""`springback runs`, `verify`, `replay`: what was recorded can be found, read, compared, checked and given away."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.replay import replay
from controller.cli.run import RunOptions
from controller.cli.runs_files import bundle_run, export_run, report_run, retain_runs
from controller.cli.runs_text import compare_runs, list_runs, show_run
from controller.cli.verify import verify_runs
from controller.record.archive import NoSuchRun, find, tag, tags
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from tests.cli.commands import refused, springback
from tests.line.behind import recipe, run
from tests.line.test_people import say
from tests.unit.test_record_verify import left_open

Out = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs: as it should be, held for a while, and stopped by the emergency stop."""
    place = tmp_path_factory.mktemp("runs")
    held = say(place, "at: 75 s, do: hold, reason: look at it", "at: 85 s, do: resume")
    run(RunOptions(recipe("press-short"), out=place / "good-1"))
    run(RunOptions(recipe("press-short"), out=place / "held-1", operator=held))
    run(RunOptions(recipe("press-short"), out=place / "estop-1", faults=("line.estop@75",)))
    return place


def listed(folder: Path, capsys: Out, **wanted: str) -> list[str]:
    keys: dict[str, str | None] = {"recipe": None, "verdict": None, "since": None, "tag": None}
    assert list_runs(folder, **(keys | wanted), as_json=True) == Exit.PASSED
    return [found["id"] for found in json.loads(capsys.readouterr().out)["runs"]]


def test_the_list_is_what_the_records_say(folder: Path, capsys: Out) -> None:
    assert sorted(listed(folder, capsys)) == ["estop-1", "good-1", "held-1"]
    assert listed(folder, capsys, verdict="none") == ["estop-1"]
    assert listed(folder, capsys, recipe="smoke") == []
    assert listed(folder, capsys, since="2999-01-01") == []
    with pytest.raises(CommandError, match="--since 'yesterday' is no date; write it as in"):
        listed(folder, capsys, since="yesterday")
    assert sorted(listed(folder, capsys, since="2000-01-01")) == ["estop-1", "good-1", "held-1"]

    list_runs(folder, recipe=None, verdict="PASS", since=None, tag=None, as_json=False)
    head, *lines = capsys.readouterr().out.splitlines()
    columns = ["recipe", "verdict", "state", "took", "alarms", "part", "lot", "tags"]
    assert head.split() == ["RUN", "started,", "UTC", *columns]
    assert {line.split()[0] for line in lines} == {"good-1", "held-1"}


def test_a_record_that_cannot_be_read_is_named_and_the_others_are_listed(tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.sqlite").write_text("no record " * 500, encoding="utf-8")

    code = list_runs(tmp_path, recipe=None, verdict=None, since=None, tag=None, as_json=False)

    assert code == Exit.NOT_INTACT
    assert "unreadable: run record" in capsys.readouterr().out


def test_a_run_is_found_by_folder_record_id_or_the_beginning_of_its_id(folder: Path) -> None:
    good = folder / "good-1"

    assert [find(name, folder) for name in (str(good), str(good / "run.sqlite"), "good-1", "go")] == [good] * 4
    with pytest.raises(NoSuchRun, match="no run 'x'"):
        find("x", folder)
    with pytest.raises(NoSuchRun, match="beginning of 3 runs"):
        find("", folder)


def test_show_ends_as_the_run_ended(folder: Path, capsys: Out) -> None:
    show_run("estop", folder, as_json=False)
    text = capsys.readouterr().out
    show_run("estop", folder, as_json=True)
    data = json.loads(capsys.readouterr().out)

    assert "press-short v1  ABORTED  NONE" in text
    assert "first    At 1:15 line.estop" in text
    assert (data["end_reason"], data["record"]) == ("ended", "intact")


def test_runs_are_compared_by_step_and_not_by_the_clock(folder: Path, capsys: Out) -> None:
    compare_runs("good", "held", folder, as_json=True)
    data = json.loads(capsys.readouterr().out)

    longer = {row["step"]: row["difference"] for row in data["durations"] if abs(row["difference"]) > 2.0}
    assert longer == {"Settle": pytest.approx(10.0, abs=1.0)}
    followed = {(row["step"], row["name"]): row for row in data["tags"]}
    released = followed["Full release", "press.pressure"]  # ten seconds later by the clock, and yet the same ramp
    assert released["apart"] < 5.0
    assert {row["name"] for row in data["results"]} >= {"gap", "springback"}


def test_a_step_that_only_one_run_has_stays_in_the_comparison(folder: Path, capsys: Out) -> None:
    compare_runs("good", "estop", folder, as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("Recover ")).split()[-2:] == ["–", "–"]


def test_replay_says_why_a_run_held_and_why_it_aborted(folder: Path, capsys: Out) -> None:
    replay("held", folder, None)
    held = capsys.readouterr().out
    replay("estop", folder, None)
    stopped = capsys.readouterr().out

    assert "1:15  person   operator: hold: look at it" in held
    assert "1:15  step     5 Settle holding: look at it" in held
    assert "ALARM    line.estop (class 1): line.estop_chain is not met" in stopped
    assert "press-short v1  ABORTED  NONE" in stopped.partition("job      aborting -> aborted")[2]


def test_replay_at_a_pace_tells_the_same(folder: Path, capsys: Out) -> None:
    replay("held", folder, None)
    at_once = capsys.readouterr().out
    replay("held", folder, 1e5)

    assert capsys.readouterr().out == at_once


def test_csv_has_a_line_for_each_sample_and_a_unit_in_each_head(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.csv"
    export_run("good", folder, "csv", out)

    head, *rows = csv.reader(io.StringIO(out.read_text(encoding="utf-8")))
    assert "press.pressure [kPa]" in head
    at = head.index("press.pressure [kPa]")
    assert max(float(row[at]) for row in rows if row[at]) == pytest.approx(250.0, abs=3.0)
    assert [float(row[0]) for row in rows] == sorted(float(row[0]) for row in rows)


def test_json_has_everything(folder: Path, capsys: Out) -> None:
    export_run("good", folder, "json", None)

    data = json.loads(capsys.readouterr().out)
    assert data["facts"]["recipe_text"].startswith("recipe: press-short")
    assert data["events"][-1]["kind"] == "run_ended"
    assert len(data["samples"]["t_s"]) == len(data["samples"]["tags"]["press.gap"]["values"])


def test_parquet_says_what_to_install(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)

    with pytest.raises(RecordError, match=r'pip install "springback\[parquet\]"'):
        export_run("good", folder, "parquet", tmp_path / "x.parquet")
    with pytest.raises(CommandError, match="name a file"):
        export_run("good", folder, "parquet", None)


def test_hdf5_has_everything_with_units(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "x.h5"
    export_run("good", folder, "hdf5", out)

    with h5py.File(out) as file, RunFile(folder / "good-1" / "run.sqlite") as run:
        times_s, gap = run.series("press.gap")
        assert file["samples/press.gap"].attrs["unit"] == "um"
        assert list(file["samples/t_s"]) == list(times_s)
        assert str(file["samples/press.gap"][()].tolist()) == str(gap)  # so that what is no number is equal too
        assert json.loads(file["events/json"][-1])["kind"] == "run_ended"
        assert json.loads(file["facts/recipe_text"][()]) == run.meta["recipe_text"]
        assert len(file["events/t_s"]) == len(file["events/json"]) == len(run.events())


def test_hdf5_says_what_to_install(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)

    with pytest.raises(RecordError, match=r'pip install "springback\[hdf5\]"'):
        export_run("good", folder, "hdf5", tmp_path / "x.h5")
    with pytest.raises(CommandError, match="hdf5 is no text; name a file"):
        export_run("good", folder, "hdf5", None)
    monkeypatch.undo()
    with pytest.raises(CommandError, match=r"cannot write .*x\.h5: No such file or directory"):
        export_run("good", folder, "hdf5", tmp_path / "nowhere" / "x.h5")


def test_a_bundle_is_enough_to_look_at_a_run_elsewhere(folder: Path, tmp_path: Path, capsys: Out) -> None:
    out = tmp_path / "report.zip"
    bundle_run("estop", folder, out)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(tmp_path)

    there = tmp_path / "estop-1"
    assert {path.name for path in there.iterdir()} == {
        "run.sqlite", "report.html", "part.json", "recipe.yaml", "tool.yaml", "interlocks.yaml", "alarms.yaml",
        "warnings.yaml", "versions.json", "verify.json",
    }  # fmt: skip
    assert json.loads((there / "verify.json").read_text())["state"] == "intact"
    assert verify_runs(str(there), folder, as_json=False) == Exit.PASSED


def test_a_report_is_written_again_from_the_record_alone(folder: Path) -> None:
    before = (folder / "good-1" / "report.html").read_bytes()
    (folder / "good-1" / "report.html").unlink()

    report_run("good", folder)

    assert (folder / "good-1" / "report.html").read_bytes() == before


def test_verify_says_where_a_record_breaks(folder: Path, tmp_path: Path, capsys: Out) -> None:
    path = tmp_path / "run.sqlite"
    path.write_bytes((folder / "good-1" / "run.sqlite").read_bytes())
    db = sqlite3.connect(path, isolation_level=None)
    (seq,) = db.execute("SELECT seq FROM events WHERE kind = 'result' LIMIT 1").fetchone()
    db.execute("UPDATE events SET json = replace(json, '\"ok\":true', '\"ok\":null') WHERE seq = ?", (seq,))
    db.close()

    assert verify_runs(str(path), tmp_path, as_json=False) == Exit.NOT_INTACT
    assert f"DAMAGED at events {seq} at " in capsys.readouterr().out
    assert verify_runs(None, folder, as_json=True) == Exit.PASSED
    assert json.loads(capsys.readouterr().out)["intact"] is True


def test_only_old_runs_that_are_not_golden_are_deleted_and_only_when_asked(
    tmp_path: Path, folder: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("good-1", "held-1"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.sqlite").write_bytes((folder / name / "run.sqlite").read_bytes())
    (tmp_path / "held-1" / "notes.txt").write_text("a person's", encoding="utf-8")
    tag(tmp_path / "good-1", "golden")
    later: Callable[..., str] = lambda days_ago: "2999-01-01"  # noqa: E731

    retain_runs(tmp_path, 90, dry_run=False)
    assert "nothing in" in capsys.readouterr().out
    monkeypatch.setattr("controller.wall.utc_text", later)
    retain_runs(tmp_path, 90, dry_run=True)
    assert f"would go {tmp_path / 'held-1'}" in capsys.readouterr().out
    assert (tmp_path / "held-1" / "run.sqlite").exists()
    retain_runs(tmp_path, 90, dry_run=False)

    assert (tmp_path / "good-1" / "run.sqlite").exists()
    assert [path.name for path in (tmp_path / "held-1").iterdir()] == ["notes.txt"]


def test_tags_come_and_go(folder: Path, capsys: Out) -> None:
    tag(folder / "held-1", "golden")
    assert listed(folder, capsys, tag="golden") == ["held-1"]

    assert tag(folder / "held-1", "golden", remove=True) == [] == tags(folder / "held-1")


def test_the_commands_themselves(folder: Path, tmp_path: Path) -> None:
    shown = springback("verify", "--all", "--in", folder, "--json")
    assert shown.code == 0 and len(shown.json["records"]) == 3

    assert "no run 'nothing'" in refused(springback("runs", "show", "nothing", "--in", folder), 2)
    assert "name one run, or say --all" in refused(springback("verify", "--in", folder), 2)


# ---------------------------------------------------------------------------------------------- the site's journal
@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    for _ in range(2):
        assert springback("run", "smoke", cwd=place).code == 0
    return place / "runs"


@pytest.fixture
def site(two_runs: Path, tmp_path: Path) -> Path:
    """A folder of runs with a journal, as `springback run` without --out leaves it."""
    return Path(shutil.copytree(two_runs, tmp_path / "runs"))


def test_the_journal_finds_a_run_that_was_forged_cut_or_taken_away(site: Path, capsys: Out) -> None:
    first, second = sorted(path.parent for path in site.glob("*/run.sqlite"))
    assert verify_runs(None, site, as_json=False) == Exit.PASSED

    shutil.copy(second / "run.sqlite", first / "run.sqlite")  # sound in itself
    shutil.rmtree(second)
    capsys.readouterr()

    assert verify_runs(None, site, as_json=False) == Exit.NOT_INTACT
    said = capsys.readouterr().out
    assert f"{first / 'run.sqlite'}: it is not the record that was closed" in said
    assert f"{second / 'run.sqlite'}: the journal knows this run" in said
    assert verify_runs(first.name, site, as_json=False) == Exit.NOT_INTACT
    said = capsys.readouterr().out
    assert "it is not the record that was closed" in said and second.name not in said


def test_a_run_that_retain_deleted_is_not_missed(site: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.wall.utc_text", lambda days_ago=0: "2999-01-01")
    retain_runs(site, 90, dry_run=False)

    assert verify_runs(None, site, as_json=False) == Exit.PASSED
    assert {path.name for path in site.iterdir()} == {"site"}


def test_a_journal_that_was_changed_is_named_and_not_written_on(site: Path, capsys: Out) -> None:
    (journal,) = (site / "site").glob("*.sqlite")
    db = sqlite3.connect(journal, isolation_level=None)
    db.execute("DELETE FROM events WHERE seq = 2")
    db.close()

    assert verify_runs(None, site, as_json=False) == Exit.NOT_INTACT
    assert f"{journal}: record 2" in capsys.readouterr().out
    again = springback("run", "smoke", cwd=site.parent)
    assert again.code == 0
    assert again.err.startswith("warning: site journal")


def test_a_run_that_is_under_way_is_intact_so_far(tmp_path: Path, capsys: Out) -> None:
    with left_open(tmp_path / "run.sqlite"):
        assert verify_runs(str(tmp_path), tmp_path, as_json=False) == Exit.PASSED

    assert "intact so far, 44 records; the run is under way" in capsys.readouterr().out
