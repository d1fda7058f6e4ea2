"""The report in a browser and the command in a terminal, with the programs that people use."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.record.report.page import write_report
from controller.record.runfile import RunFile
from tests.unit.recorded_run import PLOTS, write_run

needs_chromium = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="chromium is not installed (apt install chromium)"
)
needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed (apt install tmux)")
SPRINGBACK = [sys.executable, "-c", "from springback.main import main; main()"]
COMMAND_S = 60.0  # bound of one command in the terminal


@pytest.fixture
def report(tmp_path: Path) -> Path:
    write_run(tmp_path / "run.sqlite")
    with RunFile(tmp_path / "run.sqlite") as record:
        return write_report(record, PLOTS, tmp_path / "report.html")


def chromium(folder: Path, *arguments: str) -> str:
    """Run chromium once, headless, offline, with a profile of its own."""
    done = subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            *(f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND", *arguments),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


@needs_chromium
def test_the_report_opens_in_a_browser_with_verdict_badge_and_figures(report: Path, tmp_path: Path) -> None:
    shown = chromium(tmp_path, "--dump-dom", report.as_uri())

    assert re.search(r">\s*(?:PASS|FAIL|NONE)\s*<", shown)
    assert "SIMULATED" in shown
    assert shown.count("<svg") > len(PLOTS)


@needs_chromium
def test_looking_closer_shows_every_sample_of_the_record(report: Path, tmp_path: Path) -> None:
    with RunFile(tmp_path / "run.sqlite") as record:
        times_s, pressure = record.series(PLOTS[0].actual)
        asked = record.series(str(PLOTS[0].setpoint))[1]

    page = chromium(tmp_path, "--dump-dom", "--virtual-time-budget=10000", f"{report.as_uri()}#closer")

    drawn = json.loads(html.unescape(re.search('data-drawn="([^"]*)"', page)[1]))  # type: ignore[index]
    assert page.count('class="u-wrap"') == len(PLOTS)
    assert drawn["samples"] == len(times_s)
    assert drawn["end"] == pytest.approx(times_s[-1], abs=1e-3)
    for shown, values in zip(drawn["last"], (asked, pressure), strict=False):
        assert shown == pytest.approx(values[-1], abs=(max(values) - min(values)) / 60_000)


@needs_chromium
def test_the_report_prints_on_paper(report: Path, tmp_path: Path) -> None:
    chromium(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={tmp_path / 'report.pdf'}", report.as_uri())

    printed = (tmp_path / "report.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) in range(2, 15)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path)
    yield made
    made.close()


class Terminal:
    """A terminal of 80 by 50 characters on a tmux server of its own."""

    def __init__(self, folder: Path) -> None:
        self._socket = f"springback-{uuid.uuid4().hex[:8]}"
        self._tmux("new-session", "-d", "-x", "80", "-y", "50", "-c", str(folder), "sh")

    def run(self, command: str) -> list[str]:
        """Type a command, wait until it has said that it ended, and return the screen."""
        self._tmux("send-keys", "-l", f"clear; {command}; echo ended:$?")
        self._tmux("send-keys", "Enter")
        end_s = time.monotonic() + COMMAND_S
        while time.monotonic() < end_s:
            screen = self._tmux("capture-pane", "-p").rstrip().splitlines()
            if any(re.fullmatch(r"ended:\d+", line) for line in screen):
                return screen
            time.sleep(0.01)
        raise TimeoutError(f"{command} did not end within {COMMAND_S:g} s; the screen shows {screen}")

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._socket, "-f", "/dev/null", *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout


@needs_tmux
def test_a_run_fits_a_terminal_of_eighty_columns(terminal: Terminal, tmp_path: Path) -> None:
    script = tmp_path / "springback"
    script.write_text(f"#!/bin/sh\nexec {SPRINGBACK[0]} -c '{SPRINGBACK[2]}' \"$@\"\n")
    script.chmod(0o755)

    screen = terminal.run("./springback run smoke --out run")

    assert "ended:0" in screen
    assert any(line.startswith("SIMULATED") and "PASS" in line for line in screen)
    rows = [line for line in screen if line.rstrip().endswith("PASS") and "measured" in line]
    assert len(rows) >= 4, "each result stands on one line of the table"
    assert any(line.startswith("report") for line in screen)
