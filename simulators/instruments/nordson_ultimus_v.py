"""Simulated Nordson EFD Ultimus V time/pressure dispenser on its RS-232 port.

After the operating manual, appendix B: the ENQ/ACK conversation, the commands, and what they do to the air. The unit
never speaks first, so a packet that comes more than 2 s after the invitation is told of its failure (A2) when it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from simulators.instruments.ultimus_memory import (
    MEMORIES,
    Memory,
    PressureUnit,
    Refused,
    VacuumUnit,
    parse_level,
    parse_location,
    parse_ticks,
    show_level,
    unit_of_code,
)
from simulators.protocols.ultimus_packet import ACK, ENQ, EOT, ETX, LONGEST_BODY, STX, pack, tokens, unpack
from simulators.wire.firmware import Answer, PlantPorts

PACKET_WITHIN_S = 2.0
LOWEST_INPUT_KPA = 100.0
ENDLESS_S = 86_400.0  # a steady shot lasts until the second DI; no shift is longer

_DONE, _FAILED = pack("A0"), pack("A2")


class Mode(Enum):
    """How a dispense command acts; the value is the digit in the total status."""

    TIMED = "0"
    STEADY = "1"


class _Talk(Enum):
    """Where the conversation stands."""

    SILENT = 1  # waiting for ENQ
    INVITED = 2  # a packet may come
    RECEIVING = 3  # between STX and ETX


class NordsonUltimusV:
    """One Ultimus V: pressure regulator, vacuum hold-back, shot timer, 400 memories."""

    def __init__(
        self,
        plant: PlantPorts,
        clock: Callable[[], float],
        pressure_unit: PressureUnit = PressureUnit.PSI,
        vacuum_unit: VacuumUnit = VacuumUnit.IN_H2O,
    ) -> None:
        """Power up in timed mode at memory 0, everything zero, showing the given units."""
        self._plant = plant
        self._clock = clock
        self._pressure_unit = pressure_unit
        self._vacuum_unit = vacuum_unit
        self._memories = [Memory() for _ in range(MEMORIES)]
        self._location = 0
        self._mode = Mode.TIMED
        self._shot_until_s = 0.0
        self._deposits = 0
        self._talk = _Talk.SILENT
        self._invited_s = 0.0
        self._packet = bytearray()
        self._data = b""  # what an ACK of the host will fetch
        self._writes = self._write_commands()
        self._reads = self._read_commands()
        self._set_air()

    # ------------------------------------------------------------------ conversation

    def receive(self, data: bytes) -> list[Answer]:
        """Take the bytes that arrived; answer an enquiry, a complete packet, or the host's ACK for data."""
        return [Answer(reply) for token in tokens(data) if (reply := self._take(token))]

    def _take(self, token: bytes) -> bytes:
        if token == ENQ:
            return self._invite()
        if token == EOT:
            self._talk = _Talk.SILENT
            self._data = b""
        elif self._talk is _Talk.RECEIVING:
            return self._finish() if token == ETX else self._collect(token)
        elif self._talk is _Talk.INVITED and token == STX:
            self._packet.clear()
            self._talk = _Talk.RECEIVING
        elif token == ACK:
            data, self._data = self._data, b""
            return data
        return b""

    def _invite(self) -> bytes:
        self._talk = _Talk.INVITED
        self._data = b""
        self._invited_s = self._clock()
        return ACK

    def _collect(self, token: bytes) -> bytes:
        self._packet += token
        return self._fail() if len(self._packet) > LONGEST_BODY else b""

    def _finish(self) -> bytes:
        """Execute the packet that is complete, and say whether that worked."""
        text = unpack(bytes(self._packet))
        if text is None or self._clock() - self._invited_s > PACKET_WITHIN_S:
            return self._fail()
        try:
            reply = self._execute(text)
        except Refused:
            return self._fail()
        self._data = pack(reply) if reply else b""
        self._talk = _Talk.INVITED  # the host ends with EOT or sends another packet
        self._invited_s = self._clock()
        return _DONE

    def _fail(self) -> bytes:
        self._talk = _Talk.SILENT
        self._data = b""
        return _FAILED

    def _execute(self, text: str) -> str:
        """Execute one command; return the data of a read, nothing for a write, or raise Refused."""
        read = self._reads.get(text[:2])
        if read is not None:
            # E8 and UC carry their memory where the other commands have two spaces
            return read(text[2:] if text[:2] in ("E8", "UC") else _after_spaces(text))
        write = self._writes.get(text[:2])
        if write is None:
            raise Refused
        write(_after_spaces(text))
        return ""

    # ------------------------------------------------------------------ commands

    def _write_commands(self) -> dict[str, Callable[[str], None]]:
        return {
            "CH": self._select,
            "TT": lambda data: self._set_mode(data, Mode.TIMED),
            "MT": lambda data: self._set_mode(data, Mode.STEADY),
            "TM": lambda data: self._set_mode(data, Mode.STEADY if self._mode is Mode.TIMED else Mode.TIMED),
            "PS": self._set_pressure,
            "VS": self._set_vacuum,
            "DS": self._set_time,
            "EM": self._set_memory,
            "E6": self._set_pressure_unit,
            "E7": self._set_vacuum_unit,
            "DI": self._dispense,
            "EA": self._clear_deposits,
            "EK": _nothing_more,  # no alarm latches with the factory's alarm options
        }

    def _read_commands(self) -> dict[str, Callable[[str], str]]:
        return {
            "E8": self._read_memory,
            "UC": self._read_memory_short,
            "UD": self._read_display,
            "UA": lambda data: _plain(data, f"D0{self._location:03d}"),
            "AU": lambda data: _plain(data, self._total_status()),
            "E4": lambda data: _plain(data, f"D0PU{self._pressure_unit.code}"),
            "E5": lambda data: _plain(data, f"D0VU{self._vacuum_unit.code}"),
            "E9": lambda data: _plain(data, f"D0SC{self._deposits:07d}"),
            "EL": lambda data: _plain(data, self._alarms()),
        }

    # ------------------------------------------------------------------ settings

    @property
    def _memory(self) -> Memory:
        return self._memories[self._location]

    def _set_air(self) -> None:
        self._plant.drive("dispense_pressure", self._memory.pressure_kPa)
        self._plant.drive("dispense_vacuum", self._memory.vacuum_kPa)

    def _select(self, data: str) -> None:
        self._location = parse_location(data)
        self._set_air()

    def _set_mode(self, data: str, mode: Mode) -> None:
        _nothing_more(data)
        self._mode = mode

    def _set_pressure(self, data: str) -> None:
        self._memory.pressure_kPa = parse_level(data, self._pressure_unit)
        self._set_air()

    def _set_vacuum(self, data: str) -> None:
        self._memory.vacuum_kPa = parse_level(data, self._vacuum_unit)
        self._set_air()

    def _set_time(self, data: str) -> None:
        if data[:1] != "T":
            raise Refused
        self._memory.ticks = parse_ticks(data[1:])

    def _set_memory(self, data: str) -> None:
        """Take CHcccTtttttPppppVvvvv as a whole or not at all, and show that memory."""
        if len(data) != 21 or (data[:2], data[5], data[11], data[16]) != ("CH", "T", "P", "V"):
            raise Refused
        location = parse_location(data[2:5])
        self._memories[location] = Memory(
            parse_level(data[12:16], self._pressure_unit),
            parse_ticks(data[6:11]),
            parse_level(data[17:21], self._vacuum_unit),
        )
        self._location = location
        self._set_air()

    def _set_pressure_unit(self, data: str) -> None:
        self._pressure_unit = unit_of_code(data, PressureUnit)

    def _set_vacuum_unit(self, data: str) -> None:
        self._vacuum_unit = unit_of_code(data, VacuumUnit)

    # ------------------------------------------------------------------ shots

    def _dispense(self, data: str) -> None:
        """Start a timed shot, or start and stop in turn in steady mode; a shot that goes on is not started again."""
        _nothing_more(data)
        shooting = self._clock() < self._shot_until_s
        if self._mode is Mode.STEADY and shooting:
            self._shot_until_s = 0.0
            self._plant.drive("dispense_stop", 1.0)
            return
        if shooting:
            raise Refused
        self._start(ENDLESS_S if self._mode is Mode.STEADY else self._memory.duration_s)

    def _start(self, duration_s: float) -> None:
        self._shot_until_s = self._clock() + duration_s
        if duration_s > 0.0:
            self._deposits = (self._deposits + 1) % 10_000_000
            self._plant.drive("dispense_shot", duration_s)

    def _clear_deposits(self, data: str) -> None:
        _nothing_more(data)
        self._deposits = 0

    # ------------------------------------------------------------------ reads

    def _read_memory(self, data: str) -> str:
        memory = self._memories[parse_location(data)]
        return (
            f"D0PD{show_level(memory.pressure_kPa, self._pressure_unit)}DT{memory.ticks:05d}"
            f"VC{show_level(memory.vacuum_kPa, self._vacuum_unit)}"
        )

    def _read_memory_short(self, data: str) -> str:
        memory = self._memories[parse_location(data)]
        return f"D0PD{show_level(memory.pressure_kPa, self._pressure_unit)}DT{memory.ticks // 10:04d}"

    def _read_display(self, data: str) -> str:
        pressure = show_level(self._memory.pressure_kPa, self._pressure_unit)
        return _plain(data, f"D0CH{self._location:03d}PD{pressure}DT{self._memory.ticks // 10:04d}")

    def _total_status(self) -> str:
        """Auto increment is off; the vacuum interval fields are there for another maker's hosts, at their defaults."""
        return f"D0AI0M2S0000D0000000VI0V0001I0001TM{self._mode.value}SA000EA399"

    def _alarms(self) -> str:
        """Return 1 for an alarm, 2 for none: input air missing, input below what the regulator is set to."""
        input_kPa = self._plant.sense("dispenser_input")
        no_input = input_kPa < LOWEST_INPUT_KPA
        too_low = input_kPa < self._memory.pressure_kPa
        return f"D0IN{1 if no_input else 2}PA{1 if too_low else 2}AI2"


def _after_spaces(text: str) -> str:
    if text[2:4] != "  ":
        raise Refused
    return text[4:]


def _nothing_more(data: str) -> None:
    if data:
        raise Refused


def _plain(data: str, reply: str) -> str:
    _nothing_more(data)
    return reply
