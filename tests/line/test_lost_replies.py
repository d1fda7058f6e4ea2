"""Replies that get lost now and then: a lost poll is no news, a lost order ends the run in the safe state."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from controller.cli.exits import Exit
from simulators.station import SimulatedStation
from tests.line.behind import Watched, watched


def dropping(instrument: str, every: int, out: Path) -> Watched:
    """Run smoke; each `every`-th answer of one instrument never arrives."""
    make = SimulatedStation.__init__

    def init(self: SimulatedStation, *arguments: Any) -> None:
        make(self, *arguments)
        self.wire_faults.of(instrument).drop_every = every

    with patch.object(SimulatedStation, "__init__", init):
        return watched("smoke", out)


@pytest.mark.parametrize("instrument", ["platen_heater", "mold_heater", "gauge"])
def test_a_lost_poll_is_asked_again_and_does_not_stop_the_run(instrument: str, tmp_path: Path) -> None:
    assert dropping(instrument, 50, tmp_path).outcome.exit == Exit.PASSED


def test_an_order_lost_beside_another_verb_ends_the_run_in_the_safe_state(tmp_path: Path) -> None:
    """The step runs two verbs at once; the failure of one must reach the sequencer."""
    run = dropping("spindle", 7, tmp_path)
    assert run.outcome.exit == Exit.STOPPED_BY_ALARM
    assert run.first == "step.failed"
    assert run.seen.at_end["spindle_contactor"] == 0.0
    assert not run.seen.came_on_again()
