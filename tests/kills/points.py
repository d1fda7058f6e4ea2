"""The kill points of a shipped recipe, and what came of dying at them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from springback.places import recipe_folder
from tests.kills.judging import Judged
from tests.kills.killing import Death
from tests.kills.short import QUICK, shorten

SHIPPED = sorted(path.stem for path in recipe_folder().glob("*.yaml"))
NEEDS = {"full-package": "cover-grind-expose"}  # for a part that comes from another run


class Proof(NamedTuple):
    """One recipe: its kill points, how many of them differ, and what came of the deaths at these."""

    recipe: str
    points: int
    different: int
    deaths: list[Death]

    @property
    def wrong(self) -> list[str]:
        """What is wrong, in words."""
        return [
            f"{self.recipe}, {death.n} {death.at} in {death.step}, {death.move}: {kind}: {text}"
            for death in self.deaths
            for kind, text in death.wrong
        ]


def prove(recipe: str, folder: Path, every: int = 1, offset: int = 0) -> Proof:
    """Die at every so manieth of the points that differ, in the short variant of a shipped recipe."""
    options = {"part": _part_from(NEEDS[recipe], folder / "before")} if recipe in NEEDS else {}
    judged = _judged(recipe, folder, **options)
    deaths = judged.play(lambda n: n % every == offset % every)
    assert judged.run.facts.state == "PROCESS_COMPLETE"
    return Proof(recipe, judged.run.points, judged.run.different, deaths)


def _judged(recipe: str, folder: Path, **options: Path) -> Judged:
    return Judged(shorten(recipe_folder() / f"{recipe}.yaml", folder), folder, scenario=QUICK, **options)


def _part_from(recipe: str, folder: Path) -> Path:
    """The part as another run leaves it."""
    folder.mkdir()
    _judged(recipe, folder).play(lambda n: False)
    return folder / "whole" / "part.json"
