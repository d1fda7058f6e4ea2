"""Notes between shifts: they stand until somebody takes over, whatever becomes of the daemon."""

from __future__ import annotations

import signal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from controller.record.events import Event, SiteAct
from controller.record.site import latest_acts
from controller.server.client import Client
from controller.server.handover import NOTES_MAX, Handovers
from controller.server.protocol import NOTE_MAX, Code, Refused
from controller.server.users import add
from tests.server.seat import PIN, Seat, end, follow, refusal, start

IDLE = {"job": None, "down": "", "trip": None, "alarms": [], "prompts": [], "queue": [], "lot": None, "interrupted": []}


def test_a_note_outlives_the_daemon_and_stands_until_somebody_takes_over(tmp_path: Path) -> None:
    add(tmp_path / "users.yaml", "otto", "operator", PIN, "")
    first = start(tmp_path)
    with Client(first.socket, "test") as client:
        picture = client.attach()
        client.call("start", recipe="seat")
        follow(client, picture, lambda p: p.state["prompts"])
        assert first.command("handover", "supply valve sticks").returncode == 0
        note = follow(client, picture, lambda p: p.state["notes"])[0]
        own = client.greeting["user"]
        assert (note["by"], note["text"]) == (f"{own} (engineer)", "supply valve sticks")
        assert note["situation"] == ["job seat v1 PROCESSING, step Ask", "Ask asks: mass"]
    end(first, signal.SIGKILL)

    second = start(tmp_path)
    try:
        with Client(second.socket, "test") as client:
            picture = client.attach()
            assert picture.state["notes"] == [note]
            assert "supply valve sticks" in second.command("handover", "--show").stdout
            assert "supply valve sticks" in second.command("status").stdout
            client.call("login", user="otto", pin=PIN)
            assert client.call("take_over") == {"notes": 1}
            follow(client, picture, lambda p: p.state["notes"] == [])
            assert refusal(client, "take_over").code == Code.STATE
    finally:
        end(second)

    acts = [act for act in latest_acts(tmp_path / "runs", 1) if act.act.startswith("handover")]
    assert [(act.act, act.facts["by"]) for act in acts] == [
        ("handover", f"{own} (engineer)"),
        ("handover_taken", "otto (operator)"),
    ]


def test_a_note_that_says_nothing_or_too_much_is_refused(seat: Seat) -> None:
    with seat.client() as client:
        assert refusal(client, "handover", text=" ").code == Code.PARAMS
        assert refusal(client, "handover", text="x" * (NOTE_MAX + 1)).code == Code.PARAMS
        assert refusal(client, "handover", text="two\nlines").code == Code.PARAMS
        assert seat.command("handover", "text", "--show").returncode == 2
        assert client.call("status")["notes"] == []


@given(st.lists(st.sampled_from(["leave", "take"]), max_size=60))
def test_what_the_journal_restores_is_what_stood(words: list[str]) -> None:
    acts: list[SiteAct] = []

    def enter(event: Event) -> None:
        facts = event.to_json()
        acts.append(SiteAct(facts.pop("kind"), "2026-11-22T06:00:00+00:00", facts))

    first, second = Handovers(enter), Handovers(acts.append)
    for n, word in enumerate(words):
        try:
            first.leave("otto (operator)", f"note {n}", IDLE) if word == "leave" else first.take("emma (engineer)")
        except Refused:
            assert len(first.to_json()) == (NOTES_MAX if word == "leave" else 0)
    second.restore(acts)

    assert [note["text"] for note in second.to_json()] == [note["text"] for note in first.to_json()]
