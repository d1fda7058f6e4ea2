"""A recipe that needs another one starts only on a part that has been through it; its record says what was found."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import controller.cli.live as live
from controller.cli.exits import CommandError, Exit
from controller.cli.run import RunOptions, RunOutcome, prepare
from controller.cli.runs_text import list_runs, show_run
from controller.record.events import Intent, Note, PromptAnswered
from controller.record.runfile import RunFile
from controller.record.verify import verify
from controller.start import NotReady, Piece, Start, before_start
from tests.cli.commands import refused, springback
from tests.line.behind import recipe, run
from tests.unit.short_record import write_short

LOOK = """\
recipe: look
version: 1
title: Look at a part that was pressed
for: {tool: packaging-line, part: WLP-200}
needs: {press-short: passed}
on_hold: {policy: freeze, max: 1 min}
on_abort: safe-release
steps:
  - name: Look
    then: {dwell: 1 s}
"""


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> RunOutcome:
    labels = {"part": "W-0412", "lot": "L-7", "carrier": "C-0500"}
    return run(RunOptions(recipe("press-short"), labels=labels, out=tmp_path_factory.mktemp("runs") / "pressed"))


@pytest.fixture(scope="module")
def runs(pressed: RunOutcome) -> Path:
    """The folder of the run."""
    return pressed.record.parents[1]


@pytest.fixture
def look(tmp_path: Path) -> str:
    (tmp_path / "look.yaml").write_text(LOOK, encoding="utf-8")
    return str(tmp_path / "look.yaml")


def test_labels_given_at_the_start_are_facts_and_answer_the_recipes_own_scan(pressed: RunOutcome) -> None:
    with RunFile(pressed.record) as record:
        meta = record.meta
        scans = [(e.value, e.by) for _, e, _ in record.events() if isinstance(e, PromptAnswered) and "carrier" in e.id]

    assert (meta["part"], meta["lot"], meta["carrier"], meta["earlier"]) == ("W-0412", "L-7", "C-0500", [])
    assert scans == [("C-0500", "operator")]
    assert verify(pressed.record).intact


def test_a_part_that_has_passed_goes_on_and_the_record_says_what_it_went_through(
    runs: Path, look: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = run(RunOptions(look, labels={"part": "W-0412"}, out=runs / "looked"))

    assert (outcome.exit, outcome.result["notes"]) == (Exit.PASSED, [])
    with RunFile(outcome.record) as record, RunFile(runs / "pressed" / "run.sqlite") as before:
        assert record.meta["earlier"][0]["head_sha256"] == before.head_sha256
        assert record.meta["needs"] == {"wanted": {"press-short": "passed"}, "checked": True}
    assert "<td>pressed: press-short version 1, process complete, PASS</td>" in outcome.report.read_text("utf-8")
    show_run("looked", runs, as_json=False)
    assert "after    pressed  press-short  process complete  PASS" in capsys.readouterr().out
    list_runs(runs, labels={"part": "W-0412", "lot": "L-7"}, as_json=False)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["RUN", "pressed"]


def test_a_part_that_has_not_is_refused_before_anything_is_opened(runs: Path, look: str) -> None:
    with pytest.raises(CommandError, match=r"part W-9: look needs press-short passed: .* run press-short with") as info:
        run(RunOptions(look, labels={"part": "W-9"}, out=runs / "never"))

    assert info.value.code == Exit.REFUSED
    assert not (runs / "never").exists()


def test_a_passed_simulated_run_is_no_leave_for_a_live_one(runs: Path, look: str) -> None:
    with pytest.raises(CommandError, match="the part has no run of press-short; its runs: none"):
        run(RunOptions(look, labels={"part": "W-0412"}, live=True, out=runs / "never"))
    with pytest.raises(CommandError, match="nobody said which part this is; give --part-id"):
        run(RunOptions(look, live=True, out=runs / "never"))


def test_a_simulated_run_without_a_part_says_what_was_not_checked(tmp_path: Path, look: str) -> None:
    outcome = run(RunOptions(look, out=tmp_path / "run"))

    assert outcome.exit == Exit.PASSED
    assert "look needs press-short passed: not checked" in outcome.result["notes"][0]
    with RunFile(outcome.record) as record:
        assert record.meta["needs"]["checked"] is False
        assert "earlier" not in record.meta


def test_the_file_of_a_simulated_part_names_its_history_by_the_record_beside_it(
    runs: Path, tmp_path: Path, look: str
) -> None:
    part = runs / "pressed" / "part.json"
    outcome = run(RunOptions(look, part=part, out=tmp_path / "run"))

    with RunFile(outcome.record) as record:
        assert (record.meta["part"], [one["run"] for one in record.meta["earlier"]]) == ("W-0412", ["pressed"])
    with pytest.raises(CommandError, match=r"part.json is part W-0412, not W-5") as info:
        run(RunOptions(look, part=part, labels={"part": "W-5"}, out=tmp_path / "never"))
    assert info.value.code == Exit.USAGE
    lonely = tmp_path / "alone" / "part.json"
    lonely.parent.mkdir()
    shutil.copy(part, lonely)
    with pytest.raises(CommandError, match="the part has no run of press-short"):
        run(RunOptions(look, part=lonely, out=tmp_path / "never"))


def test_a_label_is_no_sentence(tmp_path: Path) -> None:
    said = refused(springback("run", "smoke", "--part-id", "W 1; x", cwd=tmp_path), Exit.USAGE)
    carrier = refused(springback("run", "compress-release", "--carrier", "X-1", cwd=tmp_path), Exit.REFUSED)

    assert "part 'W 1; x' is no label" in said
    assert 'Load.carrier: "X-1" is not a scan that matches C-[0-9]{4}' in carrier


def test_a_live_run_finds_the_history_in_the_records_of_real_runs(tmp_path: Path, look: str) -> None:
    write_short(tmp_path, "real", recipe="press-short", part="W-1", simulated=False)
    tool, wanted = prepare(RunOptions(look))

    start = before_start(wanted, tool, Piece(part="W-1"), tmp_path, simulated=False)

    assert [one["run"] for one in start.facts["earlier"]] == ["real"]
    with pytest.raises(NotReady, match="its runs: none"):
        before_start(wanted, tool, Piece(part="W-1"), tmp_path, simulated=True)


POUR = """\
recipe: pour
version: 1
title: One shot into the mold, from a syringe that was scanned
for: {tool: packaging-line, part: WLP-200}
materials:
  encapsulant: {type: ENC-2, scan: syringe, pot_life: 8 h}
on_hold: {policy: freeze, max: 10 s}
on_abort: safe-release
steps:
  - name: Check in
    scan: {field: syringe, match: "ENC-2-[0-9]+", default: ENC-2-0917}
    material: {pot_life: 8 h, cap: 6 g}
    carry: {to: mold, within: 1 min}
  - name: Calibrate
    calibrate: {pressure: 25 kPa, time: 1 s}
  - name: Fill
    dispense: {pressure: 25 kPa, time: 9 s, shots: 1}
"""


@pytest.mark.parametrize(
    ("open_h", "left_min", "alarm"), [(7.0, 60.0, ""), (8.1, -6.0, "step.deviation"), (None, 480.0, "")]
)
def test_the_pot_life_of_a_lot_goes_on_from_run_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_h: float | None, left_min: float, alarm: str
) -> None:
    (tmp_path / "pour.yaml").write_text(POUR, encoding="utf-8")
    lots = {"ENC-2-0917": open_h * 3600.0} if open_h is not None else {"ENC-2-0001": 1e6}
    monkeypatch.setattr(live, "before_start", lambda *_, **__: Start(opened_s_ago=lots))  # as before a live run

    outcome = run(RunOptions(str(tmp_path / "pour.yaml"), out=tmp_path / "run"))

    first = outcome.summary.first_alarm
    assert (first.alarm.code if first else "") == alarm
    with RunFile(outcome.record) as record:
        scanned = record.series("dispenser.lot_scanned")[1]
        left = [v for v, on in zip(record.series("dispenser.pot_life_left")[1], scanned, strict=True) if on]
        notes = [event.text for _, event, _ in record.events() if isinstance(event, Note)]
        shots = [
            event for _, event, _ in record.events() if isinstance(event, Intent) and event.action == "dispenser.shot"
        ]
    assert left[0] == pytest.approx(left_min, abs=1.0)  # the person who scans takes some seconds
    assert any("lot ENC-2-0917 was opened" in text for text in notes) is (open_h is not None)
    assert bool(shots) is not bool(alarm)
    assert "<td>lot ENC-2-0917</td><td>scanned at 0:0" in outcome.report.read_text("utf-8")


def test_a_live_run_is_asked_about_its_site_wherever_its_record_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, look: str
) -> None:
    asked: list[Path] = []

    def ask(_recipe: object, _tool: object, _piece: object, runs: Path, **_: object) -> None:
        asked.append(runs)
        raise NotReady("no")

    monkeypatch.setattr(live, "before_start", ask)
    for options in ({"live": True, "out": tmp_path / "one"}, {"live": True}, {"out": tmp_path / "one"}):
        with pytest.raises(CommandError, match="no"):
            run(RunOptions(look, **options))  # type: ignore[arg-type]

    assert asked == [Path("runs"), Path("runs"), tmp_path]
