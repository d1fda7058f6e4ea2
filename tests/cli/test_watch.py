"""`springback runs watch`: a run that another process writes is followed to its end, whatever that is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.watch import Watch, watch_run
from controller.record.runfile import RunFile
from tests.cli.commands import begin, springback, wait_for
from tests.unit.short_record import write_short
from tests.unit.test_record_verify import killed_run

Out = pytest.CaptureFixture[str]

LOOK = """\
recipe: look
version: 1
title: Wait for a moment, twice
for: {tool: packaging-line, part: WLP-200}
on_hold: {policy: freeze, max: 1 min}
on_abort: safe-release
steps:
  - name: First
    then: {dwell: 1 s}
  - name: Second
    then: {dwell: 1 s}
"""


def test_a_run_is_followed_from_another_process_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "look.yaml").write_text(LOOK, encoding="utf-8")
    running = begin("run", tmp_path / "look.yaml", "--real-time", "--speed", "0.5", "--out", tmp_path / "one")
    wait_for(tmp_path / "one" / "run.sqlite", running)

    watched = springback("runs", "watch", "one", "--all", "--in", tmp_path)
    running.communicate(timeout=60)

    assert (watched.code, running.returncode) == (0, 0), watched.err
    lines = watched.out.splitlines()
    told = [line.split(maxsplit=1)[1] for line in lines if " step " in line and " now " not in line]
    assert told == ["step     1 First", "step     1 First complete", "step     2 Second", "step     2 Second complete"]
    assert lines[-1].split(maxsplit=1)[1] == "now      process complete, NONE"


def test_a_run_that_has_ended_is_told_at_once(tmp_path: Path, capsys: Out) -> None:
    write_short(tmp_path, "good")
    write_short(tmp_path, "bad", verdict="FAIL")
    write_short(tmp_path, "gone", state="ABORTED", verdict="NONE")

    codes = [watch_run(name, tmp_path, whole=False, as_json=True) for name in ("good", "bad", "gone")]

    assert codes == [Exit.PASSED, Exit.OUT_OF_ACCEPTANCE, Exit.STOPPED_BY_ALARM]
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["kind"], one["run"], one["state"], one["verdict"]) for one in said] == [
        ("progress", "good", "PROCESS_COMPLETE", "PASS"),
        ("progress", "bad", "PROCESS_COMPLETE", "FAIL"),
        ("progress", "gone", "ABORTED", "NONE"),
    ]


def test_every_event_is_told_once_and_as_it_stands(tmp_path: Path, capsys: Out) -> None:
    folder = write_short(tmp_path, "good")
    watch = Watch(folder, as_json=True)
    watch.look(tell_it=True)
    watch.look(tell_it=True)

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    with RunFile(folder / "run.sqlite") as run:
        assert told == [{"seq": seq, "t_s": t_s, **event.to_json()} for t_s, event, seq in run.events()]


def test_a_run_whose_process_died_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "killed").mkdir()
    killed_run(tmp_path / "killed" / "run.sqlite")

    with pytest.raises(CommandError, match="its writer has gone without an end; springback runs recover") as info:
        watch_run("killed", tmp_path / "killed", whole=False, as_json=False)

    assert info.value.code == Exit.NOT_INTACT
