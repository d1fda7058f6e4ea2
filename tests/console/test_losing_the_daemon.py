"""Nothing old looks new: a frozen, lost, restarted or foreign daemon is said on the screen."""

from __future__ import annotations

import asyncio
from pathlib import Path

from controller.console.link import DaemonLink
from controller.console.view import View
from controller.server.protocol import Code, Refused
from springback import __version__
from tests.console.conftest import Bench
from tests.console.fake import ALARM, SCAN, Clock, FakeDaemon, console, until


async def test_a_daemon_that_stands_still_is_stale_within_a_second(bench: Bench) -> None:
    bench.daemon.silent = True
    bench.clock.s = bench.app.view.link.heard_s + 0.9
    text = await bench.until("STALE 00:01")

    assert "values are OLD (~)" in text
    assert "~400.0 kPa" in text
    assert " ~RUNNING" in text


async def test_what_moves_is_not_sent_to_a_daemon_that_stands_still(bench: Bench) -> None:
    bench.daemon.silent = True
    bench.clock.s = bench.app.view.link.heard_s + 2.0
    for key in ("R", "T", "H"):
        bench.app.seat.press(key)
        bench.clock.s += 0.2
        bench.app.seat.due()
        if key != "H":
            assert "was not sent" in bench.app.view.said[0]
    for _ in range(20):
        await bench.pilot.pause(0.01)

    assert bench.daemon.acted() == ["hold"]
    assert "only H and X are sent" in bench.screen


async def test_a_daemon_that_has_nothing_to_tell_is_not_stale(bench: Bench) -> None:
    bench.clock.s += 0.5  # longer than a console waits without asking
    asked = bench.daemon.asked.count(("ping", {}))
    await bench.pilot.pause(0.4)
    await bench.until("link ok")

    assert bench.daemon.asked.count(("ping", {})) > asked
    assert bench.app.view.link.heard_s == bench.clock.s


async def test_a_lost_daemon_is_said_and_found_again_with_what_was_missed(bench: Bench) -> None:
    await bench.daemon.stop()
    text = await bench.until("LINK LOST")
    assert "trying again" in text
    assert "keys H R X S off" in text
    assert "~400.0 kPa" in text

    bench.daemon.snapshot["seq"] += 1
    told = {"seq": bench.daemon.snapshot["seq"], "run": "", "t_s": 1.0, "utc": ALARM["utc"], "event": ALARM}
    bench.daemon.snapshot["events"].append(told)
    await bench.daemon.start()
    bench.app.seat.press("r")
    bench.clock.s += 0.2
    bench.app.seat.due()
    text = await bench.until("connected again; you missed 1 events")
    assert len(bench.app.view.picture.events) == len(bench.daemon.snapshot["events"])  # type: ignore[union-attr]
    await bench.key("escape")
    assert "you missed" not in bench.screen


async def test_a_console_speaks_also_while_it_is_told_something_all_the_time(tmp_path: Path) -> None:
    """Whoever says nothing for a minute is let go, and a busy tool gives no reason to ask."""
    daemon, clock = FakeDaemon(tmp_path), Clock()
    await daemon.start()
    view = View(now_s=clock, wall=clock.wall)
    link = DaemonLink(lambda: daemon.path, view, lambda what: None, speak_s=0.0)
    running = asyncio.create_task(link.run())
    async with asyncio.timeout(10.0):
        while daemon.asked.count(("ping", {})) < 3:
            daemon.tell("tags", values={"press.pressure": [1.0, 0]})
            await asyncio.sleep(0.01)
    running.cancel()
    await daemon.stop()

    assert view.fresh


async def test_a_restart_of_the_daemon_is_said_with_the_job_that_is_gone(bench: Bench) -> None:
    await bench.daemon.stop()
    await bench.until("LINK LOST")
    bench.daemon.snapshot["instance"] = "another"
    bench.daemon.state["job"] = None
    await bench.daemon.start()
    bench.app.caller.retry()

    await bench.until("the daemon was started anew; the job compress-release-1 went with the old one")


async def test_another_version_is_said_and_nothing_can_be_told(bench: Bench) -> None:
    await bench.daemon.stop()
    await bench.until("LINK LOST")
    text = "this daemon (springback 9.9) speaks protocol 2, you speak 1"
    bench.daemon.refuse["hello"] = Refused(Code.VERSION, text, "install the same version on both sides")
    await bench.daemon.start()
    bench.app.caller.retry()
    await bench.until("this daemon (springback 9.9) speaks protocol 2")
    bench.clock.s += 1.0
    bench.app.seat.press("H")
    bench.clock.s += 0.2
    bench.app.seat.due()

    await bench.until("there is no connection to the daemon; nothing was sent")
    assert bench.daemon.acted() == []


async def test_an_older_daemon_of_the_same_protocol_is_said_for_as_long_as_it_is_there(bench: Bench) -> None:
    await bench.daemon.stop()
    await bench.until("LINK LOST")
    bench.daemon.version = "0.0.9"
    await bench.daemon.start()
    bench.app.caller.retry()
    text = await bench.until("the daemon 0.0.9: install the same")
    assert "link ok" in text

    await bench.daemon.stop()
    await bench.until("LINK LOST")
    bench.daemon.version = __version__
    await bench.daemon.start()
    bench.app.caller.retry()
    assert "install the same" not in await bench.until("link ok")


async def test_a_command_that_was_under_way_is_not_repeated(bench: Bench) -> None:
    bench.daemon.silent = True
    bench.app.seat.press("H")
    bench.clock.s += 0.2
    bench.app.seat.due()
    await bench.pilot.pause(0.05)
    await bench.daemon.stop()
    await bench.until("hold: the daemon at")
    bench.daemon.silent = False
    await bench.daemon.start()
    bench.app.caller.retry()
    await bench.until("link ok")

    assert bench.daemon.acted() == ["hold"]


async def test_without_a_daemon_the_screen_says_what_to_do(tmp_path: Path) -> None:
    daemon, clock = FakeDaemon(tmp_path), Clock()
    app = console(daemon, clock, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await until(app, pilot, "There is no tool to show yet.")

    assert "start one with: springback serve" in " ".join(text.split())


async def test_a_small_terminal_still_shows_badge_link_state_and_question(bench: Bench) -> None:
    bench.daemon.tell_state(prompts=[SCAN], alarms=[ALARM])
    await bench.settled()
    await bench.pilot.resize_terminal(60, 12)
    text = await bench.until("H holds")

    assert "▌SIMULATED▐" in text and "link ok" in text
    assert "WAITS FOR YOU" in text and "monitor.track" in text and "scan the carrier" in text
