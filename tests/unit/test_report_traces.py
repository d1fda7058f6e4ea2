"""All samples in the page: what was packed comes out again, and an hour of it is no large file."""

from __future__ import annotations

import base64
import json
import math
import random
import zlib
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.record.plots import PlotGroup
from controller.record.report.figure import Band, Mark, Strip
from controller.record.report.page import write_report
from controller.record.report.traces import traces
from controller.record.runfile import RunFile
from tests.unit.recorded_run import STARTED, Bench

LARGEST_B = 500_000


def unpack(packed: str) -> tuple[list[float], list[list[float | None]]]:
    """Times in s and the values of each curve, written from the words of traces.py."""
    said: dict[str, Any] = json.loads(packed)
    count, content = said["samples"], zlib.decompress(base64.b64decode(said["packed"]))

    def numbers(size: int) -> list[int]:
        nonlocal content
        planes, content = content[: size * count], content[size * count :]
        steps = [sum(planes[plane * count + i] << 8 * plane for plane in range(size)) for i in range(count)]
        return [total % 256**size for total in accumulate(steps)]

    times_s = [tick / 1000 for tick in numbers(4)]
    curves = []
    for curve in said["curves"]:
        width = (curve["high"] - curve["low"]) / 65534
        curves.append([None if n == 65535 else curve["low"] + n * width for n in numbers(2)])
    assert content == b""
    return times_s, curves


readings = st.floats(-1e6, 1e6) | st.just(math.nan)


@given(values=st.lists(readings, min_size=2, max_size=50), pause_s=st.floats(0.001, 1e5))
def test_what_was_packed_comes_out_again(values: list[float], pause_s: float) -> None:
    times_s = [pause_s * i for i in range(len(values))]
    packed = traces([Strip("Pressure", "kPa", times_s, values)], [], [])
    assert packed is not None
    found_s, (found,) = unpack(packed)

    assert found_s == pytest.approx(times_s, abs=0.0006)
    finite = [value for value in values if math.isfinite(value)]
    width = (max(finite) - min(finite)) / 65534 if finite else 0.0
    for value, shown in zip(values, found, strict=True):
        assert (shown is None) == math.isnan(value)
        assert shown is None or shown == pytest.approx(value, abs=0.51 * width + 1e-6)


def test_no_text_of_a_record_ends_the_element_early() -> None:
    hostile = "</script><script>alert(1)</script><!--"
    strip = Strip(hostile, hostile, [0.0, 1.0], [1.0, 2.0])
    packed = traces([strip], [Band(hostile, 0.0, 1.0)], [Mark(0.5, hostile, "alarm1")])
    assert packed is not None
    assert "<" not in packed
    assert json.loads(packed)["strips"] == [{"title": hostile, "unit": hostile}]


@pytest.mark.parametrize("times_s", [[], [1.0]])
def test_nothing_to_zoom_into(times_s: list[float]) -> None:
    assert traces([Strip("Pressure", "kPa", times_s, times_s)], [], []) is None


def test_an_hour_of_six_noisy_channels_is_no_large_file(tmp_path: Path) -> None:
    bench, noise = Bench(tmp_path / "run.sqlite"), random.Random(1)
    bench.recorder.event(STARTED)
    tags = ("press.pressure", "gauge.pressure", "platen.temperature", "gap.height", "balance.mass", "platen.setpoint")
    for scan in range(36_000):
        bench.now_s += 0.1
        level = 200 + 150 * math.sin(scan / 3000)
        for n, tag in enumerate(tags):
            bench.put(tag, (n + 1) * (level + noise.gauss(0.0, 0.2)))
        bench.recorder.sample()
    bench.recorder.close("PROCESS_COMPLETE", "NONE")

    with RunFile(bench.recorder.path) as record:
        report = write_report(record, [PlotGroup(tag, tag) for tag in tags], tmp_path / "report.html")

    assert report.stat().st_size < LARGEST_B
