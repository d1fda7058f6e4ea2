"""The simulated Ultimus V against the byte examples and the rules printed in its operating manual."""

from __future__ import annotations

import pytest

from simulators.instruments.nordson_ultimus_v import NordsonUltimusV
from simulators.instruments.ultimus_memory import PressureUnit, VacuumUnit
from simulators.protocols.ultimus_packet import pack, unpack
from tests.wire.fake_plant import FakeClock, FakePlant

ENQ, ACK, EOT = b"\x05", b"\x06", b"\x04"
DONE, FAILED = b"\x0202A02D\x03", b"\x0202A22B\x03"

GOLDEN = [
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
    ("D0001", "96"),
    ("D0SC1050250", "27"),
    ("D0IN2PA1AI2", "D3"),
    ("D0PD0500DT10055VC0100", "E0"),
    ("D0AI1M2S0100D0010500VI0V0001I0001TM0SA001EA050", "2C"),
]


@pytest.fixture
def plant() -> FakePlant:
    return FakePlant(dispenser_input=600.0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def unit(plant: FakePlant, clock: FakeClock) -> NordsonUltimusV:
    return NordsonUltimusV(plant, clock, PressureUnit.KPA, VacuumUnit.KPA)


def send(unit: NordsonUltimusV, data: bytes) -> bytes:
    return b"".join(answer.data for answer in unit.receive(data))


def write(unit: NordsonUltimusV, text: str) -> bytes:
    assert send(unit, ENQ) == ACK
    verdict = send(unit, pack(text))
    send(unit, EOT)
    return verdict


def read(unit: NordsonUltimusV, text: str) -> str:
    assert send(unit, ENQ) == ACK
    assert send(unit, pack(text)) == DONE
    data = send(unit, ACK)
    send(unit, EOT)
    reply = unpack(data[1:-1])
    assert reply is not None
    return reply


@pytest.mark.parametrize(("text", "digits"), GOLDEN)
def test_packets_carry_the_checksums_printed_in_the_manual(text: str, digits: str) -> None:
    packet = pack(text)
    assert packet == b"\x02" + f"{len(text):02X}{text}{digits}".encode() + b"\x03"
    assert unpack(packet[1:-1]) == text


def test_the_read_example_of_the_manual_runs_byte_by_byte(unit: NordsonUltimusV) -> None:
    write(unit, "CH  001")
    assert send(unit, ENQ) == ACK
    assert send(unit, bytes.fromhex("02 30 34 55 41 20 20 43 36 03")) == bytes.fromhex("02 30 32 41 30 32 44 03")
    assert send(unit, ACK) == bytes.fromhex("02 30 35 44 30 30 30 31 39 36 03")
    assert send(unit, EOT) == b""


@pytest.mark.parametrize(
    "packet",
    [
        b"\x0204UA  C7\x03",
        b"\x0205UA  C5\x03",
        b"\x0204ZZ  A8\x03",
        b"\x02\x03",
        pack("PS  6896"),
        pack("PS  50"),
        pack("PS 0500"),
        pack("DS  0125"),
        pack("DS  T125"),
        pack("DI  1"),
        pack("E6  03"),
        pack("CH  x01"),
        pack("E8"),
    ],
)
def test_a_packet_that_is_wrong_or_unknown_fails_and_needs_a_new_enquiry(unit: NordsonUltimusV, packet: bytes) -> None:
    assert send(unit, ENQ) == ACK
    assert send(unit, packet) == FAILED
    assert send(unit, pack("UA  ")) == b""
    assert read(unit, "UA  ") == "D0000"


def test_a_packet_later_than_two_seconds_fails_and_one_in_time_does_not(
    unit: NordsonUltimusV, clock: FakeClock
) -> None:
    for late_s, verdict in ((1.9, DONE), (2.1, FAILED)):
        assert send(unit, ENQ) == ACK
        clock.now_s += late_s
        assert send(unit, pack("TT  ")) == verdict
        send(unit, EOT)


def test_data_that_was_not_fetched_before_the_end_is_gone(unit: NordsonUltimusV) -> None:
    send(unit, ENQ)
    assert send(unit, pack("UA  ")) == DONE
    assert send(unit, EOT + ACK) == b""


def test_several_packets_fit_in_one_conversation(unit: NordsonUltimusV) -> None:
    send(unit, ENQ)
    assert send(unit, pack("PS  1234")) == DONE
    assert send(unit, pack("E8000")) == DONE
    assert send(unit, ACK) == pack("D0PD1234DT00000VC0000")
    assert send(unit, pack("TT  ")) == DONE


@pytest.mark.parametrize(
    ("code", "digits", "kPa"),
    [
        ("00", "0435", 299.92),
        ("01", "3000", 300.0),
        ("02", "3000", 300.0),
        ("00", "1000", 689.48),
    ],
)
def test_the_decimal_point_of_the_pressure_follows_from_the_unit(
    unit: NordsonUltimusV, plant: FakePlant, code: str, digits: str, kPa: float
) -> None:
    assert write(unit, f"E6  {code}") == DONE
    assert write(unit, f"PS  {digits}") == DONE
    assert plant.actuators["dispense_pressure"] == pytest.approx(kPa, abs=0.01)
    assert read(unit, "UD  ") == f"D0CH000PD{digits}DT0000"


def test_vacuum_goes_to_the_plant_in_kPa(unit: NordsonUltimusV, plant: FakePlant) -> None:
    write(unit, "VS  0125")
    assert plant.actuators["dispense_vacuum"] == pytest.approx(1.25)
    write(unit, "E7  01")
    assert (read(unit, "E5  "), read(unit, "E8000")) == ("D0VU01", "D0PD0000DT00000VC0050")
    assert write(unit, "VS  0181") == FAILED


@pytest.mark.parametrize(
    ("digits", "seconds", "five"),
    [
        ("0125", 0.125, "01250"),
        ("10125", 1.0125, "10125"),
        ("8000", 8.0, "80000"),
        ("99999", 9.9999, "99999"),
    ],
)
def test_four_digits_of_time_are_milliseconds_and_five_are_tenths_of_them(
    unit: NordsonUltimusV, plant: FakePlant, digits: str, seconds: float, five: str
) -> None:
    assert write(unit, f"DS  T{digits}") == DONE
    assert read(unit, "E8000") == f"D0PD0000DT{five}VC0000"
    assert read(unit, "UC000") == f"D0PD0000DT{five[:4]}"
    assert write(unit, "DI  ") == DONE
    assert plant.actuators["dispense_shot"] == pytest.approx(seconds)


def test_a_timed_shot_is_not_started_twice_and_is_counted_once(
    unit: NordsonUltimusV, plant: FakePlant, clock: FakeClock
) -> None:
    write(unit, "DS  T0500")
    assert write(unit, "DI  ") == DONE
    clock.now_s += 0.4
    assert write(unit, "DI  ") == FAILED
    clock.now_s += 0.2
    assert write(unit, "DI  ") == DONE
    assert [name for name, _ in plant.driven].count("dispense_shot") == 2
    assert read(unit, "E9  ") == "D0SC0000002"
    write(unit, "EA  ")
    assert read(unit, "E9  ") == "D0SC0000000"


def test_in_steady_mode_the_first_command_starts_and_the_second_stops(unit: NordsonUltimusV, plant: FakePlant) -> None:
    write(unit, "MT  ")
    assert read(unit, "AU  ").endswith("TM1SA000EA399")
    write(unit, "DI  ")
    assert plant.driven[-1][0] == "dispense_shot"
    write(unit, "DI  ")
    assert plant.driven[-1] == ("dispense_stop", 1.0)


def test_the_toggle_changes_between_timed_and_steady(unit: NordsonUltimusV) -> None:
    modes = []
    for _ in range(3):
        write(unit, "TM  ")
        modes.append(read(unit, "AU  ")[-11])
    assert modes == ["1", "0", "1"]


def test_memories_keep_their_own_parameters_and_stop_at_399(unit: NordsonUltimusV, plant: FakePlant) -> None:
    assert write(unit, "EM  CH399T10055P0500V0100") == DONE
    assert plant.actuators["dispense_pressure"] == pytest.approx(50.0)
    assert read(unit, "UA  ") == "D0399"
    write(unit, "CH  000")
    assert plant.actuators["dispense_pressure"] == 0.0
    write(unit, "CH  999")
    assert read(unit, "UA  ") == "D0399"
    assert read(unit, "E8399") == "D0PD0500DT10055VC0100"


def test_a_refused_part_of_a_memory_leaves_it_as_it_was(unit: NordsonUltimusV) -> None:
    write(unit, "EM  CH007T10000P1000V0100")
    assert write(unit, "EM  CH007T20000P9999V0100") == FAILED
    assert read(unit, "E8007") == "D0PD1000DT10000VC0100"


@pytest.mark.parametrize(
    ("input_kPa", "alarms"),
    [
        (600.0, "D0IN2PA2AI2"),
        (200.0, "D0IN2PA1AI2"),
        (0.0, "D0IN1PA1AI2"),
    ],
)
def test_alarms_follow_the_air_at_the_inlet(
    unit: NordsonUltimusV, plant: FakePlant, input_kPa: float, alarms: str
) -> None:
    write(unit, "PS  3000")
    plant.show(dispenser_input=input_kPa)
    assert read(unit, "EL  ") == alarms
    assert write(unit, "EK  ") == DONE
    assert read(unit, "EL  ") == alarms
