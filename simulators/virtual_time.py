"""An event loop whose clock jumps: nothing waits, and an hour passes as fast as the processor allows.

`time()` moves only when no callback is ready, to the instant of the next timer. Hosts named `mem:<name>` connect in
memory (simulators.wire.memory); there are no descriptors, no threads and no wall clock, so a seed reproduces a run bit
for bit. A loop in which nothing is ready and no timer stands raises instead of hanging.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any

from simulators.wire.memory import MemoryNetwork

_RESOLUTION_S = 1e-9  # timers so close together are of one instant: sums of periods are not exact


class VirtualDeadlock(RuntimeError):
    """Nothing is ready and no timer is set: every task waits for something that cannot happen."""


class _Timer(asyncio.TimerHandle):
    """As asyncio's, but made in one step: a run makes more of them than of anything else."""

    __slots__ = ()

    def __init__(
        self, when: float, callback: Callable[..., Any], args: tuple[Any, ...], loop: Any, context: Context | None
    ) -> None:
        self._when, self._callback, self._args, self._loop = when, callback, args, loop
        self._context = copy_context() if context is None else context
        self._cancelled = self._scheduled = False
        self._repr = self._source_traceback = None


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop on virtual time; starts at 0 s. `network` holds the in-memory servers.

    It is asyncio's loop but for its turn and its heap of timers: there is nothing to select, and tuples compare faster
    than handles. Timers of one instant run in the order they were set.
    """

    _ready: deque[asyncio.Handle]
    _stopping: bool

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._set = 0  # timers so far
        self.network = MemoryNetwork(self)

    def time(self) -> float:
        return self._now_s

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        timer = _Timer(when, callback, args, self, context)
        self._set += 1
        heapq.heappush(self._timers, (when, self._set, timer))
        return timer

    def _run_once(self) -> None:
        """One turn, as `run_forever` asks for it: whatever is due becomes ready, what is ready now runs."""
        timers, ready = self._timers, self._ready
        if not ready and not self._stopping:
            self._jump()
        due_s = self._now_s + _RESOLUTION_S
        while timers and timers[0][0] < due_s:
            ready.append(heapq.heappop(timers)[2])
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _jump(self) -> None:
        """Go to the instant of the next timer, exactly: `now + (then - now)` would not be `then` in floats."""
        timers = self._timers
        while timers and timers[0][2].cancelled():
            heapq.heappop(timers)
        if not timers:
            raise VirtualDeadlock("nothing is ready and no timer is set")
        self._now_s = max(self._now_s, timers[0][0])

    def stall(self, seconds: float) -> None:
        """The process stands still for so long: the clock goes on, nothing is called; to be called from a callback."""
        self._now_s += seconds

    def close(self) -> None:
        super().close()
        self._timers.clear()

    def _write_to_self(self) -> None:
        """No other thread wakes this loop."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        raise RuntimeError("no threads in virtual time: their duration is not virtual")

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if isinstance(host, str) and host.startswith("mem:"):
            return self.network.connect(protocol_factory, host)
        raise RuntimeError(f"virtual time reaches only hosts mem:<name>, not {host}:{port}")
