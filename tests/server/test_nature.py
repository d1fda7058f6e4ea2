"""A simulated daemon plays what it is told: faults, plant, seed, and an operator who speaks in every job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.cli.exits import CommandError
from controller.cli.serve import ServeOptions, serve_tool
from controller.record.events import PersonSaid
from controller.record.runfile import RunFile
from tests.server.seat import follow, job_state, serving

OPERATOR = """
answers: {Ask.mass: 5 g}
say: [{at: 4 s, do: hold, reason: coffee}]
"""


def test_a_simulated_daemon_plays_faults_plant_and_operator_and_records_them(tmp_path: Path) -> None:
    (tmp_path / "operator.yaml").write_text(OPERATOR)
    nature = ("--fault", "press.supply=low", "--scenario", "cold-morning", "--seed", "7", "--speed", "0.5")
    with serving(tmp_path, *nature, "--operator", "operator.yaml") as seat, seat.client() as client:
        picture = client.attach()
        follow(client, picture, lambda p: p.tags["press.supply"].value is not None)
        assert picture.tags["press.supply"].value < 500  # kPa; 650 without the fault
        client.call("start", recipe="seat")
        follow(client, picture, lambda p: job_state(p) == "PAUSED")
        assert picture.state["job"]["reason"] == "coffee"
        client.call("abort")
        follow(client, picture, lambda p: p.state["last"])
        folder = Path(picture.state["last"]["folder"])

    with RunFile(folder / "run.sqlite") as record:
        assert record.meta["seed"] == 7
        assert record.meta["faults"][-1] == "press.supply=low" and len(record.meta["faults"]) == 2
        assert record.meta["plant"] == {"ambient.temperature": 20.0}
        assert [e.by for _, e, _ in record.events(PersonSaid) if e.command == "hold"] == ["operator"]


@pytest.mark.parametrize(
    "given", [{"faults": ("press.leak",)}, {"scenario": Path("cold-morning")}, {"seed": 0}, {"speed": 2.0}]
)
def test_a_live_tool_takes_no_nature(given: dict[str, Any]) -> None:
    options: dict[str, Any] = dict.fromkeys(("tool", "speed", "operator", "socket", "recipes"))
    with pytest.raises(CommandError, match="--live takes no"):
        serve_tool(ServeOptions(simulated=False, live=True, users=Path("users.yaml"), **{**options, **given}))


def test_a_fault_that_does_not_exist_is_told_before_anything_is_served() -> None:
    options: dict[str, Any] = dict.fromkeys(("tool", "speed", "operator", "socket", "recipes"))
    with pytest.raises(CommandError, match=r"press\.leak"):
        serve_tool(ServeOptions(simulated=True, live=False, users=Path("users"), faults=("press.leek",), **options))
