"""A lot is loaded once, and each job takes one of its parts; nothing is given twice and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.record.runfile import RunFile
from controller.record.site import latest_acts
from controller.server.lot import PARTS_MAX, Lots, part_ids
from controller.server.protocol import Code, Refused
from controller.start import Piece
from tests.server.seat import Seat, follow, refusal


def test_jobs_take_the_parts_of_the_lot_and_records_name_them(seat: Seat) -> None:
    with seat.client() as client:
        picture = client.attach()
        assert seat.command("lot", "load", "HX2231", "--parts", "2", "--carrier", "C-0418").returncode == 0
        assert "next HX2231/01" in seat.command("lot", "show").stdout
        assert refusal(client, "load_lot", lot="HX2232", parts="1").fix == "unload it first"
        first = client.call("load", recipe="seat")
        second = client.call("load", recipe="seat")
        labels = {key: first[key] for key in ("part", "lot", "carrier")}
        assert labels == {"part": "HX2231/01", "lot": "HX2231", "carrier": "C-0418"}
        assert refusal(client, "load", recipe="seat").message == "lot HX2231 has no part left"
        assert refusal(client, "unload_lot").fix == "take them out of the queue"
        client.call("unload", job=second["job"])
        follow(client, picture, lambda p: (p.state["lot"] or {}).get("next") == {**labels, "part": "HX2231/02"})

        client.call("start", job=first["job"])
        follow(client, picture, lambda p: p.state["prompts"])
        assert picture.state["job"]["part"] == "HX2231/01"
        client.call("abort")
        follow(client, picture, lambda p: p.state["last"] and p.state["last"]["id"] == first["job"])
        assert client.call("unload_lot") == {"lot": "HX2231, 1 parts left"}
        assert picture.state["job"] is None

    with RunFile(Path(picture.state["last"]["folder"]) / "run.sqlite") as record:
        assert {key: record.meta[key] for key in labels} == labels
    said = [a.facts["reason"] for a in latest_acts(seat.folder / "runs", 1) if a.facts.get("command") == "load_lot"]
    assert "HX2231, 2 parts, carrier C-0418" in said


@pytest.mark.parametrize(
    ("lot", "parts"),
    [("HX 2231", "2"), ("", "2"), ("HX", "0"), ("HX", str(PARTS_MAX + 1)), ("HX", ""), ("HX", "a,a"), ("HX", "a,b c")],
)
def test_what_is_no_lot_is_refused_and_none_is_loaded(lot: str, parts: str) -> None:
    lots = Lots()
    with pytest.raises(Refused) as refused:
        lots.load(lot, parts, "", "otto")

    assert refused.value.code == Code.PARAMS
    assert lots.to_json() is None


@given(st.lists(st.sampled_from(["take", "back"]), max_size=40), st.integers(1, 8))
def test_no_part_is_given_twice_or_lost(words: list[str], n: int) -> None:
    lots, given_out = Lots(), list[Piece]()
    lots.load("HX", str(n), "", "otto")
    for word in words:
        if word == "back" and given_out:
            lots.give_back(given_out.pop(len(words) % len(given_out)))
        elif word == "take" and len(given_out) < n:
            given_out.append(lots.take())

        state = json.loads(json.dumps(lots.to_json()))
        assert len({piece.part for piece in given_out}) == len(given_out)
        assert state["left"] + len(given_out) == n
        out = [piece.part for piece in given_out]
        first = next((part for part in part_ids("HX", str(n)) if part not in out), None)
        assert (state["next"] or {}).get("part") == first
