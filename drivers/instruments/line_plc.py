"""The line PLC on Modbus TCP: scan of all inputs, host heartbeat, named outputs (its manual is the register map).

One exchange per scan writes the heartbeat and reads the mirror of the inputs (function 23). It interprets nothing: what
an input permits, and when the heartbeat beats, is the guard's business; what protects people is hard-wired.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from drivers.errors import Refused, WrongInstrument
from drivers.instrument import Instrument
from drivers.instruments.line_plc_map import PlcMap, Point, load_map, scan_format
from drivers.links.line import Line
from drivers.links.request import Dialogue, Poll
from drivers.permit import Permit
from drivers.protocols.modbus import ModbusUnit, TcpFraming
from drivers.protocols.word_order import WordOrder, f32, i16
from drivers.reading import Quality, TagTable, Value
from springback.places import config_file

MIRROR = 1000  # input register n is holding register n + 1000 too
FIRST_OUTPUT = 10  # holding register behind bit 0 of outputs_0
BIT_WORDS = ("status_0", "status_1", "outputs_0", "outputs_1")
CONSTANTS = ("magic", "map_version", "test_i16", "test_u32", "test_f32")  # checked at connect, in this order
HEARTBEAT = "hb_host"
CALM_HZ_MIN = 5.0
SCAN_HZ_MAX = 100.0


class LinePlc(Instrument):
    """Reads and commands the line's PLC; `Outputs` of the capabilities.

    Settings: `map` (path of the register map; default: the shipped one), `unit` (1), `scan_hz` (10, at most 100),
    `word_order` (ABCD). Values are those of the map: numbers by their names, discrete inputs as 0 or 1, outputs as
    energised as `out_<name>`.
    """

    DEADLINE_S = 0.1

    def __init__(self, name: str, line: Line, tags: TagTable, settings: Mapping[str, Any]) -> None:
        super().__init__(name, line, tags, settings)
        self.map = load_map(Path(self.setting("map", config_file("line_plc_map.yaml"))))
        self.order = _word_order(name, self.setting("word_order", "ABCD"))
        self.scan_hz = float(self.setting("scan_hz", 10.0))
        if not 0 < self.scan_hz <= SCAN_HZ_MAX:
            raise ValueError(f"{name}: scan_hz is above 0 and at most {SCAN_HZ_MAX:g}, got {self.scan_hz:g}")
        self.simulated = False  # valid once `identity` is known
        self._unit = ModbusUnit(TcpFraming(), int(self.setting("unit", 1)))
        self._outputs = {point.name: point for point in (*self.map.holdings, *self.map.coils)}
        self._hb_host = self._outputs.pop(HEARTBEAT).pdu  # the guard alone changes it
        self._heartbeat = 0
        self._poll: Poll | None = None
        self._block = ScanBlock(self.map, self.order, tags, self.name)
        self.tag.update(self._block.columns)

    # ------------------------------------------------------------------------------------------ identity
    def identify(self) -> Dialogue[str]:
        """Check magic, map version and test constants; refuses a box that does not serve this map."""
        constants = [self.map.input(name) for name in CONSTANTS]
        size = max(point.pdu + point.words for point in constants)
        try:
            words = yield from self._unit.read_input(0, size)
        except Refused as refusal:
            raise WrongInstrument(f"{self.name}: no line PLC, its identity cannot be read: {refusal}") from refusal
        for point in constants:
            self._check_constant(point, words)
        self.simulated = words[self.map.input("simulated").pdu] != 0
        where = "simulated" if self.simulated else "machine"
        return f"springback line PLC map {self.map.version} {where}"

    def _check_constant(self, point: Point, words: Sequence[int]) -> None:
        got = _decode(point, words, self.order)
        if _is_constant(point, got):
            return
        fix = "another box, or another version of the map; check the address and the PLC's program"
        for order in WordOrder:
            if _is_constant(point, _decode(point, words, order)):
                fix = f"the word order is not {self.order.name}; set word_order: {order.name} in the tool file"
        raise WrongInstrument(
            f"{self.name}: input register {point.pdu} ({30001 + point.pdu}) {point.name}: "
            f"wanted {point.constant:g}, got {got:g}: {fix}"
        )

    # ------------------------------------------------------------------------------------------ scan
    def polls(self) -> Sequence[Poll]:
        """The scan; it fills every value."""
        self._poll = self.poll(1.0 / self.scan_hz, self._scan, self._block.store, list(self._block.columns))
        return [self._poll]

    def calm(self, nothing_moves: bool) -> None:
        """Scan at half the rate while nothing moves, at least 5 times a second: the PLC wants the heartbeat."""
        if self._poll is not None:
            hz = max(CALM_HZ_MIN, 0.5 * self.scan_hz) if nothing_moves else self.scan_hz
            self.pace(self._poll, 1.0 / hz)

    def _scan(self) -> Dialogue[bytes]:
        return self._unit.read_write(MIRROR + self._block.first, self._block.size, self._hb_host, (self._heartbeat,))

    @property
    def heartbeat(self) -> int:
        """Value of the host heartbeat that the next scan writes, 0..65535."""
        return self._heartbeat

    def beat(self) -> None:
        """Let the host heartbeat change in the next scan; it rolls over at 65535."""
        self._heartbeat = (self._heartbeat + 1) & 0xFFFF

    # ------------------------------------------------------------------------------------------ outputs
    async def set_output(self, name: str, value: float, permit: Permit) -> float:
        """Write one output, setpoint or momentary coil of the map; returns the register read back (a coil's echo).

        Raises Refused when the map has no such output, when the value is out of its range, or with the PLC's exception.
        """
        point = self._outputs.get(name)
        if point is None:
            raise Refused(f"{self.name}: no output {name!r}; the map has {', '.join(sorted(self._outputs))}")
        whole = point.type == "f32" or float(value).is_integer()
        if not (math.isfinite(value) and point.low <= value <= point.high and whole):
            kind = "a number" if point.type == "f32" else "a whole number"
            limits = f"{point.low:g}..{point.high:g} {point.unit}".rstrip()
            raise Refused(f"{self.name}: {name} takes {kind} {limits}, got {value:g}")
        return await self.act(lambda: self._write(point, value), permit)

    async def output(self, name: str) -> float:
        """Read one output or setpoint of the map as the PLC holds it."""
        point = self._outputs[name]
        words = await self.ask(lambda: self._unit.read_holding(point.pdu, point.words))
        return self.order.f32(words) if point.type == "f32" else float(words[0])

    def _write(self, point: Point, value: float) -> Dialogue[float]:
        try:
            if point.type == "bit":  # momentary: the PLC resets it, so the checked echo is all there is to know
                yield from self._unit.write_coil(point.pdu, value != 0)
                return value
            if point.type == "f32":
                yield from self._unit.write_registers(point.pdu, self.order.f32_words(value))
            else:
                yield from self._unit.write_register(point.pdu, int(value))
            words = yield from self._unit.read_holding(point.pdu, point.words)
        except Refused as refusal:
            raise Refused(f"{self.name}: {point.name} = {value:g}: {refusal}") from refusal
        return self.order.f32(words) if point.type == "f32" else float(words[0])


class ScanBlock:
    """The registers of one scan and the columns they fill: numbers first, then bits, side by side in the table.

    It runs at least ten times a second: columns are written as slices, and bits are unpacked only when one has changed.
    """

    def __init__(self, plc_map: PlcMap, order: WordOrder, tags: TagTable, instrument: str) -> None:
        points = [point for point in plc_map.inputs if point.pdu >= plc_map.input("hb_plc").pdu]
        names = [point.name for point in points]
        self.first = points[0].pdu
        self.size = points[-1].pdu + points[-1].words - self.first
        self._unpack = struct.Struct(scan_format(points)).unpack
        pairs = [2 * (point.pdu - self.first) for point in points if point.words == 2]
        self._arrange = order.arranger(pairs, 2 * self.size)
        self._words = itemgetter(*(names.index(name) for name in BIT_WORDS))
        self._fields = itemgetter(*(i for i, name in enumerate(names) if name not in BIT_WORDS))
        self._seen = -1  # the bit words of the last scan; none yet
        self._tags = tags
        self._add_columns([point for point in points if point.name not in BIT_WORDS], _bits(plc_map), instrument)

    def _add_columns(self, numbers: list[Point], bits: list[tuple[Value, int]], instrument: str) -> None:
        values = [Value(p.name, p.unit, p.low, p.high, p.doc, at=p.pdu) for p in numbers] + [bit for bit, _ in bits]
        self.columns = {value.name: self._tags.add(instrument, value) for value in values}
        self._low = [point.low for point in numbers]
        self._high = [point.high for point in numbers]
        self._shifts = [shift for _, shift in bits]
        self._good_bits = [int(Quality.GOOD)] * len(bits)
        start = next(iter(self.columns.values()))
        self._numbers = slice(start, start + len(numbers))
        self._bits = slice(start + len(numbers), start + len(values))
        self._all = slice(start, start + len(values))

    def store(self, block: bytes, now_s: float) -> None:
        """Write what one scan has read into the table; a number outside its range, NaN included, is BAD."""
        fields = self._unpack(self._arrange(block))
        numbers = [float(x) for x in self._fields(fields)]
        status_0, status_1, outputs_0, outputs_1 = self._words(fields)
        seen = status_0 | status_1 << 16 | outputs_0 << 32 | outputs_1 << 48
        tags = self._tags
        if seen != self._seen:
            self._seen = seen
            tags.value[self._bits] = [float(seen >> shift & 1) for shift in self._shifts]
        tags.value[self._numbers] = numbers
        quality = [0 if low <= x <= high else 2 for low, x, high in zip(self._low, numbers, self._high, strict=True)]
        tags.quality[self._all] = quality + self._good_bits
        tags.time_s[self._all] = [now_s] * len(self.columns)


def _bits(plc_map: PlcMap) -> list[tuple[Value, int]]:
    """Every bit of the scan and its place in the four bit words put together, `status_0` lowest."""
    inputs = [(Value(p.name, "", 0, 1, p.doc, at=p.pdu), p.pdu) for p in plc_map.discretes]
    mirrored = range(FIRST_OUTPUT, FIRST_OUTPUT + 32)
    outputs = [
        (Value(f"out_{p.name}", "", 0, 1, f"{p.doc}: as energised", at=p.pdu), 32 + p.pdu - FIRST_OUTPUT)
        for p in plc_map.holdings
        if p.pdu in mirrored and p.type == "u16"
    ]
    return inputs + outputs


def _word_order(instrument: str, name: str) -> WordOrder:
    if name not in WordOrder.__members__:
        raise ValueError(f"{instrument}: word_order is one of {', '.join(WordOrder.__members__)}, got {name}")
    return WordOrder[name]


def _decode(point: Point, words: Sequence[int], order: WordOrder) -> float:
    """The value of `point` in the identity block."""
    own = words[point.pdu : point.pdu + point.words]
    if point.type == "f32":
        return order.f32(own)
    if point.type == "u32":
        return order.u32(own)
    return i16(own[0]) if point.type == "i16" else own[0]


def _is_constant(point: Point, got: float) -> bool:
    """True when the register holds its constant, in the precision of the register."""
    wanted = point.constant
    assert wanted is not None
    return got == (f32(wanted) if point.type == "f32" else wanted)
