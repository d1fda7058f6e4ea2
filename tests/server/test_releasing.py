"""Releases by clients of the daemon: as who they have logged in as, refused where due, told on every surface."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.record.archive import SITE
from controller.record.events import EngineeringRun
from controller.record.runfile import RunFile
from controller.record.signature import Signed, check, signed_by
from controller.record.site import LEDGER, objections
from controller.record.site_key import keys_in, make, public_keys
from controller.record.verify import verify
from controller.server.client import Client
from controller.server.protocol import Code
from controller.server.users import add
from springback.places import config_file
from tests.cli.commands import MAIN
from tests.server.seat import PEOPLE, PIN, RECIPES, Seat, end, environment, follow, refusal, serving, wait_until

PASSES = str(RECIPES / "passes.yaml")


def test_two_logins_release_a_recipe_and_one_person_cannot(seat: Seat) -> None:
    ran = seat.command("run", PASSES)
    assert ran.returncode == 0, ran.stderr
    with seat.client() as own, seat.logged_in("emma") as emma, seat.logged_in("erik") as erik:
        assert own.call("recipes")["states"]["passes"] == "draft"
        here = seat.command("recipe", "sign", "passes", "--attach", "packaging-line", "--reason", "made")
        assert (here.returncode, "done signed by " in here.stdout) == (0, True), here.stderr
        assert refusal(erik, "release", recipe="passes", reason="looked at").code == Code.RELEASE
        signed = emma.call("sign", recipe="passes", reason="made")
        assert signed["done"].startswith("signed by emma on ")
        # the daemon's own user may be anybody who has logged in from there, and so may a signer without a login
        for client in (emma, own):
            refused = refusal(client, "release", recipe="passes", reason="looked at")
            assert (refused.code, "another person" in refused.fix) == (Code.RELEASE, True)
        assert erik.call("release", recipe="passes", reason="looked at")["done"].startswith("released by erik on ")
        assert own.call("recipes")["states"]["passes"] == "released"
        assert own.call("check", recipe="passes")["release"] == {"state": "released", "why": "", "fix": ""}
        assert refusal(erik, "retire", recipe="passes", reason="").code == Code.RELEASE
        emma.call("retire", recipe="passes", reason="pads changed", version=1)
        assert "pads changed" in own.call("check", recipe="passes")["release"]["why"]
        assert refusal(erik, "sign", recipe="seat", reason="x").code == Code.RELEASE  # no run of it has passed
        assert refusal(erik, "sign", recipe="nothing", reason="x").code == Code.RECIPE

    assert objections(seat.folder / "runs") == []


def test_an_engineering_run_is_an_engineers_and_every_surface_says_so(seat: Seat) -> None:
    said = "ENGINEERING RUN: new pads"
    with seat.logged_in("otto") as otto, seat.logged_in("emma") as emma:
        assert refusal(otto, "start", recipe="passes", engineering="new pads").code == Code.ROLE
        picture = emma.attach()
        job = emma.call("start", recipe="passes", engineering="new pads")["job"]
        follow(emma, picture, lambda p: p.state["last"] and p.state["last"]["id"] == job)

    last = picture.state["last"]
    assert (last["state"], last["engineering"]) == ("PROCESS_COMPLETE", "new pads")
    folder = Path(last["folder"])
    with RunFile(folder / "run.sqlite") as record:
        assert [e for _, e, _ in record.events(EngineeringRun)] == [EngineeringRun("emma (engineer)", "new pads")]
    assert said in wait_until(lambda: _report(folder), "no report")
    assert any(job in line and said in line for line in seat.command("runs", "list").stdout.splitlines())


def _report(folder: Path) -> str:
    path = folder / "report.html"
    return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Client]:
    """A daemon of a tool that is not simulated, whose instruments are not there."""
    add(tmp_path / "users.yaml", "otto", PEOPLE["otto"], PIN, "")
    command = [sys.executable, "-c", MAIN, "serve", "--live", "--recipes", str(RECIPES)]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    socket = tmp_path / "run" / "packaging-line.sock"
    try:
        wait_until(lambda: socket.exists() or process.poll() is not None, "no daemon")
        with Client(socket, "test") as client:
            yield client
    finally:
        end(Seat(process, tmp_path, {}, ""))


def test_the_daemon_of_a_real_tool_takes_only_what_is_released(real: Client, tmp_path: Path) -> None:
    assert real.greeting["simulated"] is False
    refused = refusal(real, "load", recipe="passes")
    assert (refused.code, "never signed" in refused.message) == (Code.RELEASE, True)
    assert "springback recipe sign passes" in refused.fix

    assert real.call("load", recipe="passes", engineering="new pads")["recipe"] == "passes"
    assert [job["engineering"] for job in real.call("status")["queue"]] == ["new pads"]
    ledger = tmp_path / "runs" / SITE / LEDGER
    ledger.parent.mkdir(parents=True, exist_ok=True)
    ledger.write_bytes(b"no record")
    assert real.call("recipes")["states"]["passes"] == "unknown"  # it still shows what there is
    assert real.call("check", recipe="passes")["release"]["fix"] == "springback verify --all"
    assert "releases.sqlite" in refusal(real, "load", recipe="passes").message

    real.call("login", user="otto", pin=PIN)
    assert refusal(real, "load", recipe="passes", engineering="new pads").code == Code.ROLE


def test_a_daemon_with_a_key_signs_what_it_closes(tmp_path: Path) -> None:
    key = make(tmp_path / "site.key", tmp_path / "runs")
    text = config_file("tool.yaml").read_text(encoding="utf-8")
    (tmp_path / "tool.yaml").write_text(f"{text}\nsite_key: site.key\n", encoding="utf-8")
    with serving(tmp_path, "--tool", "tool.yaml") as seat, seat.client() as client:
        picture = client.attach()
        client.call("start", recipe="passes")
        folder = Path(follow(client, picture, lambda p: p.state["last"])["folder"])
        wait_until(lambda: signed_by(folder / "run.sqlite"), "no signature")

    keys = public_keys(*keys_in(tmp_path / "runs"))
    assert check(folder / "run.sqlite", verify(folder / "run.sqlite").head.hex(), keys) == Signed(key.id)
    assert objections(tmp_path / "runs") == []
