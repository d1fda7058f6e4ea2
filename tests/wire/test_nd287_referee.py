"""pymeasure's ND287 driver reads the simulated display over a pty, through pyvisa-py's serial resource."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from pymeasure.instruments.heidenhain import ND287

from simulators.instruments.heidenhain_nd287 import HeidenhainNd287
from simulators.wire.pty import serve_pty
from tests.wire.fake_plant import FakeClock, FakePlant

T = TypeVar("T")


async def read(display: HeidenhainNd287, use: Callable[[ND287], T]) -> T:
    """Open the driver on the display's line in a thread and use it there."""
    server = await serve_pty(display)

    def run() -> T:
        driver = ND287(f"ASRL{server.address}::INSTR", visa_library="@py", timeout=500)
        try:
            return use(driver)
        finally:
            driver.adapter.close()

    result = await asyncio.to_thread(run)
    await server.close()
    return result


@pytest.mark.parametrize(("thickness_um", "mm"), [(0.0, 0.0), (795.04, 0.795), (-12.3, -0.0123), (59_999.9, 59.9999)])
async def test_the_position_arrives_in_millimetres(thickness_um: float, mm: float) -> None:
    display = HeidenhainNd287(FakePlant(thickness=thickness_um), FakeClock())
    assert await read(display, lambda driver: driver.position) == pytest.approx(mm, abs=1e-9)


async def test_the_identity_has_its_37_bytes() -> None:
    display = HeidenhainNd287(FakePlant(), FakeClock())
    identity = await read(display, lambda driver: driver.id)
    assert identity.split() == ["\x02ND-287", "646118-01", "V1-01"]


async def test_an_error_on_the_message_line_can_be_fetched() -> None:
    display = HeidenhainNd287(FakePlant(), FakeClock())
    display.error_text = "SIGNAL ERROR"

    def fetch(driver: ND287) -> str:
        driver.write("\x1bA0301")
        return driver.read()

    assert await read(display, fetch) == "\x02SIGNAL ERROR \r\n"
