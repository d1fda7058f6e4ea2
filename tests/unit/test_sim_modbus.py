"""The simulated instruments' Modbus codec, bus and wire faults."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.protocols.modbus import (
    ExceptionCode,
    ModbusException,
    ModbusTcp,
    RegisterModel,
    crc16,
    respond,
    rtu_frame,
)
from simulators.wire.bus import BusUnit, RtuBus
from simulators.wire.faults import Faulty, WireFault, WireFaults
from simulators.wire.firmware import Answer
from tests.wire.fake_plant import FakeClock

SIZE = 64


class Memory(RegisterModel):
    """All four tables, as plain memory."""

    def __init__(self) -> None:
        self.words = [0] * SIZE
        self.bits = [False] * SIZE

    def read_coils(self, address: int, count: int) -> Sequence[bool]:
        self._require(address, count)
        return self.bits[address : address + count]

    def read_discrete(self, address: int, count: int) -> Sequence[bool]:
        return self.read_coils(address, count)

    def read_holding(self, address: int, count: int) -> bytes:
        self._require(address, count)
        return struct.pack(f">{count}H", *self.words[address : address + count])

    def read_input(self, address: int, count: int) -> bytes:
        return self.read_holding(address, count)

    def write_coils(self, address: int, values: Sequence[bool]) -> None:
        self._require(address, len(values))
        self.bits[address : address + len(values)] = values

    def write_holding(self, address: int, values: Sequence[int]) -> None:
        self._require(address, len(values))
        self.words[address : address + len(values)] = values

    @staticmethod
    def _require(address: int, count: int) -> None:
        if address + count > SIZE:
            raise ModbusException(ExceptionCode.ILLEGAL_ADDRESS)


def mbap(transaction: int, pdu: bytes, unit: int = 1) -> bytes:
    return struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu


def bus(faults: WireFaults | None = None) -> tuple[RtuBus, Memory, FakeClock]:
    memory, clock = Memory(), FakeClock()
    return RtuBus({1: BusUnit("one", memory), 2: BusUnit("two", Memory())}, clock, faults), memory, clock


def sent(answers: Sequence[Answer]) -> bytes:
    return b"".join(answer.data for answer in answers)


# --- requests and answers


def test_answers_are_those_printed_in_the_application_protocol() -> None:
    memory = Memory()
    memory.words = [0] * 0x100
    memory.words[0x6B:0x6E] = [0x022B, 0x0000, 0x0064]

    class Wide(Memory):
        def read_holding(self, address: int, count: int) -> bytes:
            return struct.pack(f">{count}H", *memory.words[address : address + count])

    assert respond(Wide(), bytes.fromhex("03006B0003")) == bytes.fromhex("0306022B00000064")
    coils = Memory()
    assert respond(coils, bytes.fromhex("0F0013000A02CD01")) == bytes.fromhex("0F0013000A")
    assert respond(coils, bytes.fromhex("010013000A")) == bytes.fromhex("0102CD01")
    registers = Memory()
    registers.words[3:9] = [0x00FE, 0x0ACD, 0x0001, 0x0003, 0x000D, 0x00FF]
    asked = bytes.fromhex("1700030006000E00030600FF00FF00FF")
    assert respond(registers, asked) == bytes.fromhex("170C00FE0ACD00010003000D00FF")
    assert registers.words[14:17] == [0xFF, 0xFF, 0xFF]


def test_frames_on_the_serial_line_are_those_printed_in_manuals() -> None:
    assert rtu_frame(1, bytes.fromhex("0321020002")) == bytes.fromhex("0103210200026FF7")
    assert rtu_frame(1, bytes.fromhex("030417700000")) == bytes.fromhex("01030417700000FE5C")
    assert rtu_frame(1, bytes.fromhex("8602")) == bytes.fromhex("018602C3A1")
    assert crc16(bytes.fromhex("018602C3A1")) == 0


def test_single_writes_echo_the_request_and_are_obeyed() -> None:
    memory = Memory()
    assert respond(memory, bytes.fromhex("060001ABCD")) == bytes.fromhex("060001ABCD")
    assert respond(memory, bytes.fromhex("050002FF00")) == bytes.fromhex("050002FF00")
    assert memory.words[1] == 0xABCD
    assert memory.bits[2]


def test_refusals_carry_the_exception_code() -> None:
    memory = Memory()
    assert respond(memory, b"\x2b\x0e\x01\x00") == b"\xab\x01"  # function that nobody serves
    assert respond(memory, bytes.fromhex("03003F0002")) == b"\x83\x02"  # one beyond the last register
    for refused in ("0300000000", "030000007E", "0100000000", "01000007D1", "0500001234", "0300"):
        pdu = bytes.fromhex(refused)
        assert respond(memory, pdu) == bytes((pdu[0] | 0x80, 3))
    assert respond(memory, bytes.fromhex("10000000020300010002")) == b"\x90\x03"  # byte count does not fit


def test_a_device_without_a_table_refuses_its_functions_with_illegal_function() -> None:
    for pdu in ("0100000001", "0200000001", "0300000001", "0400000001", "050000FF00", "0600000001"):
        raw = bytes.fromhex(pdu)
        assert respond(RegisterModel(), raw) == bytes((raw[0] | 0x80, 1))


# --- streams

requests = st.one_of(
    st.builds(lambda fc, a, n: struct.pack(">BHH", fc, a, n), st.integers(1, 4), st.integers(0, 70), st.integers(0, 9)),
    st.builds(lambda a, v: struct.pack(">BHH", 6, a, v), st.integers(0, 70), st.integers(0, 0xFFFF)),
    st.builds(
        lambda a, words: struct.pack(f">BHHB{len(words)}H", 16, a, len(words), 2 * len(words), *words),
        st.integers(0, 70),
        st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=8),
    ),
    st.builds(lambda a, v: struct.pack(">BHHHHBH", 23, a, 5, a, 1, 2, v), st.integers(0, 70), st.integers(0, 0xFFFF)),
)


def pieces(stream: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:stop] for start, stop in pairwise(edges)]


@given(st.lists(requests, min_size=1, max_size=6), st.lists(st.integers(0, 10_000), max_size=8))
def test_tcp_answers_do_not_depend_on_how_the_stream_is_cut(pdus: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(mbap(index, pdu) for index, pdu in enumerate(pdus))
    whole = ModbusTcp(Memory()).receive(stream)
    assert len(whole) == len(pdus)
    firmware = ModbusTcp(Memory())
    assert sent([answer for piece in pieces(stream, cuts) for answer in firmware.receive(piece)]) == sent(whole)


@given(st.lists(requests, min_size=1, max_size=6), st.lists(st.integers(0, 10_000), max_size=8))
def test_rtu_answers_do_not_depend_on_how_the_stream_is_cut(pdus: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(rtu_frame(1, pdu) for pdu in pdus)
    whole = bus()[0].receive(stream)
    assert len(whole) == len(pdus)
    firmware = bus()[0]
    assert sent([answer for piece in pieces(stream, cuts) for answer in firmware.receive(piece)]) == sent(whole)


@given(requests)
def test_a_request_cut_at_any_byte_is_answered_once_and_only_when_complete(pdu: bytes) -> None:
    stream = mbap(7, pdu)
    for cut in range(1, len(stream)):
        firmware = ModbusTcp(Memory())
        assert firmware.receive(stream[:cut]) == []
        assert len(firmware.receive(stream[cut:])) == 1


@given(st.lists(st.binary(max_size=300), max_size=5))
@settings(max_examples=200)
def test_no_bytes_make_the_codec_raise(chunks: list[bytes]) -> None:
    tcp, rtu = ModbusTcp(Memory()), bus()[0]
    for chunk in chunks:
        for answer in tcp.receive(chunk) + rtu.receive(chunk):
            assert answer.data


def test_answers_carry_the_transaction_and_unit_of_their_request() -> None:
    answers = ModbusTcp(Memory()).receive(mbap(0x1234, bytes.fromhex("0300000001"), unit=9))
    assert sent(answers) == bytes.fromhex("1234 0000 0005 09 03020000")


def test_after_a_stream_that_is_not_modbus_the_next_request_is_answered() -> None:
    firmware = ModbusTcp(Memory())
    assert firmware.receive(b"GET / HTTP/1.1\r\n\r\n") == []
    assert len(firmware.receive(mbap(1, bytes.fromhex("0300000001")))) == 1


# --- the serial line


def test_other_units_and_damaged_frames_get_no_answer() -> None:
    line, memory, _ = bus()
    assert line.receive(rtu_frame(5, bytes.fromhex("0300000001"))) == []
    good = rtu_frame(1, bytes.fromhex("060001ABCD"))
    assert line.receive(good[:-1] + bytes((good[-1] ^ 1,))) == []
    assert memory.words[1] == 0
    assert sent(line.receive(good)) == good


def test_half_a_request_is_forgotten_after_a_silence() -> None:
    line, _, clock = bus()
    request = rtu_frame(1, bytes.fromhex("0300000001"))
    assert line.receive(request[:5]) == []
    clock.now_s += 0.2
    assert len(line.receive(request)) == 1


def test_half_a_request_survives_the_pauses_of_a_usb_adapter() -> None:
    line, _, clock = bus()
    request = rtu_frame(1, bytes.fromhex("0300000001"))
    assert line.receive(request[:3]) == []
    clock.now_s += 0.016
    assert line.receive(request[3:6]) == []
    clock.now_s += 0.016
    assert len(line.receive(request[6:])) == 1


def test_an_unknown_function_on_the_serial_line_is_refused_as_such() -> None:
    line, _, _ = bus()
    assert sent(line.receive(rtu_frame(1, b"\x11"))) == rtu_frame(1, b"\x91\x01")


def test_a_broadcast_is_obeyed_by_all_and_answered_by_none() -> None:
    clock, one, two = FakeClock(), Memory(), Memory()
    line = RtuBus({1: BusUnit("one", one), 2: BusUnit("two", two)}, clock)
    assert line.receive(rtu_frame(0, bytes.fromhex("0600010007"))) == []
    assert (one.words[1], two.words[1]) == (7, 7)


# --- faults


def test_a_silent_unit_leaves_the_others_on_the_bus_alone() -> None:
    faults = WireFaults()
    line, memory, _ = bus(faults)
    faults.of("one").silent = True
    assert line.receive(rtu_frame(1, bytes.fromhex("0600010007"))) == []
    assert memory.words[1] == 0
    assert len(line.receive(rtu_frame(2, bytes.fromhex("0300000001")))) == 1
    faults.of("one").clear()
    assert len(line.receive(rtu_frame(1, bytes.fromhex("0300000001")))) == 1


def test_a_late_unit_answers_right_but_later() -> None:
    faults = WireFaults()
    line, _, _ = bus(faults)
    request = rtu_frame(1, bytes.fromhex("0300000001"))
    (prompt,) = line.receive(request)
    faults.of("one").late_s = 0.5
    (late,) = line.receive(request)
    assert late.data == prompt.data
    assert late.delay_s == prompt.delay_s + 0.5


class Echo:
    def __init__(self) -> None:
        self.heard = b""

    def receive(self, data: bytes) -> list[Answer]:
        self.heard += data
        return [Answer(data)]


def test_a_garbled_answer_differs_in_exactly_one_byte() -> None:
    faults = WireFaults()
    firmware = Faulty(Echo(), "scale", faults)
    faults.of("scale").garble = True
    for _ in range(20):
        (answer,) = firmware.receive(b"+ 12.3456 g\r\n")
        assert sum(a != b for a, b in zip(answer.data, b"+ 12.3456 g\r\n", strict=True)) == 1


def test_a_dropped_answer_belongs_to_a_command_that_was_obeyed() -> None:
    faults = WireFaults()
    echo = Echo()
    firmware = Faulty(echo, "scale", faults)
    faults.of("scale").drop_every = 3
    assert [len(firmware.receive(b"x")) for _ in range(6)] == [1, 1, 0, 1, 1, 0]
    assert echo.heard == b"x" * 6


def test_a_fresh_fault_is_a_good_wire() -> None:
    answer = Answer(b"abc", 0.1)
    assert WireFault().pass_on(answer) is answer
