"""The three Modbus drivers over a real line: each byte they send, and what they make of the answers."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import GarbledReply, LinkLost, NoReply, Refused, WrongInstrument
from drivers.instrument import Instrument
from drivers.instruments import abb_acs355
from drivers.instruments.abb_acs355 import AbbAcs355
from drivers.instruments.eurotherm_3216 import Eurotherm3216
from drivers.instruments.line_plc import LinePlc
from drivers.links.line import Line
from drivers.permit import Permit
from drivers.reading import Quality, TagTable
from springback.places import config_file
from tests.unit.scripted import Reply, scripted_line

PERMIT = Permit(epoch=0)
Pair = tuple[bytes, Reply]


def crc(frame: bytes) -> bytes:
    """CRC of MODBUS over serial line V1.02, section 6.2.2, bit by bit."""
    register = 0xFFFF
    for byte in frame:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return struct.pack("<H", register)


def rtu(unit: int, request: str, reply: str | None) -> Pair:
    """A request and its reply as RTU frames, given as PDUs in hex; None for a unit that stays silent."""
    ask, answer = (bytes((unit,)) + bytes.fromhex(pdu or "") for pdu in (request, reply))
    return ask + crc(ask), None if reply is None else answer + crc(answer)


def tcp(*pdus: tuple[str, str]) -> list[Pair]:
    """Requests and replies of unit 1 as MBAP frames, transactions counted from 1."""

    def frame(transaction: int, pdu: str) -> bytes:
        data = bytes.fromhex(pdu)
        return struct.pack(">HHHB", transaction, 0, len(data) + 1, 1) + data

    return [(frame(i, request), frame(i, reply)) for i, (request, reply) in enumerate(pdus, start=1)]


def made(driver: Callable[..., Any], line: Line, **settings: object) -> Any:
    return driver("it", line, TagTable(), settings)


async def scan(instrument: Instrument, now_s: float) -> None:
    """Run each of the instrument's polls once through its line, as if the replies came at `now_s`."""
    if not instrument.identity:
        instrument.identity = await instrument.ask(instrument.identify)
    for poll in instrument.polls():
        poll.done(await instrument.ask(poll.dialogue), now_s)


def value(instrument: Instrument, name: str) -> float:
    return instrument.tags.value[instrument.tag[name]]


def quality(instrument: Instrument, name: str) -> Quality:
    return Quality(instrument.tags.quality[instrument.tag[name]])


# --------------------------------------------------------------------------------------------- line PLC
IDENTITY = "04 14 53 50 00 01 00 01 00 01 CF C7 00 00 12 34 56 78 C2 F6 E6 66"
ASK_IDENTITY = "04 00 00 00 0A"


def scan_request(heartbeat: int) -> str:
    return f"17 03 F2 00 20 00 00 00 01 02 {heartbeat:04X}"


def scan_reply(status: int = 0, outputs: int = 0, inner_kPa: float = 101.3) -> str:
    block = struct.pack(">HHHxx", 41, status & 0xFFFF, status >> 16)
    block += struct.pack(">9f", -0.5, inner_kPa, 500.25, 700.0, 147.5, 148.0, 149.0, 4.5, -80.0)
    block += struct.pack(">3I", 7, 0, 70_000)
    block += struct.pack(">HHf", outputs & 0xFFFF, outputs >> 16, 12.5)
    return f"17 40 {block.hex()}"


async def test_the_plc_is_known_by_its_magic_its_version_and_its_test_constants() -> None:
    async with scripted_line(tcp((ASK_IDENTITY, IDENTITY))) as line:
        plc = made(LinePlc, line)
        assert await plc.ask(plc.identify) == "springback line PLC map 1 simulated"
        assert plc.simulated


async def test_a_real_machine_says_so() -> None:
    machine = IDENTITY.replace("53 50 00 01 00 01 00 01", "53 50 00 01 00 09 00 00")
    async with scripted_line(tcp((ASK_IDENTITY, machine))) as line:
        plc = made(LinePlc, line)
        assert await plc.ask(plc.identify) == "springback line PLC map 1 machine"
        assert not plc.simulated


@pytest.mark.parametrize(
    ("found", "instead", "says"),
    [
        ("53 50", "53 51", r"input register 0 \(30001\) magic: wanted 21328, got 21329: another box"),
        ("50 00 01", "50 00 02", "map_version: wanted 1, got 2: another box, or another version"),
        ("CF C7", "30 39", "test_i16: wanted -12345, got 12345"),
        ("12 34 56 78 C2 F6 E6 66", "56 78 12 34 E6 66 C2 F6", "order is not ABCD; set word_order: CDAB in the tool"),
        ("12 34 56 78", "34 12 78 56", "set word_order: BADC"),
        ("12 34 56 78", "78 56 34 12", "set word_order: DCBA"),
        ("C2 F6 E6 66", "C2 F6 E6 67", "test_f32: wanted -123.45, got -123.45"),
    ],
)
async def test_a_box_with_another_identity_is_refused(found: str, instead: str, says: str) -> None:
    async with scripted_line(tcp((ASK_IDENTITY, IDENTITY.replace(found, instead, 1)))) as line:
        plc = made(LinePlc, line)
        with pytest.raises(WrongInstrument, match=says):
            await plc.connect()


async def test_a_box_without_the_identity_registers_is_refused() -> None:
    async with scripted_line(tcp((ASK_IDENTITY, "84 02"))) as line:
        plc = made(LinePlc, line)
        with pytest.raises(WrongInstrument, match=r"no line PLC, .* exception 02"):
            await plc.connect()


async def test_one_exchange_writes_the_heartbeat_and_reads_the_block() -> None:
    estop_chain, cup_present, out_clamp, out_guard_lock = 1 << 0, 1 << 19, 1 << 1, 1 << 16
    reply = scan_reply(estop_chain | cup_present, out_clamp | out_guard_lock)
    async with scripted_line(tcp((ASK_IDENTITY, IDENTITY), (scan_request(1), reply))) as line:
        plc = made(LinePlc, line)
        plc.beat()
        await scan(plc, 12.5)
    numbers = {"hb_plc": 41, "outer_coarse": -0.5, "clamp_pressure": 500.25, "chuck_part": 70_000}
    assert {name: value(plc, name) for name in numbers} == numbers
    bits = ("estop_chain", "enabled", "cup_present", "out_clamp", "out_dump_shut", "out_guard_lock")
    assert [value(plc, name) for name in bits] == [1, 0, 1, 1, 0, 1]
    assert set(plc.tags.time_s) == {12.5}
    assert set(plc.tags.quality) == {Quality.GOOD}
    assert line.exchanges["it"] == 2


async def test_bits_follow_every_scan_and_recover_from_a_failed_one() -> None:
    scans = [(scan_request(0), scan_reply(status)) for status in (0b1, 0b1, 0b10)]
    async with scripted_line(tcp((ASK_IDENTITY, IDENTITY), *scans)) as line:
        plc = made(LinePlc, line)
        await plc.ask(plc.identify)
        [poll] = plc.polls()
        seen = []
        for now_s in (1.0, 2.0, 3.0):
            poll.failed(NoReply("in between"))
            assert set(plc.tags.quality) == {Quality.STALE}
            poll.done(await plc.ask(poll.dialogue), now_s)
            seen.append((value(plc, "estop_chain"), value(plc, "enabled"), quality(plc, "enabled")))
    assert seen == [(1, 0, Quality.GOOD), (1, 0, Quality.GOOD), (0, 1, Quality.GOOD)]
    assert set(plc.tags.time_s) == {3.0}


@pytest.mark.parametrize("inner_kPa", [-0.1, 140.0, float("nan"), float("inf")])
async def test_a_number_outside_the_transmitters_range_is_bad_and_alone_so(inner_kPa: float) -> None:
    script = tcp((ASK_IDENTITY, IDENTITY), (scan_request(0), scan_reply(inner_kPa=inner_kPa)))
    async with scripted_line(script) as line:
        plc = made(LinePlc, line)
        await scan(plc, 1.0)
    assert [name for name in plc.tag if quality(plc, name) != Quality.GOOD] == ["inner"]
    assert quality(plc, "inner") == Quality.BAD


async def test_the_scan_reads_a_plc_with_swapped_words_when_told_so() -> None:
    swapped = IDENTITY.replace("12 34 56 78 C2 F6 E6 66", "56 78 12 34 E6 66 C2 F6")
    ordered = bytes.fromhex(scan_reply(status=0b1))
    block = bytearray(ordered)
    for start in (2 + 2 * (pdu - 10) for pdu in (*range(14, 38, 2), 40)):
        block[start : start + 4] = ordered[start + 2 : start + 4] + ordered[start : start + 2]
    async with scripted_line(tcp((ASK_IDENTITY, swapped), (scan_request(0), block.hex()))) as line:
        plc = made(LinePlc, line, word_order="CDAB")
        await scan(plc, 1.0)
    names = ("hb_plc", "clamp_pressure", "chuck_part", "estop_chain")
    assert [value(plc, name) for name in names] == [41, 500.25, 70_000, 1]


async def test_a_reading_is_fresh_for_two_scans_and_the_deadline() -> None:
    async with scripted_line([]) as line:
        plc = made(LinePlc, line, scan_hz=100)
        [poll] = plc.polls()
    assert (poll.period_s, poll.deadline_s) == (0.01, 0.1)
    assert plc.tags.fresh_s[plc.tag["cup_present"]] == pytest.approx(0.12)


async def test_the_heartbeat_rolls_over_at_65535() -> None:
    async with scripted_line([]) as line:
        plc = made(LinePlc, line)
    for _ in range(65_535):
        plc.beat()
    assert plc.heartbeat == 65_535
    plc.beat()
    assert plc.heartbeat == 0


@pytest.mark.parametrize(
    ("output", "number", "exchanges", "back"),
    [
        ("clamp", 1, [("06 00 0B 00 01", "06 00 0B 00 01"), ("03 00 0B 00 01", "03 02 00 01")], 1.0),
        ("guard_lock", 0, [("06 00 1A 00 00", "06 00 1A 00 00"), ("03 00 1A 00 01", "03 02 00 00")], 0.0),
        (
            "inner_target",
            20.5,
            [("10 00 1E 00 02 04 41 A4 00 00", "10 00 1E 00 02"), ("03 00 1E 00 02", "03 04 41 A4 00 00")],
            20.5,
        ),
        ("ack_alarms", 1, [("05 00 00 FF 00", "05 00 00 FF 00")], 1.0),
    ],
)
async def test_an_output_is_written_and_read_back(
    output: str, number: float, exchanges: list[tuple[str, str]], back: float
) -> None:
    async with scripted_line(tcp(*exchanges)) as line:
        assert await made(LinePlc, line).set_output(output, number, PERMIT) == back


async def test_what_the_plc_holds_is_returned_even_when_it_differs() -> None:
    script = tcp(("06 00 0B 00 01", "06 00 0B 00 01"), ("03 00 0B 00 01", "03 02 00 00"))
    async with scripted_line(script) as line:
        assert await made(LinePlc, line).set_output("clamp", 1, PERMIT) == 0.0


@pytest.mark.parametrize(
    ("output", "number", "says"),
    [
        ("clamp", 2, r"clamp takes a whole number 0\.\.1, got 2"),
        ("clamp", 0.5, "whole number"),
        ("inner_target", 0.5, r"inner_target takes a number 1\.\.101.4 kPa.*, got 0.5"),
        ("inner_rate", float("nan"), "got nan"),
        ("hb_host", 1, "no output 'hb_host'"),
        ("magic", 1, "no output 'magic'; the map has ack_alarms, bleed, "),
    ],
)
async def test_a_value_outside_the_map_never_reaches_the_wire(output: str, number: float, says: str) -> None:
    async with scripted_line([]) as line:
        with pytest.raises(Refused, match=says):
            await made(LinePlc, line).set_output(output, number, PERMIT)


async def test_a_refusal_of_the_plc_names_the_output() -> None:
    async with scripted_line(tcp(("06 00 0F 00 01", "86 04"))) as line:
        with pytest.raises(Refused, match="it: pump = 1: unit 1 refused to write register at address 15: exception 04"):
            await made(LinePlc, line).set_output("pump", 1, PERMIT)


async def test_a_reply_to_another_transaction_is_never_used() -> None:
    [first, (request, _)] = tcp((ASK_IDENTITY, IDENTITY), (scan_request(0), scan_reply()))
    [(_, of_transaction_1)] = tcp((scan_request(0), scan_reply()))
    async with scripted_line([first, (request, of_transaction_1)]) as line:
        plc = made(LinePlc, line)
        with pytest.raises(GarbledReply, match=r"wanted transaction 2 .* got transaction 1"):
            await scan(plc, 1.0)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"scan_hz": 0}, "scan_hz is above 0 and at most 100, got 0"),
        ({"scan_hz": 101}, "got 101"),
        ({"word_order": "ACBD"}, "word_order is one of ABCD, CDAB, BADC, DCBA, got ACBD"),
    ],
)
async def test_settings_that_make_no_sense_are_named(setting: dict[str, object], says: str) -> None:
    async with scripted_line([]) as line:
        with pytest.raises(ValueError, match=says):
            made(LinePlc, line, **setting)


@pytest.mark.parametrize(
    ("found", "instead", "says"),
    [
        ("coils:", "coil:", "KeyError\\('coils'\\)"),
        ("{pdu: 14, ref: 30015", "{pdu: 12, ref: 30013", "share address 12"),
        ("name: clamp, type: u16", "name: clamp, type: word", "the type is one of bit, u16"),
        ("name: clamp, type", "name: pump, type", "two outputs have the same name"),
    ],
)
async def test_a_file_that_is_no_map_is_refused_with_its_name(
    tmp_path: Path, found: str, instead: str, says: str
) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(config_file("line_plc_map.yaml").read_text().replace(found, instead))
    async with scripted_line([]) as line:
        with pytest.raises(ValueError, match=f"map.yaml: .*{says}"):
            made(LinePlc, line, map=str(path))


# --------------------------------------------------------------------------------------------- Eurotherm 3216
def heater(status: str = "00 00", unit: int = 2, pv: str = "04 D3") -> list[Pair]:
    return [  # PV 123.5, target 120.0, manual 0, working output 45.5 %, working setpoint 125.0
        rtu(unit, "03 00 01 00 05", f"03 0A {pv} 04 B0 00 00 01 C7 04 E2"),
        rtu(unit, "03 00 4B 00 01", f"03 02 {status}"),
    ]


async def test_a_heater_is_identified_and_read_in_two_short_exchanges() -> None:
    async with scripted_line(heater() + heater()) as line:
        loop = made(Eurotherm3216, line, unit=2, decimals=1)
        await scan(loop, 3.0)
    assert loop.identity == "Eurotherm 3216 unit 2"
    read = {name: value(loop, name) for name in loop.tag}
    assert read == pytest.approx(
        {"temperature": 123.5, "setpoint": 125.0, "output": 45.5, "sensor_break": 0, "loop_break": 0}
    )
    assert set(loop.tags.time_s) == {3.0}


async def test_temperatures_below_zero_and_other_decimals_are_read() -> None:
    async with scripted_line(heater(pv="FF 9C") * 2) as line:
        loop = made(Eurotherm3216, line, unit=2, decimals=2)
        await scan(loop, 3.0)
    assert (value(loop, "temperature"), value(loop, "setpoint")) == (-1.0, 12.5)
    assert value(loop, "output") == pytest.approx(45.5)


async def test_a_broken_sensor_makes_the_temperature_bad_and_nothing_else() -> None:
    async with scripted_line(heater("00 20", pv="7F FF") * 2) as line:
        loop = made(Eurotherm3216, line, unit=2)
        await scan(loop, 3.0)
    assert [name for name in loop.tag if quality(loop, name) == Quality.BAD] == ["temperature"]
    assert (value(loop, "sensor_break"), value(loop, "loop_break")) == (1, 0)


async def test_a_loop_break_is_a_flag_and_leaves_the_temperature_good() -> None:
    async with scripted_line(heater("00 40") * 2) as line:
        loop = made(Eurotherm3216, line, unit=2)
        await scan(loop, 3.0)
    assert (value(loop, "loop_break"), quality(loop, "temperature")) == (1, Quality.GOOD)


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ([rtu(1, "03 00 01 00 05", "83 02")], "wanted a Eurotherm 3216, but unit 1 refused .* exception 02"),
        (heater(unit=1, pv="7F FF"), "its temperature within -200..1372 degC; unit 1 says 3276.7"),
    ],
)
async def test_a_box_that_is_no_heater_is_refused(script: list[Pair], says: str) -> None:
    async with scripted_line(script) as line:
        with pytest.raises(WrongInstrument, match=says):
            await made(Eurotherm3216, line).connect()


async def test_the_setpoint_goes_to_the_volatile_register_and_is_read_back() -> None:
    script = [rtu(2, "06 00 1A 04 E2", "06 00 1A 04 E2"), rtu(2, "03 00 1A 00 01", "03 02 04 D8")]
    async with scripted_line(script) as line:
        assert await made(Eurotherm3216, line, unit=2).set_setpoint(125.0, PERMIT) == 124.0


async def test_the_remote_setpoint_is_switched_on_and_read_back() -> None:
    script = [rtu(2, "06 01 14 00 01", "06 01 14 00 01"), rtu(2, "03 01 14 00 01", "03 02 00 01")]
    async with scripted_line(script) as line:
        assert await made(Eurotherm3216, line, unit=2).use_remote(True, PERMIT) is True


@pytest.mark.parametrize("temperature_degC", [3276.8, -3277.0, float("nan")])
async def test_a_setpoint_that_no_register_holds_is_refused(temperature_degC: float) -> None:
    async with scripted_line([]) as line:
        with pytest.raises(Refused, match=r"one register holds -3276\.8\.\.3276\.7 degC"):
            await made(Eurotherm3216, line).set_setpoint(temperature_degC, PERMIT)


async def test_a_silent_heater_is_no_reply_and_the_bus_is_left_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Eurotherm3216, "DEADLINE_S", 0.001)
    async with scripted_line([rtu(1, "06 01 14 00 00", None)]) as line:
        with pytest.raises(NoReply):
            await made(Eurotherm3216, line).use_remote(False, PERMIT)


async def test_two_heaters_share_one_bus() -> None:
    async with scripted_line(heater(unit=1) + heater(unit=2)) as line:
        tags = TagTable()
        loops = [Eurotherm3216(f"heater_{unit}", line, tags, {"unit": unit}) for unit in (1, 2)]
        said = [await loop.ask(loop.identify) for loop in loops]
    assert said == ["Eurotherm 3216 unit 1", "Eurotherm 3216 unit 2"]
    assert line.exchanges == {"heater_1": 2, "heater_2": 2}


# --------------------------------------------------------------------------------------------- ABB ACS355
def drive(status: str, speed: str = "0B B8", fault: str = "00 00") -> Pair:
    return rtu(3, "03 00 03 00 06", f"03 0C {status} {speed} 00 2D FF CE 03 E8 {fault}")


def command(word: str, status: str) -> list[Pair]:
    return [rtu(3, f"06 00 00 {word}", f"06 00 00 {word}"), rtu(3, "03 00 03 00 01", f"03 02 {status}")]


def walk(*states: str) -> list[Pair]:
    """A start: status before, then after each of the four control words."""
    steps = zip(("00 06", "00 07", "00 0F", "04 7F"), states[1:], strict=True)
    return [drive(states[0]), *(pair for word, status in steps for pair in command(word, status))]


WALK = walk("02 31", "02 31", "02 33", "02 37", "02 37")


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abb_acs355, "STEP_S", 0.0)


async def test_a_drive_is_read_in_one_block() -> None:
    async with scripted_line([drive("03 37"), drive("03 37")]) as line:
        spindle = made(AbbAcs355, line, unit=3)
        await scan(spindle, 5.0)
    assert spindle.identity == "ABB ACS355 unit 3"
    read = {name: value(spindle, name) for name in spindle.tag}
    actuals = {"speed": 3000, "current": 4.5, "torque": -5, "power": 1000, "fault": 0}
    assert read == pytest.approx({**actuals, "status": 0x337, "at_speed": 1, "running": 1})


async def test_actuals_mapped_with_other_units_are_read_with_the_tools_counts() -> None:
    async with scripted_line([drive("03 37"), drive("03 37")]) as line:
        spindle = made(AbbAcs355, line, unit=3, counts={"power": 10.0})
        await scan(spindle, 5.0)
    assert value(spindle, "power") == 10_000


async def test_the_drive_is_asked_often_only_while_it_is_enabled_or_turns() -> None:
    states = [("02 31", "00 00"), ("02 37", "00 00"), ("02 31", "00 05"), ("02 31", "00 00")]
    async with scripted_line([drive(*state) for state in states]) as line:
        spindle = made(AbbAcs355, line, unit=3)
        [poll] = spindle.polls()
        periods, limits = [], []
        for now_s in range(len(states)):
            poll.done(await spindle.ask(poll.dialogue), float(now_s))
            periods.append(poll.period_s)
            limits.append(spindle.tags.fresh_s[spindle.tag["speed"]])
    assert periods == [1.0, 0.2, 0.2, 1.0]
    assert limits == pytest.approx([2.1, 0.5, 0.5, 2.1])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (rtu(3, "03 00 03 00 06", "83 02"), "wanted an ABB ACS355, but unit 3 refused"),
        (drive("02 31", speed="7F FF"), "up to 4500 rpm, unit 3 says 32767 rpm"),
    ],
)
async def test_a_box_that_is_no_drive_is_refused(answer: Pair, says: str) -> None:
    async with scripted_line([answer]) as line:
        with pytest.raises(WrongInstrument, match=says):
            await made(AbbAcs355, line, unit=3).connect()


async def test_the_start_walks_through_the_states(no_waiting: None) -> None:
    async with scripted_line(WALK) as line:
        assert await made(AbbAcs355, line, unit=3).start(PERMIT) == 0x0237


async def test_the_start_waits_a_tenth_of_a_second_between_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def note(delay_s: float) -> None:
        waits.append(delay_s)

    monkeypatch.setattr(abb_acs355, "asyncio", replace_sleep(note))
    async with scripted_line(WALK) as line:
        await made(AbbAcs355, line, unit=3).start(PERMIT)
    assert waits == [0.1, 0.1, 0.1]


def replace_sleep(sleep: Callable[[float], Any]) -> Any:
    return type("Sleeping", (), {"sleep": staticmethod(sleep)})


async def test_a_running_drive_is_not_walked_again() -> None:
    async with scripted_line([drive("03 37"), *command("04 7F", "03 37")]) as line:
        assert await made(AbbAcs355, line, unit=3).start(PERMIT) == 0x0337


async def test_a_tripped_drive_is_not_walked_on(no_waiting: None) -> None:
    async with scripted_line([drive("02 38"), *command("00 06", "02 38")]) as line:
        with pytest.raises(Refused, match="the drive is tripped, status 0x0238"):
            await made(AbbAcs355, line, unit=3).start(PERMIT)


async def test_a_drive_that_still_ramps_down_has_not_started(no_waiting: None) -> None:
    async with scripted_line([*walk(*["02 35"] * 5), drive("02 35"), drive("02 37")]) as line:
        assert await made(AbbAcs355, line, unit=3).start(PERMIT) == 0x0237


async def test_a_drive_that_does_not_enable_is_refused_after_a_few_looks(no_waiting: None) -> None:
    async with scripted_line(walk(*["02 31"] * 5) + [drive("02 31")] * 5) as line:
        with pytest.raises(Refused, match="does not enable operation, status 0x0231; is its contactor closed"):
            await made(AbbAcs355, line, unit=3).start(PERMIT)


@pytest.mark.parametrize(
    ("speed_rpm", "counts", "back"), [(4500, "4E 20", 4500), (3000, "34 15", 2999.925), (0, "00 00", 0)]
)
async def test_the_speed_is_written_as_the_reference_and_read_back(speed_rpm: float, counts: str, back: float) -> None:
    script = [rtu(3, f"06 00 01 {counts}", f"06 00 01 {counts}"), rtu(3, "03 00 01 00 01", f"03 02 {counts}")]
    async with scripted_line(script) as line:
        assert await made(AbbAcs355, line, unit=3).set_speed(speed_rpm, PERMIT) == pytest.approx(back)


@pytest.mark.parametrize("speed_rpm", [-1.0, 4500.1, float("nan")])
async def test_a_speed_outside_the_drives_range_is_refused(speed_rpm: float) -> None:
    async with scripted_line([]) as line:
        with pytest.raises(Refused, match=r"0\.\.4500 rpm"):
            await made(AbbAcs355, line).set_speed(speed_rpm, PERMIT)


async def test_stop_is_one_word_and_a_look_at_the_status() -> None:
    async with scripted_line(command("04 7E", "02 31")) as line:
        assert await made(AbbAcs355, line, unit=3).stop(replace(PERMIT, safe=True)) == 0x0231


async def test_a_fault_is_reset_by_a_rising_bit_and_the_drive_stays_off(no_waiting: None) -> None:
    script = command("04 7E", "02 38") + command("04 FE", "02 30") + command("04 7E", "02 31")
    async with scripted_line(script) as line:
        assert await made(AbbAcs355, line, unit=3).reset_fault(PERMIT) == 0x0231


async def test_an_unexpected_request_fails_at_once_and_says_what_the_script_wants() -> None:
    with pytest.raises(AssertionError, match="request 1: the script wants nothing more"):
        async with scripted_line([]) as line:
            with pytest.raises(LinkLost, match="the script wants nothing more"):
                await asyncio.wait_for(made(AbbAcs355, line).stop(PERMIT), 1.0)
