"""What press, dispenser and grinder share: orders through the gate, own tags, waiting for a tag to say reached."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from controller.guard.gate import Gate, Order
from controller.guard.safe import FailureClass, SafeAction
from controller.guard.scan import Guard
from drivers.capabilities import Outputs
from drivers.permit import Permit
from drivers.reading import Quality, TagTable, Value

Send = Callable[[Permit], Awaitable[float]]


class NotReached(Exception):
    """A tag did not say `reached` before the deadline: a process deviation, not a fault of an instrument."""


class Derived:
    """A tag computed from others at each scan: as old and as good as the worst of them, stale with the first."""

    __slots__ = ("_fresh_s", "_i", "_inputs", "_quality", "_time_s", "_value")

    def __init__(self, tags: TagTable, tag: str, inputs: Sequence[str]) -> None:
        self._i = tags.index(tag)
        self._inputs = tags.inputs[self._i] = tuple(tags.index(name) for name in inputs)
        self._value, self._time_s, self._fresh_s, self._quality = tags.value, tags.time_s, tags.fresh_s, tags.quality
        self._value[self._i], self._quality[self._i] = math.nan, Quality.STALE  # until it is computed

    def put(self, value: float) -> None:
        """Write the value; NaN is BAD."""
        time_s, fresh_s, quality = self._time_s, self._fresh_s, self._quality
        first = self._inputs[0]
        oldest_s, worst = time_s[first], quality[first]
        until_s = oldest_s + fresh_s[first]
        for j in self._inputs[1:]:
            if time_s[j] < oldest_s:
                oldest_s = time_s[j]
            if time_s[j] + fresh_s[j] < until_s:
                until_s = time_s[j] + fresh_s[j]
            if quality[j] > worst:
                worst = quality[j]
        i = self._i
        self._value[i], time_s[i], fresh_s[i] = value, oldest_s, until_s - oldest_s
        quality[i] = worst if value == value else Quality.BAD


class Module:
    """One module of the tool. Verbs return when the tags say reached; safe actions are legal in every state.

    `VALUES` are tags of its own, computed at each scan in `derive` from what the instruments report.
    """

    VALUES: ClassVar[tuple[Value, ...]] = ()

    def __init__(self, name: str, guard: Guard, plc: Outputs) -> None:
        self.name = name
        self.guard = guard
        self.gate: Gate = guard.gate
        self.tags: TagTable = guard.tags
        self.plc = plc
        for value in self.VALUES:
            column = self.tags.add(name, value)
            self.tags.put(column, 0.0, 0.0)
            self.tags.fresh_s[column] = math.inf  # the module itself answers for these

    def derive(self, now_s: float) -> None:
        """Compute the module's own tags; called at the start of each scan."""

    def moves(self) -> bool:
        """True while something of the module moves, or could at once."""
        return False

    def block(self) -> None:
        """Stop the output at once because an interlock is lost; nothing to stop by default."""

    def safe_actions(self, failure_class: FailureClass, lost: frozenset[str]) -> Sequence[SafeAction]:
        """Actions of the safe state in order; see `controller.guard.safe`."""
        return ()

    # ------------------------------------------------------------------------------------------ reading
    def value(self, tag: str) -> float:
        """Last value of a tag, whatever its age; decisions go through conditions that check it."""
        return self.tags.value[self.tags.index(tag)]

    def on(self, tag: str) -> bool:
        """True when a tag that is 0 or 1 reads 1 and is fresh."""
        i = self.tags.index(tag)
        return self.tags.value[i] == 1.0 and self.tags.fresh(i, asyncio.get_running_loop().time())

    def off(self, tag: str) -> bool:
        """True when a tag that is 0 or 1 reads 0 and is fresh: not knowing is not off."""
        i = self.tags.index(tag)
        return self.tags.value[i] == 0.0 and self.tags.fresh(i, asyncio.get_running_loop().time())

    def fresh(self, tag: str) -> bool:
        """True when the tag's reading may be used."""
        return self.tags.fresh(self.tags.index(tag), asyncio.get_running_loop().time())

    def set(self, tag: str, value: float) -> None:
        """Write one of the module's own tags."""
        self.tags.put(self.tags.index(tag), value, 0.0)

    async def reached(self, condition: Callable[[], bool], deadline_s: float, wanted: str) -> None:
        """Return in the scan in which `condition` turns true; NotReached with `wanted` after `deadline_s`."""
        try:
            async with asyncio.timeout(deadline_s):
                await self.guard.until(condition)
        except TimeoutError:
            raise NotReached(f"{self.name}: {wanted} was not reached within {deadline_s:g} s") from None

    # ------------------------------------------------------------------------------------------ acting
    async def switch(
        self, output: str, value: float, action: str = "", *, safe: bool = False, calls: bool = False
    ) -> float:
        """Set an output of the PLC; returns when the scan shows it so, a safe one as soon as it is accepted."""
        seen = f"line_plc.out_{output}"
        mirror = self.tags.index(seen) if seen in self.tags else None
        order = Order(
            action=action or f"{self.name}.{output}",
            output=f"line_plc.{output}",
            value=value,
            unit="",
            send=lambda permit: self.plc.set_output(output, value, permit),
            safe=safe,
            mirror=mirror,
            read=(lambda: self.plc.output(output)) if mirror is not None else None,
            calls=calls,
        )
        read_back = await self.gate.act(order)
        if mirror is not None and not safe:
            await self.reached(lambda: self.value(seen) == value and self.fresh(seen), 2.0, f"{output} {value:g}")
        return read_back

    async def order(
        self,
        action: str,
        output: str,
        value: float,
        unit: str,
        send: Send,
        limit: str | None = None,
        tolerance: float = 1e-3,
        mirror: int | None = None,
        safe: bool = False,
        also: tuple[tuple[str, float], ...] = (),
        read: Callable[[], Awaitable[float]] | None = None,
    ) -> float:
        """Give one order to an instrument through the gate; see `controller.guard.gate.Order`."""
        order = Order(action, output, value, unit, send, limit, tolerance, safe, mirror, also, read)
        return await self.gate.act(order)

    def safe_switch(
        self, output: str, value: float, confirmed: Callable[[], bool], deadline_s: float = 2.0
    ) -> SafeAction:
        """A safe action that sets one output of the PLC."""
        return SafeAction(
            f"{self.name}: {output} {value:g}", lambda: self.switch(output, value, safe=True), confirmed, deadline_s
        )
