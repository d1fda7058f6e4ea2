"""The verb `cure`: it waits for the controller's own prediction, which is a prediction and decides nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.exits import Exit
from controller.cli.run import RunOptions
from controller.record.runfile import RunFile
from tests.line.behind import recipe, run


def test_the_step_ends_when_the_prediction_is_reached(tmp_path: Path) -> None:
    outcome = run(RunOptions(recipe("cure-short"), out=tmp_path / "run"))

    (cured,) = outcome.result["results"]
    assert (outcome.exit, cured["source"]) == (Exit.PASSED, "predicted")
    assert cured["value"] == pytest.approx(80.0, abs=0.5)
    with RunFile(outcome.record) as record:
        degrees = [value for value in record.series("press.cure")[1] if value == value]
    assert degrees == sorted(degrees)


def test_a_cure_that_takes_too_long_is_a_deviation_that_says_what_was_wanted(tmp_path: Path) -> None:
    outcome = run(RunOptions(recipe("cure-short"), settings={"within": "1 min"}, out=tmp_path / "run"))

    assert outcome.exit == Exit.STOPPED_BY_ALARM
    assert outcome.summary.first_alarm is not None
    assert "80 % cure by press.cure" in outcome.summary.first_alarm.alarm.happened
