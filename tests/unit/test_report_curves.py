"""What a report shows beyond strips over time: one tag against another, control charts, where a part comes from."""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.record.control import FIRM, LEAST, chart, charts
from controller.record.events import Measured, PhaseChanged, Recorded
from controller.record.fold import summarize
from controller.record.plots import Against
from controller.record.report.curves import against, control
from controller.record.report.page import write_report
from controller.record.result import Summary
from controller.record.runfile import RunFile
from tests.unit.recorded_run import PLOTS, Bench

TITLE, UNITS = ("Pressure", "Gap"), ("kPa", "um")


def measured(value: float, name: str = "gap", low: float | None = 40.0, high: float | None = 60.0) -> Measured:
    return Measured(name, value, "um", low, high, True, "measured", "Recover")


def runs(*values: float) -> list[Summary]:
    return [summarize([(0.0, measured(value))]) for value in values]


def drawn(figure: str) -> ElementTree.Element:
    return ElementTree.fromstring(figure)


def ends(figure: str) -> list[str]:
    return [label.text or "" for label in drawn(figure).findall("text[@class='last']")]


# ---------------------------------------------------------------------------------------------- one against another
def test_the_way_up_ends_where_the_pressure_leaves_its_peak() -> None:
    pressure = [0.0, 100.0, 200.0, 199.5, 200.0, 100.0, 0.0, 0.0]
    gap = [60.0, 50.0, 42.0, 41.0, 40.0, 45.0, 52.0, 55.0]

    figure = against(TITLE, UNITS, pressure, gap)

    assert figure is not None
    assert ends(figure) == ["before 60", "peak 40", "after 55"]
    up, back = (path.get("d", "") for path in drawn(figure).findall("path")[-2:])
    assert up.count("L") == 4 and back.count("L") == 3
    assert up.split("L")[-1] == back.removeprefix("M").split("L")[0], "one line, without a gap"


def test_what_was_not_to_be_trusted_is_left_out_and_nothing_gives_no_figure() -> None:
    figure = against(TITLE, UNITS, [math.nan, 0.0, 10.0], [1.0, 2.0, 3.0])

    assert figure is not None and ends(figure) == ["before 2", "peak 3", "after 3"]
    assert against(TITLE, UNITS, [math.nan], [1.0]) is None


@given(st.lists(st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4)), min_size=1, max_size=60))
def test_any_curve_stays_within_its_frame(points: list[tuple[float, float]]) -> None:
    figure = against(TITLE, UNITS, [x for x, _ in points], [y for _, y in points])

    assert figure is not None
    lines = [path.get("d", "") for path in drawn(figure).findall("path")[-2:]]
    numbers = [float(n) for line in lines for n in re.findall(r"-?[\d.]+", line)]
    assert all(0.0 <= n <= 620.0 for n in numbers)


def test_an_hour_of_scans_takes_few_bytes() -> None:
    pressure = [200.0 * math.sin(n / 36_000 * math.pi) for n in range(36_000)]

    assert len(against(TITLE, UNITS, pressure, [60.0 - p / 10 for p in pressure]) or "") < 30_000


def test_the_page_has_the_curve_that_the_record_asks_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.db")
    bench.recorder.describe(against=asdict(Against("Springback curve", "press.pressure", "gap.height", ("Compress",))))
    bench.recorder.event(PhaseChanged("Compress", 1, 1, "IDLE", "RUNNING"))
    for n in range(20):
        bench.now_s += 0.1
        bench.put("press.pressure", 10.0 * n)
        bench.put("gap.height", 60.0 - n)
        bench.recorder.sample()
    bench.recorder.close("PROCESS_COMPLETE", "PASS")

    with RunFile(tmp_path / "run.db") as run:
        page = write_report(run, [], tmp_path / "r.html").read_text(encoding="utf-8")

    assert "<h2>Springback curve</h2>" in page
    assert "before 60" in page and "peak 41" in page


# ---------------------------------------------------------------------------------------------- over runs
def test_limits_are_three_sigma_of_the_moving_range() -> None:
    found = chart(measured(50.0), [50.0, 52.0, 51.0, 53.0])

    sigma = (2.0 + 1.0 + 2.0) / 3 / 1.128
    assert found.mean == pytest.approx(51.5)
    assert (found.low, found.high) == (pytest.approx(51.5 - 3 * sigma), pytest.approx(51.5 + 3 * sigma))
    assert found.cpk == pytest.approx((60.0 - 51.5) / (3 * sigma)), "the nearer limit counts"


def test_a_result_with_one_limit_has_a_cpk_to_that_limit_and_one_that_never_moves_has_none() -> None:
    assert chart(measured(50.0, high=None), [50.0, 52.0]).cpk == pytest.approx((51.0 - 40.0) / (3 * 2.0 / 1.128))
    assert chart(measured(50.0), [50.0, 50.0, 50.0]).cpk is None


def test_a_run_that_is_unlike_the_others_is_said() -> None:
    usual = [50.0, 50.2, 49.9, 50.1, 50.0, 49.8, 50.2]

    assert chart(measured(0), usual).hits() == []
    assert chart(measured(0), [*usual, 55.0]).hits() == ["this run is outside the control limits"]
    assert chart(measured(0), [47.0, *[50.0 + n / 100 for n in range(8)]]).hits()[-1] == (
        "the last 8 on one side of the mean"
    )


def test_a_chart_needs_three_runs_and_a_result_with_limits() -> None:
    now = summarize([(0.0, measured(50.0)), (0.0, measured(1.0, "free", None, None))])

    assert charts(now, runs(50.1), 6) == []
    (found,) = charts(now, runs(50.1, 50.2), 6)
    assert found.values == (50.1, 50.2, 50.0)
    assert len(found.values) == LEAST < FIRM


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=3, max_size=30))
def test_any_chart_can_be_drawn(values: list[float]) -> None:
    figure = drawn(control(chart(measured(0.0), values)))

    assert len(figure.findall("circle")) == len(values)


def test_the_page_compares_a_run_with_those_before_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.db")
    bench.recorder.event(measured(50.0))
    bench.recorder.close("PROCESS_COMPLETE", "PASS")

    with RunFile(tmp_path / "run.db") as run:
        alone = write_report(run, [], tmp_path / "a.html").read_text(encoding="utf-8")
        page = write_report(run, [], tmp_path / "b.html", runs(49.0, 50.0, 51.0)).read_text(encoding="utf-8")

    assert "runs of this recipe" not in alone
    assert "Over the last 4 runs of this recipe" in page
    assert "too few runs to rely on" in page


# ---------------------------------------------------------------------------------------------- where it comes from
def test_the_page_says_what_was_scanned_with_what_and_what_was_left_of_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.db")
    bench.recorder.describe(versions={"springback": "9.9"}, tool_text="tool: x\n", lot="HX2231")
    bench.recorder.event(Recorded("Check in", {"syringe": "EMC-7-55812"}))
    bench.recorder.close("PROCESS_COMPLETE", "PASS")

    with RunFile(tmp_path / "run.db") as run:
        page = write_report(run, PLOTS, tmp_path / "r.html").read_text(encoding="utf-8")
        head = run.head_sha256

    assert "<td>syringe</td><td>EMC-7-55812</td><td>Check in, 0:00</td>" in page
    assert "<td>lot</td><td>HX2231</td>" in page
    assert "<summary>Tool file</summary><pre>tool: x" in page
    assert head in page, "who keeps the page can tell a forged record"
