"""The words between the daemon and its clients: JSON-RPC 2.0, one object a line, on a local socket.

Both sides import this file, so it needs nothing but the standard library. What the methods do is the daemon's business;
docs/reference/daemon-protocol.md says what they mean.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NoReturn

PROTOCOL = 1  # a client and a daemon that differ do not talk
LINE_MAX = 64 * 1024  # bytes of a line that a client may send
NOTE_MAX = 1000  # characters of a handover note
ANSWER_MAX = 4 * 1024 * 1024  # bytes of a line that the daemon may send
CLIENTS_MAX = 32  # connections at a time
FRAMES_HZ = 10.0  # tag frames per second of the wall, at most
HELLO_S = 2.0  # for a client to say hello
IDLE_S = 60.0  # a client that says nothing for so long is let go
PING_S = 15.0  # a client that only watches says this often that it is there
BURST = 32  # lines that one client may send at once ...
LINES_HZ = 200.0  # ... and per second for ever; further lines wait


class Code(IntEnum):
    """Error codes: those of JSON-RPC, then ours."""

    PARSE = -32700
    REQUEST = -32600
    METHOD = -32601
    PARAMS = -32602
    BUG = -32603
    VERSION = 1  # the other side speaks another version
    HELLO = 2  # hello must come first, and once
    ROLE = 3  # who asks may not do this
    STATE = 4  # not possible now
    RECIPE = 5  # the recipe must not run; data.problems says why
    LOGIN = 6  # user, PIN or badge are wrong
    ID = 7  # this id was used for another command
    TOO_MANY = 8  # clients
    RELEASE = 9  # the recipe is not released, or cannot be


class Refused(Exception):
    """The daemon said no: `code`, a sentence, what to do, and what belongs to it."""

    def __init__(self, code: int, message: str, fix: str = "", data: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{message}; {fix}" if fix else message)
        self.code, self.message, self.fix, self.data = code, message, fix, dict(data or {})

    def to_json(self) -> dict[str, Any]:
        """The `error` of an answer."""
        return {"code": int(self.code), "message": self.message, "data": {**self.data, "fix": self.fix}}

    @classmethod
    def from_json(cls, error: Any) -> Refused:
        """What `to_json` wrote, and whatever else a peer may send."""
        if not isinstance(error, dict):
            return cls(Code.BUG, "the daemon answered with something that is no error object")
        data = error.get("data")
        rest = dict(data) if isinstance(data, dict) else {}
        return cls(int(error.get("code", Code.BUG)), str(error.get("message", "")), str(rest.pop("fix", "")), rest)


def encode(message: Mapping[str, Any]) -> bytes:
    """One line. ValueError for a number that is none: no NaN crosses the socket."""
    return json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The object of a line; Refused for everything else, however it is made."""
    try:
        message = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Refused(Code.PARSE, f"this line is no JSON: {str(error)[:80]}", "send one object a line") from None
    if not isinstance(message, dict):
        raise Refused(Code.REQUEST, "a line holds one object", "batches and bare values are not taken")
    return message


def request(id: str, method: str, params: Mapping[str, Any]) -> bytes:
    """A request of a client."""
    return encode({"id": id, "method": method, "params": params})


def notification(method: str, params: Mapping[str, Any]) -> bytes:
    """News of the daemon, which nobody answers."""
    return encode({"method": method, "params": params})


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number")
