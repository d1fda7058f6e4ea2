"""An event loop whose clock jumps: nothing waits, and an hour passes as fast as the processor allows.

`time()` moves only when no callback is ready, to the instant of the next timer. Hosts named `mem:<name>` connect in
memory (simulators.wire.memory); there are no descriptors, no threads and no wall clock, so a seed reproduces a run bit
for bit. A loop in which nothing is ready and no timer stands raises instead of hanging.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any

from simulators.wire.memory import MemoryNetwork


class VirtualDeadlock(RuntimeError):
    """Nothing is ready and no timer is set: every task waits for something that cannot happen."""


class _JumpingSelector(selectors.BaseSelector):
    """Never waits: it moves the loop's clock by the time it was asked to wait."""

    def __init__(self) -> None:
        self.loop: VirtualLoop | None = None
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise VirtualDeadlock("nothing is ready and no timer is set")
        if timeout > 0 and self.loop is not None:
            self.loop.jump()
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, fileobj if isinstance(fileobj, int) else fileobj.fileno(), events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys


class VirtualLoop(asyncio.SelectorEventLoop):
    """A selector loop on virtual time; starts at 0 s. `network` holds the in-memory servers."""

    def __init__(self) -> None:
        selector = _JumpingSelector()
        super().__init__(selector)
        selector.loop = self
        self._now_s = 0.0
        self._clock_resolution = 1e-9
        self.network = MemoryNetwork(self)

    def time(self) -> float:
        return self._now_s

    def jump(self) -> None:
        """Go to the instant of the next timer, exactly: `now + (then - now)` would not be `then` in floats."""
        then_s: float = self._scheduled[0].when()  # type: ignore[attr-defined]
        if then_s > self._now_s:
            self._now_s = then_s

    def stall(self, seconds: float) -> None:
        """The process stands still for so long: the clock goes on, nothing is called; to be called from a callback."""
        self._now_s += seconds

    def _write_to_self(self) -> None:
        """No other thread wakes this loop."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]
        raise RuntimeError("no threads in virtual time: their duration is not virtual")

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if isinstance(host, str) and host.startswith("mem:"):
            return self.network.connect(protocol_factory, host)
        raise RuntimeError(f"virtual time reaches only hosts mem:<name>, not {host}:{port}")
