"""The driver of the temperature controllers over a real line: each byte it sends, what it makes of the answers."""

from __future__ import annotations

import pytest

from drivers.errors import NoReply, Refused, WrongInstrument
from drivers.instruments.eurotherm_3216 import Eurotherm3216
from drivers.reading import Quality, TagTable
from tests.unit.modbus_script import PERMIT, Pair, made, quality, rtu, scan, value
from tests.unit.scripted import scripted_line


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
