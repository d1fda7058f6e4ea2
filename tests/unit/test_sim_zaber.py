"""The simulated Zaber stage without a client: mapping to the plant, flags, rejections, what it ignores."""

from __future__ import annotations

import pytest

from simulators.instruments.zaber_x import ZaberX
from tests.wire.fake_plant import FakeClock, FakePlant


@pytest.fixture
def plant() -> FakePlant:
    return FakePlant(z=60_000.0, z_homed=1.0, z_enabled=1.0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def stage(plant: FakePlant, clock: FakeClock) -> ZaberX:
    return ZaberX(plant, clock)


def ask(stage: ZaberX, line: bytes) -> bytes:
    return b"".join(answer.data for answer in stage.receive(line + b"\r\n"))


def test_checksums_are_those_the_makers_own_client_sends_and_takes(
    stage: ZaberX, plant: FakePlant, clock: FakeClock
) -> None:
    assert ask(stage, b"/1 1 00 move abs 12345:B2") == b"@01 1 00 OK BUSY -- 0:E7\r\n"
    plant.show(z=plant.actuators["z_target"])
    clock.now_s += 1.0
    assert ask(stage, b"/1 1 01 get pos:2B") == b"@01 1 01 OK IDLE -- 12345:3C\r\n"
    assert ask(stage, b"/1 1 02 foo:98") == b"@01 1 02 RJ IDLE -- BADCOMMAND:72\r\n"


@pytest.mark.parametrize(
    ("request_line", "reply"),
    [
        (b"/1 1 get pos", b"@01 1 OK IDLE -- 0\r\n"),
        (b"/", b"@01 0 OK IDLE -- 0\r\n"),
        (b"/0 0 5", b"@01 0 05 OK IDLE -- 0\r\n"),
        (b"/1 2 get pos", b"@01 2 RJ IDLE -- BADAXIS\r\n"),
        (b"/1 1 get device.id", b"@01 1 RJ IDLE -- DEVICEONLY\r\n"),
        (b"/1 get device.id", b"@01 0 OK IDLE -- 50341\r\n"),
        (b"/1 get version", b"@01 0 OK IDLE -- 7.38\r\n"),
        (b"/1 1 set pos 5", b"@01 1 RJ IDLE -- BADCOMMAND\r\n"),
        (b"/1 1 set maxspeed 0", b"@01 1 RJ IDLE -- BADDATA\r\n"),
        (b"/1 1 set maxspeed 1_0", b"@01 1 RJ IDLE -- BADDATA\r\n"),
        (b"/1 1 get", b"@01 1 RJ IDLE -- BADCOMMAND\r\n"),
        (b"/1 1 home 1", b"@01 1 RJ IDLE -- BADCOMMAND\r\n"),
        (b"/1 1 move abs -1", b"@01 1 RJ IDLE -- BADDATA\r\n"),
        (b"/1 1 move abs 1259843", b"@01 1 RJ IDLE -- BADDATA\r\n"),
        (b"/1 1 move to 5", b"@01 1 RJ IDLE -- BADCOMMAND\r\n"),
        (b"/1 1 warnings", b"@01 1 OK IDLE -- 00\r\n"),
    ],
)
def test_requests_get_the_reply_of_the_protocol_manual(stage: ZaberX, request_line: bytes, reply: bytes) -> None:
    assert ask(stage, request_line) == reply


@pytest.mark.parametrize(
    "line",
    [
        b"/1 1 01 get pos:2C",
        b"/2 1 get pos",
        b"1 1 get pos",
        b"@01 1 OK IDLE -- 0",
        b"/" + b"1" * 100,
        b"",
    ],
)
def test_wrong_checksums_other_addresses_and_noise_are_ignored(stage: ZaberX, line: bytes) -> None:
    assert ask(stage, line) == b""


def test_positions_grow_downwards_from_the_home_height(stage: ZaberX, plant: FakePlant) -> None:
    assert ask(stage, b"/1 1 move abs 1000000").startswith(b"@01 1 OK BUSY")
    assert plant.actuators["z_target"] == pytest.approx(60_000.0 - 47_625.0)
    plant.show(z=12_375.0)
    assert ask(stage, b"/1 1 get pos").endswith(b" 1000000\r\n")
    ask(stage, b"/1 1 move rel -1000")
    assert plant.actuators["z_target"] == pytest.approx(12_375.0 + 47.625)


def test_native_speed_is_microsteps_a_second_times_1_6384(stage: ZaberX, plant: FakePlant) -> None:
    ask(stage, b"/1 1 set maxspeed 172011")
    ask(stage, b"/1 1 move max")
    assert plant.actuators["z_speed"] == pytest.approx(5_000.0, rel=1e-4)
    ask(stage, b"/1 1 move vel -344")
    assert plant.actuators["z_speed"] == pytest.approx(10.0, rel=1e-3)
    assert plant.actuators["z_target"] == 60_000.0


def test_it_is_busy_from_the_command_until_the_plant_has_stopped(
    stage: ZaberX, plant: FakePlant, clock: FakeClock
) -> None:
    assert b"BUSY" in ask(stage, b"/1 1 move abs 100")
    assert b"BUSY" in ask(stage, b"/1 1")
    plant.show(z_moving=1.0)
    clock.now_s += 10.0
    assert b"BUSY" in ask(stage, b"/1 1")
    plant.show(z_moving=0.0)
    assert b"IDLE" in ask(stage, b"/1 1")


def test_a_move_to_where_it_stands_ends_by_itself(stage: ZaberX, clock: FakeClock) -> None:
    assert b"BUSY" in ask(stage, b"/1 1 move min")
    clock.now_s += 0.2
    assert b"IDLE" in ask(stage, b"/1 1")


def test_stop_on_the_way_leaves_a_note_that_the_next_move_or_clearing_removes(stage: ZaberX, plant: FakePlant) -> None:
    plant.show(z_moving=1.0)
    assert b" BUSY NI " in ask(stage, b"/1 1 stop")
    plant.show(z_moving=0.0)
    assert plant.actuators["z_stop"] == 1.0
    assert ask(stage, b"/1 1 warnings clear").endswith(b"01 NI\r\n")
    assert ask(stage, b"/1 1 warnings").endswith(b" -- 00\r\n")
    assert b" -- " in ask(stage, b"/1 1 estop")


def test_without_reference_only_homing_and_relative_motion_are_taken(stage: ZaberX, plant: FakePlant) -> None:
    plant.show(z_homed=0.0)
    assert ask(stage, b"/1 1 move abs 10") == b"@01 1 RJ IDLE WR BADDATA\r\n"
    assert ask(stage, b"/1 1 move rel 10") == b"@01 1 OK BUSY WR 0\r\n"
    assert ask(stage, b"/1 1 home") == b"@01 1 OK BUSY WR 0\r\n"
    assert plant.actuators["z_home"] == 1.0


def test_without_drive_power_motion_is_rejected_and_flagged(stage: ZaberX, plant: FakePlant) -> None:
    plant.show(z_enabled=0.0)
    for command in (b"home", b"move abs 10", b"move vel 10", b"move rel 10"):
        assert ask(stage, b"/1 1 " + command) == b"@01 1 RJ IDLE FO DRIVERDISABLED\r\n"
    assert plant.driven == []
    assert ask(stage, b"/1 1 stop") == b"@01 1 OK IDLE FO 0\r\n"
