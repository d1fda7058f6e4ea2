"""Notes between shifts on the screen: who may read them, who is asked to take over, and when."""

from __future__ import annotations

import pytest

from tests.console.conftest import Bench

NOTE = {
    "by": "emma (engineer)", "utc": "2026-11-21T09:40:00+00:00", "text": "supply valve sticks",
    "situation": ["job compress-release v1 PAUSED, step Settle pads"],
}  # fmt: skip


async def test_a_note_is_left_with_a_key_and_a_line(bench: Bench) -> None:
    await bench.key("N")
    await bench.type("valve sticks")

    assert bench.daemon.asked[-1] == ("ping", {})
    assert ("handover", {"text": "valve sticks"}) in bench.daemon.asked


async def test_who_logs_in_is_shown_the_notes_of_others_and_takes_over(bench: Bench) -> None:
    bench.daemon.tell_state(notes=[NOTE], prompts=[])
    await bench.settled()
    assert "emma (engineer): supply valve sticks" in bench.screen
    await bench.key("L", "1")
    await bench.type("otto")
    await bench.type("4711")

    assert "then: job compress-release v1 PAUSED, step Settle pads" in bench.screen
    assert bench.daemon.acted() == ["login"]
    await bench.key("1")
    assert bench.daemon.acted() == ["login", "take_over"]


async def test_ones_own_notes_are_not_put_before_oneself(bench: Bench) -> None:
    bench.daemon.tell_state(notes=[{**NOTE, "by": "otto (operator)"}])
    await bench.settled()
    await bench.key("L", "1")
    await bench.type("otto")
    await bench.type("4711")

    assert bench.app.seat.dialog is None


async def test_a_long_note_hides_neither_choice_nor_badge(bench: Bench) -> None:
    bench.daemon.tell_state(notes=[{**NOTE, "text": "long " * 200}] * 20)
    await bench.settled()
    await bench.key("N")

    assert "1 Take over" in bench.screen and "Esc leaves" in bench.screen and "▌SIMULATED▐" in bench.screen


@pytest.mark.parametrize("readonly", [True])
async def test_a_console_that_only_looks_reads_notes_and_takes_nothing_over(bench: Bench) -> None:
    bench.daemon.tell_state(notes=[NOTE])
    await bench.settled()
    await bench.key("N", "1")

    assert "supply valve sticks" in bench.screen
    assert bench.daemon.acted() == []
