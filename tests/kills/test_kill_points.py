"""The controller dies at every intent and state change of its journal; the plant lives on, and a new one takes over.

`make killpoints` does it for a short variant of every shipped recipe and prints the number; the normal tests a sample.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from springback.places import recipe_folder
from tests.kills.judging import Judged
from tests.kills.killing import Death
from tests.kills.short import shorten

EVERY = int(os.environ.get("KILL_EVERY", "1"))  # of the points, for a run in less time
SAMPLES = {"smoke": (17, 5), "compress-release": (37, 20)}
SHIPPED = sorted(path.stem for path in recipe_folder().glob("*.yaml"))


def deaths_in(recipe: str, folder: Path, every: int, offset: int = 0) -> tuple[list[Death], int]:
    """What came of the deaths at every so manieth point of a recipe, and how many points it has."""
    options = {}
    if recipe == "full-package":  # for a part that was covered and ground
        (folder / "before").mkdir()
        covered = Judged(shorten(recipe_folder() / "cover-grind-expose.yaml", folder / "before"), folder / "before")
        covered.play(lambda n: False)
        options = {"part": folder / "before" / "whole" / "part.json"}
    judged = Judged(shorten(recipe_folder() / f"{recipe}.yaml", folder), folder, **options)
    deaths = judged.play(lambda n: n % every == offset % every)
    assert judged.run.facts.state == "PROCESS_COMPLETE"
    return deaths, judged.run.points


def wrong(deaths: list[Death]) -> list[str]:
    return [f"{death.n} {death.at} in {death.step}, {death.move}: {text}" for death in deaths for text in death.wrong]


@pytest.mark.parametrize("recipe", SAMPLES)
def test_a_sampled_death_is_safe_loses_nothing_and_leads_to_the_same_part(recipe: str, tmp_path: Path) -> None:
    every, offset = SAMPLES[recipe]

    deaths, points = deaths_in(recipe, tmp_path, every, offset)

    assert wrong(deaths) == []
    assert len(deaths) >= points // every
    assert "redo" in {death.move for death in deaths}


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("recipe", SHIPPED)
def test_every_death_is_safe_loses_nothing_and_leads_to_the_same_part(
    recipe: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deaths, points = deaths_in(recipe, tmp_path, EVERY)

    with capsys.disabled():
        moves = Counter(death.move.partition(":")[0] for death in deaths)
        told = ", ".join(f"{move} {count}" for move, count in sorted(moves.items()))
        print(f"\n{recipe}: {len(deaths)} of {points} kill points: {told}")
    assert wrong(deaths) == []
    assert len(deaths) >= points // EVERY
