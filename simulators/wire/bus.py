"""Several Modbus units on one RS-485 pair, served as one firmware.

Each unit answers only to its own id; a broadcast (unit 0) is obeyed by all and answered by none. Faults act per unit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from simulators.protocols.modbus import RegisterModel, RtuRequests, respond, rtu_frame
from simulators.wire.faults import WireFaults
from simulators.wire.firmware import Answer

BROADCAST = 0


@dataclass(frozen=True, slots=True)
class BusUnit:
    """A device on the pair: its id in the station (for faults) and its registers."""

    instrument: str
    model: RegisterModel


class RtuBus:
    """Firmware of a shared Modbus RTU line.

    `units` by Modbus unit id, 1..247. `clock` in seconds. `turnaround_s`: time from the end of a request to the
    first byte of the answer.
    """

    def __init__(
        self,
        units: Mapping[int, BusUnit],
        clock: Callable[[], float],
        faults: WireFaults | None = None,
        turnaround_s: float = 0.002,
    ) -> None:
        faults = faults or WireFaults()
        self._units = {unit: (slot.model, faults.of(slot.instrument)) for unit, slot in units.items()}
        self._requests = RtuRequests(clock)
        self._turnaround_s = turnaround_s

    def receive(self, data: bytes) -> list[Answer]:
        """Answers of the units that were asked and whose wire is good."""
        answers = []
        for unit, pdu in self._requests.feed(data):
            if unit == BROADCAST:
                self._broadcast(pdu)
                continue
            slot = self._units.get(unit)
            if slot is None or slot[1].silent:
                continue
            reply = Answer(rtu_frame(unit, respond(slot[0], pdu)), self._turnaround_s)
            passed = slot[1].pass_on(reply)
            if passed is not None:
                answers.append(passed)
        return answers

    def _broadcast(self, pdu: bytes) -> None:
        for model, fault in self._units.values():
            if not fault.silent:
                respond(model, pdu)
