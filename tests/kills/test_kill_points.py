"""The controller dies at every intent and state change of its journal; the plant lives on, and a new one takes over.

`make killpoints` does it for a short variant of every shipped recipe and writes the numbers; here a sample.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills.points import prove

SAMPLES = {"smoke": (11, 5), "compress-release": (23, 11), "cover-grind-expose": (61, 30)}


@pytest.mark.parametrize("recipe", SAMPLES)
def test_a_sampled_death_is_safe_loses_nothing_and_leads_to_the_same_part(recipe: str, tmp_path: Path) -> None:
    every, offset = SAMPLES[recipe]

    proof = prove(recipe, tmp_path, every, offset)

    assert proof.wrong == []
    assert len(proof.deaths) >= proof.different // every
    assert "redo" in {death.move for death in proof.deaths}
