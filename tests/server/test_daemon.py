"""A daemon as its clients see it: attach, jobs, questions, words of people, each asked once and recorded."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from controller.cli.exits import Exit
from controller.record.events import Note, PersonRefused, PersonSaid, SiteAct
from controller.record.runfile import RunFile
from controller.record.site import CLOSED, objections
from controller.record.verify import verify
from controller.server.client import AsyncClient, Client, Refused, Unreachable
from controller.server.protocol import Code
from tests.cli.commands import at_terminal
from tests.server.seat import PEOPLE, PIN, Seat, follow, job_state, refusal, wait_until


def test_who_attaches_gets_everything_and_then_what_changes(seat: Seat) -> None:
    with seat.client() as client:
        picture = client.attach()

        assert client.greeting["simulated"] is True
        assert picture.tags["press.pressure"].unit == "kPa"
        assert {"line_plc", "press_pressure"} <= set(picture.state["instruments"])
        beat = picture.tags["line_plc.hb_plc"].value
        follow(client, picture, lambda p: p.tags["line_plc.hb_plc"].value != beat)


def test_a_job_asks_is_held_resumed_and_aborted(seat: Seat) -> None:
    with seat.client() as client, seat.logged_in("otto") as otto:
        picture = client.attach()
        started = client.call("start", recipe="seat")
        follow(client, picture, lambda p: [q["id"] for q in p.state["prompts"]] == ["Ask.mass"])

        assert refusal(otto, "answer", prompt="Ask.mass", value="12 g").code == Code.PARAMS
        assert otto.call("answer", prompt="Ask.mass", value="7.5 g") == {"prompt": "Ask.mass", "value": 7.5}
        follow(client, picture, lambda p: p.state["job"] and (p.state["job"]["step"] or {}).get("name") == "Wait")
        assert picture.state["prompts"] == []
        assert refusal(otto, "answer", prompt="Ask.mass", value="7.5 g").code == Code.STATE

        assert client.call("hold", reason="look")["state"] == "PROCESSING"
        follow(client, picture, lambda p: job_state(p) == "PAUSED")
        otto.call("resume")
        follow(client, picture, lambda p: job_state(p) == "PROCESSING")
        client.call("abort", reason="seen enough")
        follow(client, picture, lambda p: p.state["last"] and p.state["last"]["id"] == started["job"])

    last = picture.state["last"]
    assert (last["state"], last["by_person"], last["reason"]) == ("ABORTED", True, "seen enough")
    with RunFile(Path(last["folder"]) / "run.sqlite") as record:
        said = [(e.command, e.by.split()[0]) for _, e, _ in record.events() if isinstance(e, PersonSaid)]
        refused = [(e.command, e.by.split()[0]) for _, e, _ in record.events() if isinstance(e, PersonRefused)]
    own = client.greeting["user"]
    assert said == [("start", own), ("hold", own), ("resume", "otto"), ("abort", own)]
    assert refused == [("answer", "otto"), ("answer", "otto")]
    assert wait_until(lambda: (Path(last["folder"]) / "report.html").exists(), "no report")


def test_after_a_job_that_was_aborted_nothing_starts_by_itself(seat: Seat) -> None:
    with seat.client() as client:
        picture = client.attach()
        first = client.call("start", recipe="seat")["job"]
        second = client.call("start", recipe="seat", set={"wait": "1 s"})["job"]
        client.call("load", recipe="seat")
        follow(client, picture, lambda p: p.state["prompts"] and len(p.state["queue"]) == 2)
        assert [job["started"] for job in picture.state["queue"]] == [True, False]

        client.call("abort")
        follow(client, picture, lambda p: p.state["last"] and p.state["last"]["id"] == first)

        assert [job["started"] for job in picture.state["queue"]] == [False, False]
        client.call("start", job=second)
        follow(client, picture, lambda p: p.state["prompts"])
        client.call("answer", prompt="Ask.mass", value=7)
        follow(client, picture, lambda p: p.state["last"]["id"] == second)
        assert picture.state["last"]["state"] == "PROCESS_COMPLETE"
        assert picture.state["last"]["folder"] != ""


def test_an_alarm_is_acknowledged_and_one_that_does_not_stand_is_not(seat: Seat) -> None:
    with seat.client() as client:
        picture = client.attach()
        client.call("start", recipe="warns")
        follow(client, picture, lambda p: [alarm["state"] for alarm in p.state["alarms"]] == ["UNACKNOWLEDGED"])

        name = picture.state["alarms"][0]["name"]
        assert refusal(client, "acknowledge", alarm="nothing").code == Code.STATE
        assert client.call("acknowledge", alarm=name, reason="seen") == {"alarm": name}
        follow(client, picture, lambda p: p.state["alarms"][0]["state"] == "ACKNOWLEDGED")
        assert client.call("status")["job"]["state"] == "PROCESSING"


def test_after_a_trip_nothing_starts_before_somebody_has_reset_it(seat: Seat) -> None:
    with seat.client() as client:
        picture = client.attach()
        tripped = client.call("start", recipe="trips")["job"]
        follow(client, picture, lambda p: p.state["last"] and p.state["last"]["id"] == tripped)

        assert picture.state["last"]["state"] == "ABORTED"
        assert picture.state["trip"]["code"] == "monitor.cold"
        assert [alarm["code"] for alarm in picture.state["alarms"]] == ["monitor.cold"]
        assert "reset" in refusal(client, "start", recipe="seat").fix
        client.call("reset", reason="looked at it")
        follow(client, picture, lambda p: p.state["trip"] is None and p.state["alarms"] == [])
        client.call("start", recipe="seat")
        follow(client, picture, lambda p: p.state["prompts"])


def test_a_command_is_carried_out_once_for_each_token_and_id(seat: Seat) -> None:
    with seat.client("me") as one:
        first = one.call("load", id="7", recipe="seat")
    with seat.client("me") as again, seat.client("you") as other:
        assert again.call("load", id="7", recipe="seat") == first
        assert other.call("load", id="7", recipe="seat")["job"] != first["job"]
        assert len(again.call("status")["queue"]) == 2
        assert refusal(again, "unload", id="7", job=first["job"]).code == Code.ID


def test_who_comes_back_gets_the_events_that_were_missed(seat: Seat) -> None:
    with seat.client() as client:
        picture = client.attach()
    with seat.client() as other:
        other.call("logout")
        other.call("unload", job=other.call("load", recipe="seat")["job"])
    with seat.client() as client:
        missed = client.attach(picture.seq, picture.instance)
        strange = client.attach(picture.seq, "another start")

    assert [e["event"]["command"] for e in missed.events] == ["logout", "load", "unload"]
    assert [e["seq"] for e in missed.events] == list(range(picture.seq + 1, missed.seq + 1))
    assert len(strange.events) > 3


def test_what_cannot_run_is_refused_with_its_reasons(seat: Seat) -> None:
    with seat.client() as client:
        unknown = refusal(client, "start", recipe="seatt")
        outside = refusal(client, "start", recipe="../../seat")
        wrong = refusal(client, "start", recipe="seat", set={"wait": "2 h"})

        assert {r.code for r in (unknown, outside, wrong)} == {Code.RECIPE}
        assert "seat" in unknown.data["problems"][1]
        assert refusal(client, "hold").code == Code.STATE
        assert refusal(client, "hold", why="x").code == Code.PARAMS
        assert refusal(client, "hold", reason="a\nb").code == Code.PARAMS
        assert refusal(client, "explode").code == Code.METHOD
        assert client.call("status")["queue"] == []


def test_what_is_done_and_refused_outside_a_run_stands_in_the_site_journal(seat: Seat) -> None:
    with seat.logged_in("olga") as olga:
        assert refusal(olga, "start", recipe="seat").code == Code.ROLE

    acts = [(act.act, act.facts.get("command"), act.facts.get("by")) for act in site_acts(seat.folder)]
    assert ("person", "login", "olga (observer)") in acts
    assert ("person_refused", "start", "olga (observer)") in acts


def test_the_journal_has_the_head_of_every_closed_run(seat: Seat) -> None:
    with seat.client() as client:
        picture = client.attach()
        job = client.call("start", recipe="seat", set={"wait": "1 s"})["job"]
        follow(client, picture, lambda p: p.state["prompts"])
        client.call("answer", prompt="Ask.mass", value=7)
        follow(client, picture, lambda p: p.state["last"] and p.state["last"]["id"] == job)
    wait_until(lambda: (seat.folder / "runs" / job / "report.html").exists(), "no report")

    def head() -> str:
        closed = [act.facts for act in site_acts(seat.folder) if act.act == CLOSED]
        return next((facts["head_sha256"] for facts in closed if facts["run"] == job), "")

    assert wait_until(head, "the run was not entered") == verify(seat.folder / "runs" / job / "run.sqlite").head.hex()
    assert objections(seat.folder / "runs") == []


def site_acts(folder: Path) -> list[SiteAct]:
    acts: list[SiteAct] = []
    for path in sorted((folder / "runs" / "site").glob("*.sqlite")):
        with RunFile(path) as record:
            acts += [act for _, act, _ in record.events() if isinstance(act, SiteAct)]
    return acts


def test_a_wrong_pin_is_refused_and_makes_everybody_wait(seat: Seat) -> None:
    with seat.client() as client:
        wait_until(lambda: _makes_wait(client), "nobody has to wait")
        wait_until(lambda: _logs_in(client), "nobody may log in any more")
        assert client.call("logout")["role"] == "engineer"


def _makes_wait(client: Client) -> bool:
    """A wrong PIN, and at once the right one; False where it was not at once, and the pause was over."""
    assert refusal(client, "login", user="emma", pin="1174").code == Code.LOGIN
    try:
        client.call("login", user="emma", pin=PIN)
    except Refused as refused:
        return "wait" in refused.fix
    client.call("logout")
    return False


def _logs_in(client: Client) -> bool:
    try:
        return bool(client.call("login", badge="badge-mara")["user"] == "mara")
    except Refused:
        return False


async def test_calls_of_one_loop_run_side_by_side(seat: Seat) -> None:
    client = await AsyncClient.connect(seat.socket, "test")
    try:
        picture = await client.attach()
        await client.call("logout")
        while picture.apply(await client.news()) != "event":
            pass
        assert picture.events[-1]["event"]["command"] == "logout"
    finally:
        await client.close()
    with pytest.raises(Unreachable):
        await client.call("ping")


def test_the_commands_of_the_shell_say_what_the_daemon_says(seat: Seat) -> None:
    status = seat.command("status", "--json")
    held = seat.command("hold")
    wrong = seat.command("status", "--tool", "nothing")

    assert json.loads(status.stdout)["job"] is None
    assert (held.returncode, held.stderr.strip()) == (5, "error: hold: no job runs; nothing has to be done")
    assert wrong.returncode == 4
    assert "springback serve" in wrong.stderr


def test_a_second_daemon_of_the_same_tool_is_refused(seat: Seat) -> None:
    second = seat.command("serve", "--simulated")

    assert second.returncode == 5
    assert f"in use by process {seat.process.pid}" in second.stderr


def test_a_run_in_the_daemon_ends_with_the_exit_code_of_a_run(seat: Seat) -> None:
    run = seat.begin("run", "seat", "--attach", "packaging-line", "--set", "wait=1 s", "--json")
    assert run.stderr is not None
    told = iter(run.stderr.readline, "")
    assert any("springback answer 'Ask.mass' VALUE" in line for line in told)
    with seat.client() as client:
        client.call("answer", prompt="Ask.mass", value="5 g")
    out, err = run.communicate(timeout=60)

    assert run.returncode == 0, err
    assert json.loads(out)["state"] == "PROCESS_COMPLETE"


def test_an_attached_run_takes_its_labels_along(seat: Seat) -> None:
    run = seat.begin("run", "after", "--attach", "packaging-line", "--part-id", "W-77", "--lot", "L-9")
    _, err = run.communicate(timeout=60)

    assert run.returncode == Exit.REFUSED
    assert "part W-77: after needs seat passed: the part has no run of seat" in err


def test_an_attached_run_asks_at_its_terminal_and_ctrl_c_holds_then_aborts(seat: Seat) -> None:
    with at_terminal("run", "seat", "--attach", str(seat.socket)) as terminal:
        terminal.read_until("Ask: mass")
        terminal.type("12 g")
        terminal.read_until("is not a number 0 .. 10 g")
        terminal.type("5 g")
        terminal.read_until("step 2  Wait")
        terminal.process.send_signal(signal.SIGINT)
        terminal.read_until("PAUSED")
        terminal.process.send_signal(signal.SIGINT)
        code, out = terminal.end()

    assert code == 7
    assert "ABORTED" in out


def test_everybody_of_the_users_file_is_known(seat: Seat) -> None:
    for name, role in PEOPLE.items():
        with seat.logged_in(name) as client:
            assert client.call("status")["role"] == role


def test_a_job_on_a_part_that_is_not_ready_is_refused_with_what_was_found(seat: Seat) -> None:
    with seat.client() as client:
        why = refusal(client, "load", recipe="after", part="W-1")
        label = refusal(client, "load", recipe="seat", lot="L 7")
        loaded = client.call("load", recipe="seat", part="W-1", lot="L-7", carrier="C-1")
        queue = client.attach().state["queue"]
        client.call("unload", job=loaded["job"])

    assert (why.code, why.message) == (
        Code.STATE,
        "part W-1: after needs seat passed: the part has no run of seat; its runs: none; run seat with this part first",
    )
    assert label.code == Code.PARAMS
    assert [(job["part"], job["lot"], job["carrier"]) for job in queue] == [("W-1", "L-7", "C-1")]


def test_the_record_of_a_job_says_which_part_it_was(seat: Seat) -> None:
    with seat.client() as client:
        picture = client.attach()
        job = client.call("start", recipe="after", lot="L-8")["job"]
        follow(client, picture, lambda p: p.state["last"] and p.state["last"]["id"] == job)

    with RunFile(Path(picture.state["last"]["folder"]) / "run.sqlite") as record:
        notes = [event.text for _, event, _ in record.events() if isinstance(event, Note)]
        assert record.meta["lot"] == "L-8"
    assert any("after needs seat passed: not checked" in text for text in notes)
