"""A channel that knows its lines: expected request bytes and what comes back, without any wire.

For tests of drivers over the real `Line`. It judges requests only; what the replies mean is the test's business.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from drivers.errors import LinkLost
from drivers.links.line import Line

Reply = bytes | list[bytes] | None
"""All at once, in pieces (each in its own turn of the loop), or silence."""


class ScriptedChannel:
    """Answers each expected request with its reply through `loop.call_soon`.

    An unexpected request is noted and closes the connection for good, so the driver fails at once with a LinkLost that
    says what was wanted; `check` raises it again, and fails when any pair is left over.
    """

    kind = "script"
    address = "script"

    def __init__(self, pairs: Iterable[tuple[bytes, Reply]]) -> None:
        self.left = deque(pairs)
        self.sent: list[bytes] = []
        self.problem = ""
        self.resets = 0
        self.asked_for_more = 0
        self._on_data: Callable[[bytes], None] = lambda data: None
        self._on_lost: Callable[[str], None] = lambda why: None

    async def open(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        if self.problem:
            raise LinkLost(self.problem)
        self._on_data, self._on_lost = on_data, on_lost

    def write(self, data: bytes, expects_reply: bool) -> None:
        self.sent.append(data)
        expected, reply = self.left.popleft() if self.left else (None, None)
        if data != expected:
            wanted = "nothing more" if expected is None else f"{expected!r}"
            self.problem = self.problem or f"request {len(self.sent)}: the script wants {wanted}, got {data!r}"
            self._on_lost(self.problem)
        elif reply is not None:
            loop = asyncio.get_running_loop()
            for piece in [reply] if isinstance(reply, bytes) else reply:
                loop.call_soon(self._on_data, piece)

    def want_more(self) -> None:
        self.asked_for_more += 1

    async def reset(self) -> None:
        self.resets += 1

    async def close(self) -> None:
        self._on_data = lambda data: None

    def check(self) -> None:
        """Fail unless every request was as written and none is left over."""
        assert not self.problem, self.problem
        assert not self.left, f"{len(self.left)} requests were never sent, next would be {self.left[0][0]!r}"


@asynccontextmanager
async def scripted_line(pairs: Iterable[tuple[bytes, Reply]]) -> AsyncIterator[Line]:
    """An open line over a `ScriptedChannel`; closes it and checks the script at the end of a test that passed."""
    channel = ScriptedChannel(pairs)
    line = Line("script", channel)
    await line.open()
    try:
        yield line
    finally:
        await line.close()
    channel.check()
