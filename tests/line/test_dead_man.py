"""A host that is killed or stopped at any instant of a run: ENABLE and all it feeds are off within a second.

The thousand kills of `make bench` are of the same kind; here is a sample of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import ENVIRONMENT

PROGRAM = Path(__file__).parents[2] / "bench" / "deadman.py"


def kills(*arguments: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, PROGRAM, *arguments], env=ENVIRONMENT, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_whenever_the_host_goes_the_machine_lets_go() -> None:
    found = kills("--virtual", "50")

    assert len(found) == 50
    assert [kill for kill in found if not kill["safe"]] == []


@pytest.mark.long
def test_it_does_for_real_processes_that_are_killed_and_stopped() -> None:
    found = kills("--real", "2")

    assert [(kill["how"], kill["safe"]) for kill in found] == [("SIGSTOP", True), ("SIGKILL", True)], found
