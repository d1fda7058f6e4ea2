"""The journal: what is acknowledged is on disk, what is stored is what happened, the same run has the same trace."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

from controller.record.events import Alarm, Intent, JobChanged, Note, RunEnded
from controller.record.journal import BATCH_ROWS, Recorder, RecordError
from controller.record.recover import WHY, recover
from controller.record.runfile import RunFile
from controller.record.verify import verify
from tests.unit.recorded_run import STARTED, Bench, write_run

INTENT = Intent(1, "ramp_to", "press.pressure_setpoint", 250.0, "kPa", "step Compress", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def test_events_and_samples_come_back_as_they_were_recorded(path: Path) -> None:
    bench = Bench(path)

    bench.recorder.event(STARTED)
    bench.now_s += 0.5
    bench.put("press.pressure", 101.5)
    bench.recorder.sample()
    bench.recorder.close("PROCESS_COMPLETE", "NONE")

    with RunFile(path) as run:
        assert [(e.t_s, e.event) for e in run.events()] == [
            (0.0, STARTED),
            (0.5, RunEnded("PROCESS_COMPLETE", "NONE", "")),
        ]
        times, values = run.series("press_pressure.pressure")
        assert list(times) == [0.5]
        assert list(values) == [101.5]
        assert run.tags["press.pressure"].unit == "kPa"


def test_an_alias_reads_the_column_of_its_tag(path: Path) -> None:
    write_run(path)

    with RunFile(path) as run:
        assert run.series("press.pressure") == run.series("press_pressure.pressure")


def test_a_reading_that_was_not_to_be_trusted_is_a_gap_in_the_series(path: Path) -> None:
    bench = Bench(path)
    bench.put("gap.height", 50.0)
    bench.recorder.sample()
    bench.tags.fail(bench.tags.index("gap.height"))
    bench.now_s += 0.1
    bench.recorder.sample()
    bench.recorder.close("PROCESS_COMPLETE", "NONE")

    with RunFile(path) as run:
        good, stale = run.series("gap.height")[1]
        assert good == 50.0
        assert math.isnan(stale)
        assert list(run.quality("gap.height")) == [0, 3]
        assert math.isnan(run.series("balance.mass")[1][0]), "a tag that was never read is a gap too"


def test_a_number_that_is_none_becomes_null_in_an_event(path: Path) -> None:
    bench = Bench(path)

    bench.recorder.event(Alarm("X", 1, True, "", "", "", "", values={"a": math.nan, "b": math.inf, "c": 1.0}))
    bench.recorder.close("ABORTED", "NONE")

    with RunFile(path) as run:
        alarm = run.events()[0].event
        assert isinstance(alarm, Alarm)
        assert alarm.values == {"a": None, "b": None, "c": 1.0}


def test_the_same_run_has_the_same_trace_and_the_seed_is_no_part_of_it(tmp_path: Path) -> None:
    for name, seed, hostile in (("a", 1, ""), ("b", 2, ""), ("c", 1, "x")):
        write_run(tmp_path / name, seed=seed, hostile=hostile)

    a, b, c = (RunFile(tmp_path / name) for name in "abc")

    assert a.meta["seed"] != b.meta["seed"]
    assert a.meta["trace_sha256"] == b.meta["trace_sha256"]
    assert a.meta["trace_sha256"] != c.meta["trace_sha256"]
    for run in (a, b, c):
        run.close()


def test_a_closed_record_is_one_intact_file(path: Path) -> None:
    write_run(path)

    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert verify(path).intact


def test_closing_twice_leaves_exactly_one_terminal_event(path: Path) -> None:
    bench = Bench(path)

    bench.recorder.close("ABORTED", "FAIL", "operator")
    bench.recorder.close("PROCESS_COMPLETE", "PASS")
    bench.recorder.event(Note("too late"))
    bench.recorder.sample()

    with RunFile(path) as run:
        assert [e.event for e in run.events()] == [RunEnded("ABORTED", "FAIL", "operator")]
        assert run.ended


async def test_an_intent_is_readable_by_another_connection_when_intent_returns(path: Path) -> None:
    for threaded in (False, True):
        file = path.with_name(f"{threaded}.db")
        bench = Bench(file, threaded=threaded)

        bench.recorder.event(JobChanged("SETTING_UP", "PROCESSING"))
        await bench.recorder.intent(INTENT)

        with RunFile(file) as run:
            assert [e.event for e in run.events()] == [JobChanged("SETTING_UP", "PROCESSING"), INTENT]
            assert not run.ended
        bench.recorder.close("ABORTED", "NONE")


async def test_no_intent_is_accepted_after_the_end(path: Path) -> None:
    bench = Bench(path)
    bench.recorder.close("ABORTED", "NONE")

    with pytest.raises(RecordError, match="closed"):
        await bench.recorder.intent(INTENT)


def test_an_event_is_committed_soon_while_scans_go_on(path: Path) -> None:
    bench = Bench(path)
    bench.recorder.event(Note("first"))

    for _ in range(11):
        bench.now_s += 0.1
        bench.recorder.sample()

    with RunFile(path) as run:
        assert [e.event for e in run.events()] == [Note("first")]
    bench.recorder.close("ABORTED", "NONE")


def test_memory_stays_bounded_when_the_clock_stands_still(path: Path) -> None:
    bench = Bench(path)

    for _ in range(BATCH_ROWS):
        bench.recorder.sample()

    with RunFile(path) as run:
        assert len(run.series("gap.height")[0]) == BATCH_ROWS
    bench.recorder.close("ABORTED", "NONE")


def test_a_second_run_does_not_overwrite_the_first(path: Path) -> None:
    write_run(path)

    with pytest.raises(RecordError, match="exists already; each run needs a new file"):
        Bench(path)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"nowhere.*check that the folder exists"):
        Bench(tmp_path / "nowhere" / "run.db")


def test_a_file_that_is_no_record_is_refused(path: Path) -> None:
    path.write_text("recipe: compress-release\n" * 100)

    with pytest.raises(RecordError, match="no run record"):
        RunFile(path)


_KILLED = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from tests.unit.recorded_run import STARTED, Bench
from tests.unit.test_record import INTENT

async def main():
    bench = Bench(Path(sys.argv[1]), threaded=sys.argv[2] == "True")
    bench.recorder.event(STARTED)
    for n in range(1_000_000):
        bench.now_s += 0.1
        bench.recorder.sample()
        await bench.recorder.intent(replace(INTENT, id=n))
        print(n, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("threaded", [False, True])
def test_every_acknowledged_intent_survives_kill_9(path: Path, threaded: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(path), str(threaded)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(100):
            process.stdout.readline()
        process.kill()
        told = [int(line) for line in process.stdout.read().splitlines() if line.strip()]
    acknowledged = told[-1] if told else 99

    with RunFile(path) as run:
        kept = [e.event.id for e in run.events() if isinstance(e.event, Intent)]
        assert kept == list(range(len(kept)))
        assert kept[-1] >= acknowledged
        assert not run.ended

    assert verify(path).state == "open"
    assert recover(path)
    assert not recover(path), "a record ends once"
    with RunFile(path) as run:
        assert [e.event for e in run.events()][-1] == RunEnded("ABORTED", "NONE", WHY, "interrupted")
    assert verify(path).intact


async def test_the_writer_thread_keeps_the_order_and_the_trace(tmp_path: Path) -> None:
    shas = []
    for threaded in (False, True):
        bench = Bench(tmp_path / f"{threaded}.db", threaded=threaded)
        for n in range(300):
            bench.now_s += 0.1
            bench.put("gap.height", float(n))
            bench.recorder.sample()
            if n % 50 == 0:
                await bench.recorder.intent(INTENT)
        bench.recorder.close("PROCESS_COMPLETE", "NONE")
        with RunFile(bench.recorder.path) as run:
            assert list(run.series("gap.height")[1]) == [float(n) for n in range(300)]
            shas.append(run.meta["trace_sha256"])

    assert shas[0] == shas[1]


def test_the_recorder_offers_its_trace_while_it_runs(path: Path) -> None:
    bench = Bench(path)
    before = bench.recorder.trace_sha256

    bench.recorder.event(Note("something"))

    assert isinstance(bench.recorder, Recorder)
    assert bench.recorder.trace_sha256 != before
    bench.recorder.close("ABORTED", "NONE")
