"""The simulated balance and position display, and what holds for every text instrument: splits and noise do no harm."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.instruments.druck_pace5000 import DruckPace5000
from simulators.instruments.heidenhain_nd287 import HeidenhainNd287
from simulators.instruments.nordson_ultimus_v import NordsonUltimusV
from simulators.instruments.sartorius_sbi import SartoriusSbi, SbiSettings
from simulators.instruments.zaber_x import ZaberX
from simulators.protocols.lines import LineSplitter
from simulators.protocols.ultimus_packet import pack
from simulators.wire.firmware import Firmware, PlantPorts
from tests.wire.fake_plant import FakeClock, FakePlant


def sent(firmware: Firmware, data: bytes) -> bytes:
    return b"".join(answer.data for answer in firmware.receive(data))


# ---------------------------------------------------------------------- balance


@pytest.mark.parametrize(
    ("mass_g", "stable", "long", "short"),
    [
        (1.7352, True, b"N     +   1.7352 g  \r\n", b"+   1.7352 g  \r\n"),
        (-0.5, False, b"N     -   0.5000    \r\n", b"-   0.5000    \r\n"),
        (-0.00001, True, b"N     +   0.0000 g  \r\n", b"+   0.0000 g  \r\n"),
        (219.9999, True, b"N     + 219.9999 g  \r\n", b"+ 219.9999 g  \r\n"),
        (221.0, True, b"Stat       High     \r\n", b"     High     \r\n"),
        (-12.0, True, b"Stat       Low      \r\n", b"     Low      \r\n"),
    ],
)
def test_the_balance_prints_lines_of_22_or_16_characters(
    mass_g: float, stable: bool, long: bytes, short: bytes
) -> None:
    plant = FakePlant(balance=mass_g, balance_stable=float(stable))
    for length, line in ((22, long), (16, short)):
        assert len(line) == length
        [answer] = SartoriusSbi(plant, FakeClock(), SbiSettings(line_length=length)).receive(b"\x1bP\r\n")
        assert (answer.data, answer.delay_s) == (line, 0.05)


def test_the_balance_tares_in_silence_and_calibrates_for_its_time() -> None:
    plant, clock = FakePlant(balance_stable=1.0), FakeClock()
    balance = SartoriusSbi(plant, clock)
    assert sent(balance, b"\x1bT\x1bU\x1bV\r\n") == b""
    assert plant.driven == [("balance_tare", 1.0)] * 3
    assert sent(balance, b"\x1bZ") == b""
    assert b"Cal.Int." in sent(balance, b"\x1bP")
    clock.now_s += 11.0
    assert sent(balance, b"\x1bP") == b"N     +   0.0000 g  \r\n"


def test_the_balance_names_itself_and_ignores_what_it_does_not_know() -> None:
    balance = SartoriusSbi(FakePlant(), FakeClock())
    assert [sent(balance, b"\x1bx%d_" % n).strip() for n in (1, 2, 3)] == [b"ENTRIS224-1S", b"0031904287", b"01-64-02"]
    assert sent(balance, b"\x1bx9_\x1bK\x1bf1_P\r\nS\r\n\x1bx" + b"y" * 40) == b""
    assert b"g  \r\n" not in sent(balance, b"\x1bP")


def test_a_balance_line_of_another_length_is_refused_at_construction() -> None:
    with pytest.raises(ValueError, match="16 or 22"):
        SartoriusSbi(FakePlant(), FakeClock(), SbiSettings(line_length=20))


# ---------------------------------------------------------------------- position display


@pytest.mark.parametrize(
    ("thickness_um", "line"),
    [
        (0.0, b"\x02+000000000\r\n"),
        (795.04, b"\x02+000007950\r\n"),
        (-12.3, b"\x02-000000123\r\n"),
    ],
)
def test_the_display_sends_its_counts_with_leading_zeros(thickness_um: float, line: bytes) -> None:
    display = HeidenhainNd287(FakePlant(thickness=thickness_um), FakeClock())
    assert sent(display, b"\x1bA0200\r") == line
    assert sent(display, b"\x02") == line


def test_the_display_shows_identity_text_status_and_error() -> None:
    display = HeidenhainNd287(FakePlant(thickness=-795.0), FakeClock())
    assert sent(display, b"\x1bA0000\r") == b"\x02ND-287    \r\n646118-01 \r\nV1-01     \r\n"
    assert sent(display, b"\x1bA0100\r") == b"\x02-    0.7950\r\n"
    assert sent(display, b"\x1bA0800\r") == b"\x0210000000000000\r\n"
    assert sent(display, b"\x1bA0301\r") == b"\x15"
    display.error_text = "FORMAT ERR."
    assert sent(display, b"\x1bA0301\r") == sent(display, b"\x05") == b"\x02FORMAT ERR.  \r\n"


def test_the_display_acknowledges_keys_and_refuses_what_it_does_not_know() -> None:
    display = HeidenhainNd287(FakePlant(), FakeClock())
    assert sent(display, b"\x1bT0104\r") == b"\x06"
    assert sent(display, b"\x1bT104\r\x1bA0900\r\x1b\r") == b"\x15\x15\x15"
    assert sent(display, b"\x1b" + b"A" * 100) == b"\x15"


def test_the_display_holds_its_answers_while_it_is_paused() -> None:
    display = HeidenhainNd287(FakePlant(), FakeClock())
    assert sent(display, b"\x13\x1bT0104\r\x02") == b""
    assert sent(display, b"\x11") == b"\x06\x02+000000000\r\n"
    sent(display, b"\x13" + b"\x02" * 100)
    assert len(display.receive(b"\x11")) == 16


# ---------------------------------------------------------------------- all of them

SCRIPTS: list[tuple[Callable[[PlantPorts, Callable[[], float]], Firmware], bytes]] = [
    (
        DruckPace5000,
        b"*IDN?\r\n:UNIT:PRES KPA\n:SOUR:PRES 400\r:SOUR:PRES?\r\nFRED\r\n"
        + b"x" * 300
        + b"\r\n:SYST:ERR?;:SYST:ERR?\r\n",
    ),
    (
        NordsonUltimusV,
        b"\x05"
        + pack("PS  0500")
        + b"\x04\x05"
        + pack("E8000")
        + b"\x06\x04\x05\x02zz\x03\x05"
        + pack("UA  ")
        + b"\x06\x04"
        + pack("UA  "),
    ),
    (SartoriusSbi, b"\x1bP\r\n\x1bx1_\x1bT\r\n\x1bx2_\r\nP\x1bP"),
    (HeidenhainNd287, b"\x1bA0000\r\x02\x1bT0104\r\n\x13\x1bA0200\r\x05\x11\x1bQ\r"),
    (
        ZaberX,
        b"/1 1 00 get pos:2C\r\n/\r\n/1 1 01 get pos:00\n\r/1 1 move rel 5\n/" + b"9" * 90 + b"\r\n/1 get version\r",
    ),
]


def healthy_plant() -> FakePlant:
    return FakePlant(z=60_000.0, z_enabled=1.0, balance=1.5, balance_stable=1.0, thickness=795.0, dispenser_input=600.0)


@pytest.mark.parametrize(("make", "script"), SCRIPTS)
@given(data=st.data())
def test_however_the_bytes_are_split_the_answers_are_the_same(
    make: Callable[[PlantPorts, Callable[[], float]], Firmware], script: bytes, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(script) - 1), max_size=12)))
    whole = sent(make(healthy_plant(), FakeClock()), script)
    pieces = make(healthy_plant(), FakeClock())
    edges = [0, *cuts, len(script)]
    assert b"".join(sent(pieces, script[a:b]) for a, b in pairwise(edges)) == whole
    assert whole


@pytest.mark.parametrize(("make", "script"), SCRIPTS)
@given(noise=st.binary(max_size=64), position=st.integers(0, 200))
def test_noise_on_the_line_never_stops_an_instrument_for_good(
    make: Callable[[PlantPorts, Callable[[], float]], Firmware], script: bytes, noise: bytes, position: int
) -> None:
    firmware = make(healthy_plant(), FakeClock())
    firmware.receive(script[:position] + noise + script[position:])
    firmware.receive(b"\x11\x03\x04\r\n")
    assert sent(firmware, script)


@given(st.lists(st.binary(max_size=20)))
def test_no_line_is_longer_than_the_buffer_and_the_next_one_is_whole(chunks: list[bytes]) -> None:
    splitter = LineSplitter(longest=10)
    for chunk in chunks:
        assert all(0 < len(line) <= 10 for line in splitter.feed(chunk))
    splitter.feed(b"\r")
    assert splitter.feed(b"*IDN?\r\n") == [b"*IDN?"]
