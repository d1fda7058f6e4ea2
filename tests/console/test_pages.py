"""Each page at both ends of the sizes, and without colour, as plain text; SIMULATED on every one of them.

`UPDATE_SNAPSHOTS=1 pytest tests/console/test_pages.py` writes them again; look at them before you commit.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.console.app import Console
from tests.console.fake import ALARM, OFFERED, TOOL, Clock, FakeDaemon, console, settled, shown, until

SNAPSHOTS = Path(__file__).parent / "snapshots"
SIZES = {"80x24": (80, 24), "160x48": (160, 48)}
QUESTION = {
    "id": "Unload.confirm", "step": "Unload", "text": "Package removed, nothing sticks to the platen?", "unit": "",
    "kind": "confirm", "low": None, "high": None, "match": None, "choices": [], "default": None, "expects": "yes",
}  # fmt: skip
PAGES = {  # name of the snapshot -> keys that lead there
    "overview": "0", "press": "1", "dispenser": "2", "grinder": "3", "trends": "4", "cursor": "4c", "recipes": "5v",
    "acts": "7", "history": "8", "io": "9", "help": "?", "question": "0p", "alarms": "6", "held": "0X",
    "interrupted": "0", "take-up": "0R",
}  # fmt: skip
TOLD: dict[str, dict[str, Any]] = {  # what the daemon tells before a page is shown
    "question": {"prompts": [QUESTION]},
    "alarms": {"prompts": [], "alarms": [ALARM]},
    "held": {"job": {**TOOL["snapshot"]["state"]["job"], "state": "PAUSED", "reason": "monitor.track"}},
    "interrupted": {"job": None, "alarms": [], "interrupted": [OFFERED]},
    "take-up": {"prompts": []},
}


def fill_curves(app: Console) -> None:
    """Ten minutes that look like something."""
    for name, curve in app.view.curves.items():
        for i in range(1200):
            base = (app.view.value(name) or 0.0) + 10 * math.sin(i / 100)
            curve.add(400.0 + i / 2, base)
            curve.add(400.0 + i / 2 + 0.1, base + 1.0)


async def snapshots(folder: Path, size: tuple[int, int]) -> dict[str, str]:
    """Every page as text, one console through all of them."""
    daemon, clock = FakeDaemon(folder), Clock()
    await daemon.start()
    app = console(daemon, clock, folder)
    found = {}
    async with app.run_test(size=size) as pilot:
        await until(app, pilot, "link ok")
        fill_curves(app)
        await settled(app)
        for name, keys in PAGES.items():
            if name in TOLD:
                daemon.tell_state(**TOLD[name])
                await settled(app)
            for key in keys:
                app.seat.press(key)
                clock.s += 0.2
                app.seat.due()
                await settled(app)
            await app.caller.look_at_permissives()
            clock.s = 1000.0
            app.view.link.heard_s, app.view.said = clock.s, ("", "")
            app.redraw()
            await pilot.pause()
            found[name] = shown(app)
            app.seat.press("escape")
            app.seat.press("escape")
    await daemon.stop()
    return found


@pytest.fixture
def kept() -> Iterator[dict[str, str]]:
    """What the files hold; written anew when asked for."""
    yield {path.stem: path.read_text(encoding="utf-8") for path in SNAPSHOTS.glob("*.txt")}


@pytest.mark.parametrize("size", SIZES)
async def test_every_page_looks_as_it_did(size: str, tmp_path: Path, kept: dict[str, str]) -> None:
    found = {f"{name}-{size}": text + "\n" for name, text in (await snapshots(tmp_path, SIZES[size])).items()}
    if os.environ.get("UPDATE_SNAPSHOTS"):
        for name, text in found.items():
            (SNAPSHOTS / f"{name}.txt").write_text(text, encoding="utf-8")
        return

    assert [name for name, text in found.items() if "▌SIMULATED▐" not in text.splitlines()[0]] == []
    for name, text in found.items():
        assert text == kept[name]


async def test_without_colour_every_word_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: dict[str, str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    found = await snapshots(tmp_path, SIZES["80x24"])

    assert {name for name, text in found.items() if text + "\n" != kept[f"{name}-80x24"]} == set()


async def test_without_colour_nothing_is_coloured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    daemon, clock = FakeDaemon(tmp_path), Clock()
    daemon.state["alarms"] = [ALARM]
    await daemon.start()
    app = console(daemon, clock, tmp_path)

    async with app.run_test(size=(80, 24)) as pilot:
        await until(app, pilot, "monitor.track")
        segments = [segment for strip in app.screen._compositor.render_strips() for segment in strip]
    await daemon.stop()

    assert {segment.style.color.name for segment in segments if segment.style and segment.style.color} <= {"default"}
    assert any(segment.style and segment.style.reverse for segment in segments), "the badge is reversed"
