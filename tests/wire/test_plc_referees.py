"""The line PLC on a real TCP port, asked by clients that other people wrote: mbpoll (libmodbus) and pyModbusTCP."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from pyModbusTCP.client import ModbusClient  # type: ignore[import-untyped]
from pyModbusTCP.utils import decode_ieee, encode_ieee, word_list_to_long  # type: ignore[import-untyped]

from simulators.instruments.line_plc import LinePlc
from simulators.protocols.modbus import ModbusTcp
from simulators.wire.tcp import MAX_CONNECTIONS, TcpServer, serve_tcp
from tests.wire.fake_plant import FakeClock, FakePlant

MAP_PATH = Path(__file__).parents[2] / "config" / "line_plc_map.yaml"
FIRST_MEASUREMENT, LAST_INPUT = 14, 41
needs_mbpoll = pytest.mark.skipif(shutil.which("mbpoll") is None, reason="mbpoll is not installed (apt install mbpoll)")
T = TypeVar("T")


class Line:
    """A served PLC, its plant, and a third-party client on it."""

    def __init__(self, server: TcpServer, plant: FakePlant) -> None:
        self.plant = plant
        self.port = server.port
        self.client = ModbusClient(host="127.0.0.1", port=server.port, unit_id=1, timeout=2.0)

    async def ask(self, question: Callable[[ModbusClient], T]) -> T:
        """Run a blocking call of the client while the loop serves."""
        return await asyncio.to_thread(question, self.client)

    async def mbpoll(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *("mbpoll", "-m", "tcp", "-p", str(self.port), "-1", "-q", "-o", "2"),
            *arguments,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return output.decode()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    plant = FakePlant(enabled=1, estop_chain=1, outer_coarse=400.25, inner=12.5, press_part=70000, chuck_pressure=-82.0)
    plc = LinePlc(plant, MAP_PATH, FakeClock())
    server = await serve_tcp(lambda: ModbusTcp(plc))
    served = Line(server, plant)
    yield served
    await asyncio.to_thread(served.client.close)
    await server.close()


def polled(output: str) -> list[str]:
    """The values of mbpoll's lines `[ref]: <tab>value`."""
    return re.findall(r"^\[\d+\]:\s+(\S+)", output, re.MULTILINE)


# --- mbpoll


@needs_mbpoll
async def test_mbpoll_reads_the_float_test_constant_high_word_first(line: Line) -> None:
    assert polled(await line.mbpoll("-t", "3:float", "-B", "-r", "9", "-c", "1", "127.0.0.1")) == ["-123.45"]
    assert polled(await line.mbpoll("-t", "3:float", "-r", "9", "-c", "1", "127.0.0.1")) != ["-123.45"]


@needs_mbpoll
async def test_mbpoll_reads_integers_and_measurements_at_their_references(line: Line) -> None:
    assert polled(await line.mbpoll("-t", "3:hex", "-r", "1", "-c", "1", "127.0.0.1")) == ["0x5350"]
    assert polled(await line.mbpoll("-t", "3:int", "-B", "-r", "7", "-c", "1", "127.0.0.1")) == ["305419896"]
    assert polled(await line.mbpoll("-t", "3:float", "-B", "-r", "15", "-c", "2", "127.0.0.1")) == ["400.25", "12.5"]


@needs_mbpoll
async def test_mbpoll_reads_discrete_inputs_as_bits(line: Line) -> None:
    assert polled(await line.mbpoll("-t", "1", "-r", "1", "-c", "4", "127.0.0.1")) == ["1", "1", "0", "0"]


@needs_mbpoll
async def test_mbpoll_writes_outputs_and_is_refused_beyond_the_map(line: Line) -> None:
    await line.mbpoll("-t", "4", "-r", "12", "127.0.0.1", "1")
    assert line.plant.actuators["clamp"] == 1
    assert "Illegal data value" in await line.mbpoll("-t", "4", "-r", "12", "127.0.0.1", "2")
    assert "Illegal data address" in await line.mbpoll("-t", "3", "-r", str(LAST_INPUT + 2), "-c", "1", "127.0.0.1")


@needs_mbpoll
async def test_mbpoll_writes_a_float_setpoint_high_word_first(line: Line) -> None:
    await line.mbpoll("-t", "4:float", "-B", "-r", "31", "127.0.0.1", "42.5")
    assert line.plant.actuators["inner_target"] == 42.5


@needs_mbpoll
async def test_mbpoll_pulses_a_coil_that_the_plc_resets(line: Line) -> None:
    assert "Written 1 references" in await line.mbpoll("-t", "0", "-r", "1", "127.0.0.1", "1")
    assert polled(await line.mbpoll("-t", "0", "-r", "1", "-c", "3", "127.0.0.1")) == ["0", "0", "0"]


# --- pyModbusTCP


async def test_pymodbustcp_reads_floats_integers_and_bits(line: Line) -> None:
    words = await line.ask(lambda client: client.read_input_registers(0, 42))
    assert words is not None
    pairs = word_list_to_long(words[FIRST_MEASUREMENT:], big_endian=True)
    assert [decode_ieee(pair) for pair in pairs[:2]] == [400.25, 12.5]
    assert decode_ieee(pairs[8]) == -82.0
    assert pairs[9] == 70000
    bits = await line.ask(lambda client: client.read_discrete_inputs(0, 20))
    assert bits is not None
    assert [index for index, bit in enumerate(bits) if bit] == [0, 1]


async def test_pymodbustcp_writes_a_float_with_one_request(line: Line) -> None:
    raw = encode_ieee(3.5)
    assert await line.ask(lambda client: client.write_multiple_registers(32, [raw >> 16, raw & 0xFFFF]))
    assert line.plant.actuators["inner_rate"] == 3.5


async def test_the_exchange_of_fc_23_equals_the_input_registers(line: Line) -> None:
    exchange = await line.ask(lambda client: client.write_read_multiple_registers(0, [77], 1010, 32))
    inputs = await line.ask(lambda client: client.read_input_registers(10, 32))
    assert exchange is not None
    assert inputs is not None
    assert exchange == inputs
    assert exchange[1] & 1 << 15, "the heartbeat written by the same exchange is already seen"
    assert line.plant.actuators["heartbeat"] == 77


@pytest.mark.parametrize(
    "question,last",
    [
        (ModbusClient.read_input_registers, 41),
        (ModbusClient.read_holding_registers, 35),
        (ModbusClient.read_holding_registers, 1041),
        (ModbusClient.read_discrete_inputs, 19),
        (ModbusClient.read_coils, 2),
    ],
)
async def test_the_last_address_answers_and_the_next_is_exception_02(
    line: Line, question: Callable[[ModbusClient, int, int], list[int] | None], last: int
) -> None:
    assert await line.ask(lambda client: question(client, last - last % 1000, 1)) is not None
    assert await line.ask(lambda client: question(client, last, 1)) is not None
    assert await line.ask(lambda client: question(client, last, 2)) is None
    assert line.client.last_except == 2
    assert await line.ask(lambda client: question(client, last + 1, 1)) is None
    assert line.client.last_except == 2


async def test_refusals_reach_the_client_as_exceptions_01_03_and_04(line: Line) -> None:
    assert await line.ask(lambda client: client.custom_request(b"\x11")) is None
    assert line.client.last_except == 1
    assert not await line.ask(lambda client: client.write_single_register(2, 5))
    assert line.client.last_except == 3
    line.plant.show(enabled=0)
    assert not await line.ask(lambda client: client.write_single_register(15, 1))
    assert line.client.last_except == 4
    assert "pump" not in line.plant.actuators


# --- the port


async def test_pipelined_requests_in_one_segment_are_all_answered_in_order(line: Line) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(b"".join(struct.pack(">HHHBBHH", number, 0, 6, 1, 4, 0, 1) for number in range(5)))
    answers = await reader.readexactly(5 * 11)
    assert [struct.unpack_from(">H", answers, 11 * index)[0] for index in range(5)] == [0, 1, 2, 3, 4]
    writer.close()
    await writer.wait_closed()


async def test_two_clients_share_the_plc_but_not_their_input_buffers(line: Line) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    request = struct.pack(">HHHBBHH", 9, 0, 6, 1, 3, 1, 1)
    writer.write(request[:7])
    await writer.drain()
    assert await line.ask(lambda client: client.write_single_register(1, 4))
    writer.write(request[7:])
    assert (await reader.readexactly(11))[-2:] == b"\x00\x04"
    writer.close()
    await writer.wait_closed()


async def test_one_client_too_many_is_turned_away(line: Line) -> None:
    streams = [await asyncio.open_connection("127.0.0.1", line.port) for _ in range(MAX_CONNECTIONS + 1)]
    assert sorted([await refused(reader) for reader, _ in streams]) == [False] * MAX_CONNECTIONS + [True]
    for _, writer in streams:
        writer.close()


async def refused(reader: asyncio.StreamReader) -> bool:
    """Whether the server has closed this connection: it sends nothing by itself, so only an end can arrive."""
    with contextlib.suppress(TimeoutError, ConnectionResetError):
        async with asyncio.timeout(0.01):
            await reader.read(1)
    return reader.at_eof() or reader.exception() is not None


async def test_a_closed_server_cuts_its_clients_and_frees_the_port(line: Line) -> None:
    plc = LinePlc(FakePlant(), MAP_PATH, FakeClock())
    server = await serve_tcp(lambda: ModbusTcp(plc))
    port = server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await server.close()
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    again = await serve_tcp(lambda: ModbusTcp(plc), port)
    assert again.address == f"127.0.0.1:{port}"
    await again.close()
