"""`springback prove`: spans answer as values would, wrong recipes are found with their way, loosened interlocks too."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.cli.prove import prove_recipe
from controller.guard.interlocks import Interlock
from controller.prove.explore import Finding, Proof, Prover
from controller.prove.facts import AT_REST, HAZARDS
from controller.prove.spans import assume, truth_of
from controller.recipe.expressions import parse
from controller.recipe.loader import load
from controller.sequence.steps import VERBS
from controller.station import Station
from controller.tool import load as load_tool
from drivers.reading import TagTable, Value
from springback.places import config_file, recipe_folder

UNITS = {"a.x": "kPa", "a.y": "kPa", "a.z": "mm", "a.bit": ""}
CONDITIONS = (
    "a.x > 5 kPa", "a.x <= a.y + 2 kPa", "abs(a.x - a.y) < 3 kPa", "a.bit and a.x > 1 kPa", "not a.bit or a.y < 4 kPa",
    "a.z >= 4900 um", "a.x in -2 kPa .. 3 kPa", "max(a.x, a.y) > 6 kPa", "a.bit == 1", "not (a.z < 4 mm)",
)  # fmt: skip
HEAD = """
recipe: r
version: 1
title: t
for: {tool: packaging-line, part: WLP-200}
on_hold: {policy: freeze, max: 1 min}
on_abort: safe-release
steps:
"""


@pytest.fixture(scope="module")
def station() -> Station:
    return Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {})


def prove(station: Station, *steps: str, interlocks: list[Interlock] | None = None) -> Proof:
    facts = station.facts()
    recipe = load(HEAD + "".join(f"  - {step}\n" for step in steps), VERBS, facts)
    return Prover(recipe, interlocks or station.tool.guard.interlocks, facts.units).prove()


def prove_file(station: Station, name: str) -> Proof:
    recipe = load(recipe_folder() / f"{name}.yaml", VERBS, station.facts())
    return Prover(recipe, station.tool.guard.interlocks, station.facts().units).prove()


# ---------------------------------------------------------------------------------------------- spans
@given(
    text=st.sampled_from(CONDITIONS),
    ends=st.tuples(*(st.tuples(st.integers(-8, 8), st.integers(0, 6)) for _ in range(3))),
    at=st.tuples(*(st.floats(0.0, 1.0) for _ in range(3))),
    bit=st.sampled_from([(0.0, 0.0), (1.0, 1.0), (0.0, 1.0)]),
    bit_at=st.booleans(),
)
def test_a_condition_over_spans_answers_for_every_value_in_them(
    text: str, ends: tuple[tuple[int, int], ...], at: tuple[float, ...], bit: tuple[float, float], bit_at: bool
) -> None:
    root = parse(text, UNITS, kind="condition").root
    spans = {name: (float(low), float(low + more)) for name, (low, more) in zip(UNITS, ends, strict=False)}
    spans["a.bit"] = bit
    values = {name: low + share * (high - low) for (name, (low, high)), share in zip(spans.items(), at, strict=False)}
    values["a.bit"] = bit[int(bit_at)]

    told, true = truth_of(root, spans), evaluated(text, values)

    assert told is None or told is true
    if true:  # narrowing keeps every value for which the condition holds
        assert all(low <= values[name] <= high for name, (low, high) in assume(root, spans).items())


def evaluated(text: str, values: dict[str, float]) -> bool | None:
    tags = TagTable()
    for name, value in values.items():
        tags.put(tags.add("a", Value(name[2:], UNITS[name], -1e9, 1e9, "")), value, 0.0)
    return parse(text, UNITS).bind(tags).evaluate(0.0)


def test_a_tag_without_a_span_may_be_anything() -> None:
    assert truth_of(parse("a.x > 5 kPa", UNITS, kind="condition").root, {}) is None


# ---------------------------------------------------------------------------------------------- recipes
@pytest.mark.parametrize("path", sorted(recipe_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_is_proven(path: object, station: Station) -> None:
    assert prove_file(station, getattr(path, "stem")).findings == []  # noqa: B009


UNSAFE = {
    "press-unsecured": Finding(
        "Press",
        "press.pressurise would be refused by press.pressurise: press.door_locked is not met",
        ("Load", "Press"),
        "lock the press door",
    ),
    "grind-still": Finding(
        "Grind",
        "grinder.feed would be refused by grind.feed: grinder.speed_error < 2 % for 1 s is not met",
        ("Home", "Hold part", "Spindle", "Grind", "Rest", "(left high: repeat)", "Grind"),
        "wait until the spindle is at speed",
    ),
    "open-hot": Finding(
        "Unload",
        "press.unlock would be refused by press.unlock: press.platen < 60 degC is not met",
        ("Load", "Close", "Heat", "Unload"),
        "wait until the platen is below 60 degC",
    ),
}


def test_every_unsafe_recipe_is_listed_here() -> None:
    assert {path.stem for path in (recipe_folder() / "bad" / "unsafe").glob("*.yaml")} == set(UNSAFE)


@pytest.mark.parametrize("name", UNSAFE)
def test_an_unsafe_recipe_passes_the_check_and_not_the_proof(name: str, station: Station) -> None:
    assert prove_file(station, f"bad/unsafe/{name}").findings == [UNSAFE[name]]


def test_a_step_that_leaves_the_tool_in_the_hands_of_a_trip_is_found(station: Station) -> None:
    proof = prove(
        station,
        "{name: Home, home: {}, carry: {to: chuck, within: 1 min}}",
        "{name: Hold, secure: {module: grinder}}",
        "{name: Turn, spindle: {speed: 500 rpm}}",
        "{name: Free, open: {module: grinder}}",
    )

    assert ("Free", "wait for standstill") in {(found.step, found.fix) for found in proof.findings}


def test_a_person_is_not_sent_to_a_locked_door(station: Station) -> None:
    proof = prove(station, "{name: Close, secure: {module: press}}", "{name: Load, carry: {to: press, within: 1 min}}")

    assert [(found.step, found.fix) for found in proof.findings][:1] == [("Load", "open the press first")]


def test_what_a_skipped_step_leaves_undone_is_not_taken_for_granted(station: Station) -> None:
    steps = (
        "{name: Load, carry: {to: press, within: 1 min}}",
        "{name: Close, secure: {module: press}}",
        "{name: Heat, heat: {zone: platen, to: 120 degC, rate: 8 K/min}}",
        "{name: Cool, cool: {zone: platen, below: 50 degC, within: 1 h}, then: {dwell: 1 s}%s}",
        "{name: Look, check: press.platen > 55 degC}",
    )
    skipped = ", on_hold: {policy: freeze, max: 1 min, allow: [skip]}"

    never = prove(station, *(step % "" if "%s" in step else step for step in steps))
    perhaps = prove(station, *(step % skipped if "%s" in step else step for step in steps))

    assert (never.findings != [], perhaps.states > never.states) == (True, True)


def test_a_check_that_can_never_hold_is_found(station: Station) -> None:
    proof = prove(station, "{name: Look, check: press.door_locked}")

    assert [found.text for found in proof.findings] == ["its check can never hold: press.door_locked"]


# ---------------------------------------------------------------------------------------------- interlocks
def loosened(station: Station, action: str, tag: str) -> list[Interlock]:
    """The interlocks without the conditions on a tag for an action."""
    return [
        replace(i, must=tuple(clause for clause in i.must if tag not in clause.text)) if action in i.gates else i
        for i in station.tool.guard.interlocks
    ]


GUARDED = [
    ("press.pressurise", "press.door_closed", "pressure can be applied with the door open"),
    ("press.pressurise", "press.clamp_pressure", "pressure can be applied without the clamp"),
    ("grinder.feed", "grinder.speed_error", "the wheel can be fed without the spindle at speed"),
    ("grinder.feed", "grinder.coolant", "the wheel can be fed without coolant"),
]


@pytest.mark.parametrize(("action", "tag", "text"), GUARDED)
def test_a_permissive_that_somebody_loosened_is_found(action: str, tag: str, text: str, station: Station) -> None:
    unknown = {name: span for name, span in AT_REST.items() if name != tag}
    step = "{name: Do, press: {to: 10 kPa, rate: 5 kPa/s}}" if action == "press.pressurise" else GRIND
    steps = (step,) if action == "press.pressurise" else (MEASURE, step)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("controller.prove.explore.AT_REST", everything_healthy(unknown))
        whole = prove(station, *steps)
        found = prove(station, *steps, interlocks=loosened(station, action, tag))

    assert whole.findings == []
    assert any(finding.text.startswith(text) for finding in found.findings)


MEASURE = "{name: Gauge, measure: {m: {tag: grinder.thickness, over: 1 s}}}"
GRIND = "{name: Do, grind: {to: 10 um, above: m, feed: 1 um/s}}"


def everything_healthy(spans: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """A state of which nothing is known that a permissive could refuse."""
    return {name: span for name, span in spans.items() if name in ("press.pressure", "press.platen")}


def test_every_hazard_is_about_an_action_that_is_gated(station: Station) -> None:
    gated = {action for interlock in station.tool.guard.interlocks for action in interlock.gates}

    assert {hazard.action for hazard in HAZARDS} <= gated


# ---------------------------------------------------------------------------------------------- the command
def test_the_command_says_step_way_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    name = str(recipe_folder() / "bad" / "unsafe" / "grind-still.yaml")

    assert prove_recipe(name, None, {}, as_json=False) == 3
    told = capsys.readouterr().out
    assert prove_recipe(name, None, {}, as_json=True) == 3
    data = json.loads(capsys.readouterr().out)

    assert 'step "Grind"' in told and "Rest > (left high: repeat) > Grind" in told
    assert (data["ok"], data["findings"][0]["fix"]) == (False, "wait until the spindle is at speed")
    assert prove_recipe("smoke", None, {}, as_json=False) == 0
