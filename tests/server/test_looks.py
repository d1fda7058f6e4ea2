"""What clients may look at: recipes before they run, what is permitted, limits; a look changes nothing."""

from __future__ import annotations

from controller.server.protocol import Code
from tests.server.seat import Seat, refusal, wait_until


def test_a_recipe_is_checked_and_shown_without_being_queued(seat: Seat) -> None:
    with seat.logged_in("olga") as client:
        told = client.call("check", recipe="seat", set={"wait": "30 s"})
        refused = refusal(client, "check", recipe="nothing")
        status = client.call("status")

    assert [(step["name"], step["dwell_s"]) for step in told["steps"]] == [("Ask", 0.0), ("Wait", 30.0)]
    assert told["parameters"]["wait"]["max"] == 1200.0
    assert refused.code == Code.RECIPE
    assert refused.data["problems"]
    assert (status["job"], status["queue"]) == (None, [])


def test_what_is_not_permitted_says_what_fixes_it(seat: Seat) -> None:
    with seat.client() as client:
        wait_until(lambda: not client.call("status")["down"], "the station is not open")
        found = {permissive["id"]: permissive for permissive in client.call("permissives")["permissives"]}

    shot = found["disp.shot"]
    assert shot["met"] is False
    assert "mold.part_present" in shot["unmet"]
    assert shot["fix"]
    assert shot["gates"]


def test_limits_in_force_and_the_begin_of_a_step_stand_in_the_state(seat: Seat) -> None:
    with seat.client() as client:
        wait_until(lambda: client.call("status")["limits"], "the station is not open")
        assert client.call("status")["limits"]["press.pressure"] == [0.0, 550.0]

        client.call("start", recipe="seat")
        step = wait_until(lambda: (client.call("status")["job"] or {}).get("step"), "no step begins")
        assert step["since_utc"].startswith("20")
