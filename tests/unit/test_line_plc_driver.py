"""The driver of the line PLC over a real line: each byte it sends, and what it makes of the answers."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from drivers.errors import GarbledReply, NoReply, Refused, WrongInstrument
from drivers.instruments.line_plc import LinePlc
from drivers.reading import Quality
from springback.places import config_file
from tests.unit.modbus_script import PERMIT, made, quality, scan, tcp, value
from tests.unit.scripted import scripted_line

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
