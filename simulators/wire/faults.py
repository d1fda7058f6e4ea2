"""Faults of the wire between an instrument and the world: what was answered is lost, late or damaged.

Whoever plays a scenario sets the fields of a `WireFault` and clears them; nothing here decides when.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.wire.firmware import Answer, Firmware

DAMAGE = 0x55  # bits that a garbled byte has flipped


@dataclass(slots=True)
class WireFault:
    """What is wrong with the wire of one instrument now; the fresh object is a good wire.

    `silent`: requests do not reach the instrument. `late_s`: each answer comes so much later (0.5 outlives the usual
    deadlines). `garble`: one byte of each answer is damaged, another one each time. `drop_every`: each n-th answer is
    lost although the instrument has obeyed; 0 is never.
    """

    silent: bool = False
    late_s: float = 0.0
    garble: bool = False
    drop_every: int = 0
    answers: int = 0  # seen while a fault was set

    def clear(self) -> None:
        """Repair the wire."""
        self.silent = self.garble = False
        self.late_s = 0.0
        self.drop_every = self.answers = 0

    def pass_on(self, answer: Answer) -> Answer | None:
        """What the wire makes of an answer; None when it is lost."""
        if not (self.silent or self.late_s or self.garble or self.drop_every):
            return answer
        self.answers += 1
        if self.silent or (self.drop_every and self.answers % self.drop_every == 0):
            return None
        data = damaged(answer.data, self.answers) if self.garble else answer.data
        return Answer(data, answer.delay_s + self.late_s)


def damaged(data: bytes, turn: int) -> bytes:
    """The bytes with one of them flipped; `turn` chooses which."""
    if not data:
        return data
    at = turn % len(data)
    return data[:at] + bytes((data[at] ^ DAMAGE,)) + data[at + 1 :]


@dataclass(slots=True)
class WireFaults:
    """The faults of a station by instrument id; an instrument nobody asked about has a good wire."""

    by_instrument: dict[str, WireFault] = field(default_factory=dict)

    def of(self, instrument: str) -> WireFault:
        """The one fault object of an instrument: servers keep it, scenarios change it."""
        return self.by_instrument.setdefault(instrument, WireFault())


class Faulty:
    """Firmware of one instrument behind a wire that may fail."""

    def __init__(self, firmware: Firmware, instrument: str, faults: WireFaults) -> None:
        self._firmware = firmware
        self._fault = faults.of(instrument)

    def receive(self, data: bytes) -> list[Answer]:
        """As the instrument's own `receive`, minus what the wire loses."""
        fault = self._fault
        if fault.silent:
            return []
        answers = self._firmware.receive(data)
        if not (fault.late_s or fault.garble or fault.drop_every):
            return answers
        return [passed for answer in answers if (passed := self._fault.pass_on(answer)) is not None]
