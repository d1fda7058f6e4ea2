"""The maker's own client (zaber-motion) drives the simulated stage over a TCP port and over a serial line.

It checks addresses, message ids, checksums, flags and rejections by itself and raises when one is wrong.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import closing

import pytest
from zaber_motion.ascii import Axis, Connection
from zaber_motion.exceptions import (
    BadCommandException,
    BadDataException,
    CommandFailedException,
    RequestTimeoutException,
)

from drivers.instruments.zaber_x import ZaberX as Driver
from drivers.links.line import Line
from drivers.links.open import make_channel
from drivers.reading import TagTable
from simulators.instruments.zaber_x import ZaberX
from simulators.wire.firmware import Answer
from simulators.wire.pty import serve_pty
from simulators.wire.tcp import serve_tcp
from tests.wire.fake_plant import FakePlant

Open = Callable[[], Connection]


class MovingStage(FakePlant):
    """The stage alone: it goes to its target at its speed, and home at 5 m/s so that a test does not wait for it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(z=20_000.0, z_enabled=1.0)
        self._clock = clock
        self._from = self._to = 20_000.0
        self._since_s = 0.0
        self._homing = False

    def _height(self) -> float:
        speed = 5e6 if self._homing else self.actuators.get("z_speed", 1.0)
        way = min(abs(self._to - self._from), speed * (self._clock() - self._since_s))
        return self._from + (way if self._to > self._from else -way)

    def sense(self, channel: str) -> float:
        height = self._height()
        if self._homing and height == self._to:
            self.show(z_homed=1.0)
        return {"z": height, "z_moving": float(height != self._to)}.get(channel, self.sensors[channel])

    def drive(self, actuator: str, value: float) -> None:
        height = self._height()
        super().drive(actuator, value)
        if actuator in ("z_target", "z_home", "z_stop"):
            self._from, self._since_s = height, self._clock()
            self._homing = actuator == "z_home"
            self._to = {"z_target": value, "z_home": 60_000.0, "z_stop": height}[actuator]


@pytest.fixture
async def plant() -> MovingStage:
    return MovingStage(asyncio.get_running_loop().time)


@pytest.fixture
async def stage(plant: MovingStage) -> ZaberX:
    return ZaberX(plant, asyncio.get_running_loop().time)


@pytest.fixture(params=["tcp", "pty"])
async def connect(request: pytest.FixtureRequest, stage: ZaberX) -> AsyncIterator[Open]:
    if request.param == "tcp":
        server = await serve_tcp(stage.connection)
        yield lambda: Connection.open_tcp("127.0.0.1", server.port)
        await server.close()
    else:
        line = await serve_pty(stage)
        yield lambda: Connection.open_serial_port(line.address)
        await line.close()


async def with_axis(connect: Open, use: Callable[[Axis], object]) -> None:
    """Open the client in a thread and use the stage's axis there."""

    def run() -> None:
        with connect() as connection:
            use(connection.get_device(1).get_axis(1))

    await asyncio.to_thread(run)


async def test_it_is_alone_on_its_line_without_reference_and_loses_that_warning_by_homing(connect: Open) -> None:
    def use(axis: Axis) -> None:
        [device] = axis.device.connection.detect_devices(identify_devices=False)
        assert device.device_address == 1
        assert axis.warnings.get_flags() == {"WR"}
        with pytest.raises(BadDataException):
            axis.move_absolute(1000)
        axis.home()
        assert axis.warnings.get_flags() == set()
        assert axis.is_homed()
        assert axis.get_position() == 0

    await with_axis(connect, use)


async def test_moves_in_native_units_arrive_and_read_back(connect: Open, plant: MovingStage) -> None:
    def use(axis: Axis) -> None:
        axis.home()
        axis.settings.set("maxspeed", 1_048_576)
        assert axis.settings.get("maxspeed") == 1_048_576
        axis.move_absolute(2000)
        assert axis.get_position() == 2000
        axis.move_relative(-500)
        assert axis.get_position() == 1500
        axis.move_min()
        assert axis.get_position() == 0

    await with_axis(connect, use)
    assert plant.sense("z") == pytest.approx(60_000.0)


async def test_a_motion_is_busy_until_it_is_stopped_on_the_way(connect: Open) -> None:
    def use(axis: Axis) -> None:
        axis.home()
        axis.move_velocity(153_600)
        assert axis.is_busy()
        axis.stop()
        assert not axis.is_busy()
        assert 0 < axis.get_position() < 1_259_842
        axis.move_max(wait_until_idle=False)
        axis.generic_command("stop")
        while axis.is_busy():
            pass
        assert axis.warnings.get_flags() == {"NI"}
        axis.move_min(wait_until_idle=False)
        assert axis.warnings.get_flags() == set()

    await with_axis(connect, use)


async def test_rejections_name_their_reason(connect: Open) -> None:
    def use(axis: Axis) -> None:
        axis.home()
        with pytest.raises(BadCommandException):
            axis.generic_command("polish")
        with pytest.raises(BadDataException):
            axis.move_absolute(2_000_000)
        with pytest.raises(CommandFailedException, match="DEVICEONLY"):
            axis.generic_command("get system.serial")
        assert axis.device.settings.get("system.serial") == 104_417

    await with_axis(connect, use)


async def test_a_stage_without_drive_power_is_flagged_and_does_not_move(connect: Open, plant: MovingStage) -> None:
    def use(axis: Axis) -> None:
        axis.home()
        plant.show(z_enabled=0.0)
        with pytest.raises(CommandFailedException, match="DRIVERDISABLED"):
            axis.move_absolute(1000)
        assert axis.warnings.get_flags() == {"FO"}

    await with_axis(connect, use)


async def test_a_request_with_a_wrong_checksum_is_ignored_on_the_wire(stage: ZaberX) -> None:
    server = await serve_tcp(stage.connection)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    with closing(writer):
        writer.write(b"/1 1 01 get accel:00\r\n/1 1 02 get accel\r\n")
        assert await reader.readline() == b"@01 1 02 OK IDLE WR 205\r\n"
    await server.close()


class _WrongSum:
    """The stage behind a line that turns the last digit of every checksum."""

    def __init__(self, stage: ZaberX) -> None:
        self._port = stage.connection()

    def receive(self, data: bytes) -> list[Answer]:
        return [
            Answer(reply[:-3] + (b"1" if reply[-3:-2] == b"0" else b"0") + b"\r\n")
            for reply, _ in self._port.receive(data)
        ]


async def test_the_client_does_not_take_a_reply_with_a_wrong_checksum(stage: ZaberX) -> None:
    server = await serve_tcp(lambda: _WrongSum(stage))

    def run() -> None:
        with Connection.open_tcp("127.0.0.1", server.port) as connection:
            connection.default_request_timeout = 200
            with pytest.raises(RequestTimeoutException):
                connection.get_device(1).get_axis(1).get_position()

    await asyncio.to_thread(run)
    await server.close()


async def test_our_driver_connects_after_a_program_that_left_half_a_line_in_the_stage(
    stage: ZaberX, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.instrument.CONNECT_S", 0.3)
    far = await serve_pty(stage)
    port = os.open(far.address, os.O_RDWR | os.O_NOCTTY)
    os.write(port, bytes.fromhex("01 03 00 00 00 02 C4 0B"))  # a Modbus question, to the wrong box
    line = Line("stage", make_channel({"link": "serial", "address": far.address, "baud": 115200}))
    await line.open()

    assert await Driver("stage", line, TagTable(), {}).connect() == "Zaber device id 50341"

    await line.close()
    os.close(port)
    await far.close()
