"""`springback model`: one model of the plant by itself, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.model import show_models, try_model
from controller.cli.simulated.models import MODELS
from controller.recipe import units
from simulators.parameters import PARAMETERS
from tests.cli.commands import refused, springback


def tried(name: str, capsys: pytest.CaptureFixture[str], **given: str) -> dict[str, Any]:
    """The JSON of one run."""
    assert try_model(name, {key.replace("__", "."): text for key, text in given.items()}, None, as_json=True) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def values(found: dict[str, Any]) -> dict[str, float]:
    return {result["name"]: result["value"] for result in found["results"]}


def test_the_command_takes_quantities_without_a_space_and_draws_a_png(tmp_path: Path) -> None:
    plot = tmp_path / "out.png"

    run = springback("model", "press", "--set", "pressure=400kPa", "--set", "release=10kPa/s", "--plot", plot)

    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("SIMULATED  press: pressure 400 kPa")
    assert "height ratio" in run.out
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_without_a_name_every_model_is_listed_with_defaults_units_and_ranges(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_models(as_json=False)

    listed = capsys.readouterr().out
    assert all(f"{name}: {model.doc}" in listed for name, model in MODELS.items())
    assert all(setting.name in listed for model in MODELS.values() for setting in model.settings)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_runs_with_its_defaults(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = tried(name, capsys)

    assert found["simulated"] is True
    assert all(isinstance(value, float) for value in values(found).values())
    assert len({len(column["values"]) for column in found["columns"]}) == 1
    assert len(found["columns"][0]["values"]) > 100


@pytest.mark.parametrize("name", MODELS)
def test_every_setting_has_a_listed_unit_and_a_default_in_its_range(name: str) -> None:
    model = MODELS[name]

    assert [s.name for s in model.settings if s.unit not in units.KIND_OF or not s.low <= s.default <= s.high] == []
    assert [group for group in model.reads if not any(p.startswith(f"{group}.") for p in PARAMETERS)] == []


def test_the_terminal_shows_curves_and_figures(capsys: pytest.CaptureFixture[str]) -> None:
    try_model("cure", {"temperature": "175 degC"}, None, as_json=False)

    shown = capsys.readouterr().out
    assert "Degree of cure, %" in shown
    assert "⠉" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_settings_and_plant_parameters_change_the_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    usual = values(tried("pad", capsys))

    assert values(tried("pad", capsys, pressure="200 kPa"))["compressed"] > usual["compressed"]
    assert values(tried("pad", capsys, pad__modulus="2 MPa"))["compressed"] > usual["compressed"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pres",), 'did you mean "press"?'),
        (("press", "--set", "presure=1 kPa"), 'did you mean "pressure"?'),
        (("pad", "--set", "pad.modlus=1 MPa"), 'did you mean "pad.modulus"?'),
        (("press", "--set", "pressure=900kPa"), "900 kPa is not in 20 .. 550 kPa"),
        (("press", "--set", "pressure=9"), 'write "9 kPa"'),
        (("press", "--set", "hold=3 kPa"), "is a pressure, hold needs time"),
        (("pad", "--set", "pad.modulus=-1 MPa"), "nothing like the usual"),
        (("cure", "--plot", "out.jpg"), ".svg or .png"),
        (("cure", "--plot", "nowhere/out.svg"), "no folder nowhere"),
    ],
)
def test_a_mistake_is_said_with_what_to_write_instead(arguments: tuple[str, ...], said: str) -> None:
    name, *options = arguments
    given = dict(option.split("=") for option in options if "=" in option)
    plot = Path(options[-1]) if "--plot" in options else None

    with pytest.raises(CommandError) as error:
        try_model(name, given, plot, as_json=False)

    assert error.value.code == Exit.USAGE
    assert said in str(error.value)


def test_settings_without_a_model_are_refused() -> None:
    assert "need a model" in refused(springback("model", "--plot", "x.png"), 2)


def test_without_matplotlib_a_plot_says_what_to_install() -> None:
    program = "import sys; sys.modules['matplotlib'] = None; from springback.main import main; main()"

    run = springback("model", "cure", "--plot", "x.svg", program=program)

    assert 'pip install "springback[plot]"' in refused(run, 2)


def test_the_same_svg_is_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.svg", "b.svg"):
        try_model("leads", {}, tmp_path / name, as_json=False)

    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert b"Strain" in (tmp_path / "a.svg").read_bytes()
