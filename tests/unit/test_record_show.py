"""The terminal's view of a run: 80 columns, no colour unless asked for, no escape sequence from foreign text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from controller.cli.show import plot_run, progress, result_table
from controller.record.events import Measured
from controller.record.fold import summarize, summary_of
from controller.record.result import Summary
from controller.record.runfile import RunFile
from tests.unit.recorded_run import PLOTS, Bench, write_run


def test_the_plot_fits_80_columns_and_names_every_curve(tmp_path: Path) -> None:
    write_run(tmp_path / "run.db")

    with RunFile(tmp_path / "run.db") as run:
        text = plot_run(run, PLOTS)

    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in text
    for words in ("Outer pressure, kPa", "Chamber, kPa", "Platen, degC", "Standoff, um", "ends at 64"):
        assert words in text
    assert "25:00" in lines[-1]


def test_a_curve_without_data_says_so(tmp_path: Path) -> None:
    Bench(tmp_path / "run.db").recorder.close("ABORTED", "NONE")

    with RunFile(tmp_path / "run.db") as run:
        assert "Standoff: no data" in plot_run(run, PLOTS[3:])


def test_the_table_pairs_what_was_measured_with_what_was_predicted(tmp_path: Path) -> None:
    write_run(tmp_path / "run.db")

    with RunFile(tmp_path / "run.db") as run:
        lines = result_table(summary_of(run)).splitlines()

    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["RESULT", "value", "accept", "predicted", "source", "verdict"]
    assert lines[4].split() == [
        "standoff,",
        "Measure",
        "51.3",
        "um",
        "48.5",
        "…",
        "51.5",
        "49.4",
        "um",
        "measured",
        "PASS",
    ]


def _failed(name: str = "height") -> Summary:
    return summarize([(0.0, Measured(name, 38.0, "um", 33.5, 36.5, False, "measured", "Verify"))])


def test_foreign_text_cannot_drive_the_terminal() -> None:
    table = result_table(_failed("[bold]x\x1b]0;owned\x07"))

    assert "\x1b" not in table
    assert "[bold]x" in table


def test_colour_is_for_terminals_that_did_not_refuse_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;31m" in result_table(_failed())

    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in result_table(_failed())


def test_progress_is_silent_when_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("compress-release", 1465.0) as update:
        for t_s in range(1465):
            update(float(t_s))

    assert capsys.readouterr() == ("", "")


def test_progress_draws_on_stderr_and_ends_at_the_end(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")

    with progress("compress-release", 1465.0) as update:
        for t_s in range(1466):
            update(float(t_s))

    out, err = capsys.readouterr()
    assert out == ""
    assert "24:25 process" in err
    assert err.count("compress-release") < 120, "a bar that is drawn too often slows the run"
