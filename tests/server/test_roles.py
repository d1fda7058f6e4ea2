"""Every role with every command, over the socket; the table here is written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from controller.server.client import Refused
from controller.server.protocol import Code
from controller.server.roles import MAY, ROLES
from tests.server.seat import Seat

#                 observer operator engineer maintenance
TABLE = {
    "attach":      (True,  True,  True,  True),
    "status":      (True,  True,  True,  True),
    "recipes":     (True,  True,  True,  True),
    "check":       (True,  True,  True,  True),
    "permissives": (True,  True,  True,  True),
    "hold":        (True,  True,  True,  True),
    "stop":        (True,  True,  True,  True),
    "abort":       (True,  True,  True,  True),
    "resume":      (False, True,  True,  False),
    "interrupted": (True,  True,  True,  True),
    "resume_run":  (False, True,  True,  False),
    "load":        (False, True,  True,  False),
    "start":       (False, True,  True,  False),
    "unload":      (False, True,  True,  False),
    "set":         (False, False, True,  False),
    "sign":        (False, False, True,  False),
    "release":     (False, False, True,  False),
    "retire":      (False, False, True,  False),
    "engineering": (False, False, True,  False),
    "redo":        (False, False, True,  False),
    "skip":        (False, False, True,  False),
    "step":        (False, False, True,  False),
    "acknowledge": (False, True,  True,  True),
    "shelve":      (False, False, True,  True),
    "unshelve":    (False, False, True,  True),
    "answer":      (False, True,  True,  True),
    "reset":       (False, True,  True,  True),
    "load_lot":    (False, True,  True,  False),
    "unload_lot":  (False, True,  True,  False),
    "handover":    (False, True,  True,  True),
    "take_over":   (False, True,  True,  True),
    "login":       (True,  True,  True,  True),
    "logout":      (True,  True,  True,  True),
}  # fmt: skip
PARAMS: dict[str, dict[str, Any]] = {
    "load": {"recipe": "nothing"}, "check": {"recipe": "nothing"}, "start": {"recipe": "nothing"},
    "unload": {"job": "nothing"}, "interrupted": {"run": "nothing"}, "resume_run": {"run": "nothing", "move": "redo"},
    "load_lot": {"lot": "!", "parts": "1"},
    "sign": {"recipe": "nothing", "reason": "test"}, "release": {"recipe": "nothing", "reason": "test"},
    "retire": {"recipe": "nothing", "reason": "test"},
    "answer": {"prompt": "nothing", "value": 1},
}  # fmt: skip
PEOPLE = {"observer": "olga", "operator": "otto", "engineer": "emma", "maintenance": "mara"}


def test_the_table_names_every_command_and_every_role() -> None:
    assert set(TABLE) == set(MAY)
    assert list(PEOPLE) == list(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_the_table_says_and_nothing_else(seat: Seat, role: str) -> None:
    column = list(PEOPLE).index(role)
    found = {}
    with seat.logged_in(PEOPLE[role]) as client:
        for command in (c for c in TABLE if c not in ("set", "engineering", "login", "logout")):
            found[command] = _allowed(client, command, **PARAMS.get(command, {}))
        found["set"] = _allowed(client, "load", recipe="seat", set={"wait": "5 s"})
        found["engineering"] = _allowed(client, "load", recipe="nothing", engineering="test")
        found["login"] = _allowed(client, "login")
        found["logout"] = _allowed(client, "logout")

    assert found == {command: row[column] for command, row in TABLE.items()}


def _allowed(client: Any, command: str, **params: Any) -> bool:
    try:
        client.call(command, **params)
    except Refused as refused:
        return refused.code != Code.ROLE
    return True
