"""Each mistake of recipes/bad is refused with its exact message, before anything is started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli.check import check_recipes
from controller.cli.exits import Exit
from controller.cli.run import RunOptions, run
from controller.recipe.problems import RecipeError
from springback.places import recipe_folder

BAD = recipe_folder() / "bad"

# file -> place, code, message and the fix that stands under it
MISTAKES: dict[str, tuple[str, str, str, str]] = {
    "malformed-yaml": ("11:4", "R102", "YAML: did not find expected '-' indicator", ""),
    "duplicate-key": ("11:5", "R103", 'key "press" stands twice', "first in line 10"),
    "alias-bomb": ("9:6", "R104", "anchors and aliases are not allowed", "write the value where it is used"),
    "unknown-step": (
        "12:5", "R105", 'unknown verb "lap"',
        "verbs are air, atmosphere, calibrate, carry, cool, cure, dispense, grind, heat, home, material, open, press,"
        " secure, spark_out, spindle, vacuum, weigh, wheel_rest",
    ),
    "unknown-target": ("15:29", "R160", 'there is no step "Ruogh"', 'did you mean "Rough"?'),
    "misspelt-key": ("10:5", "R101", 'unknown key "presure"', 'did you mean "press"?'),
    "wrong-dimension": (
        "10:31", "R110", 'wrong kind of unit: "20 kPa" is a pressure, rate needs pressure per time (kPa/s)', "",
    ),
    "unknown-unit": ("10:17", "R111", 'unknown unit "kpa" in "20 kpa"', 'did you mean "kPa"? Units are case-sensitive'),
    "two-numbers": ("10:19", "R112", '"4 min 30 s" has two numbers', 'write "270 s" or "4.5 min"'),
    "beyond-limit": (
        "13:17", "R120", "limit: press.pressure 320 kPa is above 300 kPa of this recipe (tool limit 550 kPa)", "",
    ),
    "beyond-tool-limit": (
        "6:25", "R121", "press.pressure max 600 kPa is looser than the tool's 550 kPa",
        "tighten it; looser limits belong into the tool file",
    ),
    "missing-abort": (
        "1:1", "R131", "on_abort is missing: an abort needs a way to the safe state",
        "add on_abort: safe-dump or safe-release",
    ),
    "missing-hold": ("5:1", "R130", 'on_hold has no "max"; a step could be held for ever', "add max: 5 min"),
    "unbounded-wait": (
        "10:5", "R132", 'the wait of step "Wait" has no timeout; it could last for ever', "add timeout: 3 min",
    ),
    "not-a-number": ("10:17", "R114", '"nan kPa" does not begin with a number', 'write it as in "400 kPa"'),
    "infinite": ("6:25", "R114", ".inf is not a finite number", ""),
    "name-leaves-folder": ("5:9", "R150", '"../../etc/passwd" is not a recipe name', ""),
    "wrong-name": ("1:9", "R150", '"../smoke" is not a recipe name', "small letters, digits, - and _, at most 64"),
    "other-name": (
        "1:9", "R152", 'the recipe calls itself "smoke"',
        'the file is other-name.yaml: write "recipe: other-name", or rename the file',
    ),
    "unknown-tag": ("6:18", "R140", 'unknown tag "press.presure_error"', 'did you mean "press.pressure_error"?'),
    "unreachable": ("12:5", "R161", 'step "Forgotten" is never reached', "remove it, or let a step go to it"),
    "wrong-tool": ("4:13", "R154", 'the recipe is for tool "press-cell", this tool is "packaging-line"', ""),
    "needs-itself": (
        "5:23", "R154", "a recipe that needs itself never starts", "name what the part must have been through before",
    ),
    "not-scanned": ("6:30", "R160", 'no step scans "syringe"', "known are wheel"),
    "not-measured": ("10:31", "R160", 'nothing called "incoming" is measured before this step', ""),
}  # fmt: skip


def test_every_bad_recipe_is_listed_here() -> None:
    assert {path.stem for path in BAD.glob("*.yaml")} == set(MISTAKES)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_its_message_its_place_and_its_fix(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place, code, message, fix = MISTAKES[name]

    exit_code = check_recipes([str(BAD / f"{name}.yaml")], None, as_json=False)

    out, err = capsys.readouterr()
    head, _source, caret, *_rest = err.splitlines()
    assert exit_code == Exit.INVALID
    assert head == f"error[{code}] {message}   {name}.yaml:{place}"
    assert caret.lstrip(" |").lstrip("^").strip() == fix
    assert out == ""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_json_object_on_stderr_with_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    place, code, message, fix = MISTAKES[name]

    check_recipes([str(BAD / f"{name}.yaml")], None, as_json=True)

    out, err = capsys.readouterr()
    problem = json.loads(err.splitlines()[0])
    assert f"{problem['line']}:{problem['column']}" == place
    assert (problem["rule"], problem["error"], problem.get("fix", "")) == (code, message, fix)
    assert json.loads(out)["ok"] is False


@pytest.mark.parametrize("name", MISTAKES)
def test_nothing_of_a_bad_recipe_is_started(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as refused:
        run(RunOptions(str(BAD / f"{name}.yaml"), out=tmp_path / "run"))

    assert MISTAKES[name][1] in {problem.code for problem in refused.value.problems}
    assert list(tmp_path.iterdir()) == []
