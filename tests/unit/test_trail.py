"""How far an interrupted run came, by its journal; which moves are offered, and why one is not."""

from __future__ import annotations

import math
from typing import Any

import pytest

from controller.cli.tool_file import facts_of, read_tool
from controller.equipment.cure import Cooling, Kinetics
from controller.recipe.loader import load
from controller.recipe.model import Recipe
from controller.recipe.problems import RecipeError
from controller.record.events import Event, Intent, Measured, Outcome, PhaseChanged, Resumed
from controller.sequence.carried import Carried
from controller.sequence.offers import Offer, offers
from controller.sequence.steps import VERBS
from controller.sequence.trail import Known, Trail, follow

TEXT = """
recipe: crash
version: 1
title: Steps of every kind, for what a crash leaves of them
for: {tool: packaging-line, part: WLP-200}
on_hold: {policy: freeze, max: 1 min}
on_abort: safe-release
steps:
  - {name: Load, carry: {to: press, within: 1 min}}
  - {name: Close, secure: {module: press}, then: {dwell: 1 s}}
  - name: Press
    on_crash: {rework: {from: Close}, redo: {fix: {secure: {module: press}}}}
    press: {to: 20 kPa, rate: 20 kPa/s}
  - name: Dwell
    on_crash: {rework: {from: Press, fix: {secure: {module: press}}}}
    then: {dwell: 10 s}
    measure: {pressure: {tag: press.pressure, over: 1 s, accept: max 21 kPa}}
    on_fail: {pressure high: {repeat: Press, limit: 1}}
  - {name: Warm, on_crash: continue, heat: {zone: mold, to: 30 degC, rate: 5 K/min}}
  - {name: Away, carry: {out_of: press, within: 1 min}}
"""


def recipe(text: str = TEXT) -> Recipe:
    return load(text, VERBS, facts_of(read_tool(None)))


RECIPE = recipe()


def phase(step: str, new: str = "RUNNING", turn: int = 1) -> PhaseChanged:
    old = "IDLE" if new == "RUNNING" else "RUNNING"
    return PhaseChanged(step, RECIPE.index(step), turn, old, new)


def done(*steps: str) -> list[Event]:
    return [event for step in steps for event in (phase(step), phase(step, "COMPLETE"))]


def order(id: int, output: str = "press_pressure.target", **more: Any) -> Intent:
    return Intent(id, "press.pressurise", output, 20.0, "kPa", "Press", 0, **more)


def carried(**last: float) -> Carried:
    """What the record of a run with part 7 in the press knew last, an hour ago."""
    tags = {"press.part_present": 1.0, "press.part": 7.0, **{k.replace("__", "."): v for k, v in last.items()}}
    return Carried("old", 3600.0, lambda tag: tags.get(tag, math.nan), 7)


def moves(trail: Trail, present: dict[str, int] | None, **last: float) -> dict[str, Offer]:
    return {offer.move: offer for offer in offers(RECIPE, trail, carried(**last), present)}


def test_a_step_is_done_in_doubt_or_not_started() -> None:
    trail = follow(RECIPE, [*done("Load", "Close"), phase("Press"), order(1), Outcome(1, "done"), order(2)])

    assert list(trail.known.values())[:4] == [Known.DONE, Known.DONE, Known.IN_DOUBT, Known.NOT_STARTED]
    assert (trail.at, trail.open_orders) == (2, [order(2)])


def test_a_step_without_an_order_has_not_begun_and_lamps_are_no_orders() -> None:
    trail = follow(RECIPE, [*done("Load", "Close"), phase("Press"), order(1, "line_plc.tower"), order(2, safe=True)])

    assert trail.known["Press"] is Known.NOT_STARTED
    assert trail.open_orders == [order(2, safe=True)]


def test_a_dwell_begins_by_itself() -> None:
    assert follow(RECIPE, [*done("Load", "Close", "Press"), phase("Dwell")]).known["Dwell"] is Known.IN_DOUBT


def test_repeats_and_turns_go_over() -> None:
    high = Measured("pressure", 30.0, "kPa", None, 21.0, False, "measured", "Dwell")
    trail = follow(RECIPE, [*done("Load", "Close", "Press"), phase("Dwell"), high, phase("Dwell", "COMPLETE")])

    assert (trail.at, trail.repeats, trail.turns["Press"]) == (2, {"Dwell": 1}, 1)


def test_a_run_that_took_one_up_goes_on_from_where_that_stood() -> None:
    resumed = Resumed("older", "rework", "Press", 2, "otto", 9.0, ["Load", "Close"], {"Press": 2}, {"Dwell": 1})

    trail = follow(RECIPE, [resumed])

    assert (trail.at, trail.done, trail.turns["Press"], trail.repeats) == (2, ["Load", "Close"], 2, {"Dwell": 1})


def test_what_the_recipe_says_is_offered_and_scrap_always() -> None:
    doubt = moves(follow(RECIPE, [*done("Load", "Close"), phase("Press"), order(1)]), None)
    fresh = moves(follow(RECIPE, done("Load", "Close")), None)
    dwell = moves(follow(RECIPE, [*done("Load", "Close", "Press"), phase("Dwell")]), None)

    assert [(m, o.step, [v.name for v, _ in o.fix]) for m, o in doubt.items()] == [
        ("redo", "Press", ["secure"]), ("rework", "Close", []), ("scrap", "end", [])
    ]  # fmt: skip
    assert list(fresh) == ["continue", "rework", "scrap"]
    assert (list(dwell), dwell["rework"].step) == (["rework", "scrap"], "Press")


def test_without_a_word_of_the_recipe_only_what_changes_nothing_is_done_again() -> None:
    load = moves(follow(RECIPE, [phase("Load"), order(1)]), None)
    close = moves(follow(RECIPE, [*done("Load"), phase("Close"), order(1)]), None)  # it dwells

    assert (list(load), list(close)) == (["redo", "scrap"], ["scrap"])


def test_continue_is_for_what_has_not_begun() -> None:
    before = [*done("Load", "Close", "Press"), *done("Dwell")]

    assert list(moves(follow(RECIPE, before), None)) == ["continue", "scrap"]
    assert list(moves(follow(RECIPE, [*before, phase("Warm"), order(1)]), None)) == ["scrap"]


def test_when_all_is_done_only_the_end_is_left() -> None:
    trail = follow(RECIPE, done(*(step.name for step in RECIPE.steps)))

    assert (moves(trail, None)["continue"].step, trail.ended) == ("end", True)


@pytest.mark.parametrize(
    ("present", "why"),
    [
        ({"press": 7}, ""),
        ({"press": 8}, "part 8 lies in the press, this run is about part 7"),
        ({"press": 0}, "part 7 lay in the press then, now nothing does"),
        ({"press": 7, "mold": 9}, "part 9 lies in the mold"),
    ],
)
def test_the_part_must_be_where_it_was(present: dict[str, int], why: str) -> None:
    trail = follow(RECIPE, [*done("Load", "Close"), phase("Press"), order(1)])

    found = moves(trail, {"mold": 0, "chuck": 0, **present})["redo"].why_not
    assert found.startswith(why) and bool(found) == bool(why)


@pytest.mark.parametrize(("begun", "before", "offered"), [("Away", ["Warm"], True), ("Warm", [], False)])
def test_only_a_person_who_was_called_may_have_carried_it_away(begun: str, before: list[str], offered: bool) -> None:
    trail = follow(RECIPE, [*done("Load", "Close", "Press", "Dwell", *before), phase(begun)])

    found = next(iter(moves(trail, {"press": 0, "mold": 0, "chuck": 0}).values()))

    assert (found.step, not found.why_not) == (begun, offered)


def test_material_that_expired_during_the_outage_is_refused_with_why() -> None:
    before = [*done("Load", "Close", "Press"), *done("Dwell")]
    lot = {"dispenser__lot_scanned": 1.0}

    fresh = moves(follow(RECIPE, before), None, **lot, dispenser__pot_life_left=61.0)
    old = moves(follow(RECIPE, before), None, **lot, dispenser__pot_life_left=50.0)
    past = moves(follow(RECIPE, [*before, *done("Warm")]), None, **lot, dispenser__pot_life_left=50.0)

    assert fresh["continue"].why_not == ""
    assert old["continue"].why_not == "the pot life of its lot ended 10 min ago, and Warm still works with it"
    assert past["continue"].why_not == ""  # nothing left works with it
    assert old["scrap"].why_not == ""


def test_cure_goes_on_while_a_zone_cools_unwatched() -> None:
    kinetics = Kinetics(180.0, 120.0, 10.0)

    warm = Cooling(120.0, 120.0, 180.0).uncured(kinetics)
    cools = Cooling(120.0, 60.0, 180.0).uncured(kinetics)

    assert warm == pytest.approx(0.5, rel=1e-6)  # textbook: half in the half time
    assert warm < cools < 1.0
    assert Cooling(30.0, 21.0, 3600.0).uncured(kinetics) > 0.98


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("on_crash: again", "R107"),
        ("on_crash: {skip: {}}", "R101"),
        ("on_crash: {rework: {}}", "R106"),
        ("on_crash: {rework: {from: Nowhere}}", "R160"),
        ("on_crash: {rework: {from: Away}}", "R162"),
        ("on_crash: {redo: {fix: {press: {to: 9000 kPa, rate: 1 kPa/s}}}}", "R120"),
        ("on_crash: {redo: {fix: {presss: {}}}}", "R101"),
    ],
)
def test_a_wrong_on_crash_is_told(said: str, problem: str) -> None:
    with pytest.raises(RecipeError) as refused:
        recipe(TEXT.replace("on_crash: continue", said))

    assert problem in [found.code for found in refused.value.problems]
