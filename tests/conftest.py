"""What holds for all tests: programs that pip cannot bring are optional, and it is said when one is missing.

`make test-screens` sets SPRINGBACK_NEED_PROGRAMS; then a missing program is an error and not a reason to skip.
"""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parents[1]
PROGRAMS = [line.split()[0] for line in (ROOT / "apt.txt").read_text().splitlines() if line and line[0] != "#"]
PATIENT = "patient"  # how long an example takes says more about the machine than about the code
MISSING = re.compile(r"(\w+) is not installed")


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile(PATIENT, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile(PATIENT)
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing and os.environ.get("SPRINGBACK_NEED_PROGRAMS"):
        raise pytest.UsageError(
            f"missing programs: {', '.join(missing)}; apt install {' '.join(missing)} (see apt.txt)"
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: more than there are cores, for some tests wait on real ports and real time."""
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that is skipped without a program needs that program: it belongs to `-m screens`."""
    for item in items:
        if any(MISSING.search(mark.kwargs.get("reason", "")) for mark in item.iter_markers("skipif")):
            item.add_marker("screens")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(
        found[1]
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple) and (found := MISSING.search(report.longrepr[2]))
    )
    if not reasons:
        terminalreporter.write_line("0 tests skipped for missing programs")
    for program, n in reasons.items():
        terminalreporter.write_line(f"{n} tests skipped: {program} is not installed (apt install {program})")
