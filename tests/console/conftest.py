"""A console on a daemon that a test plays, closed when the test ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.console.app import Console
from tests.console.fake import Clock, FakeDaemon, console, settled, shown, until


@dataclass
class Bench:
    """Console, daemon, clock and keyboard of one test."""

    app: Console
    daemon: FakeDaemon
    clock: Clock
    pilot: Any

    async def key(self, *keys: str) -> None:
        """Keys as a person presses them: a while apart."""
        for key in keys:
            self.app.seat.press(key)
            self.clock.s += 0.2
            self.app.view.link.heard_s = self.clock.s
            self.app.seat.due()
        await self.settled()

    async def type(self, text: str) -> None:
        """Text into a line, and Enter."""
        await self.key(*text, "enter")

    async def scan(self, text: str, gap_s: float = 0.008, end: str = "enter") -> None:
        """What a scanner types."""
        for key in [*text, *([end] if end else [])]:
            self.app.seat.press(key)
            self.clock.s += gap_s
            self.app.seat.due()
        self.clock.s += 0.5
        self.app.seat.due()
        await self.settled()

    async def settled(self) -> None:
        await settled(self.app)
        self.app.view.link.heard_s = self.clock.s
        self.app.redraw()
        await self.pilot.pause()

    async def until(self, words: str) -> str:
        return await until(self.app, self.pilot, words)

    @property
    def screen(self) -> str:
        return shown(self.app)


@pytest.fixture
def role() -> str:
    return "operator"


@pytest.fixture
def readonly() -> bool:
    return False


@pytest.fixture
async def bench(tmp_path: Path, role: str, readonly: bool) -> AsyncIterator[Bench]:
    daemon, clock = FakeDaemon(tmp_path, role=role), Clock()
    await daemon.start()
    app = console(daemon, clock, tmp_path, readonly=readonly)
    async with app.run_test(size=(100, 30)) as pilot:
        made = Bench(app, daemon, clock, pilot)
        await made.until("link ok")
        await made.settled()
        yield made
    await daemon.stop()
