"""Choose the channel for a link of the tool file. The only place that knows all kinds of links."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from drivers.links.request import Channel
from drivers.links.serial import SerialChannel, SerialSettings
from drivers.links.stream import StreamChannel
from drivers.links.termination import termination
from drivers.links.visa import VisaChannel

LINKS = ("modbus-tcp", "tcp", "modbus-rtu", "serial", "visa")
KEYS = (
    "link", "address", "baud", "bytesize", "parity", "stopbits", "echo",
    "read_termination", "write_termination", "visa_backend",
)  # fmt: skip


def make_channel(spec: Mapping[str, Any]) -> Channel:
    """Make the channel for `spec` (see KEYS; others are not looked at); nothing is opened yet.

    `mem:<name>` as address stands in for any link, and `tcp://host:port` for a serial one behind a serial server.
    ValueError says what is wrong with the spec.
    """
    link, address = spec.get("link"), spec.get("address")
    if link not in LINKS:
        near = difflib.get_close_matches(str(link), LINKS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"link {link!r} is not known{hint} (known: {', '.join(LINKS)})")
    if not isinstance(address, str) or not address:
        raise ValueError(f"the {link} link has no address")
    if address.startswith("mem:"):
        return StreamChannel(address, "memory", reopen_on_reset=link in ("tcp", "visa"))
    if address.startswith("tcp://") or link in ("modbus-tcp", "tcp"):
        return StreamChannel(address, link, reopen_on_reset=link != "modbus-tcp")
    if link == "visa":
        return _visa(address, spec)
    return SerialChannel(address, link, serial_settings(spec), echo=bool(spec.get("echo", False)))


def serial_settings(spec: Mapping[str, Any]) -> SerialSettings:
    """The line settings that `spec` gives, the usual ones for the rest."""
    return SerialSettings(**{key: spec[key] for key in ("baud", "bytesize", "parity", "stopbits") if key in spec})


def _visa(address: str, spec: Mapping[str, Any]) -> VisaChannel:
    missing = [key for key in ("read_termination", "write_termination") if key not in spec]
    if missing:
        raise ValueError(
            f"the visa link to {address} needs {' and '.join(missing)} (CR, LF or CRLF): backends disagree on defaults,"
            " and with a wrong one every question ends in a time-out"
        )
    return VisaChannel(
        address,
        read_termination=termination(spec["read_termination"]),
        write_termination=termination(spec["write_termination"]),
        serial=serial_settings(spec),
        backend=spec.get("visa_backend", "@py"),
    )
