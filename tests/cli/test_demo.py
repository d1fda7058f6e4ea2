"""The demo: two recipes side by side in two processes, one story on stdout."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from controller.cli import demo, run
from controller.cli.exits import CommandError, Exit
from controller.record.fold import summary_of
from controller.record.plots import PlotGroup
from controller.record.runfile import RunFile
from tests.cli.commands import begin, wait_for

RECIPES = Path(__file__).parents[1] / "line" / "recipes"


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo of two recipes that take a second each; the other process is a fork and gets them too."""
    monkeypatch.setattr(run, "recipe_folder", lambda: RECIPES)
    acts = {"press-short": (PlotGroup("Gap", "press.gap"),), "grind-short": (PlotGroup("Mold", "mold.temperature"),)}
    monkeypatch.setattr(demo, "ACTS", acts)


@pytest.mark.usefixtures("short")
def test_both_recipes_are_told_in_order_and_the_first_failure_is_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):  # a demo takes the folder of the one before
        code = demo.demo(["grinder.coolant=lost@60s"], tmp_path)
        out = capsys.readouterr().out
        places = [
            out.index(text)
            for text in ("Gap, um", "press-short v1  PROCESS_COMPLETE  PASS", "Mold, degC", "grind-short v1  ABORTED")
        ]

        assert code == Exit.STOPPED_BY_ALARM
        assert places == sorted(places)
        assert out.splitlines()[-1].startswith("next ")
    assert state(tmp_path / "press-short") == "PROCESS_COMPLETE"
    assert state(tmp_path / "grind-short") == "ABORTED"


@pytest.mark.usefixtures("short")
def test_a_fault_that_does_not_exist_begins_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nonsense"):
        demo.demo(["press.nonsense"], tmp_path)

    assert not list(tmp_path.rglob("run.sqlite"))


@pytest.mark.usefixtures("short")
def test_what_stops_only_the_other_process_is_told_as_here(tmp_path: Path) -> None:
    (tmp_path / "grind-short").write_text("in the way", encoding="utf-8")

    with pytest.raises(CommandError, match=r"^cannot make the folder .*grind-short") as caught:
        demo.demo([], tmp_path)
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_ends_both_runs_safe(number: signal.Signals, tmp_path: Path) -> None:
    process = begin("demo", "--out", tmp_path)
    folders = [tmp_path / recipe for recipe in demo.ACTS]
    for folder in folders:
        wait_for(folder / "run.sqlite", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (130, "")
    assert out.count("ABORTED  NONE") == 2
    assert [state(folder) for folder in folders] == ["ABORTED", "ABORTED"]


def state(folder: Path) -> str:
    """How the run in a folder ended; its record is one file, so nobody has it open any more."""
    with closing(sqlite3.connect(folder / "run.sqlite")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    with RunFile(folder / "run.sqlite") as record:
        return summary_of(record).state
