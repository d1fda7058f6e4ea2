"""The first thing on a tool that somebody may have left energised, on the whole line in virtual time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from controller.cli.loops import VirtualLoop
from controller.cli.simulated import Scene, SimulatedStation, make_station, serve
from controller.cli.tool_file import read_tool
from controller.restart import restart
from controller.station import Station, StationError
from springback.places import config_file


async def opened(simulated: SimulatedStation) -> Station:
    """A station of the shipped tool on these simulators."""
    tool = read_tool(None)
    station = Station(tool, config_file("interlocks.yaml"), await serve(simulated, list(tool.lines)))
    await station.open()
    return station


def started(folder: Path, *faults: str, heating: bool = False) -> SimulatedStation:
    """A start on a tool whose platen has power, as after a controller that died a moment ago."""

    async def start() -> SimulatedStation:
        simulated = make_station(Scene(faults=faults))
        try:
            station = await opened(simulated)
            simulated.plant.hardwired.enabled = heating
            simulated.plant.drive("platen_contactor", float(heating))
            simulated.plant.advance()
            await asyncio.sleep(0.5)
            assert simulated.plant.platen.contactor is heating
            await restart(station, folder)
            await station.close()
        finally:
            await simulated.close()
        return simulated

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(start())


def test_what_was_left_on_is_off_after_a_start(tmp_path: Path) -> None:
    plant = started(tmp_path, heating=True).plant

    assert not plant.platen.contactor
    assert list(tmp_path.iterdir()) == []  # nothing was interrupted, so nothing is told


def test_a_start_is_refused_while_the_safe_state_is_not_confirmed(tmp_path: Path) -> None:
    with pytest.raises(StationError, match="the safe state is not confirmed: press: inner"):
        started(tmp_path, "sensor.inner.bias=-40")


def test_lines_are_opened_together_and_the_first_that_is_not_there_is_named() -> None:
    async def start() -> list[str]:
        simulated, tool = make_station(Scene()), read_tool(None)
        addresses = {**await serve(simulated, list(tool.lines)), "dispenser": "mem:nobody", "stage": "mem:nobody"}
        station = Station(tool, config_file("interlocks.yaml"), addresses)
        with pytest.raises(StationError, match=r"line dispenser .*nothing listens"):
            await station.open()
        await simulated.close()
        assert station.instruments["gauge"].identity  # though its line comes after those
        return station.links

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(start()) == []
