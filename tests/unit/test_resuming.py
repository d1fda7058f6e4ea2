"""Which interrupted runs are offered, and what the daemon refuses of one before a job of it is in the queue."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller import wall
from controller.cli.resume import choose, prepared, resume_text
from controller.interrupted import Interrupted, NotResumable, Reconciled, not_taken_up, reconcile
from controller.recipe.model import Recipe
from controller.record.events import Event
from controller.record.index import Digest
from controller.record.recover import INTERRUPTED
from controller.sequence.carried import Carried
from controller.sequence.prompts import Answers
from controller.sequence.trail import follow
from controller.server.jobs import Jobs
from controller.server.protocol import Code, Refused
from controller.server.queue import Wanted
from controller.server.releasing import Releasing
from controller.server.resuming import Resuming
from controller.station import Station
from controller.tool import load as load_tool
from springback.places import config_file, recipe_folder
from tests.server.test_parts import Unplugged
from tests.unit.test_trail import RECIPE, carried, done, order, phase

DOUBT: list[Event] = [*done("Load", "Close"), phase("Press"), order(1)]
EMPTY = Carried("old", 60.0, lambda tag: math.nan, 0)  # no part was in the tool
STALE = carried(dispenser__lot_scanned=1.0, dispenser__pot_life_left=50.0)  # an hour ago


def digest(run: str, **more: Any) -> Digest:
    """A run of the tool that was interrupted just now."""
    one = Digest(run, "", "smoke", 1, wall.utc_text(), "ABORTED", "NONE", False, "line", "", end_reason=INTERRUPTED)
    return replace(one, **more)


def test_offered_is_what_was_interrupted_on_this_tool_and_nobody_took_up() -> None:
    found = [
        digest("first"),
        digest("aborted", end_reason="aborted"),
        digest("elsewhere", tool="other"),
        digest("simulated", simulated=True),
        digest("ages ago", started_utc=wall.utc_text(32)),
        digest("taken"),
        digest("again", resumes="taken"),  # and interrupted too
    ]

    assert [one.run for one in not_taken_up(found, "line", simulated=False, days=31)] == ["again", "first"]


def test_the_pot_life_is_told_as_an_instant_and_as_what_is_left_and_a_cure_as_it_was() -> None:
    goes = carried(dispenser__lot_scanned=1.0, dispenser__pot_life_left=90.0, press__cure=61.26, mold__cure=0.0)
    old = Interrupted(Path("old"), RECIPE, follow(RECIPE, DOUBT), goes, "2026-11-21T09:41:07+00:00", {}, False, "")
    found = reconcile(old, None).to_json()

    assert found["pot_life_left_s"] == 1800.0
    assert found["pot_life_ends_utc"] == "2026-11-21T11:11:07+00:00"
    assert found["cure_percent"] == {"press.cure": 61.3}
    assert replace(old, trail=follow(RECIPE, done("Load", "Close"))).cure_percent == {}  # nothing in doubt cures
    said = resume_text(found)
    assert "old: interrupted 1:00:00 ago, part 7\npress.cure was 61.3 %, and went on" in said
    assert "\npot life of its lot: 30:00 left\n" in said
    assert (
        "redo    Press      after secure" in said and "in doubt: press_pressure.target 20 kPa; now: not known" in said
    )
    assert "pot life of its lot: over" in resume_text({**found, "pot_life_left_s": -1.0})


def test_a_simulated_run_is_not_taken_up_on_a_real_tool() -> None:
    real = Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {})
    old = Interrupted(Path("old"), RECIPE, follow(RECIPE, DOUBT), EMPTY, "2026-11-21T09:41:07+00:00", {}, True, "")

    with pytest.raises(NotResumable, match="old ran on simulated instruments, these are real; begin a new run"):
        reconcile(old, real)


class Around(Unplugged):
    """A tool on which nothing is released."""

    lives_on = True

    def may_run(self, recipe: Recipe, engineering: str) -> str:
        if not engineering:
            raise Refused(Code.RELEASE, f"{recipe.name} is not released: it was retired", "sign it")
        return ""


@pytest.fixture
async def jobs(tmp_path: Path) -> Jobs:
    """Jobs on a station at which nothing lies, because nothing has been read."""
    made = Jobs(Around(), tmp_path, 1.0, lambda why: None)
    made.instruments.station = Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {})
    return made


Take = Callable[..., Any]


@pytest.fixture
def take(jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Take:
    """Take a run up that ended in the press, or with `goes` as it says."""

    async def take(move: str = "redo", why: str = "test", goes: Carried = EMPTY, *, confirmed: bool = True) -> Any:
        async def read(run: str, station: Station) -> Reconciled:
            trail, labels = follow(RECIPE, DOUBT), {"part": "W-1"}
            old = Interrupted(tmp_path / run, RECIPE, trail, goes, wall.utc_text(), labels, False, "")
            return reconcile(old, station)

        monkeypatch.setattr(jobs.interruptions, "reconciled", read)
        releasing = Releasing(tmp_path, load_tool(config_file("tool.yaml")), recipe_folder())
        return await Resuming(jobs, releasing)._take_up("otto", "old", move, why, confirmed=confirmed)

    return take


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"goes": carried()}, "part 7 lay in the press then, now nothing does; put it as it was"),
        ({"goes": STALE}, "the pot life of its lot ended 10 min ago, and Warm still works with it"),
        ({"move": "continue"}, "continue is not offered here; there is redo, rework, scrap"),
        ({"confirmed": False}, "nobody has confirmed it"),
        ({"why": ""}, "crash is not released: it was retired; sign it"),
    ],
)
async def test_what_is_refused_says_why_and_what_fixes_it(
    jobs: Jobs, take: Take, wanted: dict[str, Any], says: str
) -> None:
    with pytest.raises(Refused) as refused:
        await take(**wanted)

    assert says in str(refused.value)
    assert jobs.queue.jobs == []


async def test_what_was_confirmed_begins_at_once_or_leaves_the_queue(jobs: Jobs, take: Take) -> None:
    begun = await take()

    assert [(job.id, job.started, job.piece.part) for job in jobs.queue.jobs] == [(begun["job"], True, "W-1")]
    with pytest.raises(Refused, match="another job runs"):
        await take()
    jobs.queue.take_starts_back()
    assert jobs.queue.jobs == []


async def test_a_part_is_scrapped_whatever_forbids_to_work_on_it(jobs: Jobs, take: Take) -> None:
    await take("scrap", "", carried(), confirmed=False)

    assert jobs.queue.jobs[0].wanted == Wanted(jobs.queue.jobs[0].piece, "", "old", "scrap")


async def test_without_instruments_nothing_is_taken_up(jobs: Jobs, take: Take) -> None:
    jobs.instruments.station, jobs.instruments.down = None, "the station is being opened"

    with pytest.raises(Refused, match="try again when the instruments are connected"):
        await take()


@pytest.mark.parametrize(("why_not", "confirmed"), [("", True), ("the part is gone", False)])
async def test_only_what_was_offered_when_it_was_confirmed_is_sent_as_confirmed(why_not: str, confirmed: bool) -> None:
    found = {"offers": [{"move": "redo", "refused": why_not}]}

    chosen = await choose(Answers(prepared("redo", confirm=True), defaults=False), found)

    assert chosen[0::2] == ("redo", confirmed)
