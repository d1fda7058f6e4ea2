"""Golden vectors printed in makers' manuals, and replies cut at every byte."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import GarbledReply, Refused
from drivers.links.request import Ask
from drivers.protocols import heidenhain, sbi, text, ultimus, zaber_ascii
from drivers.protocols.scpi import Scpi, real, reals, value_after
from drivers.protocols.zaber_ascii import Reply, Talker


def answer(parse: Callable[[bytearray], Any] | None, pieces: list[bytes]) -> Any:
    """Feed pieces as a line does: stop at the first result, drop what comes later."""
    assert parse is not None
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        result = parse(buffer)
        if result is not None:
            return result
    return None


# ---------------------------------------------------------------------------------------------- Ultimus
@pytest.mark.parametrize(
    ("command", "digits"),
    [
        ("PS  0500", "F0"),
        ("UA  ", "C6"),
        ("A0", "2D"),
        ("A2", "2B"),
        ("CH  001", "3D"),
        ("TT  ", "B4"),
        ("DI  ", "CF"),
        ("DS  T0125", "A4"),
        ("EL  ", "CB"),
        ("D0PU02", "1F"),
    ],
)
def test_ultimus_checksums_are_those_printed_in_the_manual(command: str, digits: str) -> None:
    frame = ultimus.packet(command)
    assert frame == b"\x02%02X%b%b\x03" % (len(command), command.encode(), digits.encode())
    assert ultimus.parse_packet(bytearray(frame)) == command


@given(st.integers(0, 255), st.integers(3, 10))
def test_an_ultimus_packet_with_one_wrong_byte_is_garbled(byte: int, place: int) -> None:
    frame = bytearray(ultimus.packet("PS  0500"))
    if frame[place] == byte:
        return
    frame[place] = byte
    with pytest.raises(GarbledReply):
        ultimus.parse_packet(frame)


def test_an_ultimus_packet_whose_length_is_no_number_is_garbled() -> None:
    with pytest.raises(GarbledReply, match="hex"):
        ultimus.parse_packet(bytearray(b"\x02zzA0"))


def test_nak_to_enq_is_a_refusal_and_noise_is_garbled() -> None:
    assert ultimus.parse_ack(bytearray(b"\x06")) is True
    with pytest.raises(Refused):
        ultimus.parse_ack(bytearray(b"\x15"))
    with pytest.raises(GarbledReply):
        ultimus.parse_ack(bytearray(b"?"))


# ---------------------------------------------------------------------------------------------- Zaber
@pytest.mark.parametrize(
    ("body", "digits"),
    [
        ("1 1 00 move abs 12345", "B2"),
        ("01 1 00 OK BUSY -- 0", "E7"),
        ("1 1 01 get pos", "2B"),
        ("01 1 01 OK IDLE -- 12345", "3C"),
        ("1 1 02 foo", "98"),
        ("01 1 02 RJ IDLE -- BADCOMMAND", "72"),
    ],
)
def test_zaber_checksums_are_those_seen_on_the_wire(body: str, digits: str) -> None:
    assert zaber_ascii.checksum(body) == digits


def zaber_line(body: str, start: str = "@") -> bytes:
    return f"{start}{body}:{zaber_ascii.checksum(body)}\r\n".encode()


def test_zaber_messages_are_numbered_and_replies_read() -> None:
    talker = Talker(1, 1)
    first, second = talker.ask("move abs 12345"), talker.ask("get pos")
    assert (first.data, second.data) == (b"/1 1 00 move abs 12345:B2\r\n", b"/1 1 01 get pos:2B\r\n")
    assert answer(first.parse, [b"@01 1 00 OK BUSY -- 0:E7\r\n"]) == Reply(True, True, "--", "0")
    assert answer(second.parse, [zaber_line("01 1 01 OK IDLE WR 1 7")]) == Reply(True, False, "WR", "1 7")


def test_a_zaber_message_number_goes_round_after_99() -> None:
    talker = Talker(1, 1)
    messages = [talker.ask("get pos").data for _ in range(101)]
    assert messages[99].startswith(b"/1 1 99 ")
    assert messages[100] == messages[0]


def test_zaber_alerts_information_and_late_replies_answer_nothing() -> None:
    talker = Talker(1, 1)
    ask = talker.ask("get pos")
    stream = [
        zaber_line("01 1 IDLE --", "!"),
        b"#01 1 some information\r\n",
        zaber_line("01 1 99 OK IDLE -- 111"),
        zaber_line("01 1 00 OK IDLE -- 222"),
    ]
    assert answer(ask.parse, [b"".join(stream)]).data == "222"
    assert answer(ask.parse, stream[:3]) is None


def test_a_rejected_zaber_command_is_refused_with_the_reason() -> None:
    dialogue = Talker(1, 1).do("foo")
    ask = next(dialogue)
    reply = answer(ask.parse, [zaber_line("01 1 00 RJ IDLE -- BADCOMMAND")])
    with pytest.raises(Refused, match=r"foo.*BADCOMMAND.*does not know"):
        dialogue.send(reply)


@pytest.mark.parametrize("line", [b"@01 1 00 OK IDLE -- 0:00\r\n", b"@01 1 00 OK IDLE -- 0\r\n", b"noise\r\n"])
def test_a_zaber_line_without_a_good_checksum_is_garbled(line: bytes) -> None:
    with pytest.raises(GarbledReply, match="checksum"):
        answer(Talker(1, 1).ask("get pos").parse, [line])


# ---------------------------------------------------------------------------------------------- SCPI
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
@pytest.mark.parametrize("echo", [b":SENS:PRES ", b":sens:pres ", b""])
def test_a_scpi_reply_may_echo_its_header_and_end_as_it_likes(end: bytes, echo: bytes) -> None:
    ask = Scpi(b"\r").question(":SENS:PRES?", real)
    assert ask.data == b":SENS:PRES?\r"
    assert answer(ask.parse, [echo + b"101.325" + end]) == 101.325


def test_a_scpi_reply_to_another_question_is_garbled() -> None:
    with pytest.raises(GarbledReply, match="another question"):
        value_after(":SENS:PRES", ":SOUR:PRES 101.325")


def test_scpi_numbers_may_be_separated_by_commas_and_blanks_and_may_be_missing() -> None:
    assert reals("101.325, 1") == (101.325, 1.0)
    assert math.isnan(real("9.91E37"))
    assert math.isnan(real("-9.9E+37"))
    with pytest.raises(GarbledReply, match="number"):
        real("HELLO")


def run(dialogue: Any, replies: list[Any]) -> tuple[list[Ask], Any]:
    """Play a dialogue against results; returns what was asked and what it returned."""
    asks, waiting = [], iter(replies)
    try:
        ask = next(dialogue)
        while True:
            asks.append(ask)
            ask = dialogue.send(None if ask.parse is None else next(waiting))
    except StopIteration as stop:
        return asks, stop.value


def test_the_scpi_error_queue_is_read_until_it_is_empty() -> None:
    asks, errors = run(Scpi(b"\n").errors(), ['-222,"Data out of range"', '-113,"Undefined header"', '0,"No error"'])
    assert [ask.data for ask in asks] == [b":SYST:ERR?\n"] * 3
    assert errors == ['-222,"Data out of range"', '-113,"Undefined header"']


def test_a_scpi_error_queue_without_an_end_is_given_up() -> None:
    with pytest.raises(GarbledReply, match="does not end"):
        run(Scpi(b"\n").errors(), ['-350,"Queue overflow"'] * 100)


def test_a_scpi_setting_carries_the_error_that_it_caused() -> None:
    scpi = Scpi(b"\r")
    back = scpi.question(":SOUR:PRES?", real)
    with pytest.raises(Refused, match=r":SOUR:PRES 9999.*-222"):
        run(scpi.set(":SOUR:PRES", "9999", back), ['-222,"Data out of range"', '0,"No error"'])
    asks, value = run(scpi.set(":SOUR:PRES", "40", back), ['0,"No error"', 40.0])
    assert [ask.data for ask in asks] == [b":SOUR:PRES 40\r", b":SYST:ERR?\r", b":SOUR:PRES?\r"]
    assert value == 40.0


# ---------------------------------------------------------------------------------------------- SBI
@pytest.mark.parametrize(
    ("line", "mass_g", "stable"),
    [
        ("+  12.3456 g  ", 12.3456, True),
        ("-   1.7350 g  ", -1.735, True),
        ("+  12.3456    ", 12.3456, False),
        ("+  12.3456", 12.3456, False),
        ("N     +  12.3456 g  ", 12.3456, True),
        ("G#    +  12.3456    ", 12.3456, False),
        ("+   1.2345 kg ", 1234.5, True),
        ("+  12.3456 mg ", 0.0123456, True),
    ],
)
def test_a_balance_line_with_a_blank_unit_is_not_stable(line: str, mass_g: float, stable: bool) -> None:
    reading = sbi.parse_weight(bytearray(line.encode() + b"\r\n"))
    assert reading is not None
    assert reading.mass_g == pytest.approx(mass_g, rel=1e-12)
    assert reading.stable is stable


@pytest.mark.parametrize(
    "line",
    ["     High     ", "      Low     ", "   Err 54     ", "Stat       OFF", "   Cal.Int.   ", "Stat     APP.ERR    "],
)
def test_special_lines_of_a_balance_are_refusals_that_say_why(line: str) -> None:
    with pytest.raises(Refused, match="the balance"):
        sbi.weight(line)


def test_a_balance_line_in_another_unit_or_format_is_garbled() -> None:
    with pytest.raises(GarbledReply, match="unit 'oz'"):
        sbi.weight("+  12.3456 oz ")
    with pytest.raises(GarbledReply, match="no weight"):
        sbi.weight("S S     52.1874 g")


# ---------------------------------------------------------------------------------------------- Heidenhain
def test_a_position_is_a_sign_and_digits_without_a_point() -> None:
    assert heidenhain.ASK_POSITION.data == b"\x1bA0200\r"
    assert answer(heidenhain.ASK_POSITION.parse, [b"\x02+000123456\r\n"]) == 123456
    assert answer(heidenhain.ASK_POSITION.parse, [b"\x02-000000007\r\n"]) == -7
    with pytest.raises(GarbledReply, match="sign"):
        answer(heidenhain.ASK_POSITION.parse, [b"\x02ERROR 01\r\n"])
    with pytest.raises(GarbledReply, match="STX"):
        answer(heidenhain.ASK_POSITION.parse, [b"+000123456\r\n"])
    with pytest.raises(Refused, match="NAK"):
        answer(heidenhain.ASK_POSITION.parse, [b"\x15"])


# ---------------------------------------------------------------------------------------------- all of them
SCPI = Scpi(b"\r")
REPLIES: list[tuple[Callable[[], Ask], bytes]] = [
    (lambda: SCPI.question(":SENS:PRES:INL?", reals), b":SENS:PRES:INL 101.325, 1\r\n"),
    (lambda: SCPI.question("*IDN?", str), b"*IDN GE Druck,PACE5000,123456,01.05.07\r"),
    (lambda: Ask(b"", ultimus.parse_packet), ultimus.packet("D0PD0500DT10125VC0000")),
    (lambda: sbi.ASK_WEIGHT, b"N     +  12.3456 g  \r\n"),
    (lambda: sbi.ASK_MODEL, b"     MSE225S    \r\n"),
    (lambda: Talker(1, 1).ask("get pos"), b"#01 1 info\r\n" + zaber_line("01 1 00 OK IDLE -- 12345")),
    (lambda: heidenhain.ASK_IDENTITY, b"\x02ND 287\r\n349797-06\r\n01.2009\r\n"),
    (lambda: heidenhain.ASK_POSITION, b"\x02+000123456\r\n"),
]


@pytest.mark.parametrize(("make", "reply"), REPLIES)
def test_a_reply_means_the_same_wherever_the_stream_is_cut(make: Callable[[], Ask], reply: bytes) -> None:
    whole = answer(make().parse, [reply])
    assert whole is not None
    assert answer(make().parse, [reply[i : i + 1] for i in range(len(reply))]) == whole
    for cut in range(1, len(reply)):
        assert answer(make().parse, [reply[:cut], reply[cut:]]) == whole


@given(st.binary(min_size=1, max_size=700))
def test_noise_is_garbled_refused_or_incomplete_and_never_another_error(noise: bytes) -> None:
    for make, _ in REPLIES:
        try:
            answer(make().parse, [noise])
        except (GarbledReply, Refused):
            continue


def test_a_line_without_an_end_is_given_up() -> None:
    with pytest.raises(GarbledReply, match="end of line"):
        text.take_line(bytearray(b"x" * (text.LINE_MAX + 1)))


def test_a_line_end_left_over_from_the_reply_before_is_dropped() -> None:
    buffer = bytearray(b"one\r")
    assert text.take_line(buffer) == "one"
    buffer += b"\ntwo\r\n"
    assert text.take_line(buffer) == "two"
