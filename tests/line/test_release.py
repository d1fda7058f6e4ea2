"""Signing and releasing with real runs of the twin: which run counts, what a change of text or limits does, who may."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from controller import release
from controller.cli.outcome import show_outcome
from controller.cli.run import CommandRun, RunOptions, run
from controller.cli.tool_file import facts_of, read_tool
from controller.cli.verify import verify_runs
from controller.recipe.limits import Limit
from controller.recipe.loader import load
from controller.recipe.model import Recipe
from controller.record.archive import load as load_run
from controller.record.fold import summary_of
from controller.record.releases import Identity, Ledger
from controller.record.report.folder import report_on
from controller.record.runfile import RunFile
from controller.record.signature import signed_by
from controller.record.site import objections
from controller.record.site_key import SiteKeyError, make
from controller.record.story import tell
from controller.sequence.steps import VERBS
from controller.server.users import user_name
from controller.start import Start
from controller.tool import ToolFile
from simulators.virtual_time import VirtualLoop
from springback.places import config_file, recipe_folder

AUTHOR, OTHER = Identity("emma", 1001, False, "tty1"), Identity("mara", 1002, False, "tty2")


@pytest.fixture(scope="module")
def tool() -> ToolFile:
    return read_tool(None)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs with one of smoke that passed."""
    runs = tmp_path_factory.mktemp("runs")
    assert run(RunOptions("smoke", out=runs / "smoke-1")).summary.verdict.value == "PASS"
    return runs


@pytest.fixture
def runs(ran: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ran, tmp_path / "runs"))


def smoke(tool: ToolFile, old: str = "", new: str = "") -> Recipe:
    text = (recipe_folder() / "smoke.yaml").read_text(encoding="utf-8")
    assert old in text
    return load(text.replace(old, new) if old else text, VERBS, facts_of(tool), {})


def other_limits(tool: ToolFile) -> ToolFile:
    pressure = tool.limits["press.pressure"]
    assert pressure.high is not None
    higher = Limit(pressure.unit, pressure.low, pressure.high + 1.0, pressure.rate)
    return replace(tool, limits={**tool.limits, "press.pressure": higher})


def test_a_release_is_of_this_text_under_these_limits_and_ends_with_either(runs: Path, tool: ToolFile) -> None:
    recipe = smoke(tool)
    signed = release.sign(runs, recipe, tool, AUTHOR, "made")
    release.release(runs, recipe, tool, OTHER, "looked at")

    assert signed.facts["twin"]["run"] == "smoke-1"
    assert release.may_run(runs, recipe, tool).endswith("twin run smoke-1")
    assert release.may_run(runs, smoke(tool), replace(tool, lines={}, names={}, path=Path("other.yaml")))
    for changed, on in (
        (smoke(tool, "20 kPa +- 1 kPa", "20 kPa +- 2 kPa"), tool),
        (recipe, other_limits(tool)),
        (recipe, replace(tool, machine={**tool.machine, "minimum_thickness_um": 1.0})),
    ):
        with pytest.raises(release.ReleaseRefused, match=r"is not released: (its text|the limits)"):
            release.may_run(runs, changed, on)
        assert release.may_run(runs, changed, on, "new pads") == ""
        assert release.may_run(runs, changed, replace(on, simulated=True)) == ""

    release.retire(runs, "smoke", 1, AUTHOR, "wrong pads")
    with pytest.raises(release.ReleaseRefused, match="wrong pads"):
        release.may_run(runs, recipe, tool)
    assert objections(runs) == []


def test_an_act_that_is_not_due_is_refused_and_enters_nothing(runs: Path, tool: ToolFile) -> None:
    recipe, new_text = smoke(tool), smoke(tool, "20 kPa +- 1 kPa", "20 kPa +- 2 kPa")

    def refused(act: str, *arguments: object) -> str:
        with pytest.raises(release.ReleaseRefused) as found:
            getattr(release, act)(runs, *arguments)
        return str(found.value)

    assert "nothing of smoke is signed" in refused("retire", "smoke", None, AUTHOR, "x")
    assert "never signed" in refused("release", recipe, tool, OTHER, "x")
    assert "--reason" in refused("sign", recipe, tool, AUTHOR, " ")
    release.sign(runs, recipe, tool, AUTHOR, "made")
    assert "you are emma" in refused("release", recipe, tool, AUTHOR, "x")
    assert "never signed" in refused("release", new_text, tool, OTHER, "x")
    assert "version 2 is signed" in refused("retire", "smoke", 2, AUTHOR, "x")
    release.release(runs, recipe, tool, OTHER, "looked at")
    assert "released already" in refused("release", recipe, tool, OTHER, "x")
    assert "released already" in refused("sign", recipe, tool, AUTHOR, "x")
    run_of(new_text, runs / "smoke-2", tool)
    assert "with another text; give this text a new `version:`" in refused("sign", new_text, tool, AUTHOR, "x")
    assert len(Ledger(runs).read().acts) == 1


def run_of(recipe: Recipe, out: Path, tool: ToolFile, **options: object) -> None:
    (out.parent / "text").mkdir(exist_ok=True)
    path = out.parent / "text" / f"{recipe.name}.yaml"
    path.write_text(recipe.text, encoding="utf-8")
    run(RunOptions(str(path), out=out, **options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"faults": ("press.leak",)}, "something was different in it: faults"),
        ({"bypasses": {"press.air": "no air"}}, "an interlock was bypassed"),
        ({"seed": 2}, ""),
    ],
)
def test_a_run_in_which_something_was_different_is_no_twin(
    options: dict[str, object], why: str, runs: Path, tool: ToolFile
) -> None:
    run_of(smoke(tool), runs / "smoke-2", tool, **options)

    if why:
        with pytest.raises(release.ReleaseRefused, match=why):
            release.sign(runs, smoke(tool), tool, AUTHOR, "made", runs / "smoke-2")
    twin = release.sign(runs, smoke(tool), tool, AUTHOR, "made").facts["twin"]["run"]
    assert twin == ("smoke-1" if why else "smoke-2")


def test_only_an_intact_run_of_exactly_this_that_lies_with_the_others_is_the_twin(runs: Path, tool: ToolFile) -> None:
    recipe, record = smoke(tool), runs / "smoke-1" / "run.sqlite"

    def not_the_twin(why: str, recipe: Recipe = recipe, tool: ToolFile = tool, at: Path = record.parent) -> None:
        with pytest.raises(release.ReleaseRefused, match=why):
            release.sign(runs, recipe, tool, AUTHOR, "made", at)

    not_the_twin("it ran another text", smoke(tool, "20 kPa +- 1 kPa", "20 kPa +- 2 kPa"))
    not_the_twin("other limits", tool=other_limits(tool))
    not_the_twin("does not lie in", at=Path(shutil.copytree(record.parent, runs.parent / "elsewhere")))
    not_the_twin("unable to open", at=runs / "nothing")
    content = record.read_bytes()
    record.write_bytes(content.replace(b"PROCESS_COMPLETE", b"PROCESS_COMPLETF"))
    not_the_twin("it ended PROCESS_COMPLETF|its record is damaged")
    with pytest.raises(release.ReleaseRefused, match="exactly this text"):
        release.sign(runs, recipe, tool, AUTHOR, "made")


def test_a_twin_that_was_replaced_or_taken_away_ends_the_signature(runs: Path, tool: ToolFile) -> None:
    recipe = smoke(tool)
    release.sign(runs, recipe, tool, AUTHOR, "made")
    shutil.rmtree(runs / "smoke-1")
    with pytest.raises(release.ReleaseRefused, match="does not stand any more"):
        release.release(runs, recipe, tool, OTHER, "looked at")
    run_of(recipe, runs / "smoke-1", tool, seed=2)
    with pytest.raises(release.ReleaseRefused, match="not the one that was signed"):
        release.release(runs, recipe, tool, OTHER, "looked at")


def test_a_run_that_failed_is_no_twin(runs: Path, tool: ToolFile) -> None:
    failing = smoke(tool, "accept: 10 degC .. 40 degC", "accept: 90 degC .. 95 degC")
    run_of(failing, runs / "smoke-2", tool)

    with RunFile(runs / "smoke-2" / "run.sqlite") as record:
        assert summary_of(record).verdict.value == "FAIL"
    with pytest.raises(release.ReleaseRefused, match="verdict FAIL"):
        release.sign(runs, failing, tool, AUTHOR, "made", runs / "smoke-2")


def test_a_run_of_a_tool_with_a_key_is_signed_or_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = config_file("tool.yaml").read_text(encoding="utf-8")
    (tmp_path / "tool.yaml").write_text(f"{text}\nsite_key: site.key\n", encoding="utf-8")
    options = RunOptions("smoke", tool=tmp_path / "tool.yaml", out=tmp_path / "runs" / "smoke-1")
    with pytest.raises(SiteKeyError, match="springback site key make"):
        run(options)
    assert not (tmp_path / "runs").exists()
    key = make(tmp_path / "site.key", tmp_path / "runs")

    outcome = run(options)

    assert signed_by(outcome.record) == key.id
    assert verify_runs("smoke-1", Path("runs"), next(Path("runs/site/keys").iterdir()), as_json=False) == 0


def test_a_recipe_that_cannot_be_read_is_listed_with_the_others(runs: Path, tool: ToolFile, tmp_path: Path) -> None:
    recipe = smoke(tool)
    release.sign(runs, recipe, tool, AUTHOR, "made")
    shutil.copy(recipe_folder() / "smoke.yaml", tmp_path / "smoke.yaml")
    (tmp_path / "broken.yaml").write_bytes(b"\x00")

    found = release.standings(runs, tmp_path, tool)

    assert {name: str(one.state) for name, one in found.items()} == {"broken": "draft", "smoke": "signed"}
    assert "U+0000" in found["broken"].why


def test_record_result_list_report_and_story_say_that_it_was_an_engineering_run(runs: Path) -> None:
    outcome = run(RunOptions("smoke", out=runs / "smoke-2", engineering="new <pads>"))

    said = "ENGINEERING RUN: new <pads>"
    assert outcome.result["engineering"] == "new <pads>"
    assert said in show_outcome(outcome)
    assert outcome.report is not None
    assert outcome.report.read_text(encoding="utf-8").count("ENGINEERING RUN: new &lt;pads&gt;") == 2  # title and head
    assert load_run(runs / "smoke-2").to_json()["engineering"] == "new <pads>"
    with RunFile(outcome.record) as record:
        story = [line for t_s, event, _ in record.events() if (line := tell(t_s, event))]
    assert any(f"{user_name(os.getuid())}: {said}" in line for line in story)


def test_the_record_of_a_run_on_a_tool_says_who_released_its_recipe(runs: Path, tool: ToolFile) -> None:
    recipe = smoke(tool)
    release.sign(runs, recipe, tool, AUTHOR, "made")
    release.release(runs, recipe, tool, OTHER, "looked at")
    said = release.may_run(runs, recipe, tool)
    command = CommandRun(RunOptions("smoke"), tool, recipe, runs / "smoke-2", lambda t_s: None)
    command.start = Start(facts={"release": said})

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(command.run())

    with RunFile(runs / "smoke-2" / "run.sqlite") as record:
        assert record.meta["release"] == said
    assert "signed by emma on" in report_on(runs / "smoke-2").read_text(encoding="utf-8")
