"""A record on the same pages, at any of its times; and the tool as lines."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.console.app import Console
from controller.console.plain import PlainConsole
from controller.console.view import View
from controller.record.events import PhaseChanged
from controller.record.runfile import RunFile
from tests.console.fake import ALARM, OFFERED, SCAN, Clock, FakeDaemon, shown
from tests.unit.recorded_run import write_run

WALL = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.fixture
def record(tmp_path: Path) -> RunFile:
    write_run(tmp_path / "run.sqlite")
    return RunFile(tmp_path / "run.sqlite")


async def test_a_replay_shows_each_step_at_its_time_forwards_and_backwards(record: RunFile) -> None:
    begun = {e.step: t_s for t_s, e, *_ in record.events() if isinstance(e, PhaseChanged) and e.old == "IDLE"}
    view = View(Clock(), lambda: WALL)
    app = Console(view, Path, Path("runs"), record)
    async with app.run_test(size=(100, 30)) as pilot:
        player = app.seat.player
        assert player is not None
        player.toggle()
        for name in [*begun, *reversed(begun)]:
            player.seek(begun[name] + 0.01)
            app.redraw()
            await pilot.pause()
            text = shown(app)
            assert f" {name} " in next(line for line in text.splitlines() if "─ STEP" in line)
            assert "▌SIMULATED▐" in text and "▌REPLAY▐" in text
        app.seat.press("end")
        assert player.at.t_s == record.span_s
        app.seat.press("home")
        assert player.at.t_s == 0.0
        app.seat.press("H")
        view.now_s.s += 0.2  # type: ignore[attr-defined]
        app.seat.due()
        assert "a record cannot be told anything" in view.said[0]
    record.close()


async def test_the_same_time_gives_the_same_state_however_one_came_there(record: RunFile) -> None:
    view = View(Clock(), lambda: WALL)
    app = Console(view, Path, Path("runs"), record)
    player = app.seat.player
    assert player is not None and view.picture is not None
    player.seek(record.span_s / 2)
    straight = (view.picture.state, {name: tag.value for name, tag in view.picture.tags.items()})
    for t_s in (0.0, record.span_s, record.span_s / 3, record.span_s / 2):
        player.seek(t_s)

    assert (view.picture.state, {name: tag.value for name, tag in view.picture.tags.items()}) == straight
    record.close()


async def test_plain_lines_tell_state_alarm_and_question_and_take_commands(tmp_path: Path) -> None:
    daemon, clock, lines = FakeDaemon(tmp_path), Clock(), list[str]()
    await daemon.start()
    typed: asyncio.Queue[str] = asyncio.Queue()
    console = PlainConsole(View(clock, clock.wall), lambda: daemon.path, lines.append)
    running = asyncio.create_task(console.run(typed.get))

    async def said(words: str) -> None:
        for _ in range(500):
            if any(words in line for line in lines):
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{words!r} was not said: {lines}")

    await said("SIMULATED RUNNING compress-release v1, step 5 of 12 Settle pads running")
    daemon.tell_event(**{key: ALARM[key] for key in ALARM if key not in ("utc", "name")})
    await said("do: look at the supply gauge")
    daemon.tell_state(prompts=[SCAN])
    await said("asked: Load: scan the carrier (a scan that matches C-[0-9]{4}); answer 'Load.carrier' VALUE")
    for line in ("answer 'Load.carrier' C-0418\n", "values\n", "jump\n", "hold\n"):
        typed.put_nowait(line)
    await said("hold: done")
    await said("SIMULATED press.pressure 400.0 kPa")
    await said("'jump' is not known")
    assert daemon.acted() == ["answer", "hold"]
    daemon.tell_state(job=None, prompts=[], interrupted=[OFFERED])
    await said("answered: Load.carrier")
    for line in ("status\n", f"resume_run {OFFERED['run']} redo confirmed\n"):
        typed.put_nowait(line)
    await said("cover-grind-expose interrupted 03:04 ago: Cure in doubt, 2 of 5 steps done; pot life ends 13:05:00")
    await said(f"take it up by redo, scrap: resume_run {OFFERED['run']} MOVE confirmed")
    await said("resume run: done")
    assert ("resume_run", {"run": OFFERED["run"], "move": "redo", "confirmed": True}) in daemon.asked
    clock.s += 2.0
    daemon.silent = True
    await said("STALE")
    typed.put_nowait("quit\n")
    await running
    await daemon.stop()
