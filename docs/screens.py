"""Draw docs/images/console-*.svg: the console on records of simulated runs, so that the pictures are always the same.

`make screens` calls it. It runs the recipes in virtual time, shows the records with the real program, and exports what
stands in the terminal.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from controller.console.app import Console
from controller.console.view import View
from controller.record.runfile import RunFile

IMAGES = Path(__file__).parent / "images"
MAIN = "from springback.main import main; main()"
SIZE = (120, 36)
FAULT = "press.supply=low@14min"
FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)  # a picture asks nobody for a font


def run(folder: Path, *arguments: str) -> Path:
    """The record of a run of compress-release."""
    command = [sys.executable, "-c", MAIN, "run", "compress-release", "--out", str(folder), *arguments]
    subprocess.run(command, check=False, capture_output=True)
    return folder / "run.sqlite"


async def draw(record: RunFile, at_s: float, keys: str, name: str) -> None:
    """One picture: the record at a time, after some keys."""
    view = View(lambda: asyncio.get_running_loop().time(), lambda: datetime(2026, 11, 21, 14, 32, 7, tzinfo=UTC))
    app = Console(view, Path, Path("runs"), record)
    async with app.run_test(size=SIZE) as pilot:
        assert app.seat.player is not None
        app.seat.player.toggle()
        app.seat.player.seek(at_s)
        view.window_s = 1800.0
        await pilot.press(*keys)
        await pilot.pause(0.2)
        app.redraw()
        await pilot.pause()
        svg = FONT.sub("", app.export_screenshot(title="springback console"))
    (IMAGES / f"console-{name}.svg").write_text(re.sub(r"terminal-\d+", "terminal", svg), encoding="utf-8")


def step_s(record: RunFile, step: str) -> float:
    """When a step began."""
    return next(t_s for t_s, event, *_ in record.events() if getattr(event, "step", "") == step)


async def main() -> None:
    """Draw all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with RunFile(run(folder / "good")) as record:
            at_s = step_s(record, "Recover") + 20.0
            await draw(record, at_s, "0", "overview")
            await draw(record, at_s, "4", "trends")
        with RunFile(run(folder / "leak", "--fault", FAULT)) as record:
            await draw(record, record.span_s - 1.0, "6", "alarms")


if __name__ == "__main__":
    asyncio.run(main())
