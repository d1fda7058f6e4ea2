"""What a wire server asks of an instrument's firmware: bytes in, answers out. No sockets, no waiting."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Answer(NamedTuple):
    """Bytes that the instrument sends, `delay_s` after the last byte of the request has arrived."""

    data: bytes
    delay_s: float = 0.0


class Firmware(Protocol):
    """One instrument, or one bus with several, as seen from its connector."""

    def receive(self, data: bytes) -> list[Answer]:
        """Take the bytes that arrived (any split of the stream) and return what is sent back, in order.

        Keeps its own input buffer; incomplete requests return an empty list. Never raises on bad bytes: answers, or
        stays silent, as the real instrument does.
        """
        ...


class PlantPorts(Protocol):
    """The plant as an instrument sees it; names and units are those of `simulators.channels`."""

    def sense(self, channel: str) -> float:
        """Value of a sensor now, with lag, noise and quantisation; reading never changes the trajectory."""
        ...

    def drive(self, actuator: str, value: float) -> None:
        """Set an actuator; it acts from the next step of the plant's grid."""
        ...
