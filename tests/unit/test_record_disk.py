"""A disk that takes nothing for a while: commands are refused, nothing is lost, and the record goes on by itself."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from controller.record import store
from controller.record.chain import EVENT, Row
from controller.record.events import Note
from controller.record.journal import RecordError
from controller.record.runfile import RunFile
from controller.record.store import Batch
from controller.record.verify import verify
from controller.record.writer import SLOW_S, ThreadWriter
from drivers.reading import TagTable
from tests.unit.recorded_run import Bench
from tests.unit.test_record import INTENT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.sqlite"


def hold(path: Path) -> sqlite3.Connection:
    """Another program that holds the file."""
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    return holder


def release(holder: sqlite3.Connection) -> None:
    holder.execute("ROLLBACK")
    holder.close()


async def test_a_held_file_fails_intents_and_nothing_is_missing_when_it_is_free_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_S", 0.01)
    bench = Bench(path)
    told: list[str] = []
    bench.recorder.on_failure = lambda error: told.append("failure")
    bench.recorder.on_recovery = lambda: told.append("recovery")
    holder = hold(path)

    with pytest.raises(RecordError, match="another program holds it"):
        await bench.recorder.intent(INTENT)
    bench.recorder.event(Note("the guard goes on"))
    bench.recorder.sample()
    release(holder)
    await bench.recorder.intent(INTENT)
    bench.recorder.sample()
    bench.recorder.sample()
    bench.recorder.close("ABORTED", "NONE")

    assert told == ["failure", "failure", "recovery"]
    with RunFile(path) as run:
        assert [e.event for e in run.events()][:3] == [INTENT, Note("the guard goes on"), INTENT]
        assert len(run.series("gap.height")[0]) == 3
    assert verify(path).intact


async def test_a_thread_tries_again_by_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_S", 0.01)
    monkeypatch.setattr("controller.record.writer.RETRY_S", 0.01)
    bench = Bench(path, threaded=True)
    holder = hold(path)
    with pytest.raises(RecordError, match="another program holds it"):
        await bench.recorder.intent(INTENT)
    release(holder)

    await bench.recorder.intent(INTENT)

    bench.recorder.close("ABORTED", "NONE")
    assert verify(path).intact


async def test_who_asks_when_all_is_written_already_is_answered(tmp_path: Path) -> None:
    writer = ThreadWriter(store.Store.create(tmp_path / "run.sqlite", TagTable()), asyncio.get_running_loop().time)
    async with asyncio.timeout(30.0):
        await writer.commit(Batch([Row(EVENT, 2, 0.0, Note.kind, "{}")], full=True))
        await writer.commit(Batch())
    writer.close()


async def test_a_disk_that_stands_still_is_trouble_and_no_waiting_for_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.record.writer.INTENT_S", 0.05)
    bench = Bench(path, threaded=True)
    told: list[str] = []
    bench.recorder.on_failure = lambda error: told.append(str(error))
    holder = hold(path)  # for less than BUSY_S: the thread waits and gets no error

    with pytest.raises(RecordError, match="did not take an intent within"):
        await bench.recorder.intent(INTENT)
    bench.recorder.sample()
    bench.now_s += SLOW_S + 0.1
    bench.recorder.sample()

    assert len(told) == 2 and "does not keep up" in told[1]
    release(holder)
    bench.recorder.close("ABORTED", "NONE")
    assert verify(path).intact


async def test_the_loop_stands_still_for_a_good_disk_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.record.writer.IN_PLACE_S", 30.0)
    monkeypatch.setattr("controller.record.writer.INTENT_S", 0.05)
    bench = Bench(path, threaded=True)
    turns: list[str] = []

    asyncio.get_running_loop().call_soon(turns.append, "a turn")
    await bench.recorder.intent(INTENT)
    assert turns == []
    holder = hold(path)
    bench.recorder.describe(**{"on": "its way"})
    with pytest.raises(RecordError, match="did not take an intent within"):
        await bench.recorder.intent(INTENT)
    assert turns == ["a turn"]

    release(holder)
    bench.recorder.close("ABORTED", "NONE")
    assert verify(path).intact


def log_of(path: Path) -> bytes:
    return Path(f"{path}-wal").read_bytes()


async def test_a_process_that_dies_leaves_its_orders_and_room_behind_them(path: Path, tmp_path: Path) -> None:
    bench = Bench(path, threaded=True)
    intents = [replace(INTENT, id=i) for i in range(2 * store.LOG_PAGES)]
    left = tmp_path / "left.sqlite"

    for intent in intents:  # each a page of the log, so it is used from its beginning again
        await bench.recorder.intent(intent)
    shutil.copy(path, left)
    shutil.copy(f"{path}-wal", f"{left}-wal")
    bench.recorder.close("ABORTED", "NONE")

    log = log_of(left)
    assert len(log) == store.ROOM_BYTES and log.endswith(bytes(20 * 4096))
    assert verify(left).state == "open"
    with RunFile(left) as run:
        assert [e.event for e in run.events()] == intents


def test_what_waits_is_bounded_and_what_was_left_out_is_counted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUSY_S", 0.001)
    monkeypatch.setattr("controller.record.journal.WAITING_ROWS", 30)
    bench = Bench(path)
    holder = hold(path)

    for _ in range(100):
        bench.now_s += 1.0
        bench.recorder.sample()
    release(holder)
    for _ in range(20):
        bench.now_s += 1.0
        bench.recorder.sample()
    bench.recorder.close("ABORTED", "NONE")

    with RunFile(path) as run:
        kept = len(run.series("gap.height")[0])
        (note,) = [e.event.text for e in run.events(Note) if isinstance(e.event, Note)]
    assert note.startswith(f"{120 - kept} samples up to here were not kept")
    assert verify(path).intact


_FULL_DISK = """
import asyncio, resource, signal, sys
from pathlib import Path
from controller.record import writer
from controller.record.journal import RecordError
from controller.record.runfile import RunFile
from controller.record.verify import verify
from tests.unit.recorded_run import Bench
from tests.unit.test_record import INTENT

async def run(path, threaded, limit):
    bench, refused, answered = Bench(path, threaded=threaded), 0, 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))
    for _ in range(40):
        for _ in range(10):
            bench.now_s += 0.1
            bench.recorder.sample()
        try:
            await bench.recorder.intent(INTENT)
            answered += 1
        except RecordError as error:
            refused += 1
            assert "free space or choose another folder" in str(error), error
        if refused == 3:
            resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    bench.recorder.close("PROCESS_COMPLETE", "NONE")
    with RunFile(path) as record:
        assert len(record.series("gap.height")[0]) == 400
        assert len(record.events()) == 41 == answered + refused + 1
    assert verify(path).intact, verify(path)
    return refused

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer.RETRY_S = 0.001
folder, threaded = Path(sys.argv[1]), sys.argv[2] == "True"
refused = [asyncio.run(run(folder / f"{limit}", threaded, limit)) for limit in range(*map(int, sys.argv[3:]))]
print(sum(map(bool, refused)))
"""


def full_disk(folder: Path, threaded: bool, *limits: int) -> int:
    """Runs whose disk is full at each of the limits, in bytes; how many of them it kept from recording for a while."""
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(folder), str(threaded), *map(str, limits)],
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.stderr == ""
    return int(done.stdout)


@pytest.mark.parametrize("threaded", [False, True])
def test_a_full_disk_stops_commands_and_loses_nothing(tmp_path: Path, threaded: bool) -> None:
    assert full_disk(tmp_path, threaded, 45_000, 200_000, 30_000) >= 3


@pytest.mark.long
def test_a_disk_that_is_full_at_any_write_loses_nothing(tmp_path: Path) -> None:
    assert full_disk(tmp_path, False, 40_000, 300_000, 500) > 100


class SetClock:
    """A clock on the wall that somebody sets, and one that only rises."""

    def __init__(self) -> None:
        self.set_s = 0.0

    def time(self) -> float:
        return 1.8e9 + self.set_s + self.monotonic()

    def monotonic(self) -> float:
        return 1000.0


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
async def test_a_clock_that_is_set_is_told_and_the_times_of_the_record_go_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    clock = SetClock()
    monkeypatch.setattr("controller.wall.time", clock)
    bench = Bench(path, threaded=True)
    for scan in range(20):
        bench.now_s += 0.1
        if scan == 10:
            clock.set_s = jump_s
        bench.recorder.sample()
    bench.recorder.close("PROCESS_COMPLETE", "NONE")

    with RunFile(path) as run:
        said = [(round(e.t_s, 1), e.event) for e in run.events(Note)]
        times_s = run.series("gap.height")[0]
    assert said == [
        (1.1, Note(f"the clock of this computer was set by {jump_s:+.1f} s; the times of this record go on", "warning"))
    ]
    assert times_s == pytest.approx([0.1 * (n + 1) for n in range(20)])
    assert verify(path).intact


def test_a_gap_between_samples_is_marked(path: Path) -> None:
    bench = Bench(path)
    for pause_s in (1.0, 1.0, 30.0, 1.0):
        bench.now_s += pause_s
        bench.recorder.sample()
    bench.recorder.close("PROCESS_COMPLETE", "NONE")

    with RunFile(path) as run:
        said = [(e.t_s, e.event.text) for e in run.events(Note)]
    assert said == [(32.0, "no samples for 30.0 s up to here: the program was stopped or kept waiting")]
