"""What a record costs: a durable order against the bare disk, and a stream of samples against the clock.

Both use the recorder as a run does in real time, with its thread and its loop. The bare disk is a page appended to a
file of the same folder in the same minute, with `fdatasync`: what a durable row costs whoever writes it plainly.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from controller.record.chain import SAMPLE
from controller.record.events import Intent
from controller.record.journal import Recorder
from controller.record.verify import verify
from drivers.reading import TagTable, Value
from simulators.scaled_time import ScaledLoop

ORDERS = 1000
CHANNELS, RATE_HZ, STREAM_S = 1000, 50, 60.0
OVERHEAD_S, DISKS = 150e-6, 1.5  # a durable order may cost this much and so many writes of the bare disk


def table_of(channels: int) -> TagTable:
    """A table of tags that change."""
    tags = TagTable()
    for i in range(channels):
        tags.add("bench", Value(f"channel{i}", "kPa", 0.0, 1e9, "a value that changes"))
    return tags


def change(tags: TagTable, scan: int) -> None:
    """Give every tag another value, as an instrument's poll does."""
    for i in range(len(tags.value)):
        tags.put(i, float(scan + i), scan / RATE_HZ)


def bare_disk(folder: Path, count: int) -> list[float]:
    """Seconds of each append of a row's worth of bytes with `fdatasync`."""
    took_s = []
    file = os.open(folder / "bare", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for _ in range(count):
        start_s = time.perf_counter()
        os.write(file, bytes(4096))
        os.fdatasync(file)
        took_s.append(time.perf_counter() - start_s)
    os.close(file)
    return took_s


async def durable(folder: Path, count: int) -> list[float]:
    """Seconds of each intent until it is on disk."""
    recorder = Recorder(folder / "orders.sqlite", table_of(120), time.perf_counter, threaded=True)
    took_s = []
    for i in range(count):
        intent = Intent(i, "press.pressurise", "press_pressure.target", 400.0, "kPa", "step press", 1)
        start_s = time.perf_counter()
        await recorder.intent(intent)
        took_s.append(time.perf_counter() - start_s)
    recorder.close("PROCESS_COMPLETE", "NONE")
    return took_s


async def stream(folder: Path, span_s: float) -> tuple[float, float, float]:
    """Shares of one core for changing the values and for recording them too, and the worst lateness of a scan in s."""
    tags = table_of(CHANNELS)
    began_s = time.process_time()
    for scan in range(RATE_HZ):
        change(tags, scan)
    changing = time.process_time() - began_s  # of one second's worth
    recorder = Recorder(folder / "stream.sqlite", tags, time.perf_counter, threaded=True)
    began_s, start_s, late_s = time.process_time(), time.perf_counter(), 0.0
    for scan in range(round(span_s * RATE_HZ)):
        due_s = start_s + scan / RATE_HZ
        await asyncio.sleep(max(due_s - time.perf_counter(), 0.0))
        late_s = max(late_s, time.perf_counter() - due_s)
        change(tags, scan)
        recorder.sample()
    recorder.close("PROCESS_COMPLETE", "NONE")
    share = (time.process_time() - began_s) / span_s
    _must_be_whole(folder / "stream.sqlite", round(span_s * RATE_HZ))
    return changing, share, late_s


def _must_be_whole(path: Path, scans: int) -> None:
    """End the benchmark when a scan is missing: a fast record with holes is no record."""
    finding = verify(path)
    if not finding.intact or finding.counts[SAMPLE] != scans:
        sys.exit(f"{path}: {finding.counts[SAMPLE]} of {scans} scans are there; {finding.problem or finding.state}")


def measure(span_s: float = STREAM_S) -> list[tuple[str, str, str]]:
    """Rows of what, figure, goal."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        bare_s = bare_disk(Path(folder), ORDERS)
        with asyncio.Runner(loop_factory=ScaledLoop) as runner:
            order_s = runner.run(durable(Path(folder), ORDERS))
        bare_s += bare_disk(Path(folder), ORDERS)  # before and after: a disk has moods
        changing, share, late_s = asyncio.run(stream(Path(folder), span_s))
    bare, order = statistics.median(bare_s), statistics.median(order_s)
    return [
        ("`fdatasync` of the same disk", f"{bare * 1e6:.0f} us", "-"),
        ("durable order, 1,000 times", f"{order * 1e6:.0f} us", f"{(OVERHEAD_S + DISKS * bare) * 1e6:.0f} us"),
        (
            f"{CHANNELS * RATE_HZ:,} samples a second for {span_s:.0f} s, all kept",
            f"{100 * share:.0f} % of a core, of which {100 * changing:.0f} % to change the values",
            "50 %",
        ),
        ("lateness of a scan meanwhile, worst", f"{late_s * 1e3:.1f} ms", "-"),
    ]


if __name__ == "__main__":
    for row in measure():
        print(*row, sep="\t")
