"""What each warning must tell, written down a second time: both sides of its limits, and when it looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from controller.guard.interlocks import load
from controller.record.events import Alarm
from springback.places import config_file
from tests.tables.scene import Scene, bind, play
from tests.tables.sides import Sides, at_most, between, off, on

RECORDS: dict[str, Mapping[str, Any]] = {
    record["id"]: record for record in yaml.safe_load(config_file("warnings.yaml").read_text("utf-8"))["warnings"]
}
Watched = Mapping[str, Sides]
# What is looked at while what holds; of the pairs that must agree one is kept.
WORDS: dict[str, tuple[Watched, Watched]] = {
    "press.supply_band": ({"press.supply": between(650.0, 740.0)}, {}),
    "press.supply_same": (
        {"press.supply": Sides((700.0, 680.1, 719.9), (679.9, 720.1)), "press_pressure.source": Sides((700.0,), ())},
        {},
    ),
    "press.clamp_band": ({"press.clamp_pressure": between(570.0, 630.0)}, {"line_plc.out_clamp": on}),
    "press.clamp_zero": ({"press.clamp_pressure": between(-15.0, 15.0)}, {"line_plc.out_clamp": off}),
    "press.zero": (
        {"press.pressure": between(-1.0, 1.0), "press.pressure_coarse": between(-3.0, 3.0)},
        {"line_plc.out_dump_shut": off},
    ),
    "press.same": (
        {
            "press.pressure": Sides((100.0,), ()),
            "press.pressure_coarse": Sides((100.0, 97.01, 102.99), (96.99, 103.01)),
            "press.effort": at_most(10.0),
        },
        {
            "press.setpoint": Sides((100.0,), (99.8,)),
            "press.asked": Sides((100.0,), ()),
            "press_pressure.control": on,
        },
    ),
    "press.inner_zero": ({"press.vacuum": between(100.3, 102.3)}, {"line_plc.out_inner_vent_shut": off}),
    "press.heads": ({"press.tilt": at_most(4.0)}, {}),
    "grind.coolant_band": ({"grinder.coolant": between(4.6, 5.4)}, {"line_plc.out_coolant": on}),
    "grind.coolant_zero": ({"grinder.coolant": between(-0.4, 0.4)}, {"line_plc.out_coolant": off}),
    "grind.chuck_band": (
        {"grinder.chuck_vacuum": between(-90.0, -80.0)},
        {"line_plc.out_chuck_vacuum": on, "grinder.part_present": on},
    ),
    "grind.chuck_zero": ({"grinder.chuck_vacuum": between(-5.0, 5.0)}, {"line_plc.out_chuck_vacuum": off}),
    "grind.idle": (
        {"grinder.torque": between(4.5, 8.0)},
        {"grinder.speed_error": Sides((0.0, 1.99), (2.01,)), "grinder.feeding": off},
    ),
    "grind.power_torque": ({"grinder.power_error": between(-40.0, 40.0)}, {}),
    "grind.gauge_zero": ({"grinder.thickness": between(-1.0, 1.0)}, {"grinder.part_present": off}),
    "grind.gauge_still": ({"grinder.thickness_step": at_most(3.0)}, {"grinder.part_present": on}),
}
JUMPS = {"press.platen_jump": "press.platen", "mold.jump": "mold.temperature"}  # tests/monitor has them on the line
SETTLE_S, STEP_S = 12.0, 0.5


def told(id: str, readings: Mapping[str, float], then: Mapping[str, float]) -> list[str]:
    """The alarms of a warning when all was well for a while, and something else is read for two seconds."""
    codes: list[str] = []

    async def work() -> None:
        (interlock,) = load([RECORDS[id]], bind)
        scene = Scene(interlock, interlock.module, [])
        for k in range(int((SETTLE_S + 2.0) / STEP_S)):
            await scene.look(k * STEP_S, {**readings, **(then if k * STEP_S >= SETTLE_S else {})})
        assert scene.guard.tripped is None
        codes.extend(alarm.code for alarm in scene.record.of(Alarm))

    play(work)
    return codes


def test_every_warning_has_its_words() -> None:
    assert set(WORDS) | set(JUMPS) == set(RECORDS)
    assert {record["kind"] for record in RECORDS.values()} == {"warning"}


@pytest.mark.parametrize("id", WORDS)
def test_a_warning_tells_on_the_bad_side_of_each_limit_and_only_while_it_looks(id: str) -> None:
    must, active = WORDS[id]
    good = {tag: float(sides.good[0]) for tag, sides in {**active, **must}.items()}  # type: ignore[arg-type]

    for tag, sides in must.items():
        for value in sides.good:
            assert told(id, good, {tag: value}) == [], f"{tag} {value}"  # type: ignore[dict-item]
        for value in sides.bad:
            assert told(id, good, {tag: value}) == [id], f"{tag} {value}"  # type: ignore[dict-item]
    tag, bad = next((tag, sides.bad[0]) for tag, sides in must.items() if sides.bad)
    for condition, sides in active.items():
        for idle in sides.bad:
            readings = {**good, condition: idle}
            assert told(id, readings, {tag: bad}) == [], f"{condition} {idle}"  # type: ignore[dict-item]


@pytest.mark.parametrize(("id", "tag"), JUMPS.items())
def test_a_thermocouple_that_jumps_is_told_and_a_ramp_is_not(id: str, tag: str) -> None:
    assert told(id, {tag: 25.0}, {tag: 25.0}) == []
    assert told(id, {tag: 25.0}, {tag: 35.0}) == [id]
    assert told(id, {tag: 25.0}, {tag: 25.4}) == []
