"""The line PLC's firmware on a plant of dictionaries."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
import yaml

from simulators.instruments.line_plc import NEEDS_ENABLE, LinePlc
from simulators.protocols.modbus import ExceptionCode, ModbusException
from tests.wire.fake_plant import FakeClock, FakePlant

MAP_PATH = Path(__file__).parents[2] / "config" / "line_plc_map.yaml"
MAP = yaml.safe_load(MAP_PATH.read_text(encoding="utf-8"))
HOLDING = {row["name"]: row["pdu"] for row in MAP["holding_registers"]}
INPUT = {row["name"]: row["pdu"] for row in MAP["input_registers"]}
DISCRETE = {row["name"]: row["pdu"] for row in MAP["discrete_inputs"]}


class Bench:
    def __init__(self, **sensors: float) -> None:
        self.plant = FakePlant(**{"enabled": 1, **sensors})
        self.clock = FakeClock()
        self.plc = LinePlc(self.plant, MAP_PATH, self.clock)

    def write(self, name: str, value: float) -> None:
        row = next(row for row in MAP["holding_registers"] if row["name"] == name)
        raw = struct.pack(">f", value) if row["type"] == "f32" else struct.pack(">H", int(value))
        self.plc.write_holding(row["pdu"], struct.unpack(f">{len(raw) // 2}H", raw))

    def word(self, name: str) -> int:
        """A register of either table, by its name."""
        raw = self.plc.read_input(INPUT[name], 1) if name in INPUT else self.plc.read_holding(HOLDING[name], 1)
        return int.from_bytes(raw, "big")

    def f32(self, name: str) -> float:
        return float(struct.unpack(">f", self.plc.read_input(INPUT[name], 2))[0])

    def refusal(self, name: str, value: float) -> ExceptionCode:
        with pytest.raises(ModbusException) as refused:
            self.write(name, value)
        return refused.value.code

    def discrete(self, name: str) -> bool:
        return bool(self.plc.read_discrete(DISCRETE[name], 1)[0])


def test_the_identity_block_is_the_one_of_the_map() -> None:
    raw = Bench().plc.read_input(0, 10)
    magic, version, vendor, simulated, i16, hole, u32, f32 = struct.unpack(">HHHHhHIf", raw)
    assert (magic, version, vendor, simulated, i16, hole, u32) == (0x5350, 1, 1, 1, -12345, 0, 0x12345678)
    assert raw[-4:] == bytes.fromhex("C2F6E666")
    assert f32 == pytest.approx(-123.45)


def test_every_measurement_is_where_the_map_says() -> None:
    rows = [row for row in MAP["input_registers"] if row["type"] in ("f32", "u32") and row["pdu"] >= 10]
    measured = [row for row in rows if row["name"] != "bleed_position"]
    bench = Bench(**{row["name"]: 100.0 + row["pdu"] for row in measured})
    assert len(measured) == 12
    for row in measured:
        code = ">f" if row["type"] == "f32" else ">I"
        assert struct.unpack(code, bench.plc.read_input(row["pdu"], 2))[0] == 100.0 + row["pdu"]


def test_every_discrete_input_is_where_the_map_says_in_bits_and_in_words() -> None:
    for name, bit in DISCRETE.items():
        if name == "heartbeat_ok":
            continue
        bench = Bench(enabled=0)
        bench.plant.show(**{name: 1})
        bits = bench.plc.read_discrete(0, len(DISCRETE))
        assert [index for index, value in enumerate(bits) if value] == [bit]
        assert bench.word("status_0") | bench.word("status_1") << 16 == 1 << bit


def test_the_mirror_shows_the_input_registers_whatever_part_is_asked_for() -> None:
    bench = Bench(inner=12.5, press_part=7, door_closed=1)
    whole = bench.plc.read_input(0, 42)
    assert bench.plc.read_holding(1000, 42) == whole
    for address in range(42):
        assert bench.plc.read_holding(1000 + address, 42 - address) == whole[2 * address :]


def test_the_plc_heartbeat_changes_each_tenth_of_a_second_and_rolls_over() -> None:
    bench = Bench()
    seen = []
    for _ in range(5):
        seen.append(bench.word("hb_plc"))
        bench.clock.now_s += 0.1
    assert seen == list(range(seen[0], seen[0] + 5))
    bench.clock.now_s = 6553.55
    assert bench.word("hb_plc") == 65535
    bench.clock.now_s = 6553.65
    assert bench.word("hb_plc") == 0


def test_a_host_heartbeat_counts_only_when_it_changes() -> None:
    bench = Bench()
    assert not bench.discrete("heartbeat_ok")
    bench.write("hb_host", 5)
    bench.clock.now_s += 0.7
    bench.write("hb_host", 5)
    assert bench.discrete("heartbeat_ok")
    bench.clock.now_s += 0.2
    assert not bench.discrete("heartbeat_ok")
    bench.write("hb_host", 6)
    assert bench.discrete("heartbeat_ok")
    assert [value for name, value in bench.plant.driven if name == "heartbeat"] == [5, 6]


def test_a_setpoint_reaches_the_plant_and_reads_back() -> None:
    bench = Bench()
    bench.write("inner_target", 40.0)
    assert bench.plant.actuators["inner_target"] == 40.0
    assert struct.unpack(">f", bench.plc.read_holding(HOLDING["inner_target"], 2))[0] == 40.0


@pytest.mark.parametrize("row", [r for r in MAP["holding_registers"] if r["pdu"]], ids=lambda row: row["name"])
def test_limits_are_accepted_and_what_is_beyond_is_refused(row: dict[str, float]) -> None:
    name = str(row["name"])
    bench = Bench()
    for limit in (row["min"], row["max"]):
        bench.write(name, limit)
        assert bench.plant.actuators[name] == pytest.approx(limit)
    assert bench.refusal(name, row["max"] + 1) is ExceptionCode.ILLEGAL_VALUE
    assert bench.plant.actuators[name] == pytest.approx(row["max"])


def test_a_float_that_is_not_a_number_is_refused() -> None:
    assert Bench().refusal("inner_target", float("nan")) is ExceptionCode.ILLEGAL_VALUE


def test_a_request_with_one_bad_value_changes_nothing() -> None:
    bench = Bench()
    with pytest.raises(ModbusException) as refused:
        bench.plc.write_holding(HOLDING["operator_call"], (3, 99, 0))
    assert refused.value.code is ExceptionCode.ILLEGAL_VALUE
    assert bench.plant.driven == []
    assert bench.word("operator_call") == 0


@pytest.mark.parametrize("address,values", [(4, (1,)), (30, (0x4220,)), (31, (0,)), (36, (0,)), (1010, (0,))])
def test_holes_halves_of_floats_and_the_mirror_are_not_writable(address: int, values: tuple[int, ...]) -> None:
    with pytest.raises(ModbusException) as refused:
        Bench().plc.write_holding(address, values)
    assert refused.value.code is ExceptionCode.ILLEGAL_ADDRESS


def test_outputs_are_mirrored_bit_by_bit() -> None:
    bench = Bench()
    for name, pdu in HOLDING.items():
        if 10 <= pdu <= 26:
            bench.write(name, 1)
            assert bench.word("outputs_0") | bench.word("outputs_1") << 16 == 1 << (pdu - 10)
            bench.write(name, 0)


def test_the_bleed_position_is_the_bleed_setpoint() -> None:
    bench = Bench()
    bench.write("bleed", 37.5)
    assert bench.f32("bleed_position") == 37.5


@pytest.mark.parametrize("name", sorted(NEEDS_ENABLE))
def test_energising_without_enable_is_a_device_failure(name: str) -> None:
    bench = Bench(enabled=0)
    assert bench.refusal(name, 1) is ExceptionCode.DEVICE_FAILURE
    bench.write(name, 0)


def test_what_enable_does_not_cut_can_be_switched_without_it() -> None:
    bench = Bench(enabled=0)
    for name in ("door_lock", "clamp", "coolant", "chuck_vacuum", "chuck_motor", "guard_lock"):
        bench.write(name, 1)
        assert bench.plant.actuators[name] == 1


def energised(bench: Bench) -> set[str]:
    return {name for name, pdu in HOLDING.items() if 10 <= pdu <= 26 and bench.word(name)}


def test_when_enable_drops_its_outputs_go_off_and_stay_off() -> None:
    bench = Bench()
    outputs = {name for name, pdu in HOLDING.items() if 10 <= pdu <= 26}
    for name in outputs:
        bench.write(name, 1)
    bench.plant.show(enabled=0)
    keep = outputs - NEEDS_ENABLE
    assert energised(bench) == keep | {"spindle_contactor"}
    bench.clock.now_s += 1.5
    assert energised(bench) == keep
    bench.plant.show(enabled=1)
    assert energised(bench) == keep
    assert {name for name in outputs if bench.plant.actuators[name]} == keep


def test_enable_that_returns_before_the_spindle_is_off_does_not_keep_it_on() -> None:
    bench = Bench()
    bench.write("spindle_contactor", 1)
    bench.plant.show(enabled=0)
    assert energised(bench) == {"spindle_contactor"}
    bench.plant.show(enabled=1)
    assert energised(bench) == set()
    assert bench.plant.actuators["spindle_contactor"] == 0


def test_an_old_request_to_re_enable_does_not_survive_the_next_loss() -> None:
    bench = Bench()
    bench.write("enable_reset", 1)
    bench.plant.show(enabled=0)
    assert bench.word("enable_reset") == 0
    assert bench.plant.actuators["enable_reset"] == 0
    bench.write("enable_reset", 1)
    assert bench.word("enable_reset") == 1


def test_coils_are_momentary() -> None:
    bench = Bench()
    bench.plc.write_coils(0, [True, True, True])
    assert bench.plc.read_coils(0, 3) == [False, False, False]
    with pytest.raises(ModbusException):
        bench.plc.write_coils(2, [True, True])
