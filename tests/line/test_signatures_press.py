"""Each fault of the press, of its heaters and of a sensor shows on the wire, against the healthy run of the same noise.

A sign counts when it is larger than three sigma of its channel.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from simulators.faults import heat, press, sensors
from simulators.signals import ERRORS
from tests.line.wiretap import POLL_S, Series, heard

SENSOR_BREAK = 1 << 5
RESOLUTION = {"pressure_effort": 1.0, "platen_output": 1.0, "mold_output": 1.0}  # %, of what has no noise
# Stretches of the two minutes, in seconds.
HOLD, SHUT_IN, PUMPED, LATE = (18, 24), (76, 85), (55, 60), (100, 119)
UNDER_VACUUM = (70, 75)


@dataclass(frozen=True, slots=True)
class Sign:
    """A channel whose mean in a stretch of time goes up (+1), down (-1), or stays (0) when the fault is there."""

    fault: str
    channel: str
    stretch: tuple[float, float]
    way: int

    def __str__(self) -> str:
        return f"{self.fault}-{self.channel}-{('down', 'same', 'up')[self.way + 1]}"


SIGNS = [
    Sign("press.leak@5", "pressure_effort", HOLD, +1),
    Sign("press.leak@5", "outer_fine", (85, 94), 0),
    Sign("press.crack@5", "inner", UNDER_VACUUM, +1),
    Sign("press.crack@5", "outer_fine", UNDER_VACUUM, 0),
    Sign("press.pump@5", "inner", (46, 49), +1),
    Sign("press.pump@5", "inner", PUMPED, +1),
    Sign("press.vacuum_line@5", "inner", (46, 49), +1),
    Sign("press.vacuum_line@5", "inner", (64, 70), 0),
    Sign("press.fill_valve@20", "outer_fine", UNDER_VACUUM, -1),
    Sign("press.vent_valve@20", "outer_fine", (27, 30), +1),
    Sign("press.vent_valve=0@20", "outer_fine", (40, 45), +1),
    Sign("press.sag@9", "supply", (9.5, 13), -1),
    Sign("press.sag@9", "supply", HOLD, 0),
    Sign("press.supply=low@9", "outer_fine", HOLD, -1),
    Sign("press.clamp@5", "outer_fine", UNDER_VACUUM, -1),
    Sign("press.clamp@5", "outer_fine", HOLD, 0),
    Sign("press.clamp@5", "clamp_pressure", UNDER_VACUUM, 0),
    Sign("press.inner_vent=stuck@20", "inner", (38, 42), -1),
    Sign("press.inner_port@20", "inner", (38, 42), -1),
    Sign("press.inner_port@20", "inner", PUMPED, +1),
    *(
        sign
        for tool in ("platen", "mold")
        for sign in (
            Sign(f"{tool}.heater@10", f"{tool}_output", LATE, +1),
            Sign(f"{tool}.heater@10", tool, LATE, -1),
            Sign(f"{tool}.ssr@10", f"{tool}_output", LATE, -1),
            Sign(f"{tool}.ssr@10", tool, LATE, +1),
            Sign(f"{tool}.sensor@10", tool, LATE, +1),
            Sign(f"{tool}.sensor@10", f"{tool}_output", LATE, -1),
            Sign(f"{tool}.sensor_short@10", tool, LATE, -1),
            Sign(f"{tool}.sensor_short@10", f"{tool}_output", LATE, +1),
            Sign(f"{tool}.sensor_loose@4", tool, (10, 20), -1),
        )
    ),
    *(Sign(f"sensor.{channel}.bias@5", channel, HOLD, +1) for channel in ("outer_coarse", "supply", "gap1", "inner")),
    Sign("sensor.outer_fine.bias@5", "outer_fine", HOLD, 0),  # the loop believes it
    Sign("sensor.outer_fine.bias@5", "outer_coarse", HOLD, -1),
    Sign("sensor.outer_coarse.swap@5", "outer_coarse", HOLD, +1),
    Sign("sensor.outer_coarse.swap@5", "clamp_pressure", HOLD, -1),
    Sign("sensor.gap1.swap@5", "gap1", HOLD, -1),
    Sign("sensor.gap1.swap@5", "gap2", HOLD, +1),
    Sign("sensor.platen.swap@5", "platen", LATE, +1),  # each loop heats the other's tool
    Sign("sensor.platen.swap@5", "mold", LATE, -1),
]


def resolved(channel: str) -> float:
    """Three sigma of a channel."""
    return RESOLUTION[channel] if channel in RESOLUTION else 3.0 * ERRORS[channel].sigma


@pytest.mark.parametrize("sign", SIGNS, ids=str)
def test_a_fault_shows_where_it_should_and_only_there(sign: Sign) -> None:
    change = heard(sign.fault).mean(sign.channel, *sign.stretch) - heard().mean(sign.channel, *sign.stretch)

    if sign.way == 0:
        assert abs(change) < resolved(sign.channel)
    else:
        assert change * sign.way > resolved(sign.channel)


def test_every_kind_of_fault_is_looked_at() -> None:
    looked_at = {sign.fault.split("@")[0].split("=")[0] for sign in SIGNS}
    kinds = {kind.rpartition(".")[2] for kind in sensors.FAULTS}
    elsewhere = {"press.door", "press.fill_stiction", "press.trapped"}  # door: test_faults; the others below

    assert {*press.FAULTS, *heat.FAULTS} - looked_at == elsewhere
    assert kinds - {name.rpartition(".")[2] for name in looked_at if name.startswith("sensor.")} == {"freeze", "spike"}


def test_a_fault_changes_nothing_before_its_onset() -> None:
    healthy, leaking = heard(), heard("press.leak@50")
    before = round((50 - healthy.first_s) / POLL_S)

    assert all(leaking.values[name][:before] == values[:before] for name, values in healthy.values.items())
    assert leaking.values["pressure_effort"] != healthy.values["pressure_effort"]


def test_severity_scales_the_sign() -> None:
    small, large = (heard(f"press.leak={c}@5").mean("pressure_effort", *HOLD) for c in ("1e-9", "4e-9"))

    assert large / small == pytest.approx(4.0, rel=0.05)


def test_a_sticking_inlet_valve_hunts_where_a_leak_must_be_made_up() -> None:
    smooth, hunting = heard("press.leak@5"), heard("press.leak@5", "press.fill_stiction=0.05@5")

    assert hunting.scatter("outer_fine", *HOLD) > 3.0 * smooth.scatter("outer_fine", *HOLD)


class TestRateOfRise:
    """Ten seconds of shut-in tell a leak, outgassing and a trapped volume apart by their shape."""

    def test_a_leak_rises_straight(self) -> None:
        first, second = halves(heard("press.crack=5e-12@5"))

        assert first > resolved("inner")
        assert second == pytest.approx(first, rel=0.15)

    def test_a_trapped_volume_rises_and_bends(self) -> None:
        first, second = halves(heard("press.trapped=1e-6@74"))
        healthy = heard().rise("inner", *SHUT_IN)

        assert first + second > healthy + 2.0 * resolved("inner")
        assert second < 0.8 * first

    def test_a_worn_pump_leaves_the_leak_test_alone(self) -> None:
        worn, healthy = (run.rise("inner", *SHUT_IN) for run in (heard("press.pump@5"), heard()))

        assert abs(worn - healthy) < resolved("inner")


def halves(run: Series) -> tuple[float, float]:
    """Rise in the two halves of the shut-in."""
    start, end = SHUT_IN
    ends = [run.mean("inner", at, at + 1.0) for at in (start, (start + end - 1.0) / 2.0, end - 1.0)]
    return ends[1] - ends[0], ends[2] - ends[1]


def test_a_broken_thermocouple_is_told_by_its_status() -> None:
    status = heard("platen.sensor@10").values["platen_status"]

    assert int(status[0]) & SENSOR_BREAK == 0
    assert int(status[-1]) & SENSOR_BREAK


@pytest.mark.parametrize("channel", ["inner", "gap2", "outer_coarse", "supply"])
def test_a_frozen_sensor_has_no_scatter_at_all(channel: str) -> None:
    assert heard().scatter(channel, *HOLD) > 0.3 * ERRORS[channel].sigma
    assert heard(f"sensor.{channel}.freeze@10").scatter(channel, *HOLD) == 0.0


def test_a_frozen_control_sensor_lets_the_pressure_run_away() -> None:
    frozen = heard("sensor.outer_fine.freeze@12")

    assert frozen.scatter("outer_fine", *HOLD) == 0.0
    assert frozen.mean("outer_coarse", *HOLD) > heard().mean("outer_coarse", *HOLD) + 100.0


def test_spikes_are_few_and_far_out() -> None:
    before, after = heard().values["gap1"], heard("sensor.gap1.spike=20@5").values["gap1"]
    spikes = [b - a for a, b in zip(before, after, strict=True) if abs(b - a) > 0.1]

    assert 1 <= len(spikes) <= 0.06 * len(before)
    assert spikes == pytest.approx([20.0] * len(spikes), abs=0.05)
