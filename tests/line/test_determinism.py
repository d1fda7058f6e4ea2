"""The same seed gives the same run, bit for bit, in any process; another seed gives another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.line.behind import recipe

COMMAND = "from springback.main import main; main()"


def trace(name: str, out: Path, *options: str, hash_seed: int) -> str:
    """The fingerprint of a run in a process of its own."""
    finished = subprocess.run(
        [sys.executable, "-c", COMMAND, "run", name, *options, "--out", str(out), "--json"],
        capture_output=True, check=False, text=True, timeout=100,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    return str(json.loads(finished.stdout)["trace_sha256"])


def traces(name: str, out: Path, *options: str, processes: int) -> set[str]:
    """Fingerprints of a run, over several processes with different hash seeds."""
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(trace, name, out / f"{i}", *options, hash_seed=1 + 7919 * i) for i in range(processes)]
        return {run.result() for run in runs}


@pytest.mark.parametrize("name", ["press-short", "grind-short"])
def test_a_seed_gives_the_same_trace_in_three_processes_with_different_hash_seeds(tmp_path: Path, name: str) -> None:
    assert len(traces(recipe(name), tmp_path, processes=3)) == 1


def test_a_run_that_fails_gives_the_same_trace_too(tmp_path: Path) -> None:
    """Several instruments are lost at once: the order in which that is seen must not depend on the process."""
    assert len(traces(recipe("grind-short"), tmp_path, "--fault", "mold_heater=late@100", processes=3)) == 1


def test_another_seed_gives_another_trace(tmp_path: Path) -> None:
    first, other, again = (
        trace("smoke", tmp_path / name, "--seed", seed, hash_seed=1)
        for name, seed in (("a", "1"), ("b", "2"), ("c", "1"))
    )

    assert first == again != other


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["compress-release", "cover-grind-expose", "smoke"])
def test_a_seed_gives_the_same_trace_in_twenty_processes(tmp_path: Path, name: str) -> None:
    assert len(traces(name, tmp_path, processes=20)) == 1
