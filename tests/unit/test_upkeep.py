"""Wear is a fold over records and journal, certificates are days; both say in a sentence what stands in the way."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from controller.cli.exits import Exit
from controller.cli.run import RunOptions, prepare
from controller.cli.runs_files import retain_runs
from controller.recipe.model import Recipe
from controller.recipe.problems import RecipeError
from controller.record.index import INDEX, digest, digests
from controller.record.site import acts, enter
from controller.start import NotReady, Piece, Start, before_start
from controller.tool import ToolFile
from controller.tool import load as load_tool
from controller.upkeep.calibration import dues
from controller.upkeep.counters import REPLACED, Counter, Whose, counters
from controller.upkeep.items import FILE, load_items, maintenance_file
from springback.places import config_file
from tests.cli.commands import refused, springback
from tests.unit.short_record import TOOL, write_short

REAL = Whose(TOOL, simulated=False)
ITEMS = """\
wheel:
  title: grinding wheel
  module: grinder
  counts:
    feeding: {warn_at: 3 min, block_at: 5 min}
    ground: {warn_at: 90, block_at: 100}
  do: fit a new one
needle:
  title: needle
  module: dispenser
  counts: {shots: {warn_at: 10}}
  do: fit a new one
"""
GRINDS = [(0.0, {"grinder.feeding": 0.0}), (60.0, {"grinder.feeding": 1.0}), (180.0, {"grinder.feeding": 0.0})]


def write_grinding(runs: Path, name: str, day: str, *, simulated: bool = False) -> Path:
    """Two minutes of grinding."""
    return write_short(runs, name, utc=f"{day}T10:00:00+00:00", simulated=simulated, scans=GRINDS)


@pytest.fixture
def tool(tmp_path: Path) -> ToolFile:
    """The shipped tool with a maintenance file of its own."""
    (tmp_path / "config").mkdir()
    shutil.copy(config_file("tool.yaml"), tmp_path / "config" / "tool.yaml")
    (tmp_path / "config" / FILE).write_text(ITEMS, encoding="utf-8")
    return load_tool(tmp_path / "config" / "tool.yaml")


def certified(tool: ToolFile, due: str, overdue: str = "") -> ToolFile:
    """The tool with certificates of its gauge and its pressure controller."""
    kind = f", overdue: {overdue}" if overdue else ""
    entry = f"{{certificate: K-77, last: 2020-01-01, due: {due}{kind}}}"
    text = f"{tool.text}\ncalibration:\n  gauge: {entry}\n  press_pressure: {entry}\n"
    tool.path.write_text(text, encoding="utf-8")
    return load_tool(tool.path)


@pytest.fixture(scope="module")
def smoke() -> Recipe:
    return prepare(RunOptions("smoke"))[1]  # it uses all modules


@pytest.fixture(scope="module")
def pressing() -> Recipe:
    return prepare(RunOptions("compress-release"))[1]


def wheel(tool: ToolFile, runs: Path, whose: Whose = REAL) -> Counter:
    found, broken = digests(runs)
    assert broken == []
    return counters(load_items(maintenance_file(tool.path)), found, list(acts(runs)), whose)[0]


def start(recipe: Recipe, tool: ToolFile, runs: Path, *, simulated: bool = False, part: str = "") -> Start:
    return before_start(recipe, tool, Piece(part), runs, simulated=simulated)


def test_what_a_run_used_is_read_from_its_samples(tmp_path: Path) -> None:
    scans: list[tuple[float, dict[str, float]]] = [
        (0.0, {"dispenser.shots": 998.0, "line_plc.out_pump": 1.0}),
        (1800.0, {"dispenser.shots": 1000.0, "press.pressure": 51.0}),
        (1801.0, {"dispenser.shots": 1.0, "press.pressure": 26.0}),  # the unit's count was reset
        (1802.0, {"dispenser.shots": 3.0, "press.pressure": 51.0}),  # noise between the two bounds is no cycle
        (3600.0, {"press.pressure": 24.0, "line_plc.out_pump": 0.0}),
        (3601.0, {"press.pressure": 50.1}),
    ]
    folder = write_short(tmp_path, "a", scans=scans)

    assert digest(folder).used == {"shots": 4.0, "pressed": 2.0, "pumped": 1.0}
    assert digest(write_grinding(tmp_path, "b", "2026-11-20")).used == {"feeding": 2.0, "ground": 1.0}
    assert digest(write_short(tmp_path, "c")).used == {}


def test_wear_of_the_real_tool_is_that_of_its_own_runs(tmp_path: Path, tool: ToolFile) -> None:
    runs = tmp_path / "runs"
    write_grinding(runs, "a", "2026-11-20")
    write_grinding(runs, "b", "2026-11-21")
    for day in ("2026-11-19", "2026-11-20", "2026-11-21"):
        write_grinding(runs, f"simulated-{day}", day, simulated=True)

    assert wheel(tool, runs).used == {"feeding": 4.0, "ground": 2.0}
    assert wheel(tool, runs, Whose(TOOL, simulated=True)).used == {"feeding": 6.0, "ground": 3.0}
    assert wheel(tool, runs, Whose("another", simulated=False)).used == {"feeding": 0.0, "ground": 0.0}


def test_a_new_wheel_begins_anew_and_the_index_changes_nothing(tmp_path: Path, tool: ToolFile) -> None:
    runs = tmp_path / "runs"
    write_grinding(runs, "a", "2026-11-20")
    facts = {"item": "wheel", "serial": "W-2", "tool": TOOL, "simulated": False, "by": "mt", "why": "worn"}
    enter(runs, "2026-11-20T12:00:00+00:00", REPLACED, facts)
    enter(runs, "2026-11-20T13:00:00+00:00", REPLACED, {**facts, "serial": "S-9", "simulated": True})
    write_grinding(runs, "b", "2026-11-21")

    first, from_index = wheel(tool, runs), wheel(tool, runs)
    (runs / "site" / INDEX).unlink()

    assert (first.serial, first.since, first.used["feeding"]) == ("W-2", "2026-11-20T12:00:00+00:00", 2.0)
    assert first == from_index == wheel(tool, runs)


def test_a_run_that_is_deleted_has_worn_the_tool_all_the_same(tmp_path: Path, tool: ToolFile) -> None:
    runs = tmp_path / "runs"
    write_grinding(runs, "old", "2020-01-01")
    write_grinding(runs, "simulated", "2020-01-01", simulated=True)
    enter(
        runs, "2020-01-01T11:00:00+00:00", "run_closed", {"run": "old", "head_sha256": digest(runs / "old").head_sha256}
    )

    retain_runs(runs, 1, dry_run=False)

    assert not (runs / "old").exists()
    assert wheel(tool, runs).used == {"feeding": 2.0, "ground": 1.0}


def test_a_worn_wheel_warns_and_then_refuses_what_grinds_and_nothing_else(
    tmp_path: Path, tool: ToolFile, smoke: Recipe, pressing: Recipe
) -> None:
    runs = tmp_path / "runs"
    write_grinding(runs, "a", "2026-11-20")
    assert start(smoke, tool, runs).warned == []
    write_grinding(runs, "b", "2026-11-20")
    warned = start(smoke, tool, runs)
    write_grinding(runs, "c", "2026-11-20")

    assert "wheel: grinding wheel has had feeding 4 of 5 min" in warned.warned[0]
    assert warned.facts["tooling"][0]["counts"]["feeding"]["used"] == 4.0
    with pytest.raises(NotReady, match="fit a new one, then springback maintain replaced wheel --serial S --why WHY"):
        start(smoke, tool, runs)
    assert start(pressing, tool, runs).warned == []
    write_short(runs, "worn", simulated=True, scans=GRINDS)
    assert start(smoke, tool, runs, simulated=True, part="W-1").warned == []


def test_a_record_that_cannot_be_read_is_told_because_its_wear_is_not_counted(
    tmp_path: Path, tool: ToolFile, smoke: Recipe
) -> None:
    (tmp_path / "runs" / "a").mkdir(parents=True)
    (tmp_path / "runs" / "a" / "run.sqlite").write_text("no record " * 500, encoding="utf-8")

    assert "is not counted: run record" in start(smoke, tool, tmp_path / "runs").warned[0]


@pytest.mark.parametrize(
    ("today", "overdue", "states"),
    [
        (date(2027, 3, 1), "block", ["warn", "warn"]),
        (date(2027, 3, 2), "block", ["warn", "warn"]),
        (date(2027, 3, 3), "block", ["block", "block"]),
        (date(2027, 3, 3), "warn", ["warn", "warn"]),
        (date(2027, 2, 15), "block", ["ok", "ok"]),
        (date(2027, 2, 16), "block", ["warn", "warn"]),
    ],
)
def test_a_certificate_warns_two_weeks_ahead_and_then_does_as_it_says(
    tool: ToolFile, today: date, overdue: str, states: list[str]
) -> None:
    assert [due.state for due in dues(certified(tool, "2027-03-02", overdue), today)] == states


def test_a_certificate_that_ran_out_refuses_only_what_uses_its_instrument(
    tmp_path: Path, tool: ToolFile, smoke: Recipe, pressing: Recipe
) -> None:
    gauge_only = certified(tool, "2020-12-31")
    text = gauge_only.text.replace("  press_pressure: {certificate", "  mold_heater: {certificate")
    tool.path.write_text(text, encoding="utf-8")
    gauge_only = load_tool(tool.path)

    with pytest.raises(NotReady, match="gauge: certificate K-77 ran out on 2020-12-31; have it calibrated"):
        start(smoke, gauge_only, tmp_path)
    assert start(pressing, gauge_only, tmp_path).facts["calibration"] == {}
    told = start(smoke, certified(tool, "2999-01-01"), tmp_path)
    assert (told.warned, told.facts["calibration"]["gauge"]["certificate"]) == ([], "K-77")
    assert start(smoke, gauge_only, tmp_path, simulated=True).facts == {}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("gauge: {certificate: K-1, last: 2026-01-01}", '"due" is missing'),
        ("gauge: {certificate: K-1, last: 2026-01-01, due: 1.3.2027}", '"1.3.2027" is not a day'),
        ("gauge: {certificate: K-1, last: 2027-01-01, due: 2026-01-01}", "due is before last"),
        ("gauge: {certificate: K-1, last: 2026-01-01, due: 2027-01-01, overdue: maybe}", "neither block nor warn"),
        ("gage: {certificate: K-1, last: 2026-01-01, due: 2027-01-01}", 'did you mean "gauge"'),
    ],
)
def test_a_mistake_in_a_certificate_is_told_with_its_place(tool: ToolFile, entry: str, said: str) -> None:
    tool.path.write_text(f"{tool.text}\ncalibration:\n  {entry}\n", encoding="utf-8")

    with pytest.raises(RecipeError) as info:
        load_tool(tool.path)

    assert said in info.value.render()
    assert "tool.yaml:" in info.value.render()


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("module: grinder", "module: saw", 'module "saw" is none of press, dispenser, grinder'),
        ("feeding: {", "feedin: {", 'did you mean "feeding"'),
        ("block_at: 5 min", "block_at: 2 min", "block_at is below warn_at"),
        ("warn_at: 3 min, block_at: 5 min", "warn_at: 3 mm", "wrong kind of unit"),
        ("  do: fit a new one\nneedle", "needle", '"do" is missing'),
    ],
)
def test_a_mistake_in_the_maintenance_file_is_told_with_its_place(
    tmp_path: Path, wrong: str, right: str, said: str
) -> None:
    assert wrong in ITEMS
    (tmp_path / FILE).write_text(ITEMS.replace(wrong, right, 1), encoding="utf-8")

    with pytest.raises(RecipeError) as info:
        load_items(tmp_path / FILE)

    assert said in info.value.render()


def test_the_shipped_maintenance_file_says_what_to_do() -> None:
    items = load_items(maintenance_file(config_file("tool.yaml")))

    assert {"grinder.wheel", "dispenser.needle", "vacuum.filter"} <= {item.name for item in items}
    assert all(len(item.do) > 10 and item.bounds for item in items)


def test_who_replaces_something_says_so_and_sees_it(tmp_path: Path) -> None:
    write_grinding(tmp_path / "runs", "a", "2026-11-20")
    done = springback("maintain", "replaced", "grinder.wheel", "--serial", "W-8841", "--why", "worn", cwd=tmp_path)
    listed = springback("maintain", "list", "--json", cwd=tmp_path)
    wrong = springback("maintain", "replaced", "grinder.weel", "--serial", "W-1", "--why", "worn", cwd=tmp_path)

    assert (done.code, "grinder.wheel is W-8841 from now on" in done.out) == (Exit.PASSED, True)
    found = {item["item"]: item for item in listed.json["items"]}
    assert found["grinder.wheel"]["serial"] == "W-8841"
    assert found["grinder.wheel"]["counts"]["feeding"]["used"] == 0.0
    assert 'did you mean "grinder.wheel"' in refused(wrong, Exit.USAGE)
    shown = springback("maintain", "list", cwd=tmp_path).out
    assert "grinder.wheel     W-8841" in shown
