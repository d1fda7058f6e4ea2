"""A run that a crash has interrupted: it is shown, looked at with R, and taken up by a move that is typed."""

from __future__ import annotations

import pytest

from controller.server.protocol import Code, Refused
from tests.console.conftest import Bench
from tests.console.fake import FOUND, OFFERED, TOOL

RUN = OFFERED["run"]


@pytest.fixture(autouse=True)
async def idle(bench: Bench) -> None:
    """No job runs, and one run is offered."""
    bench.daemon.tell_state(job=None, prompts=[], interrupted=[OFFERED])
    await bench.settled()


async def test_what_was_interrupted_is_next_for_you_and_r_looks_at_it(bench: Bench) -> None:
    assert "now  cover-grind-expose interrupted 03:04 ago: Cure in doubt, 2 of 5 steps done" in bench.screen
    assert "pot life ends 13:05:00, mold.cure was 61.3 %" in bench.screen
    await bench.key("R")

    for words in (
        "done: Load, Cover", "in doubt: Cure", "not started: Grind, Inspect", "pot life of its lot: 3:20:43 left",
        "mold.cure was 61.3 %", "platen.setpoint 150 degC, reads now: 20",
        "rework             not now: nothing lies in the mold now; put it as it was",
    ):  # fmt: skip
        assert words in bench.screen
    assert bench.daemon.acted() == []


async def test_a_move_is_taken_when_it_was_typed_and_not_by_a_key(bench: Bench) -> None:
    await bench.key("R")
    await bench.key("1", "1", "enter")
    assert "Everybody clear" in bench.screen and "type redo, or Esc" in bench.screen
    assert bench.daemon.acted() == []
    await bench.key("backspace")
    await bench.type("redo")

    asked = {"run": RUN, "move": "redo", "confirmed": True, "engineering": ""}
    assert ("resume_run", asked) in bench.daemon.asked


async def test_what_is_refused_now_cannot_be_chosen_and_scrapping_energises_nothing(bench: Bench) -> None:
    await bench.key("R")
    await bench.key("2")
    assert "TAKE UP BY" not in bench.screen
    await bench.key("3")
    assert "The part fails; nothing is energised." in bench.screen
    await bench.type("scrap")

    assert bench.daemon.acted() == ["resume_run"]


async def test_a_refusal_says_why_and_what_fixes_it(bench: Bench) -> None:
    bench.daemon.refuse["resume_run"] = Refused(Code.STATE, f"{RUN} was taken up already, by other", "begin a new run")
    await bench.key("R")
    await bench.key("1")
    await bench.type("redo")

    said = " ".join(bench.screen.replace("│", "").split())
    assert f"resume run refused: {RUN} was taken up already, by other. Fix: begin a new run" in said


async def test_on_a_real_tool_an_unreleased_recipe_is_for_an_engineer_who_says_why(bench: Bench) -> None:
    bench.app.view.facts["simulated"] = False
    await bench.key("R")
    await bench.key("1")
    assert "not released: nobody has signed it; for an engineer: L" in bench.screen
    bench.app.view.facts["may"] = [*bench.app.view.facts["may"], "engineering"]
    await bench.key("escape", "R")
    await bench.key("1")
    await bench.type("redo")
    assert "ENGINEERING RUN of cover-grind-expose" in bench.screen
    await bench.type("new pads")

    asked = {"run": RUN, "move": "redo", "confirmed": True, "engineering": "new pads"}
    assert ("resume_run", asked) in bench.daemon.asked


async def test_of_several_runs_one_is_chosen_first(bench: Bench) -> None:
    bench.daemon.tell_state(interrupted=[OFFERED, {**OFFERED, "run": "older", "recipe": "smoke"}])
    await bench.settled()
    await bench.key("R")
    await bench.key("2")

    assert ("interrupted", {"run": "older"}) in bench.daemon.asked
    assert f"TAKE UP {FOUND['run']}" in bench.screen


async def test_while_a_job_is_held_r_lets_it_go_on(bench: Bench) -> None:
    bench.daemon.tell_state(job={**TOOL["snapshot"]["state"]["job"], "state": "PAUSED"})
    await bench.settled()
    await bench.key("R")

    assert bench.daemon.acted() == ["resume"]


@pytest.mark.parametrize("readonly", [True])
async def test_a_console_that_only_looks_takes_nothing_up(bench: Bench) -> None:
    await bench.key("R")
    await bench.key("1")

    assert "not now: this console only looks" in bench.screen
    assert bench.daemon.acted() == []
