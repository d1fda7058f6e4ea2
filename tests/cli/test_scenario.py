"""Scenario files: faults and plant parameters of the simulated station, and how mistakes in them are said."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.run import RunOptions, run
from controller.cli.scenario import load_scenario
from controller.cli.simulated import check_fault
from controller.recipe.problems import RecipeError
from controller.record.runfile import RunFile
from springback.places import config_file
from tests.cli.commands import refused, springback

SHIPPED = sorted(config_file("scenarios").glob("*.yaml"))


def written(folder: Path, text: str) -> Path:
    path = folder / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_loads_and_changes_something(path: Path) -> None:
    scenario = load_scenario(Path(path.stem))

    assert scenario.faults or scenario.parameters
    for spec in scenario.faults:
        check_fault(spec)


def test_faults_and_parameters_are_read_with_their_units(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "faults:\n"
        "  - {fault: press.leak, severity: 5e-9, at: 10 min}\n"
        "  - {fault: press.supply, severity: 350 kPa}\n"
        "  - {fault: gauge, severity: late, at: 2 s}\n"
        "parameters:\n  pad.modulus: 1.2 MPa\n  needle.radius: 0.5e-3 m\n",
    )

    scenario = load_scenario(path, ["line.estop@1h"])

    assert scenario.faults == ("press.leak=5e-09@600s", "press.supply=350000.0@0s", "gauge=late@2s", "line.estop@1h")
    assert scenario.parameters == {"pad.modulus": 1.2e6, "needle.radius": 0.5e-3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("faults:\n  - {fault: press.leek}\n", ('R170', '2:13', 'did you mean "press.leak"?')),
        ("faults:\n  - {fault: press.leak, at: 10}\n", ("R115", "2:29", 'write "10 s"')),
        ("faults:\n  - {fault: press.leak, severity: 5}\n", ("R170", "2:35", "wanted a number from 1e-16 to 1e-06")),
        ("faults:\n  - {fault: press.leak, severity: 5 kPa}\n", ("R110", "2:35", "m3/(s Pa)")),
        ("faults:\n  - {fault: gauge, severity: loud}\n", ("R170", "2:30", "known are")),
        ("faults:\n  - {fault: press.leak, sevrity: 1}\n", ("R101", "2:25", 'did you mean "severity"?')),
        ("faults: press.leak\n", ("R107", "1:9", "must be a list")),
        ("fault: []\n", ("R101", "1:1", 'did you mean "faults"?')),
        ("parameters:\n  pad.modlus: 1 MPa\n", ("R153", "2:3", 'did you mean "pad.modulus"?')),
        ("parameters:\n  pad.modulus: 1 um\n", ("R110", "2:16", "pad.modulus needs pressure")),
        ("parameters:\n  pad.modulus: 1\n", ("R115", "2:16", 'write "1 Pa"')),
        ("parameters:\n  needle.radius: 1 mm\n", ("R110", "2:18", "needle.radius is in m, not in mm")),
        ("parameters:\n  pad.height: -1 um\n", ("R120", "2:15", "nothing like the usual 150 um")),
    ],
)  # fmt: skip
def test_a_mistake_is_said_with_place_rule_and_fix(tmp_path: Path, text: str, said: tuple[str, ...]) -> None:
    with pytest.raises(RecipeError) as error:
        load_scenario(written(tmp_path, text))

    shown = error.value.render()
    assert [part for part in said if part not in shown] == []


def test_a_bad_file_ends_with_exit_3_before_anything_starts(tmp_path: Path) -> None:
    path = written(tmp_path, "parameters:\n  pad.modlus: 1 MPa\n")

    said = refused(springback("run", "smoke", "--scenario", path, "--out", tmp_path / "run"), 3)

    assert "scenario.yaml:2:3" in said
    assert not (tmp_path / "run").exists()


def test_an_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(CommandError, match='did you mean "soft-pads"') as error:
        load_scenario(Path("soft-pad"))

    assert error.value.code == Exit.INVALID


def test_a_live_run_takes_no_scenario() -> None:
    assert "--scenario" in refused(springback("run", "smoke", "--live", "--scenario", "soft-pads"), 2)


def test_a_scenario_changes_the_plant_is_recorded_and_tells_which_fault_never_came(tmp_path: Path) -> None:
    path = written(tmp_path, "faults:\n  - {fault: press.leak, at: 2 h}\nparameters:\n  ambient.temperature: 31 degC\n")

    outcome = run(RunOptions("smoke", scenario=path, faults=("line.estop@3h",), out=tmp_path / "run"))

    mold = next(row["value"] for row in outcome.result["results"] if row["name"] == "mold")
    assert mold == pytest.approx(31.0, abs=1.0)
    assert outcome.result["notes"] == [
        "The fault press.leak@7200s begins after the end of the run.",
        "The fault line.estop@3h begins after the end of the run.",
    ]
    with RunFile(outcome.record) as record:
        assert record.meta["plant"] == {"ambient.temperature": 31.0}
        assert record.meta["faults"] == ["press.leak@7200s", "line.estop@3h"]
