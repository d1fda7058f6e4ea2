"""The report: one file, no network, nothing of a hostile text alive in it, every curve with its extremes."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.record.curve import Scale, padded, path, reduce, time_ticks
from controller.record.events import Measured, PhaseChanged
from controller.record.plots import PlotGroup
from controller.record.report import write_report
from controller.record.report.page import gauge, key_results
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from tests.unit.recorded_run import PLOTS, STARTED, Bench, write_run

HOSTILE = '<script>alert(1)</script>"\x1b[31m{{ 7*7 }}'


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("run")
    write_run(folder / "run.db", hostile=HOSTILE)
    with RunFile(folder / "run.db") as run:
        return write_report(run, PLOTS, folder / "report.html").read_text(encoding="utf-8")


def _figures(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def test_it_needs_no_network_and_obeys_one_script_of_ours(page: str) -> None:
    data, script = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    without = page.replace(data, "").replace(script, "")
    sha256 = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src &#39;sha256-{sha256}&#39;" in without
    assert json.loads(data)["samples"] > 1000
    assert not re.search(r"<(link|img|iframe|object)\b|\bsrc=", without)
    assert not re.search(r"(https?:)?//[\w.]+\.\w+/|url\(|@import", without)
    assert not re.search(r"\b(fetch|XMLHttpRequest|import|eval|WebSocket)\s*\(", script)
    assert len(page) < 500_000


def test_it_is_readable_without_scripts(page: str) -> None:
    assert '<button id="zoom" type="button" hidden>' in page  # until the script can do what it says
    assert page.count("<svg") > len(PLOTS)


def test_hostile_text_is_shown_and_not_obeyed(page: str) -> None:
    assert "\x1b" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;\\x1b[31m{{ 7*7 }}" in page
    assert "49}}" not in page


def test_it_says_what_the_run_was_and_that_it_was_simulated(page: str) -> None:
    head = page[page.index("<header") : page.index("</header>")]

    for text in ("PASS", "SIMULATED", "compress-release version 3", "9f2c1a7e9f2c", "press-cell P07", "HX2231", "51.3"):
        assert text in head
    for text in ("EUROTHERM 3216 0xE331", "14211", "Carrier seated", "answers file", "slow supply regulator", "0.1.0"):
        assert text in page
    assert "Held for 0:37 in all, in Cure." in page


def test_every_step_that_moved_something_has_its_plots(page: str) -> None:
    cards = re.findall(r'<div class="stepplot">\s*<h3>(.*?)<small>', page)

    assert [card.strip() for card in cards] == [
        "3 Pump down", "4 Compress", "5 Settle", "6 Cure", "7 Release 1", "8 Release 2", "9 Release 3",
    ]  # fmt: skip


def test_every_figure_is_well_formed_and_draws_setpoint_and_actual(page: str) -> None:
    plots = [figure for figure in _figures(page) if figure.get("class") is None]

    assert len(plots) == 1 + 14 + 2, "the run, the steps, and around the alarm"
    overview = plots[0]
    assert len(overview.findall("path[@class='actual']")) == 4
    assert len(overview.findall("path[@class='setpoint']")) == 3
    assert len(overview.findall("g")) == 2, "one alarm, one person"
    assert all(figure.findall("path[@class='actual']") for figure in plots)


def test_the_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    write_run(tmp_path / "run.db")

    pages = []
    for name in ("a.html", "b.html"):
        with RunFile(tmp_path / "run.db") as run:
            pages.append(write_report(run, PLOTS, tmp_path / name).read_bytes())

    assert pages[0] == pages[1]


def test_a_failed_run_of_a_real_tool_says_so_and_has_no_badge(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.db")
    bench.recorder.event(replace(STARTED, simulated=False))
    bench.recorder.event(PhaseChanged("Load", 1, 1, "IDLE", "RUNNING"))
    bench.recorder.event(Measured("standoff", 53.0, "um", 48.5, 51.5, False, "measured", "Load"))
    bench.recorder.close("ABORTED", "FAIL", "interlock")

    with RunFile(tmp_path / "run.db") as run:
        text = write_report(run, PLOTS, tmp_path / "r.html").read_text(encoding="utf-8")

    assert "SIMULATED" not in text
    assert 'class="verdict fail"' in text
    assert "aborted: interlock" in text
    assert "no data" in text, "curves without samples are said to be empty"


def test_a_run_of_which_nothing_was_recorded_still_has_a_report(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "run.db")
    bench.recorder.describe(run_id="1")

    with RunFile(tmp_path / "run.db") as run:
        text = write_report(run, [], tmp_path / "r.html").read_text(encoding="utf-8")

    assert "interrupted" in text
    bench.recorder.close("ABORTED", "NONE")


def test_a_plot_of_an_unknown_tag_is_named(tmp_path: Path) -> None:
    Bench(tmp_path / "run.db").recorder.close("ABORTED", "NONE")

    with RunFile(tmp_path / "run.db") as run, pytest.raises(KeyError, match=r"wants the tag 'press\.presure'"):
        write_report(run, [PlotGroup("Pressure", "press.presure")], tmp_path / "r.html")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    Bench(tmp_path / "run.db").recorder.close("ABORTED", "NONE")

    with RunFile(tmp_path / "run.db") as run, pytest.raises(RecordError, match="check that the folder exists"):
        write_report(run, [], tmp_path / "nowhere" / "r.html")


def test_key_results_put_failures_first_and_leave_out_what_was_measured_anyway() -> None:
    good = Measured("mass", 1.85, "g", 1.8, 1.9, True, "measured", "Cover")
    bad = Measured("height", 38.0, "um", 33.5, 36.5, False, "measured", "Verify")
    guess = Measured("height", 35.0, "um", 33.5, 36.5, True, "predicted", "Verify")
    other = Measured("bow", 0.1, "mm", None, 0.2, True, "predicted", "Verify")

    assert key_results([good, bad, guess, other]) == [bad, good, other]


def test_a_gauge_has_the_tolerance_in_the_middle_and_keeps_the_value_on_the_bar() -> None:
    centre = gauge(Measured("a", 50.0, "um", 48.0, 52.0, True, "measured", ""))
    far = gauge(Measured("a", 500.0, "um", 48.0, 52.0, False, "measured", ""))
    one_sided = gauge(Measured("a", 99.9, "%", 99.5, None, True, "measured", ""))

    assert centre is not None and (centre.low, centre.at, centre.high) == (25.0, 50.0, 75.0)
    assert far is not None and far.at == 99.0
    assert one_sided is not None and one_sided.at > 50.0 and one_sided.high is None
    assert gauge(Measured("a", 1.0, "um", None, None, None, "measured", "")) is None


@settings(max_examples=60)
@given(st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=3, max_size=400), st.integers(9, 90))
def test_a_reduced_curve_is_short_and_keeps_its_extremes(values: list[float], points: int) -> None:
    t, v = reduce([i / 10 for i in range(len(values))], values, points)

    assert len(t) == len(v) <= max(points, 3)
    assert all(a <= b for a, b in pairwise(t))
    assert any(map(math.isnan, v)) == any(map(math.isnan, values))
    good, drawn = (list(filter(math.isfinite, series)) for series in (values, v))
    assert (min(drawn, default=None), max(drawn, default=None)) == (min(good, default=None), max(good, default=None))


def _drawn(times: list[float]) -> str:
    t, v = reduce(times, [1.0] * len(times), 100)
    return path(t, v, Scale(0.0, 10.0, 0.0, 100.0), Scale(0.0, 2.0, 50.0, 0.0))


def test_a_pause_in_the_samples_is_a_gap_in_the_curve() -> None:
    assert _drawn([0.0, 0.1, 0.2, 5.2, 5.3]) == "M0 25L2 25M52 25L53 25"


def test_samples_at_every_scan_and_once_a_second_make_one_curve() -> None:
    mostly_moving = [*(i / 10 for i in range(50)), 5.9, 6.9, 8.1]
    mostly_calm = [0.0, 0.1, 0.2, 1.2, 2.2, 3.2, 4.4, 5.4]

    assert _drawn(mostly_moving) == "M0 25L81 25"
    assert _drawn(mostly_calm) == "M0 25L54 25"


def test_a_curve_is_broken_where_a_value_is_missing_or_without_bound() -> None:
    values = [1.0, 1.0, math.nan, 1.0, 1.0, math.inf, 1.0]

    drawn = path(list(range(7)), values, Scale(0.0, 10.0, 0.0, 100.0), Scale(0.0, 2.0, 50.0, 0.0))

    assert drawn == "M0 25L10 25M30 25L40 25M60 25"


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 9))
def test_ticks_are_inside_the_range_and_not_crowded(low: float, span: float, about: int) -> None:
    ticks = Scale(low, low + span, 0.0, 1.0).ticks(about)

    assert 1 <= len(ticks) <= 3 * about
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in ticks)


def test_time_ticks_are_round() -> None:
    assert time_ticks(0.0, 1670.0, 9) == [0, 300, 600, 900, 1200, 1500]
    assert time_ticks(36.0, 104.0, 4) == [40, 60, 80, 100]


def test_a_steady_value_is_drawn_steady() -> None:
    low, high = padded([100.0, 100.001])

    assert high - low >= 1.0
