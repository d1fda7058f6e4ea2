"""Answers on their way out of a wire server: order and delay."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from simulators.virtual_time import VirtualLoop
from simulators.wire.firmware import Answer
from simulators.wire.outbox import MAX_WAITING, Outbox


class Wire:
    """An outbox on virtual time that notes what went out and when."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        self.sent: list[tuple[float, bytes]] = []
        self.outbox = Outbox(self.loop, lambda data: self.sent.append((round(self.loop.time(), 6), data)))

    def wait(self, duration_s: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(duration_s))


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.loop.close()


def test_an_answer_without_delay_goes_out_at_once(wire: Wire) -> None:
    wire.outbox.send([Answer(b"a"), Answer(b"b")])
    assert wire.sent == [(0.0, b"a"), (0.0, b"b")]


def test_a_late_answer_is_not_overtaken_by_a_prompt_one(wire: Wire) -> None:
    wire.outbox.send([Answer(b"late", 0.5)])
    wire.outbox.send([Answer(b"prompt"), Answer(b"later", 0.7)])
    assert wire.sent == []
    wire.wait(1.0)
    assert wire.sent == [(0.5, b"late"), (0.5, b"prompt"), (0.7, b"later")]


def test_a_closed_outbox_sends_nothing_more(wire: Wire) -> None:
    wire.outbox.send([Answer(b"late", 0.5)])
    wire.outbox.close()
    wire.wait(1.0)
    assert wire.sent == []


def test_what_waits_is_bounded(wire: Wire) -> None:
    wire.outbox.send([Answer(b"x", 0.1)] * (MAX_WAITING + 10))
    wire.wait(1.0)
    assert len(wire.sent) == MAX_WAITING
