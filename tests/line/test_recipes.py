"""The shipped recipes as the command runs them: they pass, with results from all sources, in the time they need."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import isnan
from pathlib import Path

import pytest

from controller.cli.exits import Exit
from controller.cli.run import RunOptions, RunOutcome, run
from controller.record.events import Intent
from controller.record.result import Verdict
from controller.record.runfile import RunFile

TOGETHER_S = 75 * 60.0
SMOKE_S = 20.0
SHIPPED = (
    "compress-release", "compress-vacuum", "compress-both", "wafer-compress", "cover-grind-expose",
    *(pytest.param(name, marks=pytest.mark.long) for name in (
        "cover-grind-flush", "compress-cure-spreader", "release-encapsulate", "assemble-deform-fill",
    )), "smoke",
)  # fmt: skip
Runs = Callable[[str], RunOutcome]
NINE = {
    "line_plc", "press_pressure", "platen_heater", "mold_heater", "spindle", "dispenser", "balance", "z_stage", "gauge",
}  # fmt: skip


def commanded(outcome: RunOutcome) -> set[str]:
    """Modules that were given orders other than the safe state's."""
    with RunFile(outcome.record) as record:
        intents = [stamped.event for stamped in record.events() if isinstance(stamped.event, Intent)]
    return {intent.action.split(".")[0] for intent in intents if not intent.safe}


def peak(outcome: RunOutcome, tag: str) -> float:
    """The highest value of a tag during a run."""
    with RunFile(outcome.record) as record:
        return max(value for value in record.series(tag)[1] if not isnan(value))


def result(outcome: RunOutcome, name: str) -> float:
    """The last result of a name."""
    return float(next(row["value"] for row in reversed(outcome.result["results"]) if row["name"] == name))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Runs a recipe once, however many tests look at it."""
    return cache(lambda name: run(RunOptions(name, out=tmp_path_factory.mktemp(name) / "run")))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_completes_and_passes_without_an_alarm(runs: Runs, name: str) -> None:
    outcome = runs(name)

    assert (outcome.exit, outcome.summary.state, outcome.summary.verdict) == (
        Exit.PASSED, "PROCESS_COMPLETE", Verdict.PASS,
    )  # fmt: skip
    assert [row.alarm.code for row in outcome.summary.alarms] == []
    assert outcome.summary.refusals == []
    assert outcome.summary.unconfirmed == []


def test_both_methods_take_the_time_that_the_process_takes(runs: Runs) -> None:
    total_s = sum(runs(name).result["process_s"] for name in ("compress-release", "cover-grind-expose"))

    assert total_s >= TOGETHER_S


def test_the_two_recipes_have_measured_inspected_and_predicted_results(runs: Runs) -> None:
    sources = {
        name: {row["source"] for row in runs(name).result["results"]}
        for name in ("compress-release", "cover-grind-expose")
    }

    assert sources["compress-release"] == {"measured", "inspected"}
    assert sources["cover-grind-expose"] == {"measured", "inspected", "predicted"}


def test_a_prediction_decides_nothing(runs: Runs) -> None:
    results = runs("cover-grind-expose").summary.results

    assert [result.name for result in results if result.source == "predicted"] == ["cover_mass"]
    assert all(result.ok for result in results if result.source != "predicted" and result.ok is not None)


def test_a_mold_colder_than_it_shows_leaves_a_soft_cover_that_the_wheel_feels(runs: Runs, tmp_path: Path) -> None:
    """Nothing tells the controller that the cure was too cold; load and inspection do."""
    good = runs("cover-grind-expose")
    cold = run(RunOptions("cover-grind-expose", out=tmp_path / "run", faults=("sensor.mold.bias=19",)))

    assert peak(cold, "mold.temperature") == pytest.approx(peak(good, "mold.temperature"), abs=0.5)
    assert peak(cold, "grinder.load") > 1.2 * peak(good, "grinder.load")
    assert result(cold, "degree_of_cure") < 80.0 < 95.0 < result(good, "degree_of_cure")
    assert cold.summary.verdict == Verdict.FAIL


def test_smoke_uses_all_three_tools_asks_nobody_and_is_short(runs: Runs) -> None:
    outcome = runs("smoke")

    assert outcome.result["process_s"] <= SMOKE_S
    assert outcome.summary.prompts == []
    assert {"press", "dispenser", "grinder"} <= commanded(outcome)


@pytest.mark.parametrize("name", ["compress-release", "cover-grind-expose", "smoke"])
def test_every_instrument_is_polled(runs: Runs, name: str) -> None:
    exchanges = runs(name).result["exchanges"]

    assert set(exchanges) == NINE
    assert min(exchanges.values()) >= 1
    assert exchanges["line_plc"] >= 5 * runs(name).result["process_s"]


@pytest.mark.parametrize("name", SHIPPED[:-1])
def test_a_shipped_recipe_has_measured_and_inspected_results_with_limits(runs: Runs, name: str) -> None:
    judged = [row for row in runs(name).result["results"] if row["pass"] is not None]

    assert len(judged) >= 5
    assert {"measured", "inspected"} <= {row["source"] for row in judged}
    assert all(row["low"] is not None or row["high"] is not None for row in judged)


@pytest.mark.long
def test_a_covered_and_ground_part_becomes_a_package(runs: Runs, tmp_path: Path) -> None:
    before = runs("cover-grind-expose").record.parent / "part.json"

    outcome = run(RunOptions("full-package", part=before, out=tmp_path / "run"))

    results = {row["name"]: row for row in outcome.result["results"]}
    assert (outcome.exit, outcome.summary.verdict) == (Exit.PASSED, Verdict.PASS)
    assert {"exposed", "cover_cure", "height_ratio", "filled", "peeled"} <= set(results)


def test_a_part_without_exposed_bumps_becomes_no_package(tmp_path: Path) -> None:
    outcome = run(RunOptions("full-package", out=tmp_path / "run"))

    assert outcome.exit == Exit.STOPPED_BY_ALARM
    assert {row["name"] for row in outcome.result["results"]} == {"exposed", "cover_cure", "groove"}
    assert commanded(outcome) <= {"line"}


def test_a_cover_that_expands_more_than_the_dielectric_stops_before_anything_moves(tmp_path: Path) -> None:
    answers = tmp_path / "answers.yaml"
    answers.write_text("answers: {Check in.expansion_cover: 60, Check in.expansion_dielectric: 50}\n")

    outcome = run(RunOptions("cover-grind-expose", answers=answers, out=tmp_path / "run"))

    assert outcome.summary.first_alarm is not None
    assert "expansion_cover" in outcome.summary.first_alarm.alarm.happened
    assert commanded(outcome) <= {"line"}
