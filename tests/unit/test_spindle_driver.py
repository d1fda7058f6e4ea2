"""The driver of the spindle's drive over a real line: each byte it sends, and what it makes of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drivers.errors import LinkLost, Refused, WrongInstrument
from drivers.instruments import abb_acs355
from drivers.instruments.abb_acs355 import AbbAcs355
from tests.unit.modbus_script import PERMIT, Pair, made, rtu, scan, value
from tests.unit.scripted import scripted_line


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
