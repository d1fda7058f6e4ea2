"""`run --watch`: the wire part of the monitor, in memory and on real sockets and ptys, with saboteurs."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.cli.exits import CommandError, Exit
from controller.cli.run import RunOptions, RunOutcome, prepare, run
from controller.cli.watching import Watching
from controller.record.events import Intent
from controller.record.journal import Recorder
from simulators.watch.live import WIRE_RULES
from simulators.watch.watch import RULES
from tests.monitor.scenes import Scene
from tests.monitor.test_saboteurs import Breaks, instead, limits_ignored, scan_breaks, state_skipped

PRESSED = Scene(("load", "close", "press", "release"))
REAL = {"real_time": True}


def orders_forgotten() -> Breaks:
    write = Recorder.event

    def event(self: Recorder, event: Any) -> None:
        if not (isinstance(event, Intent) and event.output == "press_pressure.rate"):
            write(self, event)

    async def intent(self: Recorder, event: Any) -> None:
        self.event(event)

    return [instead(Recorder, "event", event), instead(Recorder, "intent", intent)]


def watched(folder: Path, breaking: Breaks, **how: Any) -> RunOutcome:
    folder.mkdir(exist_ok=True)
    recipe = folder / "scene.yaml"
    recipe.write_text(PRESSED.text(), encoding="utf-8")
    with ExitStack() as stack:
        for broken in breaking:
            stack.enter_context(broken)
        return run(RunOptions(str(recipe), out=folder / "run", watch=True, **how))


def test_a_whole_controller_breaks_no_rule_of_the_wire(tmp_path: Path) -> None:
    outcome = watched(tmp_path / "whole", [])

    assert outcome.result["violations"] == []
    assert (outcome.exit, outcome.result["alarms"]) == (Exit.PASSED, [])


def test_nor_on_real_ports_where_only_a_busy_machine_may_leave_a_gap(tmp_path: Path) -> None:
    outcome = watched(tmp_path / "whole", [], **REAL)

    assert [found for found in outcome.result["violations"] if " record.samples: " not in found] == []


@pytest.mark.parametrize("how", [{}, REAL], ids=["in memory", "on real ports"])
def test_a_setpoint_above_its_limit_is_seen_on_the_wire_and_told_at_once(how: dict[str, Any], tmp_path: Path) -> None:
    outcome = watched(tmp_path / "broken", limits_ignored(), **how)

    assert any("limits: pressure_target 300 is above 260" in found for found in outcome.result["violations"])
    assert "watch.violated" in [alarm["code"] for alarm in outcome.result["alarms"]]
    assert outcome.exit is not Exit.PASSED
    assert any(note.startswith("VIOLATED") for note in outcome.result["notes"])


@pytest.mark.parametrize(
    ("rule", "saboteur"), [("order.recorded", orders_forgotten), ("states", state_skipped), ("no.bug", scan_breaks)]
)
def test_what_the_record_hides_is_found_at_the_end(rule: str, saboteur: Any, tmp_path: Path) -> None:
    outcome = watched(tmp_path / "broken", saboteur())

    assert any(f" {rule}: " in found for found in outcome.result["violations"])


def test_every_rule_of_the_wire_is_one_of_the_monitor() -> None:
    assert {rule.id for rule in WIRE_RULES} < {rule.id for rule in RULES}


def test_a_run_that_nobody_watches_says_so(tmp_path: Path) -> None:
    recipe = tmp_path / "scene.yaml"
    recipe.write_text(replace(PRESSED, steps=("load",)).text(), encoding="utf-8")

    assert run(RunOptions(str(recipe), out=tmp_path / "run")).result["violations"] is None


def test_a_line_that_the_monitor_cannot_read_is_refused(tmp_path: Path) -> None:
    recipe = tmp_path / "scene.yaml"
    recipe.write_text(PRESSED.text(), encoding="utf-8")
    tool, read = prepare(RunOptions(str(recipe)))
    other = replace(tool, lines={**tool.lines, "ruler": tool.lines["gauge"]})

    async def watch() -> None:
        Watching(other, read)

    with pytest.raises(CommandError, match=r"--watch cannot read line ruler; it knows balance"):
        asyncio.run(watch())
