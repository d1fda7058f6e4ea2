"""Recipes: a good one loads into plain data, every kind of mistake is refused at its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any, ClassVar

import pytest

from controller.recipe.limits import Limit
from controller.recipe.loader import find, load
from controller.recipe.model import Action, HoldPolicy, Recipe
from controller.recipe.params import Params
from controller.recipe.problems import Problem, RecipeError
from controller.recipe.quantities import AbsolutePressure, Duration, Length_um, Pressure, PressureRate
from controller.recipe.verb import CheckContext, Finding, ToolFacts


class PressParams(Params):
    to: Pressure
    rate: PressureRate


class Press:
    name: ClassVar[str] = "press"
    module: ClassVar[str] = "press"
    params: ClassVar[type[Params]] = PressParams

    def check(self, params: Any, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("press.pressure", params.to, "to")
        yield from context.rate("press.pressure", params.rate, "rate")


class VacuumParams(Params):
    to: AbsolutePressure
    within: Duration | None = None


class Vacuum:
    name: ClassVar[str] = "vacuum"
    module: ClassVar[str] = "press"
    params: ClassVar[type[Params]] = VacuumParams

    def check(self, params: Any, context: CheckContext) -> Iterable[Finding]:
        yield from context.limit("press.vacuum", params.to, "to")


class GrindParams(Params):
    to: Length_um
    above: str = ""
    passes: int = 1


class Grind:
    name: ClassVar[str] = "grind"
    module: ClassVar[str] = "grinder"
    params: ClassVar[type[Params]] = GrindParams

    def check(self, params: Any, context: CheckContext) -> Iterable[Finding]:
        if params.above:
            yield from context.measured(params.above, "above")


class Rest:
    name: ClassVar[str] = "rest"
    module: ClassVar[str] = "line"
    params: ClassVar[type[Params]] = Params

    def check(self, params: Any, context: CheckContext) -> Iterable[Finding]:
        return ()


VERBS = {verb.name: verb for verb in (Press(), Vacuum(), Grind(), Rest())}
TOOL = ToolFacts(
    units={
        "press.pressure": "kPa",
        "press.target": "kPa",
        "press.vacuum": "kPa abs",
        "press.gap": "um",
        "press.error": "kPa",
        "press.closed": "",
        "grinder.load": "%",
        "grinder.thickness": "um",
        "dispenser.mass_out": "g",
    },
    limits={
        "press.pressure": Limit("kPa", 0.0, 550.0, 60.0),
        "press.vacuum": Limit("kPa abs", 1.0, 101.4, 10.0),
        "grinder.z": Limit("mm", 0.0, 60.0, 5.0),
    },
    sequences=("safe-release", "safe-dump"),
)

GOOD = """\
recipe: compress-release
version: 3
title: Compress and release
for: {tool: packaging-line, part: WLP-200}
needs: {cover-grind: passed}
parameters:
  peak:   {default: 400 kPa, min: 150 kPa, max: 420 kPa, who: engineer}
  settle: {default: 1 min, min: 30 s, max: 5 min}
  target: {default: 150 um}
materials:
  mold: {type: EMC-7, pot_life: 8 h, need: 7 g}
limits:
  press.pressure: {max: 410 kPa, rate: 20 kPa/s}
monitors:
  track: {watch: press.pressure, within: 8 kPa of press.target, for: 1 s, else: hold}
  load:  {watch: "grinder.load < 90 % or not press.closed", else: warn, from: Grind, until: Verify}
on_hold: {policy: freeze, max: 5 min, then: abort}
on_abort: safe-release
steps:
  - name: Load
    ask: {confirm: "Carrier seated on all four pins?", default: "yes"}
    record:
      incoming: {type: number, unit: um, min: 700 um, max: 750 um, ask: "thickness", default: 725 um}
      side:     {type: choice, of: [left, right]}
    scan: {field: carrier, match: "C-04.."}
    check: ["press.pressure < 5 kPa", "not press.closed"]
  - name: Compress
    press: {to: $peak, rate: 10 kPa/s}
    vacuum: {to: 5 kPa abs, within: 2 min}
    wait: {until: "press.error < 2 kPa", for: 3 s, timeout: 3 min}
    then: {dwell: $settle}
    on_hold: {policy: complete_first}
  - name: Grind
    grind: {to: $target + 8 um, above: incoming}
  - name: Verify
    rest:
    measure:
      gap:      {tag: press.gap, over: 5 s, accept: "$target +- 4 um"}
      removed:  {value: "incoming - gap", accept: min 500 um}
      cracked:  {inspect: cracked_leads, accept: max 0}
      cover:    {predict: dispenser.mass_out, accept: 6 g .. 8 g}
    on_fail:
      gap high: {repeat: Compress, limit: 2}
      removed: go_on
      else: hold
    then: {go_to: end}
"""


def loaded(text: str = GOOD, **overrides: str) -> Recipe:
    return load(text, VERBS, TOOL, overrides)


def problems(text: str, **overrides: str) -> list[Problem]:
    with pytest.raises(RecipeError) as caught:
        load(text, VERBS, TOOL, overrides)
    return list(caught.value.problems)


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1, old
    return GOOD.replace(old, new)


def test_a_good_recipe_becomes_plain_data() -> None:
    recipe = loaded()

    load_step, compress, grind, verify = recipe.steps
    assert (recipe.name, recipe.version, len(recipe.sha256)) == ("compress-release", 3, 64)
    assert recipe.intended_for == {"tool": "packaging-line", "part": "WLP-200"}
    assert recipe.needs == {"cover-grind": "passed"}
    assert recipe.modules == {"press", "grinder", "line"}
    assert recipe.limits["press.pressure"] == Limit("kPa", None, 410.0, 20.0)
    assert recipe.materials["mold"].pot_life_s == 8 * 3600.0
    assert (recipe.on_hold, recipe.on_abort) == (HoldPolicy("freeze", 300.0), "safe-release")
    assert [ask.kind for ask in load_step.asks] == ["confirm", "number", "choice", "scan"]
    assert load_step.asks[1].default == 725.0
    assert (load_step.asks[1].low, load_step.asks[1].high, load_step.asks[2].choices) == (700, 750, ("left", "right"))
    assert [check.text for check in load_step.checks] == ["press.pressure < 5 kPa", "not press.closed"]
    assert [(verb.name, params) for verb, params in compress.verbs] == [
        ("press", PressParams(to="400 kPa", rate="10 kPa/s")),  # type: ignore[arg-type]
        ("vacuum", VacuumParams(to="5 kPa abs", within="120 s")),  # type: ignore[arg-type]
    ]
    assert compress.wait is not None
    assert (compress.wait.for_s, compress.wait.timeout_s, compress.dwell_s) == (3.0, 180.0, 60.0)
    assert recipe.hold_policy(1) == HoldPolicy("complete_first", 300.0)
    assert grind.verbs[0][1].to == 158.0  # type: ignore[attr-defined]
    assert verify.verbs == ((VERBS["rest"], Params()),)
    assert [m.source for m in verify.measure.values()] == ["measured", "measured", "inspected", "predicted"]
    assert [str(m.accept) for m in verify.measure.values()] == [
        "146 um .. 154 um",
        "min 500 um",
        "max 0",
        "6 g .. 8 g",
    ]
    assert verify.on_fail["gap high"] == Action("repeat", "Compress", 2)
    assert (recipe.index("Grind"), recipe.after(2), recipe.after(3), recipe.index("end")) == (2, 3, 4, 4)


def test_a_calculated_measurement_uses_earlier_results() -> None:
    removed = loaded().steps[3].measure["removed"]

    assert removed.value is not None
    assert removed.value.calculate({"incoming": 725.0, "gap": 150.0}) == 575.0
    assert str(removed.value.calculate({"incoming": 725.0})) == "nan"


def test_a_monitor_may_be_written_in_parts() -> None:
    track, load_monitor = loaded().monitors

    assert track.text == "press.pressure within 8 kPa of press.target"
    assert (track.for_s, track.action, track.from_step) == (1.0, "hold", None)
    assert (load_monitor.from_step, load_monitor.until_step) == ("Grind", "Verify")


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        loaded().version = 4  # type: ignore[misc]


def test_a_parameter_can_be_set_within_its_bounds() -> None:
    recipe = loaded(peak="0.2 MPa")

    assert recipe.parameters["peak"].text == "0.2 MPa"
    assert recipe.parameters["peak"].value == pytest.approx(200.0)
    assert recipe.steps[1].verbs[0][1].to == pytest.approx(200.0)  # type: ignore[attr-defined]
    assert recipe.sha256 == loaded().sha256


@pytest.mark.parametrize(
    ("name", "value", "code", "hint"),
    [
        ("peak", "430 kPa", "R122", "allows 150 kPa to 420 kPa"),
        ("peak", "149.9 kPa", "R122", "allows 150 kPa to 420 kPa"),
        ("peak", "400", "R115", "400 kPa"),
        ("peak", "400 um", "R110", ""),
        ("peek", "400 kPa", "R153", 'did you mean "peak"?'),
    ],
)
def test_a_parameter_set_wrongly_is_refused(name: str, value: str, code: str, hint: str) -> None:
    found = problems(GOOD, **{name: value})

    assert (found[0].code, found[0].place) == (code, f"--set {name}")
    assert hint in found[0].hint


def test_a_parameter_within_its_bounds_must_still_obey_the_limits() -> None:
    found = problems(GOOD, peak="415 kPa")

    assert [(p.code, p.line, p.column) for p in found] == [("R120", 28, 17)]
    assert found[0].message == ("limit: press.pressure 415 kPa is above 410 kPa of this recipe (tool limit 550 kPa)")


# `at` is a piece of the changed text; ^ stands before the place where the caret must point.
@pytest.mark.parametrize(
    ("old", "new", "code", "at", "words"),
    [
        # keys
        ("    press: {", "    presure: {", "R101", "    ^presure", 'did you mean "press"'),
        ("    press: {", "    levitate: {", "R105", "    ^levitate", "verbs are grind, press, rest, vacuum"),
        ("    press: {", "    hold: {", "R105", "    ^hold: {to", "dwell"),
        ("    measure:", "    mesure:", "R101", "    ^mesure", 'did you mean "measure"'),
        ("rate: 10 kPa/s}", "rat: 10 kPa/s}", "R101", "^rat: 10", 'did you mean "rate"'),
        (", rate: 10 kPa/s}", "}", "R106", "    ^press: {", 'press needs "rate"'),
        ("title: Compress and release\n", "", "R106", "^recipe: c", '"title" is missing'),
        ("title:", "titel:", "R101", "^titel", 'did you mean "title"'),
        ("press: {to: $peak, rate: 10 kPa/s}", "press: 400 kPa", "R107", "press: ^400 kPa", "settings are to, rate"),
        ("grind: {", "grind: {passes: many, ", "R107", "passes: ^many", "integer"),
        ("version: 3", "version: three", "R107", "version: ^three", "whole number"),
        ("version: 3", "version: 3\nversion: 4", "R103", "^version: 4", "twice"),
        ("title: Compress and release", "title: 12", "R107", "title: ^12", "text"),
        # quantities
        ("rate: 10 kPa/s}", "rate: 10 kPa}", "R110", "rate: ^10 kPa}", "rate needs pressure per time (kPa/s)"),
        ("5 kPa abs,", "5 kPa,", "R113", "to: ^5 kPa,", 'write "5 kPa abs"'),
        ("within: 2 min", "within: 2 min 30 s", "R112", "within: ^2 min", '"150 s" or "2.5 min"'),
        ("{to: $peak,", "{to: $peek,", "R153", "to: ^$peek", 'did you mean "peak"'),
        ("$target + 8 um", "$target + 8 kPa", "R110", "to: ^$target + 8", "means nothing"),
        ('"$target +- 4 um"', '"$target +- 4 kPa"', "R110", '^"$target +- 4 kPa', "tolerance"),
        ("6 g .. 8 g", "8 g .. 6 g", "R117", "^8 g ..", "exchange"),
        # parameters and limits
        ("{default: 150 um}", "{default: 150 um, max: 1 um}", "R122", "target: ^{", "outside its bounds"),
        ("{default: 150 um}", "{default: 150 um, max: 1 um, min: 2 um}", "R122", "min: ^2 um", "min is above max"),
        ("{max: 410 kPa,", "{max: 600 kPa,", "R121", "max: ^600 kPa", "looser than the tool's 550 kPa"),
        ("rate: 20 kPa/s}", "rate: 80 kPa/s}", "R121", "rate: ^80 kPa/s", "looser"),
        ("  press.pressure: {max", "  press.presure: {max", "R101", "^press.presure", 'did you mean "press.pressure"'),
        ("{to: $peak,", "{to: 411 kPa,", "R120", "to: ^411 kPa", "above 410 kPa"),
        ("rate: 10 kPa/s}", "rate: 21 kPa/s}", "R120", "rate: ^21 kPa/s", "at most 20 kPa/s"),
        ("rate: 10 kPa/s}", "rate: 0 kPa/s}", "R120", "rate: ^0 kPa/s", "above 0"),
        ("{to: 5 kPa abs", "{to: 0.5 kPa abs", "R120", "to: ^0.5 kPa", "below 1 kPa abs (tool limit)"),
        # hold, abort, wait
        ("policy: freeze, max: 5 min,", "policy: freeze,", "R130", "^on_hold: {policy: freeze", "for ever"),
        ("policy: freeze, max: 5 min,", "max: 5 min,", "R106", "^on_hold: {max", "complete_first"),
        ("max: 5 min, then", "max: 15 min, then", "R130", "max: ^15 min", "at most 10 min"),
        ("then: abort", "then: ask", "R107", "then: ^ask", "abort"),
        ("on_hold: {policy: freeze, max: 5 min, then: abort}\n", "", "R130", "^recipe: c", "on_hold is missing"),
        ("on_abort: safe-release\n", "", "R131", "^recipe: c", "on_abort is missing"),
        ("on_abort: safe-release", "on_abort: safe-relaese", "R131", "^safe-relaese", 'did you mean "safe-release"'),
        (", timeout: 3 min", "", "R132", "^wait:", "for ever"),
        ("for: 3 s, timeout: 3 min", "for: 3 min, timeout: 3 min", "R132", "for: ^3 min", "never succeed"),
        # expressions
        ('"press.error < 2 kPa"', '"press.eror < 2 kPa"', "R140", '^"press.eror', 'did you mean "press.error"'),
        ('"press.error < 2 kPa"', '"press.error < 2 um"', "R110", "press.error < ^2 um", "pressure"),
        ('"not press.closed"]', '"press.gap"]', "R140", '^"press.gap"', "a condition is needed"),
        ("8 kPa of press.target", "8 kPa of press.tarjet", "R140", "watch: ^press.pressure", "press.target"),
        ("8 kPa of press.target", "8 kPa of press.target, below: 3 kPa", "R107", "track: ^{", "one bound"),
        # steps and references
        ("  - name: Load", "  - name: Compress", "R160", "name: ^Compress\n    press", "two steps"),
        ("  - name: Load", "  - name: end", "R160", "name: ^end", "end of the recipe"),
        ("from: Grind", "from: Grid", "R160", "from: ^Grid", 'did you mean "Grind"'),
        ("from: Grind, until: Verify", "from: Verify, until: Grind", "R160", "until: ^Grind", "never watches"),
        ("repeat: Compress", "repeat: Compres", "R160", "repeat: ^Compres", 'did you mean "Compress"'),
        ("{repeat: Compress, limit: 2}", "{repeat: Compress}", "R162", "gap high: ^{", "limit"),
        ("{repeat: Compress, limit: 2}", "{go_to: Compress}", "R162", "go_to: ^Compress", "forward"),
        ("{repeat: Compress, limit: 2}", "{repeat: end, limit: 2}", "R162", "repeat: ^end", "goes back"),
        ("{repeat: Compress, limit: 2}", "{repeat: Compress, limit: 99}", "R107", "limit: ^99", "1 to 20"),
        ("removed: go_on", "remved: go_on", "R160", "^remved: go_on", "removed"),
        ("removed: go_on", "removed: ignore", "R107", "removed: ^ignore", "go_on"),
        ("{go_to: end}", "{go_to: Load}", "R162", "go_to: ^Load", "forward"),
        ("{dwell: $settle}", "{dwell: $settle, go_to: Verify}", "R161", "  - ^name: Grind", "never reached"),
        ("above: incoming", "above: incomming", "R160", "above: ^incomming", 'did you mean "incoming"'),
        # questions and measurements
        ("default: 725 um", "default: 800 um", "R120", "default: ^800 um", "above 750 um"),
        ('match: "C-04.."', 'match: "C-04("', "R107", '^"C-04("', "not a pattern"),
        ("of: [left, right]", "of: [left]", "R107", "of: ^[left]", "two choices"),
        ("type: choice", "type: chioce", "R107", "type: ^chioce", "none of"),
        ("type: choice, of: [left, right]", "type: text, of: [left, right]", "R101", "^of: [left", "does not go"),
        ("{confirm:", "{conform:", "R101", "^conform", 'did you mean "confirm"'),
        ('default: "yes"', 'default: "no"', "R107", 'default: ^"no"', "confirm is yes"),
        ("field: carrier", "field: side", "R160", "  - ^name: Load", "twice"),
        ('"incoming - gap"', '"incomming - gap"', "R140", '^"incomming', 'did you mean "incoming"'),
        ("tag: press.gap", "tag: press.gpa", "R140", "tag: ^press.gpa", 'did you mean "press.gap"'),
        ("inspect: cracked_leads", "inspect: cracked_leads, over: 3 s", "R101", "^over: 3 s", "does not go with"),
        ("{inspect: cracked_leads,", "{", "R107", "^cracked:", "one place"),
        ("      cover:  ", "      Cover:  ", "R107", "^Cover:", "not a name"),
        ("      cover:  ", "      incoming:  ", "R160", "^incoming:    {predict", "twice"),
        ("for: {tool:", "for: {tols:", "R101", "{^tols", 'did you mean "tool"'),
        ("{cover-grind: passed}", "{../cover: passed}", "R150", "{^../cover", "not a recipe name"),
        ("{cover-grind: passed}", "{cover-grind: maybe}", "R107", "cover-grind: ^maybe", "none of"),
        ("recipe: compress-release", "recipe: Compress", "R150", "recipe: ^Compress", "small letters"),
    ],
)
def test_a_mistake_is_refused_at_its_place(old: str, new: str, code: str, at: str, words: str) -> None:
    text = changed(old, new)
    place = text.index(at.replace("^", "", 1)) + at.index("^")
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)

    found = [problem for problem in problems(text) if problem.severity == "error"]

    assert [(p.code, p.line, p.column) for p in found] == [(code, line, column)]
    assert words in f"{found[0].message} | {found[0].hint}"


def test_all_problems_are_reported_at_once() -> None:
    text = GOOD.replace("10 kPa/s}", "10 kpa/s}").replace("safe-release", "safe").replace("t: 3 min", "t: x")

    assert [problem.code for problem in problems(text)] == ["R131", "R111", "R114"]


def test_a_recipe_that_could_be_better_loads_with_warnings() -> None:
    text = changed(", from: Grind, until: Verify", ", from: Verify").replace(", accept: 6 g .. 8 g", "")
    text = text.replace("      else: hold\n", "")

    warnings = loaded(text).warnings

    assert {w.severity for w in warnings} == {"warning"}
    assert [w.code for w in warnings] == ["R133", "R135", "R135", "R134"]
    assert "Grind" in warnings[0].message and "grinder" in warnings[0].message
    assert '"gap"' in warnings[1].message  # only its high side has an answer
    assert loaded(changed("gap high:", "gap:")).warnings == ()


@pytest.mark.parametrize("text", ["[]", "3", "text", "a: 1", "steps: 3\nrecipe: []", "steps: [1, {name: {}}]", "~"])
def test_yaml_that_is_no_recipe_is_refused(text: str) -> None:
    assert {problem.code for problem in problems(text)} <= {"R101", "R106", "R107", "R130", "R131", "R150"}


def test_a_value_of_the_wrong_shape_anywhere_is_refused_and_never_a_traceback() -> None:
    for shape in ("[]", "{}", "3", "text", "[[1]]", "{a: {b: 1}}", "true", "null"):
        for line in [line for line in GOOD.splitlines() if ": " in line]:
            key = line.split(":")[0]
            text = GOOD.replace(line, f"{key}: {shape}")
            try:
                loaded(text)
            except RecipeError as error:
                assert error.problems, text


def test_the_file_name_is_the_recipe_name(tmp_path: Path) -> None:
    good, other = tmp_path / "compress-release.yaml", tmp_path / "other.yaml"
    good.write_text(GOOD)
    other.write_text(GOOD)

    assert load(good, VERBS, TOOL).path == good
    with pytest.raises(RecipeError) as caught:
        load(other, VERBS, TOOL)
    assert [(p.code, p.file, p.line) for p in caught.value.problems] == [("R152", "other.yaml", 1)]


def test_a_recipe_is_found_by_name_or_path(tmp_path: Path) -> None:
    (tmp_path / "compress-release.yaml").write_text(GOOD)

    assert find("compress-release", tmp_path) == tmp_path / "compress-release.yaml"
    assert find(f"{tmp_path}/compress-release.yaml", Path("/nowhere")) == tmp_path / "compress-release.yaml"


@pytest.mark.parametrize(
    ("name", "code", "hint"),
    [
        ("compress-relaese", "R151", 'did you mean "compress-release"'),
        ("zzz", "R151", "known are compress-release"),
        ("Compress", "R150", "small letters"),
        ("..", "R150", "small letters"),
        ("a" * 65, "R150", "64"),
        ("compress\u2010release", "R150", "small letters"),
        ("", "R150", "small letters"),
        ("../outside.yaml", "R151", ""),
        ("no/where.yaml", "R151", "folder"),
        ("nul\0/x", "R151", ""),
        ("x" * 5000 + "/y", "R151", ""),
    ],
)
def test_a_recipe_that_is_not_there_is_refused(tmp_path: Path, name: str, code: str, hint: str) -> None:
    (tmp_path / "compress-release.yaml").write_text(GOOD)

    with pytest.raises(RecipeError) as caught:
        find(name, tmp_path)

    assert caught.value.problems[0].code == code
    assert hint in caught.value.problems[0].hint


def test_a_name_never_leaves_the_recipe_folder(tmp_path: Path) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_text(GOOD)
    (folder / "secret.yaml").symlink_to(tmp_path / "secret.yaml")

    with pytest.raises(RecipeError) as caught:
        find("secret", folder)

    assert caught.value.problems[0].code == "R150"


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(RecipeError) as caught:
            load(path, VERBS, TOOL)
        assert caught.value.problems[0].code == "R100"
