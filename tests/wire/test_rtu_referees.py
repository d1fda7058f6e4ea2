"""Two temperature controllers and the spindle drive on one pty, asked by minimalmodbus, pymodbus and mbpoll."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import minimalmodbus  # type: ignore[import-untyped]
import pytest
from pymodbus.client import AsyncModbusSerialClient

from simulators.instruments.abb_acs355 import AbbAcs355, State
from simulators.instruments.eurotherm_3216 import Eurotherm3216
from simulators.wire.bus import BusUnit, RtuBus
from simulators.wire.faults import WireFaults
from simulators.wire.pty import serve_pty
from tests.wire.fake_plant import FakeClock, FakePlant

PLATEN, MOLD, SPINDLE = 1, 2, 3
needs_mbpoll = pytest.mark.skipif(shutil.which("mbpoll") is None, reason="mbpoll is not installed (apt install mbpoll)")
T = TypeVar("T")


class Pair:
    """The RS-485 pair with its three units, and minimalmodbus instruments on it."""

    def __init__(self) -> None:
        self.clock = clock = FakeClock()
        self.plant = FakePlant(platen=119.96, mold=24.5, spindle_contactor_closed=1)
        self.faults = WireFaults()
        self.drive = AbbAcs355(self.plant, clock)
        units = {
            PLATEN: BusUnit("platen_heater", Eurotherm3216(self.plant, "platen", clock)),
            MOLD: BusUnit("mold_heater", Eurotherm3216(self.plant, "mold", clock)),
            SPINDLE: BusUnit("spindle", self.drive),
        }
        self.bus = RtuBus(units, clock, self.faults)
        self.address = ""
        self.clients: dict[int, minimalmodbus.Instrument] = {}

    async def ask(self, unit: int, question: Callable[[minimalmodbus.Instrument], T]) -> T:
        """Run a blocking call of minimalmodbus while the loop serves."""
        return await asyncio.to_thread(lambda: question(self.client(unit)))

    def client(self, unit: int) -> minimalmodbus.Instrument:
        if unit not in self.clients:
            client = minimalmodbus.Instrument(self.address, unit)
            client.serial.baudrate = 19200
            client.serial.timeout = 1.0
            self.clients[unit] = client
        return self.clients[unit]

    def close(self) -> None:
        for client in self.clients.values():
            client.serial.close()


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    wired = Pair()
    server = await serve_pty(wired.bus)
    wired.address = server.address
    yield wired
    wired.close()
    await server.close()


async def test_each_unit_shows_its_own_temperature(pair: Pair) -> None:
    assert await pair.ask(PLATEN, lambda unit: unit.read_register(1, 1, signed=True)) == 120.0
    assert await pair.ask(MOLD, lambda unit: unit.read_register(1, 1, signed=True)) == 24.5
    pair.plant.show(mold=-3.2)
    assert await pair.ask(MOLD, lambda unit: unit.read_register(1, 1, signed=True)) == -3.2


async def test_setpoints_written_with_functions_6_and_16_reach_the_right_loop(pair: Pair) -> None:
    await pair.ask(PLATEN, lambda unit: unit.write_register(24, 125.5, 1, functioncode=6))
    await pair.ask(MOLD, lambda unit: unit.write_register(26, 80.0, 1, functioncode=16))
    await pair.ask(MOLD, lambda unit: unit.write_register(276, 1, functioncode=6))
    assert pair.plant.actuators == {"platen_setpoint": 125.5, "mold_setpoint": 80.0}
    assert await pair.ask(PLATEN, lambda unit: unit.read_registers(1, 5)) == [1200, 1255, 0, 0, 1255]


async def test_a_broken_sensor_shows_in_the_status_word(pair: Pair) -> None:
    pair.plant.show(platen_sensor_break=1)
    assert await pair.ask(PLATEN, lambda unit: unit.read_register(75)) == 1 << 5
    assert await pair.ask(MOLD, lambda unit: unit.read_register(75)) == 0


async def test_refusals_arrive_as_the_exceptions_of_the_protocol(pair: Pair) -> None:
    pair.client(PLATEN).serial.timeout = 0.25  # minimalmodbus waits for the length it hoped for
    with pytest.raises(minimalmodbus.IllegalRequestError, match="address"):
        await pair.ask(PLATEN, lambda unit: unit.read_register(7))
    with pytest.raises(minimalmodbus.IllegalRequestError, match="value"):
        await pair.ask(PLATEN, lambda unit: unit.write_register(24, 300.0, 1, functioncode=6))
    with pytest.raises(minimalmodbus.IllegalRequestError, match="function"):
        await pair.ask(PLATEN, lambda unit: unit.read_bit(0))


async def test_minimalmodbus_walks_the_drive_up_to_speed_and_down_again(pair: Pair) -> None:
    async def control(word: int) -> int:
        await pair.ask(SPINDLE, lambda unit: unit.write_register(0, word, functioncode=6))
        return await pair.ask(SPINDLE, lambda unit: int(unit.read_register(3)))

    assert await control(0x0406) == 0x231
    pair.clock.now_s += 0.1
    assert await control(0x0407) == 0x233
    await pair.ask(SPINDLE, lambda unit: unit.write_registers(0, [0x047F, 13333]))
    assert pair.plant.actuators["spindle_run"] == 1
    assert pair.plant.actuators["spindle_reference"] == pytest.approx(3000, abs=0.1)
    pair.plant.show(spindle=2999.6, spindle_current=2.31, spindle_torque=45.67, spindle_power=1020)
    assert await pair.ask(SPINDLE, lambda unit: unit.read_registers(3, 6)) == [0x337, 3000, 23, 457, 1020, 0]
    assert await control(0x047E) & 0x02 == 0
    assert pair.plant.actuators["spindle_reference"] == 0
    pair.plant.show(spindle=0)
    assert await control(0x047E) & 0x07 == 1
    assert pair.drive.state is State.READY_TO_SWITCH_ON
    assert pair.plant.actuators["spindle_run"] == 0


async def test_a_dead_unit_is_silent_and_the_others_go_on(pair: Pair) -> None:
    pair.faults.of("mold_heater").silent = True

    for unit_id in (MOLD, 9):
        pair.client(unit_id).serial.timeout = 0.05
        with pytest.raises(minimalmodbus.NoResponseError):
            await pair.ask(unit_id, lambda unit: unit.read_register(1, 1))
    assert await pair.ask(PLATEN, lambda unit: unit.read_register(1, 1)) == 120.0


async def test_a_garbled_answer_is_caught_by_the_client(pair: Pair) -> None:
    pair.faults.of("platen_heater").garble = True
    with pytest.raises((minimalmodbus.ModbusException, minimalmodbus.NoResponseError)):
        await pair.ask(PLATEN, lambda unit: unit.read_register(1, 1))


async def test_pymodbus_reads_and_writes_over_the_same_pair(pair: Pair) -> None:
    client = AsyncModbusSerialClient(pair.address, baudrate=19200, timeout=1.0, retries=0)
    assert await client.connect()
    answer = await client.read_holding_registers(1, count=5, device_id=PLATEN)
    assert answer.registers[0] == 1200
    await client.write_register(26, 900, device_id=PLATEN)
    await client.write_register(276, 1, device_id=PLATEN)
    assert pair.plant.actuators["platen_setpoint"] == 90.0
    refused = await client.read_holding_registers(7, count=1, device_id=PLATEN)
    assert refused.isError()
    assert refused.exception_code == 2
    client.close()


@needs_mbpoll
async def test_mbpoll_reads_the_units_on_the_pty(pair: Pair) -> None:
    process = await asyncio.create_subprocess_exec(
        *("mbpoll", "-m", "rtu", "-b", "19200", "-P", "even", "-a", "1,2", "-t", "4", "-0", "-r", "1", "-c", "1"),
        *("-1", "-q", "-o", "2", pair.address),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert re.findall(r"^\[1\]:\s+(\d+)", output.decode(), re.MULTILINE) == ["1200", "245"]


async def test_the_port_can_be_opened_again_after_the_last_client_has_closed_it(pair: Pair) -> None:
    for _ in range(3):
        assert await pair.ask(PLATEN, lambda unit: unit.read_register(1, 1)) == 120.0
        pair.close()
        pair.clients.clear()
