"""A daemon that was killed in a job, on a plant that lives on: the next one offers the run, people take it up."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.record.archive import RECORD
from controller.record.events import Intent, PersonRefused, PersonSaid, PhaseChanged, Resumed, SiteAct
from controller.record.runfile import RunFile
from controller.record.site import latest_acts, objections
from controller.server.client import Client
from controller.server.picture import Picture
from controller.server.protocol import Code
from controller.server.users import add
from springback.places import recipe_folder
from tests.cli.commands import at_terminal, simulated_station
from tests.server.seat import PIN, Seat, end, follow, refusal, start


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The tool file of a simulated station in another process, which outlives the daemons that are killed."""
    with simulated_station(tmp_path_factory.mktemp("station")) as (_, tool):
        yield tool


def begin(folder: Path, tool: Path) -> Seat:
    """A daemon that owns the station."""
    return start(folder, "--tool", str(tool), "--recipes", str(recipe_folder()), owns="--live")


def talk(seat: Seat) -> Client:
    return Client(seat.folder / "run" / "packaging-line.sock", "test")


def pressed(picture: Picture) -> bool:
    """The part is under pressure: the order to press it is not yet done."""
    return (picture.tags["press.pressure"].value or 0.0) > 5.0


@contextmanager
def after_a_kill(folder: Path, tool: Path) -> Iterator[tuple[Seat, str]]:
    """The second daemon, and the run in which the first one was killed while it pressed a part."""
    first = begin(folder, tool)
    with talk(first) as client:
        picture = client.attach()
        run = client.call("start", recipe="smoke")["job"]
        follow(client, picture, pressed)
        end(first, signal.SIGKILL)
    second = begin(folder, tool)
    try:
        yield second, run
    finally:
        end(second)


def offered(client: Client, picture: Picture) -> list[dict[str, Any]]:
    """What the daemon offers once it has looked."""
    found: list[dict[str, Any]] = follow(client, picture, lambda p: p.state["interrupted"])
    return found


def test_a_run_is_offered_and_taken_up_to_its_end_by_who_may(station: Path, tmp_path: Path) -> None:
    add(tmp_path / "users.yaml", "otto", "operator", PIN, "")
    add(tmp_path / "users.yaml", "mara", "maintenance", PIN, "")
    with after_a_kill(tmp_path, station) as (seat, run), talk(seat) as client, talk(seat) as mara:
        picture = client.attach()
        (one,) = offered(client, picture)
        assert (one["run"], one["recipe"], picture.state["job"]) == (run, "smoke", None)  # nothing goes on by itself
        known = {row["step"]: row["known"] for row in one["steps"]}
        assert (known["Close"], known["Press"], known["Release"]) == ("done", "in doubt", "not started")
        assert one["moves"][0] == {"move": "redo", "step": "Press", "after": ["secure"]}
        assert f"{run}  interrupted" in seat.command("status").stdout

        found = client.call("interrupted", run=run)
        assert [(offer["move"], offer["refused"]) for offer in found["offers"]] == [("redo", ""), ("scrap", "")]
        mara.call("login", user="mara", pin=PIN)
        assert refusal(mara, "resume_run", run=run, move="redo", confirmed=True).code == Code.ROLE
        client.call("login", user="otto", pin=PIN)
        assert "nobody has confirmed" in str(refusal(client, "resume_run", run=run, move="redo"))
        assert "rework is not offered" in str(refusal(client, "resume_run", run=run, move="rework", confirmed=True))
        for other in ("other", f"../runs/{run}", "..", "ä" * 200):
            assert refusal(client, "interrupted", run=other).message.startswith(f"no run {other} in")

        job = client.call("resume_run", id="once", run=run, move="redo", confirmed=True)["job"]
        assert client.call("resume_run", id="once", run=run, move="redo", confirmed=True)["job"] == job
        assert "another job runs" in str(refusal(client, "resume_run", run=run, move="redo", confirmed=True))
        follow(client, picture, lambda p: p.state["job"] and p.state["job"]["resumes"] == run)
        last = follow(client, picture, lambda p: p.state["last"])
        assert (last["id"], last["state"], last["verdict"]) == (job, "PROCESS_COMPLETE", "PASS")
        follow(client, picture, lambda p: p.state["interrupted"] == [] and not p.state["down"])
        again = refusal(client, "resume_run", run=run, move="redo", confirmed=True)
        assert again.message == f"{run} was taken up already, by {job}"

    with RunFile(Path(last["folder"]) / RECORD) as record:
        events = [event for _, event, _ in record.events()]
    (resumed,) = [event for event in events if isinstance(event, Resumed)]
    assert (resumed.run, resumed.move, resumed.by, resumed.doubt) == (run, "redo", "otto (operator)", ["Press"])
    assert next(e.step for e in events if isinstance(e, PhaseChanged) and e.old == "IDLE") == "Press"
    assert next(e.why for e in events if isinstance(e, Intent) and e.why and not e.safe) == "Press (fix-up)"
    said = [e for e in events if isinstance(e, PersonSaid)]
    assert (said[0].command, said[0].by, said[0].reason) == ("resume_run", "otto (operator)", f"{run}: redo")
    acts = [act for act in latest_acts(tmp_path / "runs", 1) if isinstance(act, SiteAct)]
    refused = [act.facts["by"] for act in acts if act.act == PersonRefused.kind]
    assert refused[0] == "mara (maintenance)" and "otto (operator)" in refused
    assert objections(tmp_path / "runs") == []


def test_the_command_asks_at_the_terminal_and_the_daemon_of_the_tool_does_it(station: Path, tmp_path: Path) -> None:
    with after_a_kill(tmp_path, station) as (seat, run):
        nobody = seat.command("resume", run, "--live", "--tool", str(station))
        assert (nobody.returncode, "nobody would answer resume.move" in nobody.stderr) == (5, True), nobody.stderr
        with at_terminal("resume", run, "--attach", seat.folder / "run" / "packaging-line.sock") as terminal:
            terminal.read_until("How shall it go on?")
            assert "redo   Press      after secure" in terminal.shown
            terminal.type("redo")
            terminal.read_until("Everybody clear, the part as it was?")
            terminal.type("yes")
            code, out = terminal.end()
        assert (code, "PROCESS_COMPLETE  PASS" in out) == (0, True), terminal.shown


def test_a_run_that_is_killed_again_is_offered_itself_and_scrapped(station: Path, tmp_path: Path) -> None:
    with after_a_kill(tmp_path, station) as (second, run), talk(second) as client:
        picture = client.attach()
        follow(client, picture, lambda p: not p.state["down"])
        resumed = client.call("resume_run", run=run, move="redo", confirmed=True)["job"]
        follow(client, picture, pressed)
        end(second, signal.SIGKILL)
    third = begin(tmp_path, station)
    try:
        with talk(third) as client:
            assert [one["run"] for one in offered(client, client.attach())] == [resumed]
        scrapped = third.command(
            "resume", resumed, "--live", "--tool", str(station), "--choose", "scrap", "--confirm", "--json"
        )
    finally:
        end(third)

    assert (scrapped.returncode, json.loads(scrapped.stdout)["state"]) == (7, "STOPPED"), scrapped.stderr
    with RunFile(Path(json.loads(scrapped.stdout)["folder"]) / RECORD) as record:
        assert not record.events(PhaseChanged) and not record.events(Intent)
    assert objections(tmp_path / "runs") == []
