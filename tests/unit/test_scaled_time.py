"""The loop of real time: no timer is called before its instant, and waiting for one keeps nobody waiting."""

from __future__ import annotations

import asyncio
import socket

import pytest

from simulators.scaled_time import ScaledLoop


@pytest.mark.parametrize("speed", [1.0, 50.0])
def test_no_timer_is_called_early(speed: float) -> None:
    async def timers() -> list[float]:
        loop = asyncio.get_running_loop()
        early_s: list[float] = []
        due_s = [loop.time() + speed * 0.0007 * n for n in range(30)]
        for at_s in due_s:
            loop.call_at(at_s, lambda at_s: early_s.append(at_s - loop.time()), at_s)
        await asyncio.sleep(speed * 0.03)  # until all are due
        return early_s

    with asyncio.Runner(loop_factory=lambda: ScaledLoop(speed)) as runner:
        early_s = runner.run(timers())

    assert len(early_s) == 30
    assert max(early_s) <= 1e-9  # asyncio calls what is due within the resolution of its clock


def test_bytes_are_taken_while_a_timer_is_far_away() -> None:
    async def echo() -> bytes:
        loop = asyncio.get_running_loop()
        far = loop.call_later(3600.0, loop.stop)
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            theirs.send(b"now")
            heard = await loop.sock_recv(ours, 10)
        far.cancel()
        return heard

    with asyncio.Runner(loop_factory=ScaledLoop) as runner:
        assert runner.run(echo()) == b"now"
