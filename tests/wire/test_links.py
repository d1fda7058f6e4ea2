"""Channels over real sockets, ptys and pyvisa sessions: bytes cross, ends are noticed, late replies answer nothing."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from drivers.errors import GarbledReply, LinkLost, NoReply
from drivers.links.line import Line
from drivers.links.open import make_channel
from drivers.links.request import Ask, Dialogue
from drivers.links.serial import SerialChannel
from drivers.links.stream import StreamChannel
from drivers.links.visa import VisaChannel
from drivers.protocols.text import take_line
from tests.wire.far_ends import (
    EVERY_LINK,
    LATE_S,
    SOON_S,
    VISA,
    Make,
    PtyFarEnd,
    TcpFarEnd,
    opened,
    pty,
    question,
    tcp,
    until,
    visa_serial,
    visa_socket,
)


# ---------------------------------------------------------------------------------------------- all links
@EVERY_LINK
async def test_questions_and_answers_cross_the_wire(make: Make) -> None:
    async with opened(make) as (line, far):
        for text in ("one", "two", "three"):
            assert await line.transact("test", question(text), SOON_S) == f"{text}!"
        assert far.asked() == ["one", "two", "three"]


@EVERY_LINK
async def test_a_message_that_nothing_answers_does_not_hold_up_the_next_question(make: Make) -> None:
    def dialogue() -> Dialogue[str]:
        yield Ask(b"say nothing", None)
        reply: str = yield Ask(b" to this\r", take_line)
        return reply

    async with opened(make) as (line, _):
        assert await line.transact("test", dialogue, SOON_S) == "say nothing to this!"


@EVERY_LINK
async def test_a_late_reply_never_answers_the_next_question(make: Make) -> None:
    async with opened(make) as (line, far):
        assert await line.transact("test", question("warm up"), SOON_S) == "warm up!"
        far.hold(True)
        with pytest.raises(NoReply):
            await line.transact("test", question("late"), LATE_S)
        await until(lambda: far.asked()[-1] == "late")
        far.release()
        assert await line.transact("test", question("next"), SOON_S) == "next!"


@pytest.mark.parametrize("make", [tcp, pty, visa_serial])
async def test_bytes_that_nobody_asked_for_answer_nothing(make: Make) -> None:
    async with opened(make) as (line, far):
        assert await line.transact("test", question("hello"), SOON_S) == "hello!"
        far.send(b"stale!\r\n")
        await asyncio.sleep(0.005)  # they lie in the kernel, or were read and dropped
        assert await line.transact("test", question("next"), SOON_S) == "next!"


@EVERY_LINK
async def test_a_line_that_was_lost_is_opened_again(make: Make) -> None:
    async with opened(make) as (line, _):
        await line.channel.close()
        line._on_lost("the cable was pulled")
        assert await line.transact("test", question("again"), SOON_S) == "again!"


@EVERY_LINK
async def test_closing_twice_is_harmless(make: Make) -> None:
    channel, far = await make()
    await channel.open(lambda data: None, lambda why: None)
    await channel.close()
    await channel.close()
    channel.write(b"to nobody\r", True)
    channel.want_more()
    await channel.reset()
    await far.hang_up()


# ---------------------------------------------------------------------------------------------- the end of a connection
@pytest.mark.parametrize("make", [tcp, pty])
async def test_a_closed_peer_is_noticed_at_once_and_fails_the_pending_question(make: Make) -> None:
    async with opened(make) as (line, far):
        lost: list[bool] = []
        line.on_lost.append(lambda: lost.append(True))
        far.hold(True)
        pending = asyncio.ensure_future(line.transact("test", question("anyone"), 10 * SOON_S))
        await until(lambda: far.asked() == ["anyone"])
        await far.hang_up()
        with pytest.raises(LinkLost, match="closed the connection"):
            await asyncio.wait_for(pending, SOON_S)
        assert lost == [True]


@pytest.mark.parametrize("make", [visa_socket, visa_serial])
async def test_a_closed_visa_peer_is_noticed_by_the_next_question(make: Make) -> None:
    async with opened(make) as (line, far):
        assert await line.transact("test", question("hello"), SOON_S) == "hello!"
        await far.hang_up()
        with pytest.raises((LinkLost, NoReply)):
            await line.transact("test", question("anyone"), LATE_S)
        await until(lambda: not line.connected)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "spec",
    [
        {"link": "tcp", "address": "tcp://127.0.0.1:{port}"},
        {"link": "modbus-tcp", "address": "tcp://127.0.0.1:{port}"},
        {**VISA, "address": "TCPIP0::127.0.0.1::{port}::SOCKET"},
    ],
)
async def test_a_refused_port_says_where_and_what_to_do(spec: dict[str, str]) -> None:
    address = spec["address"].format(port=free_port())
    channel = make_channel({**spec, "address": address})
    with pytest.raises(LinkLost, match=r"nothing listens there.*check") as told:
        await channel.open(lambda data: None, lambda why: None)
    assert address in str(told.value)


async def test_a_visa_resource_that_does_not_exist_is_a_lost_link() -> None:
    with pytest.raises(LinkLost, match="VISA cannot open ASRL/dev/no-such-port::INSTR"):
        await make_channel({**VISA, "address": "ASRL/dev/no-such-port::INSTR"}).open(
            lambda data: None, lambda why: None
        )


# ---------------------------------------------------------------------------------------------- TCP
async def test_tcp_requests_are_not_held_back_by_nagle() -> None:
    async with opened(tcp) as (line, _):
        assert isinstance(line.channel, StreamChannel)
        assert line.channel._transport is not None
        sock = line.channel._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


@pytest.mark.parametrize(("link", "connections"), [("tcp", 2), ("modbus-tcp", 1)])
async def test_reset_reopens_for_text_and_keeps_the_connection_for_modbus(link: str, connections: int) -> None:
    far = TcpFarEnd()
    channel = make_channel({"link": link, "address": await far.serve()})
    received: list[bytes] = []
    lost: list[str] = []
    await channel.open(received.append, lost.append)
    await channel.reset()
    channel.write(b"hello\r", True)
    await until(lambda: received == [b"hello!\r\n"])
    assert (len(far.writers), lost) == (connections, [])
    await channel.close()
    await far.hang_up()


async def test_a_connection_that_cannot_be_reopened_is_lost() -> None:
    async with opened(tcp) as (line, far):
        assert isinstance(far, TcpFarEnd)
        far.server.close()
        await line.channel.reset()
        assert not line.connected


# ---------------------------------------------------------------------------------------------- serial
async def test_a_missing_serial_port_names_those_that_exist() -> None:
    channel = make_channel({"link": "serial", "address": "/dev/no-such-port"})
    with pytest.raises(LinkLost, match=r"/dev/no-such-port does not exist; there are: .*by-id"):
        await channel.open(lambda data: None, lambda why: None)


async def test_a_serial_port_is_opened_by_one_program_only() -> None:
    async with opened(pty) as (line, _):
        second = make_channel({"link": "serial", "address": line.channel.address})
        with pytest.raises(LinkLost, match="in use by another program"):
            await second.open(lambda data: None, lambda why: None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
async def test_a_serial_port_without_permission_says_which_group(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch(mode=0o000)
    with pytest.raises(LinkLost, match="dialout"):
        await make_channel({"link": "serial", "address": str(port)}).open(lambda data: None, lambda why: None)


async def test_an_adapter_s_echo_is_taken_away() -> None:
    far = PtyFarEnd(echo=lambda data: data)
    line = Line("wire", make_channel({"link": "serial", "address": far.address, "echo": True}))
    await line.open()
    assert await line.transact("test", question("one"), SOON_S) == "one!"
    assert await line.transact("test", question("two"), SOON_S) == "two!"
    await line.close()
    await far.hang_up()


async def test_an_echo_that_differs_drops_the_link() -> None:
    far = PtyFarEnd(echo=lambda data: b"?" + data[1:])
    line = Line("wire", make_channel({"link": "serial", "address": far.address, "echo": True}))
    await line.open()
    with pytest.raises(LinkLost, match="the echo is"):
        await line.transact("test", question("one"), SOON_S)
    await line.close()
    await far.hang_up()


async def test_reset_of_a_serial_port_drops_what_came_before() -> None:
    far = PtyFarEnd()
    received: list[bytes] = []
    channel = make_channel({"link": "serial", "address": far.address})
    await channel.open(received.append, lambda why: None)
    os.write(far.master, b"noise")
    await channel.reset()
    before = len(received)
    channel.write(b"hello\r", True)
    await until(lambda: b"".join(received).endswith(b"hello!\r\n"))
    assert b"noise" not in b"".join(received[before:])
    await channel.close()
    await far.hang_up()


# ---------------------------------------------------------------------------------------------- VISA
@pytest.mark.parametrize("make", [visa_socket, visa_serial])
async def test_a_visa_reply_without_the_termination_is_handed_on_after_a_silence(make: Make) -> None:
    """A wrong `read_termination` costs time, not replies; the NAK of some readouts has no end at all."""

    def dialogue() -> Dialogue[bytes]:
        nak: bytes = yield Ask(b"what\r", bytes)
        return nak

    async with opened(make) as (line, far):
        far.hold(True)
        pending = asyncio.ensure_future(line.transact("test", dialogue, SOON_S))
        await until(lambda: far.asked() == ["what"])
        far.send(b"\x15")
        assert await pending == b"\x15"


@pytest.mark.parametrize("make", [visa_socket, visa_serial])
async def test_a_visa_reply_in_two_parts_is_read_as_one(make: Make) -> None:
    async with opened(make) as (line, far):
        far.hold(True)
        pending = asyncio.ensure_future(line.transact("test", question("parts"), SOON_S))
        await until(lambda: far.asked() == ["parts"])
        far.send(b"par")
        await asyncio.sleep(0.005)
        far.send(b"ts!\r\n")
        assert await pending == "parts!"


# ---------------------------------------------------------------------------------------------- choosing
@pytest.mark.parametrize(
    ("spec", "kind", "cls"),
    [
        ({"link": "modbus-tcp", "address": "tcp://plc:502"}, "modbus-tcp", StreamChannel),
        ({"link": "tcp", "address": "tcp://[::1]:55550"}, "tcp", StreamChannel),
        ({"link": "modbus-rtu", "address": "/dev/ttyUSB0", "parity": "E"}, "modbus-rtu", SerialChannel),
        ({"link": "serial", "address": "tcp://moxa:4001"}, "serial", StreamChannel),
        ({"link": "serial", "address": "/dev/ttyUSB0"}, "serial", SerialChannel),
        ({"link": "visa", "address": "mem:press_pressure"}, "memory", StreamChannel),
        ({**VISA, "address": "TCPIP0::10.0.0.5::5025::SOCKET"}, "visa", VisaChannel),
    ],
)
def test_the_link_and_the_address_choose_the_channel(spec: dict[str, str], kind: str, cls: type) -> None:
    channel = make_channel(spec)
    assert (channel.kind, channel.address, type(channel)) == (kind, spec["address"], cls)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({"link": "modbus_tcp", "address": "tcp://plc:502"}, "did you mean modbus-tcp"),
        ({"link": "carrier pigeon", "address": "x"}, "known: modbus-tcp, tcp"),
        ({"address": "tcp://plc:502"}, "link None"),
        ({"link": "tcp"}, "no address"),
        ({"link": "tcp", "address": "plc:502"}, "tcp://host:port"),
        ({"link": "tcp", "address": "tcp://plc:port"}, "tcp://host:port"),
        ({"link": "serial", "address": "/dev/ttyUSB0", "parity": "even"}, "parity 'even'"),
        ({"link": "serial", "address": "/dev/ttyUSB0", "baud": 0}, "baud 0"),
        ({"link": "visa", "address": "ASRL1::INSTR"}, "read_termination and write_termination"),
        ({**VISA, "address": "ASRL1::INSTR", "read_termination": "\\r"}, "CR, LF, CRLF"),
    ],
)
def test_a_wrong_link_is_a_clear_error_of_the_tool_file(spec: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make_channel(spec)


async def test_late_bytes_within_one_dialogue_are_garbled_not_believed() -> None:
    """The parser has the last word: a reply that does not fit the question is refused."""

    def picky(buffer: bytearray) -> str | None:
        line = take_line(buffer)
        if line is not None and not line.startswith("mine"):
            raise GarbledReply(f"got {line}")
        return line

    def dialogue() -> Dialogue[str]:
        reply: str = yield Ask(b"yours\r", picky)
        return reply

    async with opened(tcp) as (line, _):
        with pytest.raises(GarbledReply):
            await line.transact("test", dialogue, SOON_S)
        assert await line.transact("test", question("fine"), SOON_S) == "fine!"
