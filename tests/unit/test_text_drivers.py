"""Drivers of the instruments that talk text, against scripts of what must be sent and what the instrument answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pytest

from drivers.capabilities import Axis, Balance, Dispenser, PressureControl, ThicknessGauge
from drivers.errors import GarbledReply, NoReply, Refused, WrongInstrument
from drivers.instrument import Instrument
from drivers.instruments import sartorius_sbi
from drivers.instruments.druck_pace5000 import DruckPace5000
from drivers.instruments.heidenhain_nd287 import HeidenhainNd287
from drivers.instruments.nordson_ultimus_v import NordsonUltimusV
from drivers.instruments.sartorius_sbi import SartoriusSbi
from drivers.instruments.zaber_x import ZaberX
from drivers.links.line import Line
from drivers.permit import Permit
from drivers.protocols.ultimus import packet
from drivers.protocols.zaber_ascii import checksum
from drivers.reading import Quality, TagTable
from tests.unit.scripted import Reply, ScriptedChannel, scripted_line

Pairs = list[tuple[bytes, Reply]]
PERMIT = Permit(0)


Driver = TypeVar("Driver", bound=Instrument)


def make(cls: type[Driver], line: Line, settings: Mapping[str, Any] | None = None) -> Driver:
    return cls("it", line, TagTable(), settings or {})


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.001)
    pytest.fail("what the test waits for did not happen")


async def sent_all(line: Line) -> None:
    """Return when the script is at its end and its last reply was read."""
    assert isinstance(line.channel, ScriptedChannel)
    channel = line.channel
    await until(lambda: not channel.left or bool(channel.problem))
    await asyncio.sleep(0.002)


def value(instrument: Instrument, name: str) -> tuple[Any, Quality]:
    reading = instrument.tags.reading(f"it.{name}", asyncio.get_running_loop().time())
    return reading.value, reading.quality


# ---------------------------------------------------------------------------------------------- PACE5000
PACE_WHO: Pairs = [
    (b"*IDN?\r", b"*IDN GE Druck,PACE5000,3215987,01.05.07\r"),
    (b":SYST:ERR?\r", b':SYST:ERR -113,"Undefined header"\r'),
    (b":SYST:ERR?\r", b':SYST:ERR 0,"No error"\r'),
]
NO_ERROR: Pairs = [(b":SYST:ERR?\r", b':SYST:ERR 0,"No error"\r')]
PACE_STATE: Pairs = [
    (b":SOUR:PRES:EFF?\r", b":SOUR:PRES:EFF 31.5\r"),
    (b":SOUR:PRES:COMP?\r", b":SOUR:PRES:COMP 698.2\r"),
    (b":SOUR:PRES:LEV:IMM:AMPL?\r", b":SOUR:PRES:LEV:IMM:AMPL 400.0\r"),
    (b":OUTP:STAT?\r", b":OUTP:STAT 1\r"),
    (b":SOUR:PRES:LEV:IMM:AMPL:VENT?\r", b":SOUR:PRES:LEV:IMM:AMPL:VENT 0\r"),
]


async def test_the_pace_is_recognised_set_to_kPa_and_read() -> None:
    pairs = [
        *PACE_WHO,
        (b":UNIT:PRES?\r", b":UNIT:PRES BAR\r"),
        (b":UNIT:PRES KPA\r", None),
        *NO_ERROR,
        (b":UNIT:PRES?\r", b":UNIT:PRES KPA\r"),
        (b":SENS:PRES:INL?\r", b":SENS:PRES:INL 400.12, 1\r"),
        *PACE_STATE,
    ]
    async with scripted_line(pairs) as line:
        pace = make(DruckPace5000, line)
        assert await pace.connect() == "GE Druck,PACE5000,3215987,01.05.07"
        await sent_all(line)
        expected = {"pressure": 400.12, "in_limits": 1, "effort": 31.5, "source": 698.2, "target": 400, "control": 1}
        assert {name: value(pace, name) for name in expected} == {
            name: (number, Quality.GOOD) for name, number in expected.items()
        }


@pytest.mark.parametrize(("pressure", "fresh_s"), [(b"400.0, 1", 0.4), (b"0.12, 0", 1.2)])
async def test_the_pace_is_asked_ten_times_a_second_while_there_is_pressure(pressure: bytes, fresh_s: float) -> None:
    idle = [
        (ask, reply.replace(b"STAT 1", b"STAT 0") if isinstance(reply, bytes) else reply) for ask, reply in PACE_STATE
    ]
    pairs: Pairs = [
        *PACE_WHO,
        (b":UNIT:PRES?\r", b":UNIT:PRES KPA\r"),
        (b":SENS:PRES:INL?\r", b":SENS:PRES:INL " + pressure + b"\r"),
        *idle,
    ]
    async with scripted_line(pairs) as line:
        pace = make(DruckPace5000, line)
        await pace.connect()
        await sent_all(line)
        assert pace.tags.fresh_s[pace.tag["pressure"]] == pytest.approx(fresh_s)


async def test_another_box_at_the_address_of_the_pace_is_refused() -> None:
    async with scripted_line([(b"*IDN?\r", b"KEYSIGHT,34465A,MY1,1.0\n")]) as line:
        with pytest.raises(WrongInstrument, match="34465A"):
            await make(DruckPace5000, line).connect()


async def test_a_pace_that_stays_at_another_unit_is_refused() -> None:
    pairs = [
        *PACE_WHO,
        (b":UNIT:PRES?\r", b":UNIT:PRES PSI\r"),
        (b":UNIT:PRES KPA\r", None),
        *NO_ERROR,
        (b":UNIT:PRES?\r", b":UNIT:PRES PSI\r"),
    ]
    async with scripted_line(pairs) as line:
        with pytest.raises(WrongInstrument, match=r"PSI.*panel"):
            await make(DruckPace5000, line).connect()


async def test_pace_settings_are_checked_and_read_back() -> None:
    pairs: Pairs = [
        (b":SOUR:PRES:SLEW:MODE LIN\r", None),
        (b":SOUR:PRES:SLEW 10.0000\r", None),
        *NO_ERROR,
        (b":SOUR:PRES:SLEW?\r", b":SOUR:PRES:SLEW 10.0\r"),
        (b":SOUR:PRES:LEV:IMM:AMPL 400.0000\r", None),
        *NO_ERROR,
        (b":SOUR:PRES:LEV:IMM:AMPL?\r", b":SOUR:PRES:LEV:IMM:AMPL 400.0\r"),
        (b":OUTP:STAT 1\r", None),
        *NO_ERROR,
        (b":OUTP:STAT?\r", b":OUTP:STAT 1\r"),
        (b":SOUR:PRES:LEV:IMM:AMPL:VENT 1\r", None),
        *NO_ERROR,
        (b":SOUR:PRES:LEV:IMM:AMPL:VENT?\r", b":SOUR:PRES:LEV:IMM:AMPL:VENT 1\r"),
    ]
    async with scripted_line(pairs) as line:
        pace: PressureControl = make(DruckPace5000, line)
        assert await pace.set_rate(10.0, PERMIT) == 10.0
        assert await pace.set_target(400.0, PERMIT) == 400.0
        assert await pace.set_control(True, PERMIT) == 1.0
        assert await pace.vent(PERMIT) == 1.0


async def test_a_pace_target_out_of_range_is_refused_with_the_error_of_the_unit() -> None:
    pairs: Pairs = [
        (b":SOUR:PRES:LEV:IMM:AMPL 9999.0000\r\n", None),
        (b":SYST:ERR?\r\n", b':SYST:ERR -222,"Data out of range"\r\n'),
        (b":SYST:ERR?\r\n", b':SYST:ERR 0,"No error"\r\n'),
    ]
    async with scripted_line(pairs) as line:
        pace = make(DruckPace5000, line, {"terminator": "CRLF"})
        with pytest.raises(Refused, match=r"-222,.Data out of range"):
            await pace.set_target(9999.0, PERMIT)


async def test_a_pace_reply_that_echoes_another_header_changes_nothing() -> None:
    pairs: Pairs = [
        *PACE_WHO,
        (b":UNIT:PRES?\r", b":UNIT:PRES KPA\r"),
        (b":SENS:PRES:INL?\r", b":SOUR:PRES:LEV:IMM:AMPL 400.0\r"),
    ]
    async with scripted_line(pairs) as line:
        pace = make(DruckPace5000, line)
        errors: list[Exception] = []
        pace.on_failure.append(errors.append)
        await pace.connect()
        await until(lambda: bool(errors))
        assert isinstance(errors[0], GarbledReply)
        assert value(pace, "pressure")[1] is Quality.STALE
        await line.close()  # before the polls that are not in the script


# ---------------------------------------------------------------------------------------------- Ultimus V
def write(command: str, verdict: str = "A0") -> Pairs:
    return [(b"\x05", b"\x06"), (packet(command), packet(verdict)), (b"\x04", None)]


def read(command: str, data: str) -> Pairs:
    return [(b"\x05", b"\x06"), (packet(command), packet("A0")), (b"\x06", packet("D0" + data)), (b"\x04", None)]


SETTINGS = read("UA  ", "007") + read("E8007", "PD3000DT80000VC0050")


async def test_the_ultimus_is_recognised_set_to_kPa_and_read() -> None:
    pairs = [
        *read("E4  ", "PU00"),
        *write("E6  02"),
        *read("E4  ", "PU02"),
        *read("E5  ", "VU00"),
        *read("UA  ", "007"),
        *read("EL  ", "IN2PA2AI1"),
        *read("E9  ", "SC0000042"),
        *SETTINGS,
    ]
    async with scripted_line(pairs) as line:
        dispenser = make(NordsonUltimusV, line)
        assert await dispenser.connect() == "Nordson Ultimus, memory 007, kPa"
        await sent_all(line)
        expected = {"alarm": 1, "shots": 42, "pressure": 300, "time": 8, "vacuum": 0.5}
        assert {name: value(dispenser, name) for name in expected} == {
            name: (number, Quality.GOOD) for name, number in expected.items()
        }


async def test_a_box_that_gives_no_unit_is_no_ultimus() -> None:
    async with scripted_line(read("E4  ", "SC0000001")) as line:
        with pytest.raises(WrongInstrument, match="SC0000001"):
            await make(NordsonUltimusV, line).connect()


async def test_ultimus_settings_are_written_in_counts_and_read_back() -> None:
    pairs = [*write("PS  3000"), *SETTINGS, *write("VS  0050"), *SETTINGS, *write("DS  T80000"), *SETTINGS]
    async with scripted_line(pairs) as line:
        dispenser: Dispenser = make(NordsonUltimusV, line)
        assert await dispenser.set_pressure(300.0, PERMIT) == 300.0
        assert await dispenser.set_vacuum(0.5, PERMIT) == 0.5
        assert await dispenser.set_time(8.0, PERMIT) == 8.0


@pytest.mark.parametrize(("digits", "time_s"), [("10125", 1.0125), ("0125", 0.125), ("00100", 0.01), ("99990", 9.999)])
async def test_five_digits_of_time_are_tenths_of_a_millisecond_and_four_are_milliseconds(
    digits: str, time_s: float
) -> None:
    pairs = [*write(f"DS  T{round(time_s * 1e4):05d}"), *read("UA  ", "007"), *read("E8007", f"PD0000DT{digits}VC0000")]
    async with scripted_line(pairs) as line:
        assert await make(NordsonUltimusV, line).set_time(time_s, PERMIT) == pytest.approx(time_s)


async def test_impossible_ultimus_settings_are_refused_before_anything_is_sent() -> None:
    async with scripted_line([]) as line:
        dispenser = make(NordsonUltimusV, line)
        for wrong in (689.6, -0.1, float("nan")):
            with pytest.raises(Refused, match="nothing was sent"):
                await dispenser.set_pressure(wrong, PERMIT)
        for wrong in (0.009, 10.0):
            with pytest.raises(Refused, match="nothing was sent"):
                await dispenser.set_time(wrong, PERMIT)
        with pytest.raises(Refused, match=r"4\.48"):
            await dispenser.set_vacuum(4.49, PERMIT)


async def test_a_failed_ultimus_command_ends_its_dialogue_and_is_refused() -> None:
    async with scripted_line(write("PS  3000", "A2")) as line:
        with pytest.raises(Refused, match="A2"):
            await make(NordsonUltimusV, line).set_pressure(300.0, PERMIT)


async def test_a_shot_is_timed_and_returns_the_count_before_it() -> None:
    async with scripted_line([*read("E9  ", "SC0000041"), *write("TT  "), *write("DI  ")]) as line:
        assert await make(NordsonUltimusV, line).shoot(PERMIT) == 41.0


async def test_a_shot_without_an_answer_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NordsonUltimusV, "DEADLINE_S", 0.01)
    pairs: Pairs = [*read("E9  ", "SC0000041"), *write("TT  "), (b"\x05", b"\x06"), (packet("DI  "), None)]
    async with scripted_line(pairs) as line:
        dispenser = make(NordsonUltimusV, line)
        with pytest.raises(NoReply):
            await dispenser.shoot(PERMIT)
        await asyncio.sleep(0.005)
        assert isinstance(line.channel, ScriptedChannel)
        assert line.channel.sent.count(packet("DI  ")) == 1


# ---------------------------------------------------------------------------------------------- Sartorius
async def test_a_balance_is_asked_again_until_it_is_stable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sartorius_sbi, "AGAIN_S", 0.0)
    pairs: Pairs = [
        (b"\x1bP\r\n", b"N     +   1.7349    \r\n"),
        (b"\x1bP\r\n", b"N     +   1.7352    \r\n"),
        (b"\x1bP\r\n", b"N     +   1.7350 g  \r\n"),
    ]
    async with scripted_line(pairs) as line:
        balance: Balance = (driver := make(SartoriusSbi, line))
        assert await balance.weigh(10.0) == 1.735
        assert value(driver, "mass") == (1.735, Quality.GOOD)


async def test_a_balance_that_does_not_settle_gives_no_mass() -> None:
    async with scripted_line([(b"\x1bP\r\n", b"+   1.7349    \r\n")]) as line:
        balance = make(SartoriusSbi, line)
        with pytest.raises(NoReply, match="no stable mass within 0 s"):
            await balance.weigh(0.0)
        assert value(balance, "mass") == (1.7349, Quality.UNCERTAIN)


async def test_an_overloaded_balance_says_so() -> None:
    async with scripted_line([(b"\x1bP\r\n", b"Stat       High     \r\n")]) as line:
        with pytest.raises(Refused, match="overload"):
            await make(SartoriusSbi, line).weigh(1.0)


async def test_tare_is_silent_and_followed_by_a_weighing() -> None:
    async with scripted_line([(b"\x1bT\r\n", None), (b"\x1bP\r\n", b"+   0.0000 g  \r\n")]) as line:
        assert await make(SartoriusSbi, line).tare(PERMIT) == 0.0


async def test_a_balance_is_recognised_by_its_model() -> None:
    pairs: Pairs = [(b"\x1bx1_\r\n", b"      ENTRIS224-1S  \r\n")] * 2
    async with scripted_line(pairs) as line:
        assert await make(SartoriusSbi, line, {"model": "Entris"}).connect() == "Sartorius ENTRIS224-1S"
        with pytest.raises(WrongInstrument, match="Cubis"):
            await make(SartoriusSbi, line, {"model": "Cubis"}).connect()


# ---------------------------------------------------------------------------------------------- Zaber
def zaber(number: int, command: str, reply: str, axis: int = 1) -> tuple[bytes, Reply]:
    request, answer = f"1 {axis} {number:02d} {command}", f"01 {axis} {number:02d} {reply}"
    return f"/{request}:{checksum(request)}\r\n".encode(), f"@{answer}:{checksum(answer)}\r\n".encode()


async def test_the_stage_is_recognised_and_read_as_a_height() -> None:
    pairs = [
        zaber(0, "get device.id", "OK IDLE -- 50341", axis=0),
        zaber(1, "get pos", "OK BUSY WR 800000"),
    ]
    async with scripted_line(pairs) as line:
        stage = make(ZaberX, line, {"microstep_um": 0.05, "zero_mm": 50})
        assert await stage.connect() == "Zaber device id 50341"
        await sent_all(line)
        assert value(stage, "position") == (pytest.approx(10.0), Quality.GOOD)
        assert (value(stage, "moving")[0], value(stage, "warning")[0], stage.flag) == (1.0, 1.0, "WR")
        assert stage.tags.fresh_s[stage.tag["position"]] == pytest.approx(0.4)


async def test_a_stage_with_old_firmware_is_recognised_and_another_stage_refused() -> None:
    pairs = [
        zaber(0, "get device.id", "RJ IDLE -- BADCOMMAND", axis=0),
        zaber(1, "get deviceid", "OK IDLE -- 50341", axis=0),
    ]
    async with scripted_line(pairs) as line:
        with pytest.raises(WrongInstrument, match=r"wanted a Zaber stage with device id 50342.*'50341'"):
            await make(ZaberX, line, {"device_id": 50342}).connect()


async def test_a_move_sets_the_speed_first_and_returns_the_target_as_accepted() -> None:
    pairs = [
        zaber(0, "set maxspeed 172", "OK IDLE -- 0"),
        zaber(1, "move abs 839895", "OK BUSY -- 0"),
        zaber(2, "get pos", "OK BUSY -- 100"),
        zaber(3, "stop", "OK BUSY -- 0"),
        zaber(4, "get pos", "OK BUSY -- 200"),
        zaber(5, "home", "OK BUSY -- 0"),
        zaber(6, "get pos", "OK BUSY -- 0"),
    ]
    async with scripted_line(pairs) as line:
        stage: Axis = (driver := make(ZaberX, line))
        assert await stage.move_to(20.0, 5.0, PERMIT) == pytest.approx(20.0, abs=0.000024)
        assert value(driver, "moving")[0] == 1.0
        assert await stage.stop(PERMIT) == pytest.approx(60.0 - 200 * 0.047625e-3)
        assert await stage.home(PERMIT) == 60.0


async def test_a_rejected_speed_starts_no_move() -> None:
    async with scripted_line([zaber(0, "set maxspeed 172010", "RJ IDLE FO BADDATA")]) as line:
        with pytest.raises(Refused, match="BADDATA, a value is out of range"):
            await make(ZaberX, line).move_to(20.0, 5000.0, PERMIT)


# ---------------------------------------------------------------------------------------------- ND 287
ND_WHO: tuple[bytes, Reply] = (b"\x1bA0000\r", b"\x02ND-287    \r\n646118-01 \r\nV1-01     \r\n")


async def test_the_gauge_is_recognised_read_and_read_faster_while_feeding() -> None:
    position: tuple[bytes, Reply] = (b"\x1bA0200\r", b"\x02+000012345\r\n")
    fast: tuple[bytes, Reply] = (position[0], b"\x02-000000010\r\n")
    async with scripted_line([ND_WHO, position, fast, fast]) as line:
        gauge = make(HeidenhainNd287, line, {"resolution_um": 0.1})
        assert await gauge.connect() == "Heidenhain ND-287, 646118-01, V1-01"
        await until(lambda: line.exchanges["it"] == 2)
        await until(lambda: value(gauge, "thickness") == (pytest.approx(1234.5), Quality.GOOD))
        feeding: ThicknessGauge = gauge
        feeding.feeding(True)
        await until(lambda: line.exchanges["it"] == 4)  # at once, then on the grid of its period
        assert value(gauge, "thickness")[0] == pytest.approx(-1.0)
        assert gauge.tags.fresh_s[gauge.tag["thickness"]] == pytest.approx(0.3)
        await line.close()  # before the polls that are not in the script


async def test_another_readout_is_refused() -> None:
    async with scripted_line([(ND_WHO[0], b"\x02OTHER\r\n1\r\n2\r\n")]) as line:
        with pytest.raises(WrongInstrument, match="OTHER"):
            await make(HeidenhainNd287, line).connect()


# ---------------------------------------------------------------------------------------------- all of them
@pytest.mark.parametrize("cls", [DruckPace5000, NordsonUltimusV, SartoriusSbi, ZaberX, HeidenhainNd287])
async def test_every_driver_says_where_its_values_live_and_in_which_unit(cls: type[Instrument]) -> None:
    async with scripted_line([]) as line:
        make(cls, line)
        assert all(v.at is not None and v.doc and v.low < v.high for v in cls.VALUES)
