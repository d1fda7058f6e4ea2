"""A plain pyvisa session (pyvisa-py, TCP socket) talks to the simulated pressure controller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
import pyvisa
from pyvisa.resources import MessageBasedResource

from simulators.instruments.druck_pace5000 import DruckPace5000, PaceSettings
from simulators.wire.tcp import serve_tcp
from tests.wire.fake_plant import FakePlant

T = TypeVar("T")


async def session(pace: DruckPace5000, terminator: str, use: Callable[[MessageBasedResource], T]) -> T:
    """Open a VISA socket resource in a thread and use it there."""
    server = await serve_tcp(pace.connection)
    host, port = server.address.split(":")

    def run() -> T:
        manager = pyvisa.ResourceManager("@py")
        resource = manager.open_resource(
            f"TCPIP::{host}::{port}::SOCKET", read_termination=terminator, write_termination=terminator, timeout=2000
        )
        try:
            assert isinstance(resource, MessageBasedResource)
            return use(resource)
        finally:
            resource.close()
            manager.close()

    result = await asyncio.to_thread(run)
    await server.close()
    return result


def controller(plant: FakePlant, terminator: str) -> DruckPace5000:
    settings = PaceSettings(terminator=terminator.encode(), unit="KPA")
    return DruckPace5000(plant, asyncio.get_running_loop().time, settings)


@pytest.mark.parametrize("terminator", ["\r", "\n", "\r\n"])
async def test_queries_and_commands_work_with_every_terminator(terminator: str) -> None:
    plant = FakePlant(outer_fine=123.456)

    def use(resource: MessageBasedResource) -> list[str]:
        resource.write(":SOUR:PRES:LEV:IMM:AMPL 400")
        return [resource.query(question) for question in ("*IDN?", ":SENS:PRES?", ":SOUR:PRES?", ":SYST:ERR?")]

    assert await session(controller(plant, terminator), terminator, use) == [
        "*IDN GE Druck,PACE5000,3215987,DK0367 v2.04.02",
        ":SENS:PRES 123.4560000",
        ":SOUR:PRES 400.0000000",
        ':SYST:ERR 0,"No error"',
    ]
    assert plant.actuators["pressure_target"] == 400.0


async def test_errors_wait_in_the_queue_until_they_are_fetched() -> None:
    def use(resource: MessageBasedResource) -> list[str]:
        for command in (":SOUR:PRES 1500", ":SOUR:PRESS 4", ":OUTP:STAT"):
            resource.write(command)
        return [resource.query(":SYST:ERR?").removeprefix(":SYST:ERR ") for _ in range(4)]

    assert await session(controller(FakePlant(), "\r"), "\r", use) == [
        '-222,"Data out of range"',
        '-113,"Undefined header"',
        '-109,"Missing parameter"',
        '0,"No error"',
    ]


async def test_a_hundred_polls_come_back_in_order() -> None:
    plant = FakePlant()

    def use(resource: MessageBasedResource) -> list[float]:
        readings = []
        for index in range(100):
            plant.show(outer_fine=float(index))
            readings.append(float(resource.query(":SENS:PRES?").split()[1]))
        return readings

    assert await session(controller(plant, "\r"), "\r", use) == [float(index) for index in range(100)]
