"""What happens when a client, a line, a daemon or the agreement between them is lost. Real sockets, real processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.record.fold import summary_of
from controller.record.runfile import RunFile
from controller.record.site import objections
from controller.server.client import Client, Refused, Unreachable
from controller.server.protocol import CLIENTS_MAX, LINE_MAX, PROTOCOL, Code
from tests.cli.commands import simulated_station
from tests.server.seat import (
    PIN,
    Seat,
    closed,
    end,
    follow,
    job_state,
    line,
    read_line,
    refusal,
    serving,
    start,
    wait_until,
)  # fmt: skip

WATCHER = """
import sys
from pathlib import Path
from controller.server.client import Client
with Client(Path(sys.argv[1]), "watcher") as client:
    picture = client.attach()
    print("attached", flush=True)
    while True:
        news = client.news(60.0)
        if news is not None:
            picture.apply(news)
"""


def watcher(seat: Seat) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(seat.socket)], stdout=subprocess.PIPE, text=True, env=seat.environment
    )
    assert process.stdout is not None and process.stdout.readline() == "attached\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_client_that_is_killed_or_stopped_changes_nothing(seat: Seat, number: signal.Signals) -> None:
    watching = watcher(seat)
    try:
        watching.send_signal(number)
        with seat.client() as client:
            picture = client.attach()
            client.call("start", recipe="seat")
            follow(client, picture, lambda p: p.state["prompts"])
            client.call("abort")
            follow(client, picture, lambda p: p.state["last"] and job_state(p) == "")
            assert picture.missed_frames == picture.missed_events == 0
    finally:
        watching.kill()
        watching.communicate()


def test_a_socket_that_closes_in_the_middle_of_a_line_changes_nothing(seat: Seat) -> None:
    plain = seat.raw()
    plain.sendall(line(id="1", method="load", params={"recipe": "seat"})[:-5])
    plain.close()

    with seat.client() as client:
        assert client.call("status")["queue"] == []


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"garbage\n", Code.PARSE),
        (b"\xff\xfe\x00\n", Code.PARSE),
        (b"[" * 50_000 + b"\n", Code.PARSE),
        (b'{"id": "1", "method": "hold", "params": {"reason": NaN}}\n', Code.PARSE),
        (b'[{"id": "1", "method": "ping"}]\n', Code.REQUEST),
        (b'{"id": 1, "method": "ping"}\n', Code.REQUEST),
        (b'{"id": "1"}\n', Code.REQUEST),
        (b'{"id": "1", "method": "hold", "params": []}\n', Code.PARAMS),
        (b'{"id": "1", "method": "hold", "params": {"reason": "\\ud800"}}\n', Code.PARAMS),
        (b'{"id": "1", "method": "hold", "params": {"reason": "' + b"x" * 60_000 + b'"}}\n', Code.PARAMS),
        (b'{"id": "1", "method": "hello", "params": {"protocol": 1, "token": "again"}}\n', Code.HELLO),
    ],
)
def test_a_line_that_is_no_request_is_answered_and_the_next_one_is_served(seat: Seat, sent: bytes, code: Code) -> None:
    with seat.raw() as plain:
        plain.sendall(sent + line(id="2", method="ping", params={}))

        answers = [read_line(plain), read_line(plain)]  # a refusal is written into the journal first
        assert [answer["error"]["code"] for answer in answers if "error" in answer] == [code]
        assert {"jsonrpc": "2.0", "id": "2", "result": {}} in answers


def test_a_line_that_is_too_long_ends_the_connection(seat: Seat) -> None:
    with seat.raw() as plain:
        plain.sendall(b"x" * (LINE_MAX + 2))

        assert "at most" in read_line(plain)["error"]["message"]
        assert closed(plain)


def test_who_says_nothing_at_all_is_let_go(seat: Seat) -> None:
    with seat.raw(hello=False) as plain:
        assert closed(plain)


def test_nothing_but_hello_comes_first(seat: Seat) -> None:
    with seat.raw(hello=False) as plain:
        plain.sendall(line(id="1", method="abort", params={}))

        assert read_line(plain)["error"]["code"] == Code.HELLO


def test_who_greets_as_an_observer_is_one_until_a_login_and_again_after_it(seat: Seat) -> None:
    def ask(plain: socket.socket, id: str, method: str, **params: object) -> dict[str, Any]:
        plain.sendall(line(id=id, method=method, params=params))
        return read_line(plain)

    with seat.raw(hello=False) as plain:
        assert ask(plain, "0", "hello", protocol=PROTOCOL, token="t", observer="yes")["error"]["code"] == Code.PARAMS
        assert ask(plain, "1", "hello", protocol=PROTOCOL, token="t", observer=True)["result"]["role"] == "observer"
        assert ask(plain, "2", "start", recipe="seat")["error"]["code"] == Code.ROLE
        assert ask(plain, "3", "login", user="otto", pin=PIN)["result"]["role"] == "operator"
        assert ask(plain, "4", "logout")["result"]["role"] == "observer"


def test_another_version_is_refused_in_plain_words(seat: Seat) -> None:
    with seat.raw(hello=False) as plain:
        plain.sendall(line(id="1", method="hello", params={"protocol": PROTOCOL + 1, "token": "t"}))

        error = read_line(plain)["error"]
        assert error["code"] == Code.VERSION
        assert f"speaks protocol {PROTOCOL}, you speak {PROTOCOL + 1}" in error["message"]
        assert closed(plain)


def test_a_client_too_many_is_refused_and_the_others_stay(seat: Seat) -> None:
    with seat.client() as first:
        others = []
        try:
            with pytest.raises((Refused, Unreachable)):
                for _ in range(CLIENTS_MAX):
                    others.append(seat.client())
            assert len(others) >= CLIENTS_MAX - 4  # those of other tests may not have been let go yet
            first.ping()
        finally:
            for other in others:
                other.close()
        wait_until(lambda: _connects(seat), "nobody may connect any more")


def _connects(seat: Seat) -> bool:
    try:
        with seat.client():
            return True
    except (Refused, Unreachable):
        return False


def test_who_asks_too_fast_waits_and_the_others_do_not(seat: Seat) -> None:
    with seat.raw() as plain, seat.client() as client:
        plain.sendall(b"".join(line(id=str(i), method="ping", params={}) for i in range(200)))

        client.ping()
        assert [read_line(plain)["id"] for _ in range(200)] == [str(i) for i in range(200)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
            ).map(lambda value: line(id="x", method="load", params=value)),
            st.builds(
                lambda method, key, value: line(id="y", method=method, params={key: value}),
                st.sampled_from(
                    ["hold", "start", "load", "answer", "attach", "unload", "reset", "recipes", "resume_run"]
                ),
                st.sampled_from(["reason", "recipe", "job", "set", "prompt", "since", "value", "run"]),
                st.none() | st.integers() | st.text(max_size=30) | st.dictionaries(st.text(max_size=5), st.text()),
            ),
        ),
        max_size=8,
    )
)
def test_no_line_takes_the_daemon_down(shared: Seat, lines: list[bytes]) -> None:
    with shared.raw() as plain, shared.client() as client:
        plain.sendall(b"\n".join(lines) + b"\n")
        client.ping()
    assert shared.process.poll() is None


# ---------------------------------------------------------------------------------------------- the daemon itself
@pytest.mark.long
def test_a_live_run_goes_to_the_daemon_of_the_tool_and_without_one_owns_it(tmp_path: Path) -> None:
    with simulated_station(tmp_path) as (_, tool):
        daemon = start(tmp_path, "--tool", str(tool), owns="--live")
        live = tmp_path / "run" / "packaging-line.sock"
        try:
            attached = daemon.command("run", "trips", "--live", "--tool", str(tool), "--json")
            assert (attached.returncode, json.loads(attached.stdout)["state"]) == (6, "ABORTED"), attached.stderr
            assert "SIMULATED" in daemon.command("status", "--tool", str(live)).stdout
            other = daemon.command("serve", "--live", "--tool", str(tool))
            assert (other.returncode, "in use by process" in other.stderr) == (5, True)
        finally:
            end(daemon)
        alone = daemon.command("run", "smoke", "--live", "--tool", str(tool), "--json")

    assert (alone.returncode, json.loads(alone.stdout)["verdict"]) == (0, "PASS"), alone.stderr


def test_a_daemon_that_was_killed_leaves_nothing_behind_that_stops_the_next(tmp_path: Path) -> None:
    first = start(tmp_path)
    with Client(first.socket, "test") as client:
        picture = client.attach()
        client.call("start", recipe="seat")
        follow(client, picture, lambda p: p.state["prompts"])
        end(first, signal.SIGKILL)
        with pytest.raises(Unreachable):
            while True:
                client.news(1.0)
    with pytest.raises(Unreachable, match="has ended"):
        Client(first.socket, "test")

    second = start(tmp_path)
    try:
        with Client(second.socket, "test") as client:
            status = client.call("status")
            again = client.attach(picture.seq, picture.instance)
            assert (status["job"], status["queue"]) == (None, [])  # nothing resumes by itself
            assert again.instance != picture.instance
            assert refusal(client, "answer", prompt="Ask.mass", value=1).code == Code.STATE
            follow(client, again, lambda p: p.state["instruments"])
            client.call("start", recipe="seat")
            follow(client, again, lambda p: p.state["prompts"])
        assert end(second) == 0  # SIGTERM aborts through the gate
    finally:
        end(second, signal.SIGKILL)

    killed, ended = sorted(path.parent for path in (tmp_path / "runs").glob("*/run.sqlite"))
    assert f"{killed.name} was interrupted" in second.said
    with RunFile(killed / "run.sqlite") as record:
        assert summary_of(record).end_reason == "interrupted"
    assert objections(tmp_path / "runs") == []
    with RunFile(ended / "run.sqlite") as record:
        assert record.ended
        kinds = [event.to_json() for _, event, _ in record.events()]
    assert kinds[-1]["state"] == "ABORTED"
    assert any(e["kind"] == "note" and e["text"].startswith("safe:") for e in kinds) or kinds[-1]["reason"]
    assert "SIGTERM" in kinds[-1]["reason"]
    assert not second.socket.exists()


def test_a_socket_that_nobody_serves_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "dead.sock"
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))

    with pytest.raises(Unreachable, match="springback serve"):
        Client(path, "test")
    with pytest.raises(Unreachable, match="springback serve"):
        Client(tmp_path / "none.sock", "test")


def test_the_socket_and_the_lock_are_for_their_user_only(seat: Seat) -> None:
    modes = {path.suffix: path.stat().st_mode & 0o777 for path in seat.socket.parent.iterdir()}

    assert modes == {".sock": 0o600, ".lock": 0o600}
    assert seat.socket.parent.stat().st_mode & 0o777 == 0o700
    assert seat.socket.parent.stat().st_uid == os.getuid()


def test_an_instrument_that_falls_silent_while_nothing_runs_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, "--fault", "press_pressure=silent@10s") as seat, seat.client() as client:
        picture = client.attach()
        follow(client, picture, lambda p: p.state["instruments"])
        assert not any(about["lost"] for about in picture.state["instruments"].values())
        follow(client, picture, lambda p: (p.state["instruments"].get("press_pressure") or {}).get("lost"))

        assert [name for name, about in picture.state["instruments"].items() if about["lost"]] == ["press_pressure"]
        assert (picture.state["job"], picture.state["down"]) == (None, "")
        assert "lost     press_pressure" in seat.command("status").stdout
