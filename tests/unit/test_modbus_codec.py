"""The Modbus codec against bytes printed in manuals, and against every way in which bytes can go wrong."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU

from drivers.errors import GarbledReply, Refused
from drivers.links.request import Ask, Dialogue
from drivers.protocols.modbus import ModbusUnit, RtuFraming, TcpFraming
from drivers.protocols.word_order import WordOrder, f32, i16, i16_word

# Delta MS300 manual, appendix A: 60.00 Hz read from 2102H, and an illegal address refused.
READ_2102H = bytes.fromhex("01 03 21 02 00 02 6F F7")
SIXTY_HERTZ = bytes.fromhex("01 03 04 17 70 00 00 FE 5C")
REFUSED_WRITE = bytes.fromhex("01 86 02 C3 A1")


def ask_of(dialogue: Dialogue[Any]) -> Ask:
    return next(dialogue)


def converse(dialogue: Dialogue[Any], reply: Callable[[bytes], bytes]) -> Any:
    """Play the unit for a dialogue of one ask and return its result."""
    ask = next(dialogue)
    assert ask.parse is not None
    try:
        dialogue.send(ask.parse(bytearray(reply(ask.data))))
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the dialogue asked twice")


def rtu(pdu: bytes, unit: int = 1) -> bytes:
    return FramerRTU(DecodePDU(is_server=False)).encode(pdu, unit, 0)


def tcp(pdu: bytes, unit: int = 1, transaction: int | None = None) -> Callable[[bytes], bytes]:
    """A reply with the MBAP header of the request, or with another transaction."""

    def reply(request: bytes) -> bytes:
        head = request[:2] if transaction is None else struct.pack(">H", transaction)
        return head + struct.pack(">HHB", 0, 1 + len(pdu), unit) + pdu

    return reply


def rtu_unit() -> ModbusUnit:
    return ModbusUnit(RtuFraming(), 1)


def tcp_unit() -> ModbusUnit:
    return ModbusUnit(TcpFraming(), 1)


# --------------------------------------------------------------------------------------------- golden frames
def test_a_read_is_the_frame_printed_in_the_manual_and_so_is_its_answer() -> None:
    assert ask_of(rtu_unit().read_holding(0x2102, 2)).data == READ_2102H
    assert converse(rtu_unit().read_holding(0x2102, 2), lambda request: SIXTY_HERTZ) == [6000, 0]


def test_the_refusal_printed_in_the_manual_is_raised_with_its_meaning_and_the_address() -> None:
    with pytest.raises(Refused, match="unit 1 refused to write register at address 8449: exception 02, illegal data"):
        converse(rtu_unit().write_register(0x2101, 1), lambda request: REFUSED_WRITE)


@pytest.mark.parametrize(
    ("make", "pdu"),
    [  # from the examples of the MODBUS application protocol V1.1b3, section 6
        (lambda unit: unit.read_coils(0x13, 0x13), "01 00 13 00 13"),
        (lambda unit: unit.read_discrete(0xC4, 0x16), "02 00 C4 00 16"),
        (lambda unit: unit.read_holding(0x6B, 3), "03 00 6B 00 03"),
        (lambda unit: unit.read_input(8, 1), "04 00 08 00 01"),
        (lambda unit: unit.write_coil(0xAC, True), "05 00 AC FF 00"),
        (lambda unit: unit.write_register(1, 3), "06 00 01 00 03"),
        (lambda unit: unit.write_registers(1, [0x0A, 0x0102]), "10 00 01 00 02 04 00 0A 01 02"),
        (lambda unit: unit.read_write(3, 6, 0x0E, [255, 255, 255]), "17 00 03 00 06 00 0E 00 03 06 00 FF 00 FF 00 FF"),
    ],
)
def test_request_pdus_are_those_of_the_standard_in_both_framings(make: Callable[[ModbusUnit], Any], pdu: str) -> None:
    wanted = bytes.fromhex(pdu)
    assert ask_of(make(rtu_unit())).data == rtu(wanted)
    assert ask_of(make(tcp_unit())).data == bytes((0, 1, 0, 0, 0, len(wanted) + 1, 1)) + wanted


@pytest.mark.parametrize(
    ("make", "pdu", "result"),
    [
        (
            lambda unit: unit.read_coils(0x13, 0x13),
            "01 03 CD 6B 05",
            [bool(int(b)) for b in "1011001111010110101"],
        ),
        (lambda unit: unit.read_discrete(0xC4, 4), "02 01 0C", [False, False, True, True]),
        (lambda unit: unit.read_holding(0x6B, 3), "03 06 02 2B 00 00 00 64", [555, 0, 100]),
        (lambda unit: unit.read_input(8, 1), "04 02 00 0A", [10]),
        (lambda unit: unit.read_write(3, 2, 0x0E, [255]), "17 04 00 FE 0A CD", b"\x00\xfe\x0a\xcd"),
        (lambda unit: unit.write_registers(1, [10, 258]), "10 00 01 00 02", None),
        (lambda unit: unit.write_coil(0xAC, True), "05 00 AC FF 00", None),
        (lambda unit: unit.write_register(1, 3), "06 00 01 00 03", None),
    ],
)
def test_reply_pdus_of_the_standard_are_read_in_both_framings(
    make: Callable[[ModbusUnit], Any], pdu: str, result: Any
) -> None:
    reply = bytes.fromhex(pdu)
    assert converse(make(rtu_unit()), lambda request: rtu(reply)) == result
    assert converse(make(tcp_unit()), tcp(reply)) == result


# --------------------------------------------------------------------------------------------- splits
@pytest.mark.parametrize("reply", [SIXTY_HERTZ, rtu(b"\x83\x06")])
def test_an_rtu_reply_may_be_split_at_every_byte(reply: bytes) -> None:
    whole = parser_of(rtu_unit().read_holding(0x2102, 2))(bytearray(reply))
    assert whole == reply[1:-2]
    for cut in range(len(reply)):
        parse = parser_of(rtu_unit().read_holding(0x2102, 2))
        assert parse(bytearray(reply[:cut])) is None
        assert parse(bytearray(reply)) == whole


@pytest.mark.parametrize("pdu", [b"\x17\x04\x00\xfe\x0a\xcd", b"\x97\x04"])
def test_a_tcp_reply_may_be_split_at_every_byte(pdu: bytes) -> None:
    ask = ask_of(tcp_unit().read_write(1010, 2, 0, [7]))
    assert ask.parse is not None
    reply = tcp(pdu)(ask.data)
    assert [ask.parse(bytearray(reply[:cut])) for cut in range(len(reply))] == [None] * len(reply)
    assert ask.parse(bytearray(reply)) == pdu


def test_what_follows_a_complete_reply_is_not_part_of_it() -> None:
    assert parser_of(rtu_unit().read_holding(0x2102, 2))(bytearray(SIXTY_HERTZ + b"\x00")) == SIXTY_HERTZ[1:-2]


def parser_of(dialogue: Dialogue[Any]) -> Callable[[bytearray], Any]:
    parse = ask_of(dialogue).parse
    assert parse is not None
    return parse


# --------------------------------------------------------------------------------------------- garbled replies
@given(st.integers(0, len(SIXTY_HERTZ) * 8 - 1))
def test_no_single_flipped_bit_of_an_rtu_reply_goes_unnoticed(bit: int) -> None:
    broken = bytearray(SIXTY_HERTZ)
    broken[bit // 8] ^= 1 << bit % 8
    dialogue = rtu_unit().read_holding(0x2102, 2)
    with pytest.raises(GarbledReply):
        converse(dialogue, lambda request: bytes(broken))


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (rtu(b"\x03\x04\x17\x70\x00\x00", unit=2), "asked unit 1, unit 2 answered"),
        (SIXTY_HERTZ[:-2] + b"\xfe\x5d", "CRC FE5C wanted, got FE5D"),
        (rtu(b"\x04\x04\x17\x70\x00\x00"), "beginning 03 04, got 04 04"),
        (rtu(b"\x03\x02\x17\x70"), "beginning 03 04, got 03 02"),
        (rtu(b"\x84\x02"), "beginning 03 04, got 84 02"),
    ],
)
def test_an_rtu_reply_that_answers_something_else_is_garbled(reply: bytes, says: str) -> None:
    with pytest.raises(GarbledReply, match=says):
        converse(rtu_unit().read_holding(0x2102, 2), lambda request: reply)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (tcp(b"\x03\x02\x00\x01", unit=9), "wanted transaction 1 of protocol 0 from unit 1, .* from unit 9"),
        (tcp(b"\x03\x02\x00\x01", transaction=7), "wanted transaction 1 .* got transaction 7"),
        (lambda request: request[:2] + b"\x00\x01" + tcp(b"\x03\x02\x00\x01")(request)[4:], "got .* of protocol 1"),
        (tcp(b"\x04\x02\x00\x01"), "beginning 03 02, got 04 02"),
        (tcp(b"\x03\x04\x00\x01\x00\x02"), "beginning 03 02, got 03 04"),
        (tcp(b"\x03\x02\x00\x01\x00"), "header announces 5 bytes"),
    ],
)
def test_a_tcp_reply_that_answers_something_else_is_garbled(reply: Callable[[bytes], bytes], says: str) -> None:
    with pytest.raises(GarbledReply, match=says):
        converse(tcp_unit().read_holding(5, 1), reply)


def test_an_echo_of_another_value_is_garbled() -> None:
    with pytest.raises(GarbledReply, match="wanted the echo 06 00 01 00 03, got 06 00 01 00 04"):
        converse(rtu_unit().write_register(1, 3), lambda request: rtu(bytes.fromhex("06 00 01 00 04")))


def test_a_refusal_with_a_code_nobody_knows_is_still_a_refusal() -> None:
    with pytest.raises(Refused, match="exception 99, a code that the standard does not know"):
        converse(tcp_unit().read_holding(5, 1), tcp(b"\x83\x63"))


def test_transactions_are_counted_and_roll_over_without_zero() -> None:
    framing = TcpFraming()
    unit = ModbusUnit(framing, 1)
    numbers = [int.from_bytes(ask_of(unit.read_holding(5, 1)).data[:2], "big") for _ in range(0x10001)]
    assert numbers[:2] == [1, 2]
    assert numbers[0xFFFE:] == [0xFFFF, 1, 2]


@pytest.mark.parametrize("count", [0, 126])
def test_a_count_that_no_unit_can_serve_never_reaches_the_wire(count: int) -> None:
    with pytest.raises(ValueError, match=str(count)):
        ask_of(rtu_unit().read_holding(0, count))


# --------------------------------------------------------------------------------------------- word orders
@pytest.mark.parametrize(
    ("order", "words"),
    [
        (WordOrder.ABCD, (0xC2F6, 0xE666)),
        (WordOrder.CDAB, (0xE666, 0xC2F6)),
        (WordOrder.BADC, (0xF6C2, 0x66E6)),
        (WordOrder.DCBA, (0x66E6, 0xF6C2)),
    ],
)
def test_the_test_constant_of_transmitters_reads_in_its_word_order(order: WordOrder, words: tuple[int, int]) -> None:
    assert order.f32_words(-123.45) == words  # Vaisala HMD60 manual: -123.45 is C2F6 E666
    assert order.f32(words) == f32(-123.45)


@given(st.sampled_from(WordOrder), st.floats(width=32, allow_nan=False))
def test_floats_survive_every_word_order(order: WordOrder, value: float) -> None:
    assert order.f32(order.f32_words(value)) == value


@given(st.sampled_from(WordOrder), st.integers(0, 2**32 - 1))
def test_unsigned_integers_survive_every_word_order(order: WordOrder, value: int) -> None:
    assert order.u32(order.u32_words(value)) == value


@given(st.sampled_from(WordOrder), st.integers(0, 2**32 - 1), st.integers(0, 0xFFFF))
def test_a_block_is_put_in_order_without_touching_single_registers(order: WordOrder, pair: int, single: int) -> None:
    block = struct.pack(">HHHH", single, *order.u32_words(pair), single)
    assert struct.unpack(">HIH", order.arranger([2], 8)(block)) == (single, pair, single)


@given(st.integers(-0x8000, 0x7FFF))
def test_signed_registers_survive(value: int) -> None:
    assert i16(i16_word(value)) == value


@pytest.mark.parametrize("value", [-0x8001, 0x8000])
def test_a_number_too_large_for_a_signed_register_is_not_wrapped(value: int) -> None:
    with pytest.raises(ValueError, match="16-bit"):
        i16_word(value)


def test_not_a_number_stays_one() -> None:
    assert math.isnan(WordOrder.CDAB.f32(WordOrder.CDAB.f32_words(math.nan)))
