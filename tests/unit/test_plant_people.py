"""Hands that answer the call lamp, and faults as text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from simulators.operator import Call, Hands, Script
from simulators.plant import Plant
from simulators.scenario import Fault, parse_fault
from simulators.virtual_time import VirtualLoop
from simulators.workpiece import Part

Story = Callable[[Plant, Hands], Awaitable[None]]
UNHURRIED = Script(reaction=3.0, carry=4.0, door=2.0, button=2.0)


def tell(story: Story, script: Script | None = None, part: Part | None = None) -> None:
    """Run a story with a plant, a heartbeat and hands, in virtual time."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        plant = Plant(1, loop.time)
        hands = Hands(plant, script or UNHURRIED, part)

        async def beat() -> None:
            while True:
                plant.drive("heartbeat", loop.time())
                await asyncio.sleep(0.2)

        tasks = [asyncio.create_task(hands.run()), asyncio.create_task(beat())]
        try:
            await story(plant, hands)
        finally:
            for task in tasks:
                task.cancel()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


async def call(plant: Plant, lamp: Call, seconds: float = 15.0) -> None:
    plant.drive("operator_call", float(lamp))
    await asyncio.sleep(seconds)
    plant.drive("operator_call", 0.0)
    await asyncio.sleep(0.5)


def test_hands_load_the_press_and_close_the_door() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        plant.drive("operator_call", float(Call.LOAD_PRESS))
        await asyncio.sleep(2.5)
        assert plant.sense("door_closed") == 1.0
        await asyncio.sleep(1.0)
        assert plant.sense("door_closed") == 0.0
        await asyncio.sleep(10)
        assert plant.sense_many(("door_closed", "press_part", "press_part_present")) == [1.0, 1001.0, 1.0]

    tell(story)


def test_hands_do_not_open_a_locked_door_and_wait_for_it() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        plant.drive("door_lock", 1)
        await call(plant, Call.LOAD_PRESS)
        assert plant.sense("press_part_present") == 0.0
        plant.drive("operator_call", float(Call.LOAD_PRESS))
        await asyncio.sleep(10)
        plant.drive("door_lock", 0)
        await asyncio.sleep(15)
        assert plant.sense("press_part_present") == 1.0

    tell(story)


def test_hands_press_the_reset_button_for_two_seconds_and_release_the_e_stop() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        plant.inject(parse_fault("line.estop@1"))
        await asyncio.sleep(2)
        assert plant.sense("estop_chain") == 0.0
        plant.drive("operator_call", float(Call.PRESS_RESET))
        await asyncio.sleep(3.5)
        assert plant.sense_many(("reset_button", "estop_chain")) == [1.0, 1.0]
        plant.drive("enable_reset", 1)
        await asyncio.sleep(3)
        assert plant.sense_many(("reset_button", "enabled")) == [0.0, 1.0]

    tell(story)


def test_one_part_travels_from_tool_to_tool() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        await call(plant, Call.LOAD_PRESS)
        await call(plant, Call.UNLOAD_PRESS)
        assert plant.sense_many(("press_part", "door_closed")) == [0.0, 1.0]
        await call(plant, Call.LOAD_MOLD)
        assert plant.sense("mold_part") == 1001.0
        await call(plant, Call.MOLD_TO_CHUCK)
        assert plant.sense_many(("mold_part", "chuck_part")) == [0.0, 1001.0]
        await call(plant, Call.UNLOAD_CHUCK)
        assert hands.handling.bench is not None
        assert hands.handling.bench.id == 1001
        assert hands.handling.current() is hands.handling.bench
        await call(plant, Call.LOAD_CHUCK)
        assert plant.sense("chuck_part") == 1002.0

    tell(story)


def test_a_part_goes_from_the_mold_to_the_press() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        await call(plant, Call.LOAD_MOLD)
        await call(plant, Call.UNLOAD_MOLD)
        assert plant.sense_many(("mold_part", "chuck_part")) == [0.0, 0.0]
        await call(plant, Call.LOAD_PRESS)
        assert plant.sense("press_part") == 1001.0

    tell(story)


def test_a_syringe_is_mounted_by_its_lot_and_unknown_or_same_ones_change_nothing() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        plant.dispenser.liquid_m3 = 5e-6
        for lot, material, liquid_mL in (
            ("EMC-7-1", "EMC-7", 5.0), ("XYZ-1-1", "EMC-7", 5.0),
            ("ENC-2-1", "ENC-2", 20.0), ("ADH-4-9", "ADH-4", 20.0),
        ):  # fmt: skip
            hands.handling.mount_syringe(lot)
            await asyncio.sleep(0.1)
            plant.advance()
            assert plant.dispenser.syringe.type == material
            assert plant.dispenser.liquid_m3 * 1e6 == pytest.approx(liquid_mL)

    tell(story)


def test_a_part_of_an_earlier_run_goes_first_and_the_kind_can_be_set() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        await call(plant, Call.LOAD_MOLD)
        assert plant.sense("mold_part") == 77.0
        await call(plant, Call.LOAD_PRESS)
        assert plant.press.part is not None
        assert (plant.press.part.id, plant.press.part.kind) == (5, "PKG-15")

    tell(story, Script(kind="PKG-15", first_id=5), Part(77))


def test_hands_put_and_remove_the_cup_and_ignore_what_they_are_told_to() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        await call(plant, Call.PUT_CUP)
        assert plant.sense("cup_present") == 1.0
        await call(plant, Call.REMOVE_CUP)
        assert plant.sense("cup_present") == 0.0
        await call(plant, Call.LOAD_MOLD)
        assert plant.sense("mold_part_present") == 0.0

    tell(story, Script(ignores=frozenset({Call.LOAD_MOLD})))


def test_a_lamp_that_goes_out_in_time_is_not_answered() -> None:
    async def story(plant: Plant, hands: Hands) -> None:
        await call(plant, Call.LOAD_MOLD, seconds=1.0)
        await asyncio.sleep(20)
        assert plant.sense("mold_part_present") == 0.0

    tell(story)


@pytest.mark.parametrize(
    ("spec", "fault"),
    [
        ("press.door=open@10min", Fault("press.door", "open", 600.0)),
        ("press.door", Fault("press.door", "open", 0.0)),
        ("line.estop@600s", Fault("line.estop", "", 600.0)),
        ("line.estop=30@600", Fault("line.estop", "30.0", 600.0)),
        ("press.leak=2e-9@1h", Fault("press.leak", "2e-09", 3600.0)),
        ("balance=silent@1.5", Fault("balance", "silent", 1.5, wire=True)),
    ],
)
def test_faults_are_read_from_text(spec: str, fault: Fault) -> None:
    assert parse_fault(spec, ("balance", "gauge")) == fault


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("press.dor=open", "did you mean 'press.door'"),
        ("balanc=silent", "did you mean 'balance'"),
        ("balance=slent", "did you mean 'silent'"),
        ("press.door=ajar", "'ajar' is not known"),
        ("press.leak=much", "wanted a number from 1e-16 to 1e-06 m3/.s Pa., got 'much'"),
        ("press.supply=2e6", "'low' or a number from 101325 to 1e"),
        ("spindle.trip=3", "takes no value"),
        ("line.estop@soon", "wanted a time"),
        ("@5", "wanted NAME"),
    ],
)
def test_a_fault_that_is_not_understood_says_what_was_wanted(spec: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_fault(spec, ("balance", "gauge"))
