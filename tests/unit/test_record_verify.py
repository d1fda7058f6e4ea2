"""The chain: any row that was changed, taken out, added or exchanged is found and named; so is a cut, to the record."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.record.events import JobChanged, Measured, Note
from controller.record.recover import recover
from controller.record.store import RecordError, connect, tag_rows
from controller.record.verify import verify
from tests.unit.recorded_run import STARTED, Bench

COLUMNS = {
    "facts": ("seq", "t_s", "key", "value", "sha256"),
    "events": ("seq", "t_s", "kind", "json", "sha256"),
    "samples": ("seq", "t_s", "row", "quality", "sha256"),
    "tags": ("name", "idx", "unit", "doc"),
}
SAMPLES = 30


def begun(path: Path) -> Bench:
    """A record of a few dozen rows, still open."""
    bench = Bench(path)
    bench.recorder.describe(run_id="small", seed=3, recipe_text="recipe: small\n")
    bench.recorder.event(STARTED)
    bench.recorder.event(JobChanged("SETTING_UP", "PROCESSING"))
    for n in range(SAMPLES):
        bench.now_s += 0.1
        bench.put("gap.height", 40.0 + n)
        bench.recorder.sample()
        if n % 5 == 0:
            bench.recorder.event(Measured(f"gap_{n}", 40.0 + n, "um", 30.0, 80.0, True, "measured", "Settle"))
    bench.recorder.event(Note("done"))
    return bench


def small_run(path: Path) -> Path:
    """The same, closed."""
    begun(path).recorder.close("PROCESS_COMPLETE", "PASS")
    return path


@contextmanager
def left_open(path: Path) -> Iterator[Path]:
    """The same while it is being written."""
    bench = begun(path)
    bench.recorder.describe(last="fact")  # everything up to here is on disk
    yield path
    bench.recorder.close("ABORTED", "NONE")


def killed_run(path: Path) -> Path:
    """The same as a killed process leaves it."""
    living = path.with_name("living")
    living.mkdir()
    with left_open(living / path.name) as source:
        shutil.copy(source, path)
        shutil.copy(f"{source}-wal", f"{path}-wal")
    return path


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_run(tmp_path_factory.mktemp("sound") / "run.sqlite")


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "run.sqlite"))


def change(path: Path, *statements: str, values: tuple[Any, ...] = ()) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        db.execute(statement, values)
    db.close()


def rows(path: Path) -> list[Any]:
    """All that a reader of the record can see; whatever cannot be read raises."""
    db = connect(path, "ro")
    try:
        found: list[Any] = [tag_rows(db)]
        for table in ("facts", "events", "samples"):
            found.append(db.execute(f"SELECT * FROM {table} ORDER BY seq").fetchall())
        return found
    finally:
        db.close()


def test_a_sound_record_is_intact_and_its_head_is_that_of_its_last_row(sound: Path) -> None:
    found = verify(sound)

    assert (found.state, found.records) == ("intact", 1 + 3 + 2 + SAMPLES + 6 + 1 + 1 + 2)
    db = sqlite3.connect(sound)
    assert db.execute("SELECT sha256 FROM facts ORDER BY seq DESC LIMIT 1").fetchone() == (found.head,)
    db.close()


@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in COLUMNS.items() for c in columns])
def test_a_change_of_any_column_is_found(copy: Path, table: str, column: str) -> None:
    db = sqlite3.connect(copy)
    rowid, value = db.execute(f"SELECT rowid, {column} FROM {table} ORDER BY rowid LIMIT 1 OFFSET 2").fetchone()
    db.close()
    other: Callable[[Any], Any] = {
        int: lambda v: v + 1000,
        float: lambda v: v + 1e-9,
        str: lambda v: f"{v} ",
        bytes: lambda v: v[:-1] + bytes([v[-1] ^ 1]),
    }[type(value)]

    change(copy, f"UPDATE {table} SET {column} = ? WHERE rowid = {rowid}", values=(other(value),))

    found = verify(copy)
    assert found.state == "damaged"
    if table != "tags":
        assert found.records < rowid
        assert str(rowid) in found.bad or column == "seq"


@pytest.mark.parametrize("table", ["facts", "events", "samples"])
def test_a_blob_in_the_place_of_a_text_is_found(copy: Path, table: str) -> None:
    column = COLUMNS[table][3]
    kind = "TEXT" if table == "samples" else "BLOB"
    change(copy, f"UPDATE {table} SET {column} = CAST({column} AS {kind}) WHERE seq > 4")

    assert verify(copy).state == "damaged"


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_row_that_is_taken_out_doubled_or_exchanged_is_named(
    sound: Path, tmp_path: Path, data: st.DataObject
) -> None:
    path = Path(shutil.copy(sound, tmp_path / "run.sqlite"))
    table = data.draw(st.sampled_from(["facts", "events", "samples"]))
    with sqlite3.connect(path) as db:
        seqs = [seq for (seq,) in db.execute(f"SELECT seq FROM {table} ORDER BY seq")]
        last = verify(path).records
    db.close()
    seq, other = data.draw(st.lists(st.sampled_from(seqs), min_size=2, max_size=2, unique=True))
    a, b = COLUMNS[table][2:4]
    acts = {
        "out": [f"DELETE FROM {table} WHERE seq = {seq}"],
        "double": [f"INSERT INTO {table} SELECT {last + 1}, t_s, {a}, {b}, x'00' FROM {table} WHERE seq = {seq}"],
        "swap": [
            f"UPDATE {table} SET seq = 0 WHERE seq = {seq}",
            f"UPDATE {table} SET seq = {seq} WHERE seq = {other}",
            f"UPDATE {table} SET seq = {other} WHERE seq = 0",
        ],
    }
    what = data.draw(st.sampled_from(sorted(acts)))
    change(path, *acts[what])

    found = verify(path)

    first = {"out": seq, "double": last + 1, "swap": min(seq, other)}[what]
    if what == "out" and seq == last:  # the end is cut off: nothing is wrong but that it is open
        assert found.state == "open"
    else:
        assert found.state == "damaged"
    assert found.records == first - 1
    path.unlink()


@given(at=st.floats(0.0, 1.0, exclude_max=True), bits=st.integers(1, 255))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_byte_of_the_file_is_found_or_changes_nothing(
    sound: Path, tmp_path: Path, at: float, bits: int
) -> None:
    path = tmp_path / "run.sqlite"
    flip(sound, path, int(at * sound.stat().st_size), bits)

    if verify(path).intact:
        assert rows(path) == rows(sound)


def flip(sound: Path, path: Path, at: int, bits: int) -> None:
    content = bytearray(sound.read_bytes())
    content[at] ^= bits
    path.write_bytes(content)


@pytest.mark.long
def test_no_byte_of_the_file_can_be_flipped_unseen(sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.sqlite"
    before, seen = rows(sound), 0
    for at in range(sound.stat().st_size):
        flip(sound, path, at, 1 << at % 8)
        if verify(path).intact:
            assert rows(path) == before, at
        else:
            seen += 1
    assert seen > 5000  # the rest is free space, and SQLite's own counters


@pytest.mark.parametrize("lost", [1, 2, 3, 10, 40])
def test_a_cut_end_is_open_and_the_cut_is_exact(copy: Path, lost: int) -> None:
    whole = verify(copy).records
    for table in ("facts", "events", "samples"):
        change(copy, f"DELETE FROM {table} WHERE seq > {whole - lost}")

    found = verify(copy)

    assert (found.state, found.records) == ("open", whole - lost)


def test_a_cut_record_can_be_closed_again_and_then_says_interrupted(tmp_path: Path) -> None:
    path = killed_run(tmp_path / "run.sqlite")

    assert verify(path).state == "open"
    assert recover(path)

    assert verify(path).intact
    assert not recover(path)


def test_a_damaged_record_is_not_closed(tmp_path: Path) -> None:
    path = killed_run(tmp_path / "run.sqlite")
    change(path, "UPDATE events SET t_s = 7 WHERE seq = 6")

    with pytest.raises(RecordError, match="keep it as evidence"):
        recover(path)


def test_a_record_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.sqlite")
    bench.recorder.event(STARTED)

    assert not recover(bench.recorder.path)

    bench.recorder.close("ABORTED", "NONE")
    assert verify(bench.recorder.path).intact


@pytest.mark.parametrize("table", ["events", "samples", "tags", "facts"])
def test_a_table_that_is_gone_is_damage(copy: Path, table: str) -> None:
    change(copy, f"DROP TABLE {table}")

    assert verify(copy).state == "damaged"
