"""Error policies: the class of every fault, what a step says about it, and what happens when it says nothing."""

from __future__ import annotations

import pytest

from controller.equipment.module import NotReached
from controller.guard.gate import OrderRefused
from controller.recipe.loader import load
from controller.recipe.model import ErrorAction, Step
from controller.recipe.problems import RecipeError
from controller.sequence.prompts import AnswerRefused, Unanswered
from controller.sequence.questions import ahead
from controller.sequence.recovery import ABORT, HOLD, Recovery, fault_of
from controller.sequence.steps import VERBS
from controller.station import Station
from controller.tool import load as load_tool
from drivers.errors import GarbledReply, LinkLost, NoReply, ReadbackMismatch, Refused, Superseded
from springback.places import config_file

ERRORS = {
    "refused": (OrderRefused("a", "b", "c"), Refused("busy")),
    "timeout": (NotReached("late"),),
    "answer": (AnswerRefused("no"), Unanswered("nobody")),
    "lost": (NoReply("silent"), GarbledReply("noise"), LinkLost("gone")),
    "": (ReadbackMismatch("other"), Superseded("trip"), ValueError("bug")),
}
ALL = [(fault, error) for fault, errors in ERRORS.items() for error in errors]
HELD_ANYWAY = (OrderRefused, NotReached, AnswerRefused)

HEAD = """recipe: policies
version: 1
title: Policies
for: {tool: packaging-line}
on_hold: {policy: freeze, max: 1 min}
on_abort: safe-release
steps:
"""


def recipe_of(*lines: str) -> object:
    facts = Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {}).facts()
    return load(HEAD + "\n".join(lines), VERBS, facts)


@pytest.mark.parametrize(("fault", "error"), ALL, ids=lambda value: type(value).__name__)
def test_every_error_has_its_class(fault: str, error: Exception) -> None:
    assert fault_of(error) == fault


@pytest.mark.parametrize(("fault", "error"), ALL, ids=lambda value: type(value).__name__)
def test_without_a_word_it_holds_what_may_be_taken_up_again_and_aborts_the_rest(fault: str, error: Exception) -> None:
    action, turn = Recovery().decide(Step("A", 0), error)

    assert (action, turn) == (HOLD if isinstance(error, HELD_ANYWAY) else ABORT, 0)


@pytest.mark.parametrize(("fault", "error"), [(f, e) for f, e in ALL if f], ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("action", [HOLD, ABORT])
def test_what_the_step_says_is_done(fault: str, error: Exception, action: ErrorAction) -> None:
    assert Recovery().decide(Step("A", 0, on_error={fault: action}), error) == (action, 0)


@pytest.mark.parametrize(("fault", "error"), [(f, e) for f, e in ALL if f], ids=lambda value: type(value).__name__)
def test_retries_are_counted_and_then_it_holds_but_for_a_lost_order(fault: str, error: Exception) -> None:
    again = ErrorAction("retry", 2)
    step, other, recovery = Step("A", 0, on_error={fault: again}), Step("B", 1, on_error={fault: again}), Recovery()

    assert [recovery.decide(step, error) for _ in range(3)] == [
        (again, 1),
        (again, 2),
        (ABORT if fault == "lost" else HOLD, 0),
    ]
    assert recovery.decide(other, error) == (again, 1)
    recovery.begin(step)
    assert recovery.decide(step, error) == (again, 1)
    assert recovery.decide(other, error) == (again, 2)


def test_a_recipe_says_it_with_its_fix_ups() -> None:
    recipe = recipe_of(
        "  - name: A",
        "    then: {dwell: 5 s, while_held: counts}",
        "    on_hold: {allow: [redo, skip]}",
        "    on_error:",
        "      {refused: abort, timeout: {retry: 2, fix: {air: {pressure: 100 kPa}}}, answer: hold, lost: {retry: 1}}",
    )

    (step,) = recipe.steps  # type: ignore[attr-defined]
    assert {fault: (a.kind, a.limit) for fault, a in step.on_error.items()} == {
        "refused": ("abort", 0), "timeout": ("retry", 2), "answer": ("hold", 0), "lost": ("retry", 1),
    }  # fmt: skip
    assert [verb.name for verb, _ in step.all_verbs] == ["air"]
    assert (step.dwell_counts, step.on_hold.allow) == (True, frozenset({"redo", "skip"}))
    assert recipe.modules == frozenset({"dispenser"})  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("on_error: {late: hold}", "R101", 'unknown key "late"'),
        ("on_error: {timeout: wait}", "R107", '"wait" is no action'),
        ("on_error: {lost: hold}", "R107", "a step whose order was lost cannot stand"),
        ("on_error: {timeout: {retry: 9}}", "R107", '"retry" must be a whole number from 1 to 5'),
        ("on_error: {timeout: {fix: {}}}", "R106", '"retry" is missing'),
        ("on_error: {timeout: {retry: 1, fix: {fly: {}}}}", "R101", 'unknown key "fly"'),
        ("on_error: {timeout: {retry: 1, fix: {air: {pressure: 900 kPa}}}}", "R120", "limit: dispenser.pressure"),
        ("on_error: {timeout: {retry: 1, fix: {air: {}}}}", "R106", 'air needs "pressure"'),
        ("on_hold: {allow: [fly]}", "R107", '"fly" cannot be allowed'),
        ("then: {dwell: 5 s, while_held: maybe}", "R107", 'while_held "maybe" is none of counts, stops'),
        ("ask: {confirm: Sure?, within: 20 min}", "R130", "a question waits for 600 s at most"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said_with_its_rule(line: str, code: str, message: str) -> None:
    with pytest.raises(RecipeError) as refused:
        recipe_of("  - name: A", f"    {line}")

    assert [(p.code, message in p.message) for p in refused.value.problems if p.severity == "error"] == [(code, True)]


def test_a_single_word_may_stand_for_a_list_of_what_is_allowed() -> None:
    recipe = recipe_of("  - name: A", "    on_hold: {allow: redo}")

    assert recipe.steps[0].on_hold.allow == frozenset({"redo"})  # type: ignore[attr-defined]


def test_the_next_question_comes_after_all_dwells_before_it_and_there_may_be_none() -> None:
    recipe = recipe_of(
        "  - {name: A, then: {dwell: 60 s}}",
        "  - {name: B, then: {dwell: 30 s, go_to: D}, measure: {x: {tag: press.gap, accept: 1 um .. 2 um}},",
        "     on_fail: {else: {go_to: C}}}",
        "  - {name: C, ask: {confirm: Sure?}}",
        "  - {name: D, ask: {yes_no: Really?}}",
    )

    found = ahead(recipe, 0)  # type: ignore[arg-type]
    assert found is not None
    assert (found[0].id, found[1]) == ("D.yes_no", 90.0)
    assert ahead(recipe, 3) is None  # type: ignore[arg-type]
