"""Zaber's ASCII protocol: commands with message ids and checksums, replies, and lines that answer nothing.

A reply says that a command was accepted, not that the motion has ended. Units are the device's own.
"""

from __future__ import annotations

from typing import NamedTuple

from drivers.errors import GarbledReply, Refused
from drivers.links.request import Ask, Dialogue
from drivers.protocols.text import take_line

REASONS = {
    "AGAIN": "it cannot be done right now; try again when the axis is idle",
    "BADAXIS": "the device has no such axis",
    "BADCOMMAND": "the device does not know this command or setting",
    "BADDATA": "a value is out of range",
    "BADMESSAGEID": "the message id is not valid",
    "DEVICEONLY": "the command is for the device, not for an axis",
    "DRIVERDISABLED": "the driver has no power; check the supply and the enable chain",
    "FULL": "the device's memory for this is full",
    "LOCKSTEP": "the axis is locked to another one",
    "NOACCESS": "the setting needs a higher access level",
    "PARKED": "the axis is parked; unpark it first",
    "STATUSBUSY": "the axis is moving; stop it first",
}  # Zaber ASCII protocol manual, reply reasons


class Reply(NamedTuple):
    """What a device says about one command; `data` is the reason when it was rejected."""

    accepted: bool
    busy: bool
    flag: str  # `--`, or the most urgent warning flag
    data: str


class Talker:
    """Commands to one axis, numbered; a reply with another number is a late one and is passed over."""

    def __init__(self, device: int, axis: int) -> None:
        self._device = device
        self._axis = axis
        self._id = 99

    def do(self, command: str) -> Dialogue[Reply]:
        """Send a command such as `move abs 100`; raises Refused with Zaber's reason when it is rejected."""
        reply: Reply = yield self.ask(command)
        if not reply.accepted:
            reason = REASONS.get(reply.data, "look the reason up in the protocol manual")
            raise Refused(f"the stage rejected {command!r}: {reply.data}, {reason}")
        return reply

    def ask(self, command: str, *, whole_device: bool = False) -> Ask:
        """The next message; its reply is a Reply, rejections included."""
        self._id = (self._id + 1) % 100
        axis = 0 if whole_device else self._axis
        body = f"{self._device} {axis} {self._id:02d} {command}"
        start = f"@{self._device:02d} {axis} {self._id:02d} "

        def parse(buffer: bytearray) -> Reply | None:
            while (line := take_line(buffer)) is not None:
                if line[0] in "#!":  # information and alerts answer nothing
                    continue
                check(line)
                if line.startswith(start):
                    return read_reply(line)
            return None

        return Ask(f"/{body}:{checksum(body)}\r\n".encode("ascii"), parse)


def checksum(body: str) -> str:
    """Two hex digits that make the sum of the characters between start and colon zero."""
    return f"{-sum(body.encode('ascii')) & 0xFF:02X}"


def check(line: str) -> None:
    """Raise GarbledReply unless `line` is a reply with a good checksum."""
    body, colon, got = line[1:].rpartition(":")
    if line[0] != "@" or not colon or got != checksum(body):
        raise GarbledReply(f"line {line!r} is no reply with a good checksum; check baud rate and cable")


def read_reply(line: str) -> Reply:
    """The fields of a checked line."""
    fields = line.rpartition(":")[0].split(" ", 6)
    if len(fields) < 6 or fields[3] not in ("OK", "RJ") or fields[4] not in ("BUSY", "IDLE"):
        raise GarbledReply(f"line {line!r}: wanted OK or RJ, BUSY or IDLE, a flag and data")
    return Reply(fields[3] == "OK", fields[4] == "BUSY", fields[5], fields[6] if len(fields) > 6 else "")
