"""When a person is needed: about, not before, or unknown, and never more than is known."""

from __future__ import annotations

import pytest

from controller.console.steps import needed
from tests.console.conftest import Bench
from tests.console.fake import TOOL

STEPS = [step["name"] for step in TOOL["plan"]["steps"]]
JOB = TOOL["snapshot"]["state"]["job"]
AT = STEPS.index(JOB["step"]["name"])
ASKS = "Unload"


@pytest.fixture(autouse=True)
def asking(bench: Bench) -> None:
    """The plan of the recipe, with a question in one of the steps to come."""
    steps = [{**step, "asks": ["Removed?"] if step["name"] == ASKS else []} for step in TOOL["plan"]["steps"]]
    bench.app.view.plans[JOB["recipe"]] = {**TOOL["plan"], "steps": steps}
    bench.app.redraw()


def line(bench: Bench) -> str:
    """What stands there of the next step that asks."""
    return next(line for line in bench.screen.splitlines() if f"  {ASKS}: " in line)


async def test_the_last_run_tells_about_when(bench: Bench) -> None:
    taken_s = bench.app.view.since_s(JOB["step"]["since_utc"])
    bench.app.view.durations = {JOB["recipe"]: dict.fromkeys(STEPS, taken_s + 60.0)}
    await bench.settled()

    ahead = STEPS.index(ASKS) - AT
    at = bench.app.view.wall().timestamp() + 60.0 + (ahead - 1) * (taken_s + 60.0)
    shown = line(bench).split()
    assert shown[0] == "about"
    hours, minutes, seconds = map(int, shown[1].split(":"))
    assert abs((hours * 3600 + minutes * 60 + seconds) - at % 86400) <= 1


async def test_the_dwells_alone_tell_only_not_before(bench: Bench) -> None:
    await bench.settled()
    assert line(bench).strip().startswith("not before ")


async def test_what_the_job_has_announced_moves_the_earliest_time(bench: Bench) -> None:
    await bench.settled()
    before = line(bench).split()[2]
    told = {"kind": "prompt_ahead", "id": f"{ASKS}.x", "step": ASKS, "text": "?", "in_s": 3000.0}
    bench.daemon.snapshot["seq"] += 1
    bench.daemon.tell(
        "event", seq=bench.daemon.snapshot["seq"], run=JOB["id"], t_s=900.0, utc=TOOL["now_utc"], event=told
    )
    await bench.settled()

    assert line(bench).split()[:2] == ["not", "before"]
    assert line(bench).split()[2] > before


@pytest.mark.parametrize("state", ["PAUSED", "PAUSING"])
async def test_while_the_job_stands_still_nobody_knows_when(bench: Bench, state: str) -> None:
    bench.app.view.durations = {JOB["recipe"]: dict.fromkeys(STEPS, 600.0)}
    bench.daemon.tell_state(job={**JOB, "state": state})
    await bench.settled()

    assert line(bench).strip().startswith("later ")
    assert "ends about" not in bench.screen


async def test_without_dwells_and_runs_the_time_is_not_known(bench: Bench) -> None:
    plan = bench.app.view.plans[JOB["recipe"]]
    bench.app.view.plans[JOB["recipe"]] = {**plan, "steps": [{**step, "dwell_s": 0.0} for step in plan["steps"]]}
    bench.app.redraw()
    await bench.pilot.pause()

    assert line(bench).strip().startswith("later ")
    assert "how long it takes is not known" in bench.screen


async def test_on_a_real_tool_people_give_the_inspection_record_and_are_told_so(bench: Bench) -> None:
    view = bench.app.view
    view.plans[JOB["recipe"]] = {**view.plans[JOB["recipe"]], "questions": ["Inspect.bond_lift", "Inspect.ttv"]}
    view.facts["simulated"] = False
    await bench.settled()

    assert any("Inspect: inspection record: bond_lift and 1 more" in words for words in needed(view))
