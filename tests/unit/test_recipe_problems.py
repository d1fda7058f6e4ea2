"""How problems are told: to people with a caret, to programs as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from controller.cli.failures import problem_object
from controller.recipe.problems import RULES, Problem, RecipeError, did_you_mean

TEXT = "recipe: x\nsteps:\n  - presure: {to: 4 kPa}\n"


def test_a_problem_shows_the_line_with_a_caret_and_the_hint() -> None:
    problem = Problem("R101", 'unknown key "presure"', "x.yaml", 3, 5, 'did you mean "press"?', width=7)

    assert problem.render(TEXT).splitlines() == [
        'error[R101] unknown key "presure"   x.yaml:3:5',
        "   3 |   - presure: {to: 4 kPa}",
        '     |     ^^^^^^^ did you mean "press"?',
    ]


def test_a_problem_without_a_line_shows_its_hint_alone() -> None:
    problem = Problem("R151", 'there is no recipe "x"', hint='did you mean "y"?')

    assert problem.render(TEXT).splitlines() == [
        'error[R151] there is no recipe "x"',
        '     did you mean "y"?',
    ]


def test_a_warning_says_so() -> None:
    assert Problem("R134", "m", "x.yaml", 1, 1, severity="warning").render(TEXT).startswith("warning[R134] m")


def test_a_problem_is_one_json_object_with_its_rule() -> None:
    line = problem_object(Problem("R111", "unknown unit", "x.yaml", 3, 5, "h"))

    assert "\n" not in line
    place = {"file": "x.yaml", "line": 3, "column": 5}
    assert json.loads(line) == {"error": "unknown unit", "exit": 3, "rule": "R111", **place, "fix": "h"}


def test_what_is_not_known_of_a_problem_is_left_out() -> None:
    line = problem_object(Problem("R133", "nothing watches it", severity="warning"))

    assert json.loads(line) == {"warning": "nothing watches it", "exit": 0, "rule": "R133"}


def test_control_characters_never_reach_the_terminal() -> None:
    problem = Problem("R101", "a\x1b[31m", "x.yaml", 1, 1, "b\u202e")

    assert re.search(r"[\x00-\x09\x0b-\x1f\u202e]", problem.render("c\x1b[0m\n")) is None


def test_an_error_carries_all_problems_in_the_order_of_the_file() -> None:
    later, earlier = Problem("R101", "b", "x", 3, 1), Problem("R106", "a", "x", 1, 1)

    error = RecipeError([later, earlier], TEXT)

    assert error.problems == (earlier, later)
    assert error.render().count("error[") == 2


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("presure", 'did you mean "press"?'), ("zzz", "known are press, vacuum"), ("PRESS", "known are press, vacuum")],
)
def test_a_hint_names_the_nearest_or_all(wrong: str, hint: str) -> None:
    assert did_you_mean(wrong, ["vacuum", "press"]) == hint


def test_every_code_in_the_sources_is_in_the_table_and_is_used() -> None:
    folder = Path(__file__).parents[2] / "controller"
    used = {code for path in folder.rglob("*.py") if path.name != "problems.py"
            for code in re.findall(r'"(R1\d\d)"', path.read_text())}  # fmt: skip

    assert used == set(RULES)
