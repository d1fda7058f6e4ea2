"""Parts of the daemon without a daemon: what waits for a slow client, users, the lock, the unit file."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.recipe.folder import named
from controller.recipe.loader import load
from controller.recipe.model import Recipe
from controller.recipe.problems import Problem, RecipeError
from controller.recipe_run import RecipeRun
from controller.record.store import RecordError
from controller.sequence.prompts import Answers
from controller.sequence.steps import VERBS
from controller.server import users
from controller.server.jobs import Jobs
from controller.server.lock import Owned, owned
from controller.server.outbox import ANSWERS_MAX, EVENTS_MAX, Outbox, Overrun
from controller.server.prompts import OpenPrompts
from controller.server.protocol import Code, Refused, notification
from controller.start import UNNAMED, NotReady
from controller.station import Station, StationError
from controller.tool import load as load_tool
from drivers.reading import TagTable
from simulators.virtual_time import VirtualLoop
from springback.places import config_file, recipe_folder
from tests.cli.commands import ENVIRONMENT, MAIN


class Wire:
    """What a client has been sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.outbox = Outbox(lambda data: self.sent.append(json.loads(data)))

    def tell(self, what: str, n: int) -> None:
        if what == "event":
            self.outbox.event({"seq": n}, notification("event", {"seq": n}))
        elif what == "state":
            self.outbox.latest("state", notification("state", {"n": n}))
        elif what == "frame":
            self.outbox.frame(notification("tags", {"values": {"a": [n, 0]}}), lambda: {"a": [n, 0], "b": [0, 0]})


PIN = "pin-4711"  # no hash has these letters
STEPS = st.lists(st.sampled_from(["event", "event", "state", "frame", "pause", "resume"]), max_size=1000)


@given(STEPS)
def test_a_slow_client_never_loses_the_latest_state_and_knows_what_it_missed(steps: list[str]) -> None:
    wire = Wire()
    told: dict[str, int] = {"event": 0, "frame": 0}
    latest = None
    for n, step in enumerate(steps):
        if step == "pause":
            wire.outbox.paused = True
        elif step == "resume":
            wire.outbox.resume()
        else:
            wire.tell(step, n)
            latest = n if step == "state" else latest
            told[step] = told.get(step, 0) + 1
    wire.outbox.resume()
    wire.tell("frame", len(steps))

    got = {kind: [m["params"] for m in wire.sent if m["method"] == kind] for kind in ("event", "state", "tags")}
    assert len(got["event"]) + sum(p.get("gap", 0) for p in got["event"]) == told["event"]
    assert [p["seq"] for p in got["event"]] == sorted(p["seq"] for p in got["event"])
    assert [p["n"] for p in got["state"]][-1:] == ([] if latest is None else [latest])
    assert len(got["tags"]) + sum(p.get("gap", 0) for p in got["tags"]) == told["frame"] + 1
    assert all("b" in p["values"] for p in got["tags"] if "gap" in p)


def test_what_waits_for_a_client_is_bounded() -> None:
    wire = Wire()
    wire.outbox.paused = True
    for n in range(EVENTS_MAX + 10):
        wire.tell("event", n)
    for n in range(ANSWERS_MAX):
        wire.outbox.answer({"id": str(n), "result": {}})
    with pytest.raises(Overrun):
        wire.outbox.answer({"id": "x", "result": {}})

    wire.outbox.resume()

    events = [m["params"] for m in wire.sent if m.get("method") == "event"]
    assert (events[0], len(events)) == ({"seq": 10, "gap": 10}, EVENTS_MAX)


# ---------------------------------------------------------------------------------------------- instruments
class Unplugged:
    """Surroundings in which no instrument answers."""

    lives_on = False

    def __init__(self) -> None:
        self.tried = 0

    def station(self) -> Any:
        return self

    async def open(self) -> None:
        self.tried += 1
        raise StationError("line plc: nothing answers")

    def answers(self, recipe: Recipe, prompts: OpenPrompts) -> Answers:
        raise AssertionError("no job may begin")

    def facts(self) -> dict[str, Any]:
        raise AssertionError("no job may begin")

    def began(self, run: RecipeRun) -> None:
        raise AssertionError("no job may begin")

    def may_run(self, recipe: Recipe, engineering: str) -> str:
        return ""

    def sign(self, record: Path) -> None:
        raise AssertionError("no job may end")


@pytest.mark.parametrize(
    "error",
    [NotReady("part W-1: worn"), RecordError("the journal is damaged"), RecipeError([Problem("R101", "unknown key")])],
)
async def test_what_forbids_a_start_is_a_refusal_and_no_fault_of_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("controller.server.jobs.before_start", refuse)
    jobs = Jobs(Unplugged(), tmp_path, 1.0, lambda why: None)
    jobs.instruments.station = Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {})

    with pytest.raises(Refused) as info:
        await jobs.look(load_recipe("smoke", {}), UNNAMED)

    assert (info.value.code, info.value.message) == (Code.STATE, str(error))


def test_a_job_that_was_started_before_the_instruments_failed_has_to_be_started_again(tmp_path: Path) -> None:
    async def scene() -> None:
        loop = asyncio.get_running_loop()
        around = Unplugged()
        told: list[str] = []
        jobs = Jobs(around, tmp_path, 1.0, told.append)
        recipe = load_recipe("smoke", {})
        jobs.start(jobs.add(recipe, {}, "otto"))
        working = loop.create_task(jobs.work())
        await asyncio.sleep(20.0)
        assert around.tried > 2
        assert [job.started for job in jobs.queue.jobs] == [False]
        with pytest.raises(Refused, match="nothing answers"):
            jobs.start(jobs.queue.jobs[0])
        jobs.end("test")
        await working
        assert told == ["line plc: nothing answers"] * around.tried

    loop = VirtualLoop()
    loop.run_until_complete(scene())
    loop.close()


class Retired(Unplugged):
    """Surroundings whose instruments answer, in which a recipe is retired while its job waits."""

    def __init__(self) -> None:
        super().__init__()
        gate, answering = SimpleNamespace(limits={}), SimpleNamespace(instruments={})
        guard = SimpleNamespace(lost=set(), tripped=None, gate=gate, answering=answering)
        self.tags, self.instruments, self.link_of = TagTable(), dict[str, Any](), dict[str, str]()
        self.tool = SimpleNamespace(guard=guard)

    async def open(self) -> None:
        self.tried += 1

    async def close(self) -> None:
        """Nothing is open."""

    def may_run(self, recipe: Recipe, engineering: str) -> str:
        raise Refused(Code.RELEASE, f"{recipe.name} was retired", "take another")


def test_a_job_whose_recipe_was_retired_while_it_waited_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def safe(station: object, runs: Path) -> list[str]:
        return []

    async def scene() -> None:
        loop = asyncio.get_running_loop()
        jobs = Jobs(Retired(), tmp_path, 1.0, lambda why: None)
        recipe = load_recipe("smoke", {})
        first, second = jobs.add(recipe, {}, "otto"), jobs.add(recipe, {}, "otto")
        jobs.start(first)
        jobs.start(second)
        working = loop.create_task(jobs.work())
        await asyncio.sleep(1.0)
        last = jobs.state()["last"]
        assert (last["id"], last["state"]) == (first.id, "ABORTED")
        assert "smoke was retired; take another" in last["reason"]
        assert [job.started for job in jobs.queue.jobs] == [False]
        jobs.end("test")
        await working
        await jobs.audit.written()
        assert not (tmp_path / first.id).exists()

    monkeypatch.setattr("controller.server.jobs.restart", safe)
    loop = VirtualLoop()
    loop.run_until_complete(scene())
    loop.close()


def load_recipe(name: str, settings: dict[str, str]) -> Recipe:
    tool = Station(load_tool(config_file("tool.yaml")), config_file("interlocks.yaml"), {})
    return load(named(name, recipe_folder()), VERBS, tool.facts(), settings)


# ---------------------------------------------------------------------------------------------- users
def test_a_user_is_found_by_pin_and_by_badge_and_no_secret_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    users.add(path, "otto", "operator", PIN, "B-17-00042")
    users.add(path, "emma", "engineer", PIN, "")

    people = users.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert PIN not in path.read_text() and "B-17" not in path.read_text()
    assert people.people["otto"].pin != people.people["emma"].pin  # salted
    assert people.find("otto", PIN, "") == "otto"
    assert people.find("", "", "B-17-00042") == "otto"
    assert people.find("otto", PIN[:-1], "") is None
    assert people.find("nobody", PIN, "") is None
    assert people.find("emma", "", "") is None
    assert people.find("emma", "\ud800", "") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("users: [otto]", "users is a mapping"),
        ("users: {otto: {role: chief}}", "one of observer"),
        ("users: {otto: {role: operator, password: x}}", "springback user add"),
        ("peers: {other: root}", "one of observer"),
        ("people: {}", "users and peers"),
        ("users: {a: {role: operator}, a: {role: operator}}", "users.yaml"),
    ],
)
def test_a_users_file_that_is_wrong_is_refused_in_plain_words(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "users.yaml"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(users.UsersError, match=says):
        users.load(path)


def test_a_users_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "users.yaml"
    users.add(path, "otto", "operator", "4711", "")
    path.chmod(0o644)

    with pytest.raises(users.UsersError, match="chmod 600"):
        users.load(path)


@pytest.mark.parametrize(
    ("name", "role", "pin", "says"),
    [
        ("Otto", "operator", "4711", "user name"),
        ("otto", "boss", "4711", "one of"),
        ("otto", "operator", "1", "at least"),
    ],
)
def test_a_user_that_cannot_be_is_refused(tmp_path: Path, name: str, role: str, pin: str, says: str) -> None:
    with pytest.raises(users.UsersError, match=says):
        users.add(tmp_path / "users.yaml", name, role, pin, "")
    assert not (tmp_path / "users.yaml").exists()


def test_a_peer_has_the_role_of_its_name_or_of_its_kind() -> None:
    named = users.Users(peers={**users.PEERS, users.user_name(os.getuid()): "operator"})

    assert users.Users().role_of_peer(os.getuid()) == "engineer"
    assert users.Users().role_of_peer(54321) == "observer"
    assert named.role_of_peer(os.getuid()) == "operator"


# ---------------------------------------------------------------------------------------------- the lock
HOLD = "import sys; from pathlib import Path; from controller.server.lock import owned\n{}"


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path / "run" / "tool.lock"
    program = HOLD.format("with owned(Path(sys.argv[1])): print('owned', flush=True); sys.stdin.read()")
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None and holder.stdout.readline() == "owned\n"

    with pytest.raises(Owned, match=f"in use by process {holder.pid}"), owned(path):
        pass
    holder.kill()
    holder.communicate()
    with owned(path):
        assert path.read_text() == f"{os.getpid()}\n"


def test_a_folder_that_everybody_may_write_into_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(Owned, match="not private"), owned(tmp_path / "tool.lock"):
        pass


# ---------------------------------------------------------------------------------------------- the service
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit_file(tmp_path: Path) -> None:
    unit = tmp_path / "springback.service"
    text = config_file("systemd/springback.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/springback/bin/springback", sys.executable))

    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)

    assert verified.returncode == 0, verified.stderr


def test_the_service_is_unprivileged_and_resumes_nothing() -> None:
    text = config_file("systemd/springback.service").read_text(encoding="utf-8")
    settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))

    assert settings["User"] == settings["Group"] == "springback"
    assert "serve --live" in settings["ExecStart"]
    assert settings["Restart"] == "on-failure"
    assert settings["NoNewPrivileges"] == settings["PrivateTmp"] == "yes"
    assert settings["ProtectSystem"] == "strict"
    assert settings["CapabilityBoundingSet"] == ""


def test_a_person_is_written_by_the_shell_without_a_secret_in_the_arguments(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAIN, "user", "add", "otto", "--role", "operator", "--badge"]
    added = subprocess.run(
        command, cwd=tmp_path, env=ENVIRONMENT, input="4711\nB-17\n", capture_output=True, text=True, check=False
    )

    assert added.returncode == 0, added.stderr
    assert users.load(tmp_path / "users.yaml").find("", "", "B-17") == "otto"
