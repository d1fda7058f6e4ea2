"""`kill -9` of real processes at random instants: the record is closed, intact, and says what may be done.

`make kills` does it KILLS times (500); here a few times, and tests/cli/test_restart.py on real ports.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills.processes import kill_one

LASTS_S = 1.5  # most of the short run on a quiet machine


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_kill_leaves_a_record_that_can_be_closed(seed: int, tmp_path: Path) -> None:
    assert kill_one(tmp_path, seed, LASTS_S).wrong == ""
