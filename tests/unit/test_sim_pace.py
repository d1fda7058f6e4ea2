"""The simulated PACE5000: headers, units, errors, in-limits and status, as its SCPI manual describes them."""

from __future__ import annotations

import pytest

from simulators.instruments.druck_pace5000 import DruckPace5000, PaceSettings
from simulators.protocols.scpi import spellings
from tests.wire.fake_plant import FakeClock, FakePlant


@pytest.fixture
def plant() -> FakePlant:
    return FakePlant(outer_fine=0.0, pressure_source=699.0, pressure_effort=12.5)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pace(plant: FakePlant, clock: FakeClock) -> DruckPace5000:
    return DruckPace5000(plant, clock, PaceSettings(unit="KPA"))


def ask(pace: DruckPace5000, line: str) -> str:
    return b"".join(answer.data for answer in pace.receive(line.encode() + b"\r")).decode()


def error(pace: DruckPace5000) -> int:
    return int(ask(pace, ":SYST:ERR?").removeprefix(":SYST:ERR ").split(",")[0])


def test_a_header_has_long_and_short_forms_optional_nodes_and_the_suffix_of_its_module() -> None:
    forms = spellings(":SOURce#[:PRESsure]:SLEW")
    assert sorted(forms) == sorted(
        f":{source}{suffix}{pressure}:SLEW"
        for source in ("SOUR", "SOURCE")
        for suffix in ("", "1")
        for pressure in ("", ":PRES", ":PRESSURE")
    )


@pytest.mark.parametrize(
    ("query", "reply"),
    [
        ("*IDN?", "*IDN GE Druck,PACE5000,3215987,DK0367 v2.04.02"),
        (":INST:SN?", ":INST:SN 3215987"),
        (":INST:MAC?", ":INST:MAC 00:18:7D:5A:31:07"),
        (":SENS:PRES?", ":SENS:PRES 0.0000000"),
        ("sens1:pres?", ":SENS1:PRES 0.0000000"),
        (":SENSE?", ":SENSE 0.0000000"),
        (":SOUR:PRES:LEV:IMM:AMPL?", ":SOUR:PRES:LEV:IMM:AMPL 0.0000000"),
        (":SOUR:PRES:LEV:IMM:AMPL:VENT?", ":SOUR:PRES:LEV:IMM:AMPL:VENT 0"),
        (":SOUR:PRES:COMP?", ":SOUR:PRES:COMP 699.0000000"),
        (":SOUR:PRES:EFF?", ":SOUR:PRES:EFF 12.500"),
        (":SOUR:PRES:INL:TIME?", ":SOUR:PRES:INL:TIME 2"),
        (":SOUR:PRES:SLEW:MODE?", ":SOUR:PRES:SLEW:MODE LIN"),
        (":OUTP:STAT?", ":OUTP:STAT 0"),
        (":UNIT:PRES?", ":UNIT:PRES KPA"),
        (":INST:SENS:FULL?", ":INST:SENS:FULL 1000.0000000, -100.0000000"),
        (":STAT:OPER:COND?", ":STAT:OPER:COND 0"),
        (":SYST:ERR?", ':SYST:ERR 0,"No error"'),
        ("*STB?", "*STB 0"),
    ],
)
def test_every_query_is_answered_with_its_header_in_front(pace: DruckPace5000, query: str, reply: str) -> None:
    assert ask(pace, query) == reply + "\r"
    assert ask(pace, query) == reply + "\r"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("SENS::PRES?", -102),
        (":SENS:PRES?x", -102),
        ("\xe9", -102),
        (":SOUR:PRES 4,0", -108),
        (":SOUR:PRES abc", -104),
        (":SOUR:PRES nan", -104),
        (":OUTP:STAT 0.5", -104),
        (":SENS:PRES? 1", -108),
        (":GTL 1", -108),
        (":SOUR:PRES", -109),
        (":FRED 1", -113),
        (":SENS2:PRES?", -113),
        (":SENS:PRES 1", -113),
        (":GTL?", -113),
        (":SOUR:PRES 1000.5", -222),
        (":SOUR:PRES -101", -222),
        (":SOUR:PRES:SLEW 0", -222),
        (":SOUR:PRES:INL:TIME 1", -222),
        (":SOUR:PRES:VENT 2", -222),
        (":OUTP:STAT 2", -222),
        (":UNIT:PRES FURLONG", -224),
        (":SOUR:PRES:SLEW:MODE FAST", -224),
    ],
)
def test_what_cannot_be_done_is_silent_and_queues_its_error(
    pace: DruckPace5000, plant: FakePlant, line: str, number: int
) -> None:
    before = list(plant.driven)
    assert ask(pace, line) == ""
    assert (error(pace), error(pace)) == (number, 0)
    assert plant.driven == before


def test_errors_come_out_in_order_and_a_full_queue_ends_with_overflow(pace: DruckPace5000) -> None:
    ask(pace, ":FRED")
    for _ in range(40):
        ask(pace, ":SOUR:PRES 2000")
    numbers = [error(pace) for _ in range(17)]
    assert numbers == [-113] + [-222] * 14 + [-350, 0]


def test_clear_status_empties_the_queue_and_the_status_byte_tells_of_an_error_once(pace: DruckPace5000) -> None:
    ask(pace, "*SRE 255")
    ask(pace, "FRED")
    assert (ask(pace, "*STB?"), ask(pace, "*STB?")) == ("*STB 68\r", "*STB 0\r")
    ask(pace, "FRED;*CLS")
    assert (ask(pace, "*STB?"), error(pace)) == ("*STB 0\r", 0)


@pytest.mark.parametrize(
    ("unit", "value", "kPa"),
    [
        ("MBAR", "4000", 400.0),
        ("BAR", "4", 400.0),
        ("PA", "4E5", 400.0),
        ("HPA", "4000", 400.0),
        ("KPA", "+400", 400.0),
        ("MPA", "0.4", 400.0),
        ("PSI", "14.503774", 100.0),
        ("TORR", "750.0617", 100.0),
        ("ATM", "1", 101.325),
        ("KG/M2", "10197.162", 100.0),
    ],
)
def test_setpoints_rates_and_readings_are_in_the_unit_that_is_set(
    pace: DruckPace5000, plant: FakePlant, unit: str, value: str, kPa: float
) -> None:
    ask(pace, f":UNIT:PRES {unit}")
    ask(pace, f":SOUR:PRES {value};:SOUR:PRES:SLEW {value}")
    assert plant.actuators["pressure_target"] == pytest.approx(kPa, rel=1e-6)
    assert plant.actuators["pressure_rate"] == pytest.approx(kPa, rel=1e-6)
    plant.show(outer_fine=kPa)
    assert float(ask(pace, ":SENS:PRES?").split()[1]) == pytest.approx(float(value), rel=1e-6)


def test_it_powers_up_in_mbar_with_the_loop_off() -> None:
    plant = FakePlant()
    pace = DruckPace5000(plant, FakeClock())
    assert ask(pace, ":UNIT:PRES?") == ":UNIT:PRES MBAR\r"
    assert plant.actuators["pressure_control"] == 0.0


def test_output_vent_and_slew_mode_reach_the_plant(pace: DruckPace5000, plant: FakePlant) -> None:
    ask(pace, ":OUTP:STAT ON")
    ask(pace, ":SOUR:PRES:LEV:IMM:AMPL:VENT 1")
    ask(pace, ":SOUR:PRES:SLEW 10")
    ask(pace, ":SOUR:PRES:SLEW:MODE MAX")
    assert (plant.actuators["pressure_control"], plant.actuators["pressure_vent"]) == (1.0, 1.0)
    assert plant.actuators["pressure_rate"] == 60.0
    ask(pace, "SOUR:SLEW:MODE LIN")
    assert plant.actuators["pressure_rate"] == 10.0
    ask(pace, ":OUTP 0;:SOUR:PRES:VENT 0")
    assert (plant.actuators["pressure_control"], plant.actuators["pressure_vent"]) == (0.0, 0.0)


def test_in_limits_comes_when_the_pressure_has_stayed_inside_for_the_dwell_time(
    pace: DruckPace5000, plant: FakePlant, clock: FakeClock
) -> None:
    ask(pace, ":SOUR:PRES 400")
    flags = []
    for elapsed_s, pressure_kPa in ((0.0, 398.0), (1.0, 399.5), (1.9, 400.5), (0.2, 400.0), (0.1, 402.0), (1.0, 400.0)):
        clock.now_s += elapsed_s
        plant.show(outer_fine=pressure_kPa)
        flags.append(ask(pace, ":SENS:PRES:INL?").split()[2])
    assert flags == ["0", "0", "0", "1", "0", "0"]


def test_a_new_setpoint_starts_the_dwell_again(pace: DruckPace5000, plant: FakePlant, clock: FakeClock) -> None:
    ask(pace, ":SENS:PRES?")
    clock.now_s += 5.0
    assert ask(pace, ":SENS:PRES:INL?").endswith(" 1\r")
    ask(pace, ":SOUR:PRES 0")
    assert ask(pace, ":SENS:PRES:INL?").endswith(" 0\r")


def test_events_are_kept_until_they_are_read_and_conditions_are_not(pace: DruckPace5000, plant: FakePlant) -> None:
    plant.show(pressure_vent_state=2.0)
    assert ask(pace, ":STAT:OPER:PRES:COND?").endswith(" 1\r")
    plant.show(pressure_vent_state=0.0)
    assert ask(pace, ":STAT:OPER:PRES:COND?").endswith(" 0\r")
    assert ask(pace, ":STAT:OPER:PRES:EVEN?").endswith(" 1\r")
    assert ask(pace, ":STAT:OPER:PRES?").endswith(" 0\r")


@pytest.mark.parametrize("ending", [b"\r", b"\n", b"\r\n"])
def test_any_line_ending_is_taken_and_the_configured_one_is_sent(ending: bytes) -> None:
    pace = DruckPace5000(FakePlant(), FakeClock(), PaceSettings(terminator=b"\r\n"))
    answers = pace.receive(b":UNIT?" + ending + b":UNIT?" + ending)
    assert [answer.data for answer in answers] == [b":UNIT MBAR\r\n"] * 2


def test_two_connections_share_the_instrument_but_not_the_input_buffer(pace: DruckPace5000) -> None:
    first, second = pace.connection(), pace.connection()
    assert first.receive(b":UNIT:PR") == []
    assert second.receive(b":UNIT:PRES BAR\r") == []
    assert [answer.data for answer in first.receive(b"ES?\r")] == [b":UNIT:PRES BAR\r"]
