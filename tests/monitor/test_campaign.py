"""The campaign: recipes that the check accepts, mishaps of many kinds, runs that depend on their seed only."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from controller.cli.campaign.campaign import Campaign, Plan, SeedResult, play_seed, run_campaign
from controller.cli.campaign.mishaps import Mishap, draw_mild, draw_mishaps, module_of
from controller.cli.campaign.play import play
from controller.cli.campaign.recipes import DRAWN, draw_recipe
from controller.cli.campaign.silence import Noticed, Played
from controller.cli.commands import cli
from controller.cli.tool_file import facts_of
from controller.guard.interlocks import Interlock
from controller.recipe.loader import load
from controller.recipe.quantities import Quantity
from controller.record.events import Alarm, JobChanged
from controller.record.runfile import RunFile
from controller.sequence.steps import VERBS
from controller.tool import load as load_tool
from simulators.faults import PLANT_FAULTS
from springback.places import config_file, recipe_folder
from tests.monitor.scenes import CHUCKED, Scene

SEEDS = range(1, 30)


def test_recipes_of_all_seeds_pass_the_check_and_use_every_verb() -> None:
    facts = facts_of(load_tool(config_file("tool.yaml")))
    recipes = [load(draw_recipe(seed, facts).text, VERBS, facts) for seed in SEEDS]

    assert {verb.name for recipe in recipes for step in recipe.steps for verb, _ in step.verbs} == set(VERBS)
    assert len({recipe.sha256 for recipe in recipes}) == len(recipes)


def test_every_setting_that_is_a_number_is_drawn() -> None:
    numbers = {
        verb.name: {
            name
            for name, field in verb.params.model_fields.items()
            if field.is_required() and (any(isinstance(m, Quantity) for m in field.metadata) or field.annotation is int)
        }
        for verb in VERBS.values()
    }

    assert {verb: set(settings) for verb, settings in DRAWN.items()} == numbers


def test_mishaps_are_of_many_kinds_and_in_bounds() -> None:
    drawn = [draw_mishaps(seed, 5, 20, 60.0) for seed in range(400)]
    kinds = Counter(mishap.name for mishaps in drawn for mishap in mishaps)

    assert {len(mishaps) for mishaps in drawn} == set(range(5, 21))
    assert {name.partition("=")[0] for name in kinds} >= set(PLANT_FAULTS)
    assert {mishap.kind for mishaps in drawn for mishap in mishaps} == {"machine", "wire", "host", "person"}
    assert len(kinds) > 60


def test_a_seed_does_the_same_alone_and_among_others() -> None:
    among = run_campaign(Plan(3, 11, 5, 8, jobs=1)).results

    alone = play_seed((Plan(1, 12, 5, 8), 12))

    assert among[1] == alone
    assert [result.played.violations for result in among] == [[], [], []]


def test_the_command_prints_one_object(tmp_path: Path) -> None:
    called = CliRunner().invoke(cli, ["campaign", "--seeds", "1", "--seed-from", "9", "--json", "--out", str(tmp_path)])

    told = json.loads(called.stdout)
    assert (called.exit_code, told["seeds"], told["violations"], told["failing"]) == (0, 1, 0, [])
    assert (tmp_path / "campaign-9" / "campaign-9.yaml").exists()


def test_a_failing_seed_is_told_with_the_line_that_plays_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    mishap = Mishap("machine", "grinder.gauge", "jump", 4.0)
    played = Played("ABORTED", violations=["1.00 s limits: too much"], noticed=[Noticed(mishap.name, "grind", True)])
    done = Campaign(Plan(2, 40), [SeedResult(41, (mishap,), played)])
    monkeypatch.setattr("controller.cli.campaign.campaign.run_campaign", lambda plan, progress: done)

    called = CliRunner().invoke(cli, ["campaign", "--seeds", "2", "--seed-from", "40"])

    assert called.exit_code == 1
    assert "springback campaign --seeds 1 --seed-from 41 --faults 5..20" in called.stdout
    assert "1.00 s limits: too much" in called.stdout
    assert done.coverage() == {"grinder.gauge=jump": {"grind": Counter(times=1, detected=1)}}


def test_a_span_of_faults_that_is_none_is_refused() -> None:
    called = CliRunner().invoke(cli, ["campaign", "--faults", "20..5"])

    assert called.exit_code == 2
    assert "--faults wants LEAST..MOST" in called.stderr


def test_a_heater_whose_relay_is_shorted_loses_its_power(tmp_path: Path) -> None:
    """Found by seed 5055: nothing looked at how hot a tool became; only the hard-wired cut-out at 220 degC did."""
    scene = Scene(("warm mold", "bake"), (Mishap("machine", "mold.ssr", "shorted", 5.0),))

    played = scene.play(tmp_path / "scene")

    assert (played.state, played.violations) == ("ABORTED", [])


@pytest.mark.parametrize("at_s", [45.0, 45.04])
def test_a_jump_of_the_gauge_is_seen_wherever_it_falls_between_two_scans(at_s: float, tmp_path: Path) -> None:
    """Found by seed 6205: the gauge's lag spread a jump of 8 um over two scans, neither of which showed 5 um."""
    scene = Scene((*CHUCKED, "grind"), (Mishap("machine", "grinder.gauge", "jump", at_s),))

    played = scene.play(tmp_path / "scene")

    assert (played.state, played.violations) == ("ABORTED", [])


def test_a_plc_whose_replies_are_damaged_is_known_to_be_lost_at_once(tmp_path: Path) -> None:
    """Found by seed 141: three quick failures made its poll slow before its last values were too old."""
    scene = Scene(("check in", "to mold"), (Mishap("wire", "line_plc", "garble", 6.3, 3.0),))

    played = scene.play(tmp_path / "scene")

    assert (played.state, played.violations) == ("ABORTED", [])
    with RunFile(tmp_path / "scene" / "run" / "run.sqlite") as record:
        lost_s = next(
            at.t_s for at in record.events() if isinstance(at.event, Alarm) and at.event.first_out == "line_plc"
        )
    assert lost_s < 6.55  # of the record's time, which begins with the first readings, 0.3 s after the plant


@pytest.mark.parametrize(
    ("what", "how"), [("sensor.outer_fine.bias", ""), ("press.vent_valve", "slow"), ("press.inner_port", "blocked")]
)
def test_the_safe_state_is_there_or_given_up_within_a_minute(what: str, how: str, tmp_path: Path) -> None:
    """A transmitter that never reads zero, and a valve that never opens, kept an abort waiting for two minutes."""
    faults = (Mishap("machine", what, how, 9.0), Mishap("person", "person", "abort", 12.0))
    scene = Scene(("load", "close", "evacuate", "press", "again", "turn"), faults)

    played = scene.play(tmp_path / "scene")

    assert (played.state, played.violations) == ("ABORTED", [])
    with RunFile(tmp_path / "scene" / "run" / "run.sqlite") as record:
        jobs = {at.event.new: at.t_s for at in record.events() if isinstance(at.event, JobChanged)}
    assert jobs["ABORTED"] - jobs["ABORTING"] < 60.0


def test_a_monitor_may_read_a_module_that_the_run_does_not_use(tmp_path: Path) -> None:
    """Its computed tags were unknown for ever, so that the monitor held every run."""
    text = Scene(("load", "close", "press", "release")).text()
    monitor = "{watch: %s, below: %s, else: hold}"
    watch = f"monitors: {{load: {monitor % ('grinder.load', '70 %')}, mold: {monitor % ('mold.error', '50 K')}}}"
    recipe = tmp_path / "scene.yaml"
    recipe.write_text(text.replace("steps:", f"{watch}\nsteps:"), encoding="utf-8")

    played = play(recipe, tmp_path / "run")

    assert (played.state, played.verdict, played.violations) == ("PROCESS_COMPLETE", "PASS", [])


def test_a_transmitter_that_is_frozen_at_zero_does_not_confirm_the_safe_state(tmp_path: Path) -> None:
    """Found by seed 186: the fine one read nothing, the coarse one 22 kPa, the run ended with 93 kPa inside."""
    scene = Scene(("load", "close", "press"), (Mishap("machine", "sensor.outer_fine.freeze", "", 3.0),))

    played = scene.play(tmp_path / "scene")

    assert (played.state, played.violations) == ("ABORTED", [])


def test_a_thermocouple_that_is_frozen_while_the_heater_works_takes_its_power(tmp_path: Path) -> None:
    """Found by seed 228: below 3 K of error nobody asked whether the mold answered, and it went beyond 200 degC."""
    scene = Scene(("warm mold", "bake"), (Mishap("machine", "sensor.mold.freeze", "", 5.0),))

    played = scene.play(tmp_path / "scene")

    assert (played.state, played.violations) == ("ABORTED", [])


def test_a_run_without_faults_is_its_own_twin_and_warns_of_nothing(tmp_path: Path) -> None:
    drawn = draw_recipe(18, facts_of(load_tool(config_file("tool.yaml"))), whole=True)
    recipe = tmp_path / f"{drawn.name}.yaml"
    recipe.write_text(drawn.text, encoding="utf-8")

    played = play(recipe, tmp_path / "run", seed=18, twin=True)

    assert (played.verdict, played.silent, played.signatures, played.escaped) == ("PASS", True, [], [])


LOADED = ("load", "close", "press", "release", "turn")


@pytest.mark.parametrize(("what", "channel"), [("sensor.supply.bias", "supply"), ("sensor.gap2.bias", "gap2")])
def test_what_can_be_seen_is_a_signature_and_is_warned_of(what: str, channel: str, tmp_path: Path) -> None:
    played = Scene(LOADED, (Mishap("machine", what, "", 6.0),)).play(tmp_path / "seen", twin=True)

    assert (played.verdict, played.silent, played.escaped) == ("PASS", False, [])
    assert [(fault, text.split()[0]) for fault, text in played.signatures] == [(what, channel)]


def test_a_signature_is_put_down_to_a_fault_of_its_module(tmp_path: Path) -> None:
    """Found by seed 1485, which blamed the balance for what the vacuum line did."""
    faults = (Mishap("machine", "sensor.supply.bias", "", 6.0), Mishap("machine", "sensor.balance.bias", "", 7.0))

    played = Scene(LOADED, faults).play(tmp_path / "seen", twin=True)

    assert [(fault, text.split()[0]) for fault, text in played.signatures] == [("sensor.supply.bias", "supply")]


def test_what_could_be_seen_and_nobody_noticed_has_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The saboteur of the judge: a tool without its warnings."""
    monkeypatch.setattr(Interlock, "watch", lambda self, now_s, unknown_limit_s: None)

    played = Scene(LOADED, (Mishap("machine", "sensor.supply.bias", "", 6.0),)).play(tmp_path / "seen", twin=True)

    assert played.silent
    assert played.escaped[0].startswith("sensor.supply.bias: supply 100.0 sigma")
    assert [row.escaped for row in played.noticed] == [True]


COVER = ("open", "unload", "check in", "to mold", "calibrate")


@pytest.mark.parametrize(
    ("steps", "fault", "at_s"),
    [
        (LOADED, "sensor.clamp_pressure.freeze", 9.0),
        (LOADED, "sensor.gap1.swap", 10.0),
        (LOADED, "press.inner_vent=stuck", 3.0),
        (LOADED, "press.fill_stiction", 3.0),
        (("load", "close", "evacuate", "press", "atmosphere", "release"), "press.vacuum_line=clogged", 3.0),
        ((*LOADED, *COVER), "sensor.balance.bias", 3.0),
        ((*LOADED, *COVER, "warm mold"), "mold.sensor_loose=loose", 3.0),
        ((*LOADED, "open", "unload", *CHUCKED), "spindle.bearing=worn", 3.0),
    ],
)
def test_what_no_single_reading_shows_is_told(steps: tuple[str, ...], fault: str, at_s: float, tmp_path: Path) -> None:
    """Found by seeds 339, 231, 711, 897, 1389, 735, 639 and 1755."""
    what, _, how = fault.partition("=")

    played = Scene(steps, (Mishap("machine", what, how, at_s),)).play(tmp_path / "told", twin=True)

    assert (played.verdict, played.silent, played.escaped) == ("PASS", False, [])


@pytest.mark.parametrize(
    ("steps", "fault", "at_s"),
    [
        ((*LOADED, *COVER), "sensor.balance.spike", 3.0),  # of masses that the balance calls unsettled
        ((*LOADED, "open", "unload", "check in", "to mold"), "part.high_pads", 27.0),  # of a part that is out
    ],
)
def test_what_nobody_was_told_is_no_signature(steps: tuple[str, ...], fault: str, at_s: float, tmp_path: Path) -> None:
    """Found by seeds 327 and 1287."""
    played = Scene(steps, (Mishap("machine", fault, "", at_s),)).play(tmp_path / "told", twin=True)

    assert (played.verdict, played.silent, played.signatures) == ("PASS", True, [])


@pytest.mark.parametrize("seed", [561, 1851])
def test_what_only_the_comparison_makes_is_no_signature(seed: int) -> None:
    """A spike while the controller of the mold was asked for its status; steps of another length after a fault."""
    played = play_seed((Plan(1, seed), seed)).played

    assert (played.verdict, played.signatures, played.escaped) == ("PASS", [], [])


@pytest.mark.parametrize(("at_s", "unseen"), [(3.0, True), (10.0, False)])
def test_heads_that_were_swapped_before_the_part_came_are_not_to_be_told(
    at_s: float, unseen: bool, tmp_path: Path
) -> None:
    scene = Scene(LOADED, (Mishap("machine", "sensor.gap1.swap", "", at_s),))

    played = scene.play(tmp_path / "swapped", twin=True)

    assert (bool(played.unseen), bool(played.signatures), played.escaped) == (unseen, not unseen, [])
    done = Campaign(Plan(1, 3), [SeedResult(3, scene.mishaps, played)])
    assert done.unseen() == ({"sensor.gap1.swap": 1} if unseen else {})


def test_mild_faults_are_few_of_the_machine_and_of_the_modules_in_use() -> None:
    drawn = [draw_mild(seed, frozenset({"press", "line"}), 60.0) for seed in range(200)]

    assert {len(mishaps) for mishaps in drawn} == {1, 2, 3}
    assert {module_of(mishap.what) for mishaps in drawn for mishap in mishaps} == {"press"}


def test_an_abort_under_vacuum_keeps_the_rate_of_the_recipe(tmp_path: Path) -> None:
    recipe = recipe_folder() / "compress-vacuum.yaml"

    played = play(recipe, tmp_path / "run", [Mishap("person", "person", "abort", 60.0)])

    assert (played.state, played.violations) == ("ABORTED", [])
