"""The ladder: in the same short run the n-th of something fails, for each n. It ends safe and in a declared state.

What fails: the n-th reply is lost, garbled or a refusal, the n-th timer is late, the n-th write of the record fails,
the n-th reply cannot be decoded. `make ladder` climbs every rung, the normal tests a sample.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from controller.cli.campaign.play import NOT_RECORDED, NOT_STARTED, Played, WatchedRun, watch_run
from controller.cli.run import RunOptions, prepare
from controller.record.store import RecordError, Store
from drivers.errors import GarbledReply
from drivers.links.conversation import Conversation
from drivers.links.request import Ask
from simulators.protocols.modbus import rtu_frame
from simulators.station import SimulatedStation
from simulators.virtual_time import VirtualLoop
from simulators.wire.faults import damaged
from simulators.wire.firmware import Answer, Firmware

DECLARED = {"PROCESS_COMPLETE", "STOPPED", "ABORTED", NOT_STARTED, NOT_RECORDED}
LATE_S = 1.0
SHARDS = 24
BUSY = 4  # Modbus exception: device failure


class Rung:
    """Counts; true at the n-th time."""

    def __init__(self, n: int) -> None:
        self.n, self.count = n, 0

    def __call__(self) -> bool:
        self.count += 1
        return self.count == self.n


class Failing:
    """Firmware whose n-th answer, counted over all lines, is spoilt."""

    def __init__(self, line: str, firmware: Firmware, spoil: Callable[[str, Answer], list[Answer]], rung: Rung) -> None:
        self.line, self.firmware, self.spoil, self.rung = line, firmware, spoil, rung

    def receive(self, data: bytes) -> list[Answer]:
        answers = self.firmware.receive(data)
        if answers and self.rung():
            return [*self.spoil(self.line, answers[0]), *answers[1:]]
        return answers


def lost(line: str, answer: Answer) -> list[Answer]:
    return []


def garbled(line: str, answer: Answer) -> list[Answer]:
    return [answer._replace(data=damaged(answer.data, len(answer.data) // 2))]


def refused(line: str, answer: Answer) -> list[Answer]:
    """What an instrument of this line says when it refuses."""
    data = answer.data
    if line == "plc":
        data = data[:4] + (3).to_bytes(2, "big") + data[6:7] + bytes((data[7] | 0x80, BUSY))
    elif line == "rs485_a":
        data = rtu_frame(data[0], bytes((data[1] | 0x80, BUSY)))
    else:
        data = b"ERR" + data[-1:]
    return [answer._replace(data=data)]


# ---------------------------------------------------------------------------------------------- what fails
@contextmanager
def exchange(spoil: Callable[[str, Answer], list[Answer]], rung: Rung) -> Iterator[None]:
    wire = SimulatedStation.serve_memory

    def serve(self: SimulatedStation, network: Any) -> dict[str, str]:
        self.wires = {
            name: replace(w, firmware=lambda name=name, make=w.firmware: Failing(name, make(), spoil, rung))
            for name, w in self.wires.items()
        }
        return wire(self, network)

    with patch.object(SimulatedStation, "serve_memory", serve):
        yield


@contextmanager
def timer(rung: Rung) -> Iterator[None]:
    call_at = VirtualLoop.call_at

    def late(self: VirtualLoop, when: float, *about: Any, **options: Any) -> asyncio.TimerHandle:
        return call_at(self, when + LATE_S * rung(), *about, **options)

    with patch.object(VirtualLoop, "call_at", late):
        yield


@contextmanager
def journal(rung: Rung) -> Iterator[None]:
    write = Store.write

    def failing(self: Store, *about: Any, **options: Any) -> Any:
        if rung():
            raise RecordError("the disk is full or failing; free space")
        return write(self, *about, **options)

    with patch.object(Store, "write", failing):
        yield


@contextmanager
def decoding(rung: Rung) -> Iterator[None]:
    send = Conversation._send

    def fails(buffer: bytearray) -> Any:
        raise GarbledReply("the reply cannot be decoded")

    def sent(self: Conversation, ask: Ask, job: Any) -> Any:
        spoilt = ask.parse is not None and rung()
        return send(self, ask._replace(parse=fails) if spoilt else ask, job)

    with patch.object(Conversation, "_send", sent):
        yield


KINDS: dict[str, Callable[[Rung], Any]] = {
    "reply lost": lambda rung: exchange(lost, rung),
    "reply garbled": lambda rung: exchange(garbled, rung),
    "refusal": lambda rung: exchange(refused, rung),
    "timer": timer,
    "journal": journal,
    "decoding": decoding,
}


def climb(kind: str, n: int, folder: Path) -> tuple[Played, int]:
    """Run smoke with the n-th of a kind failing; returns what came of it, and how many there were."""
    rung = Rung(n)
    with ExitStack() as stack:
        stack.enter_context(KINDS[kind](rung))
        options = RunOptions("smoke", out=folder / f"{n}")
        return watch_run(WatchedRun(options, *prepare(options), folder / f"{n}", ())), rung.count


@cache
def rungs(kind: str, folder: Path) -> int:
    """How many there are in a run in which nothing fails."""
    played, count = climb(kind, 0, folder)
    assert played.state == "PROCESS_COMPLETE"
    return count


def wrong(kind: str, n: int, folder: Path) -> str:
    """What is wrong with a rung; nothing when it holds."""
    played, _ = climb(kind, n, folder)
    late = "record.samples" if kind == "timer" else "nothing"  # the late timer may be that of the scan
    said = [text for text in (*played.violations, *played.escaped) if late not in text]
    if played.state not in DECLARED:
        said.append(f"ended in {played.state!r}")
    return f"{kind} {n}: {'; '.join(said)}" if said else ""


@pytest.mark.parametrize("part", [0.13, 0.71])
@pytest.mark.parametrize("kind", KINDS)
def test_a_sampled_rung_ends_safe_and_declared(
    kind: str, part: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.getbasetemp()

    assert wrong(kind, round(part * rungs(kind, base / f"whole {kind}")), base / f"{kind} {part}") == ""


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("kind", KINDS)
def test_every_rung_ends_safe_and_declared(
    kind: str, shard: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    count = rungs(kind, tmp_path_factory.getbasetemp() / f"whole {kind}")

    assert [text for n in range(shard + 1, count + 1, SHARDS) if (text := wrong(kind, n, tmp_path))] == []
