"""The true state of a part reaches the controller through an instrument or an inspection record, and in no other way.

The part of a run looks who reads it: the way from the reader up must pass the wire or the inspection station
before it comes to the controller or a driver.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from controller.cli import simulated
from controller.cli.exits import Exit
from controller.cli.run import RunOptions
from simulators import workpiece
from simulators.plant import Plant
from simulators.truth import truth
from tests.line.behind import recipe, run
from tests.rules.walk import name_of, shipped, tree

LEGAL = ("simulators.wire.", "simulators.inspection", "simulators.operator", "simulators.station")
OURS = ("controller.", "drivers.")
reads: list[str] = []


class TruthTouched(AssertionError):
    """Somebody of the controller's side looked at what only the plant may know."""


class Watched(workpiece.Part):
    """A part that refuses readers from the controller's side."""

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            reads.append(name)
            reader = who_reads()
            if reader.startswith(OURS):
                raise TruthTouched(f"{reader} reads {name} of the part")
        return super().__getattribute__(name)


def who_reads() -> str:
    """Module of the first frame on the way up that is a legal way out of the plant, or not the simulators' at all."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module.startswith(LEGAL) or not module.startswith(("simulators.", "dataclasses")):
            return module
        frame = frame.f_back
    return ""


@pytest.fixture
def watched_parts() -> Iterator[None]:
    reads.clear()
    with patch.object(workpiece, "Part", Watched):
        yield


@pytest.fixture
def plant(watched_parts: None) -> Plant:
    plant = Plant(1, lambda: 0.0)
    plant.press.part = workpiece.new_part(1001, "WLP-200", 1)
    return plant


def controllers(body: str) -> Any:
    """A function `peek(plant)` that belongs to the controller."""
    room: dict[str, Any] = {"__name__": "controller.sequence.cheat", "truth": truth}
    exec(f"def peek(plant):\n    return {body}", room)
    return room["peek"]


def test_a_whole_run_with_inspection_reads_the_part_only_on_legal_ways(watched_parts: None, tmp_path: Path) -> None:
    outcome = run(RunOptions(recipe("press-short"), out=tmp_path / "run"))

    assert outcome.exit == Exit.PASSED
    assert any(row["source"] == "inspected" for row in outcome.result["results"])
    assert len(reads) > 1000


@pytest.mark.parametrize(
    "body", ["plant.press.part.gap_um", "truth(plant)", "plant.truth()", "plant.press.part.to_json()"]
)
def test_the_controller_cannot_read_the_part(plant: Plant, body: str) -> None:
    with pytest.raises(TruthTouched, match=r"controller\.sequence\.cheat reads"):
        controllers(body)(plant)


def test_only_the_place_that_starts_the_station_imports_simulators_and_it_hands_no_truth_on() -> None:
    importers = {name_of(path) for path in shipped() if name_of(path).startswith(("controller/", "drivers/"))
                 for module in imported(tree(path)) if module.split(".")[0] == "simulators"}  # fmt: skip

    clocks = {path for path in importers if path.startswith("controller/cli/loops")}  # they know of no plant
    assert len(clocks) == 1
    assert {path.rpartition("/")[0] for path in importers - clocks} == {"controller/cli/simulated"}
    assert not {"truth", "Plant", "Part", "new_part", "Press"} & set(dir(simulated))


def imported(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
