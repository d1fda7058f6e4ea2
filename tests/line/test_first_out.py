"""What is named first when an instrument fails is the instrument, and on a shared wire the one whose fault it is.

And the watches for what still answers but does not live: a pressure that does not follow, a sensor that shows the same.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from controller.cli.exits import Exit
from controller.record.events import Alarm, Outcome
from drivers.instrument import Instrument
from drivers.instruments.druck_pace5000 import DruckPace5000
from drivers.reading import Quality
from simulators.station import SimulatedStation
from simulators.wire.faults import Faulty, WireFault
from simulators.wire.firmware import Answer
from tests.line.behind import RECIPES, Watched, watched
from tests.line.test_people import say


def alarms(run: Watched) -> list[Alarm]:
    return run.of(Alarm)


@pytest.mark.parametrize(
    ("recipe", "fault", "at_s", "cause"),
    [
        ("press-short", "platen_heater=silent", 75, "platen_heater"),
        ("press-short", "press_pressure=garble", 75, "press_pressure"),
        ("grind-short", "mold_heater=late", 190, "mold_heater"),
        ("grind-short", "spindle=late", 190, "spindle"),
        ("grind-short", "gauge=silent", 190, "gauge"),
        ("press-short", "line_plc=silent", 75, "line_plc"),
    ],
)
def test_the_first_alarm_names_the_instrument_whose_fault_it_is(
    recipe: str, fault: str, at_s: int, cause: str, tmp_path: Path
) -> None:
    run = watched(recipe, tmp_path / "run", faults=(f"{fault}@{at_s}",))

    first = alarms(run)[0]
    assert (first.code, first.of, first.first_out) == ("any.lost", cause, cause)
    assert first.do == f"check power and cable of {cause}; then reset"
    assert all(alarm.likely and alarm.do and alarm.we_did for alarm in alarms(run))
    assert [alarm.follows for alarm in alarms(run)[1:]] == [f"any.lost {cause}"] * (len(alarms(run)) - 1)


def test_the_loss_of_what_a_run_does_not_need_does_not_hide_what_it_does_need(tmp_path: Path) -> None:
    """An unknown input trips even when another instrument was lost before."""
    run = watched("press-short", tmp_path / "run", faults=("gauge=silent@10", "platen_heater=silent@75"))

    assert [(a.of, a.failure_class) for a in alarms(run)[:2]] == [("gauge", 4), ("platen_heater", 2)]
    assert run.outcome.exit == Exit.STOPPED_BY_ALARM
    assert run.ended_s < 110.0


def frozen(tag: str, from_s: float) -> Any:
    """A driver whose reading of one value does not change any more from a time on, though it answers."""
    put = Instrument.put

    def stuck(self: Instrument, name: str, value: float, now_s: float, quality: Quality = Quality.GOOD) -> None:
        if f"{self.name}.{name}" == tag and now_s > from_s:
            value = self.tags.value[self.tag[name]]
        put(self, name, value, now_s, quality)

    return patch.object(Instrument, "put", stuck)


def test_a_sensor_that_shows_the_same_value_again_and_again_trips(tmp_path: Path) -> None:
    operator = say(tmp_path, "at: 72 s, do: hold")  # at pressure, for longer than the watch needs
    with frozen("press_pressure.pressure", 70.0):
        run = watched("press-short", tmp_path / "run", operator=operator)

    first = alarms(run)[0]
    assert first.code == "press.frozen"
    assert first.first_out == "unchanged(press.pressure) < 20 s"
    assert first.values["press.pressure"] == pytest.approx(250.0, abs=10.0)
    assert run.outcome.exit == Exit.STOPPED_BY_ALARM


def test_a_pressure_that_does_not_follow_its_setpoint_trips(tmp_path: Path) -> None:
    text = (RECIPES / "press-short.yaml").read_text(encoding="utf-8").replace("else: hold", "else: warn")
    (tmp_path / "press-short.yaml").write_text(text, encoding="utf-8")  # its monitor would hold first

    run = watched(str(tmp_path / "press-short.yaml"), tmp_path / "run", faults=("press.supply=200000@61",))

    assert "press.no_response" in [alarm.code for alarm in alarms(run)]
    assert run.outcome.summary.state == "ABORTED"


# ---------------------------------------------------------------------------------------------- lost replies
def losing(instrument: str, order: re.Pattern[bytes], out: Path) -> Watched:
    """Run while the wire of an instrument loses the first reply at or after each order."""
    make, receive = SimulatedStation.__init__, Faulty.receive
    wires: list[WireFault] = []
    owed = [False]

    def init(self: SimulatedStation, *arguments: Any) -> None:
        make(self, *arguments)
        wires.append(self.wire_faults.of(instrument))

    def lossy(self: Faulty, data: bytes) -> list[Answer]:
        answers = receive(self, data)
        if self._fault not in wires:
            return answers
        if order.search(data):
            owed[0] = True
        if answers and owed[0]:
            owed[0] = False
            return []
        return answers

    with patch.object(SimulatedStation, "__init__", init), patch.object(Faulty, "receive", lossy):
        return watched("press-short", out)


ORDERS = {  # target and rate; door lock, clamp and dump valve on
    "press_pressure": rb"AMPL \d|SLEW \d",
    "line_plc": rb"(?s)^.{7}\x06\x00[\x0a-\x0c]\x00\x01",
}


@pytest.mark.parametrize("instrument", ORDERS)
def test_setpoints_whose_replies_are_lost_are_read_back_and_the_run_passes(instrument: str, tmp_path: Path) -> None:
    run = losing(instrument, re.compile(ORDERS[instrument]), tmp_path / "run")

    assert run.outcome.exit == Exit.PASSED, run.outcome.summary.reason
    read_back = [o for o in run.of(Outcome) if o.result == "confirmed" or o.detail.startswith("given again")]
    assert len(read_back) >= 2


def test_every_reading_of_a_setpoint_changes_nothing(tmp_path: Path) -> None:
    """The drivers' readings answer with what was written last: asked beside each write of a whole run."""
    act, seen = DruckPace5000.set_target, []

    async def set_target(self: DruckPace5000, pressure_kPa: float, permit: Any) -> float:
        wrote = await act(self, pressure_kPa, permit)
        seen.append((wrote, await self.target(), await self.rate() > 0.0, await self.control() in (0.0, 1.0)))
        return wrote

    with patch.object(DruckPace5000, "set_target", set_target):
        run = watched("press-short", tmp_path / "run")

    assert run.outcome.exit == Exit.PASSED
    assert seen
    assert all(wrote == read and rate and control for wrote, read, rate, control in seen)
