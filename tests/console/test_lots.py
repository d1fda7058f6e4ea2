"""Loading a lot at the console, by typing and by scanning, and what the ready sheet says of it."""

from __future__ import annotations

from controller.server.protocol import Code, Refused
from tests.console.conftest import Bench

LOT = {
    "lot": "HX2231", "carrier": "C-0418", "parts": 12, "left": 8, "by": "otto (operator)",
    "utc": "2026-11-21T09:40:00+00:00", "next": {"part": "HX2231/05", "lot": "HX2231", "carrier": "C-0418"},
}  # fmt: skip


async def test_a_scanned_lot_is_loaded_after_its_parts_were_said(bench: Bench) -> None:
    bench.daemon.tell_state(prompts=[], job=None)
    await bench.settled()
    await bench.scan("HX2231")
    assert "M loads it as a lot" in bench.screen
    await bench.key("M")
    assert "LOAD LOT" in bench.screen and "> HX2231" in bench.screen
    assert bench.daemon.acted() == []
    await bench.key("enter")
    await bench.type("12")
    await bench.type("C-0418")

    assert ("load_lot", {"lot": "HX2231", "parts": "12", "carrier": "C-0418"}) in bench.daemon.asked


async def test_what_the_daemon_refuses_is_said_where_it_was_typed(bench: Bench) -> None:
    bench.daemon.refuse["load_lot"] = Refused(Code.PARAMS, "lot 'HX' is no label", "as in HX2231")
    await bench.key("M")
    await bench.type("HX")
    await bench.type("2")
    await bench.type("")

    assert "lot 'HX' is no label. Fix: as in HX2231" in bench.screen


async def test_the_ready_sheet_names_the_next_part_and_a_lot_without_one_starts_nothing(bench: Bench) -> None:
    bench.daemon.tell_state(prompts=[], job=None, lot=LOT)
    await bench.settled()
    assert "lot HX2231: 8 of 12 parts left" in bench.screen
    await bench.key("5", "S")
    assert "✓ part HX2231/05 on carrier C-0418, 8 of 12 left" in bench.screen
    await bench.key("escape")
    bench.daemon.tell_state(lot={**LOT, "left": 0, "next": None})
    await bench.settled()
    await bench.key("S", "1")

    assert "✗ lot HX2231 has no part left: M unloads it" in bench.screen
    assert bench.daemon.acted() == []


async def test_a_loaded_lot_is_shown_and_unloaded(bench: Bench) -> None:
    bench.daemon.tell_state(lot=LOT)
    await bench.settled()
    await bench.key("M")
    assert "8 of 12 parts left, next HX2231/05" in bench.screen
    await bench.key("1")

    assert bench.daemon.acted() == ["unload_lot"]
