"""The one gate that every actuation passes: permit, intent, driver, read-back, outcome.

It refuses what a limit, a permissive or a latched trip forbids; a refusal is an answer, not a fault. Orders that take
energy away (`safe`) are never refused and never wait for a disk; a call for a person is never refused either, but the
journal has it before anybody can act on it. The gate alone makes permits, and nothing reaches a driver without one.
When the reply to a setpoint is lost, reading it back decides what became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.guard.interlocks import START, Interlock, Kind, Unmet
from controller.recipe.limits import Limit
from controller.record.events import Event, Intent, Outcome, Refusal
from controller.record.store import RecordError
from drivers.errors import GarbledReply, InstrumentError, NoReply, ReadbackMismatch, Superseded
from drivers.permit import Permit


class OrderRefused(Exception):
    """The gate said no; nothing went out. `reason` is what is unmet, `fix` what to do; `unmet` of which interlock."""

    def __init__(self, action: str, reason: str, fix: str, unmet: Unmet | None = None) -> None:
        super().__init__(f"{action} refused: {reason}. {fix[:1].upper()}{fix[1:]}.")
        self.action, self.reason, self.fix, self.unmet = action, reason, fix, unmet
        self.sentence = f"{action} refused: {reason}"


@dataclass(frozen=True, slots=True)
class Order:
    """One actuation: what is written where, and how.

    `action` is the name that permissives gate; `limit` the limit that `value` must keep (`name#rate` for its rate),
    `also` further (limit, value) pairs, e.g. the speed of a move. `send` writes and returns what was read back, in the
    same unit, within `tolerance`. `mirror` is the column of the polled tag that shows the setpoint afterwards. `read`
    reads the setpoint alone; who gives it says that writing the same value twice is harmless. `calls` says that a
    person will act on it: as `safe`, but recorded first.
    """

    action: str
    output: str
    value: float
    unit: str
    send: Callable[[Permit], Awaitable[float]]
    limit: str | None = None
    tolerance: float = 1e-3
    safe: bool = False
    mirror: int | None = None
    also: tuple[tuple[str, float], ...] = ()
    read: Callable[[], Awaitable[float]] | None = None
    calls: bool = False


class Record(Protocol):
    """What the gate needs of the record."""

    def event(self, event: Event) -> None: ...

    async def intent(self, event: Intent) -> None:
        """Return when the event is durable; RecordError when it is not, soon."""
        ...


class Gate:
    """Holds the epoch, the limits in force and the interlocks that gate actions."""

    def __init__(self, record: Record, limits: Mapping[str, Limit]) -> None:
        self.record = record
        self.limits = dict(limits)
        self.epoch = 0
        self.latched: str | None = None  # id of the trip that blocks everything that is not safe
        self.why = ""  # the step on whose behalf orders come
        self.written: dict[int, tuple[float, float, float]] = {}  # column of the mirror -> value, tolerance, time
        self.on_mismatch: Callable[[str], None] = lambda text: None
        self._gated: dict[str, list[Interlock]] = {}
        self._intents = 0

    def use(self, interlocks: Sequence[Interlock]) -> None:
        """Take the interlocks that gate actions into use."""
        self._gated.clear()
        for interlock in interlocks:
            if interlock.kind not in (Kind.TRIP, Kind.WARNING):
                for action in interlock.gates:
                    self._gated.setdefault(action, []).append(interlock)

    async def act(self, order: Order) -> float:
        """Carry out one order; returns the value read back, once the instrument has accepted it.

        Raises OrderRefused before anything goes out; an InstrumentError when the instrument did not do it;
        ReadbackMismatch when it holds another value than written.
        """
        epoch = self.epoch
        self._intents += 1
        intent = Intent(self._intents, order.action, order.output, order.value, order.unit, self.why, epoch, order.safe)
        if order.safe and not order.calls:
            self.record.event(intent)
        else:
            if not order.safe:
                self._permit(order)
            await self._recorded(intent)
            if epoch != self.epoch:
                self.record.event(Outcome(intent.id, "superseded"))
                raise Superseded(f"{order.output}: a trip came before the command was sent")
        return await self._send(order, Permit(epoch, order.safe), intent.id)

    async def _recorded(self, intent: Intent) -> None:
        """Wait until the intent is durable: what cannot be recorded is not done."""
        try:
            await self.record.intent(intent)
        except RecordError as error:
            self.record.event(Outcome(intent.id, "unsent", detail=str(error)))
            raise OrderRefused(intent.action, str(error), "make room on the disk, then resume") from None

    def unmet(self, action: str) -> OrderRefused | None:
        """Why `action` is not permitted now, or None."""
        if self.latched is not None:
            return OrderRefused(action, f"{self.latched} has tripped", "clear the cause and reset before a new start")
        now_s = asyncio.get_running_loop().time()
        for interlock in self._gated.get(action, ()):
            unmet = interlock.unmet(now_s)
            if unmet is not None:
                return OrderRefused(action, unmet.sentence(), unmet.fix, unmet)
        return None

    def inhibited(self, modules: Collection[str]) -> OrderRefused | None:
        """Why a job with these modules may not start now, or None; a job that is at work goes on."""
        now_s = asyncio.get_running_loop().time()
        for interlock in self._gated.get(START, ()):
            unmet = interlock.unmet(now_s) if interlock.module in modules else None
            if unmet is not None:
                return OrderRefused(START, unmet.sentence(), unmet.fix, unmet)
        return None

    def raise_epoch(self, trip: str) -> int:
        """Block everything that is not safe; returns the new epoch for the lines to flush."""
        self.latched = self.latched or trip
        self.epoch += 1
        self.written.clear()
        return self.epoch

    def _permit(self, order: Order) -> None:
        breach = self._breach(order)
        refusal = (
            OrderRefused(order.action, f"{order.output}: {breach}", "ask for a value within the limits")
            if breach
            else self.unmet(order.action)
        )
        if refusal is not None:
            self.refused(refusal, order.output)
            raise refusal

    def refused(self, refusal: OrderRefused, output: str = "") -> None:
        """Record a refusal with the condition that was not met and what it saw."""
        unmet = refusal.unmet
        why = (unmet.interlock, unmet.text, unmet.values) if unmet is not None else ("", "", {})
        self.record.event(Refusal(refusal.action, output, refusal.reason, refusal.fix, *why))

    def _breach(self, order: Order) -> str | None:
        if order.limit is None:
            breach = Limit(order.unit).breach(order.value)
        else:
            breach = self._limit(order.limit).breach(order.value)
        for name, value in order.also:
            breach = breach or self._limit(name).breach(value)
        return breach

    def _limit(self, key: str) -> Limit:
        name, _, part = key.partition("#")
        limit = self.limits[name]
        return Limit(f"{limit.unit}/s", high=limit.rate) if part == "rate" else limit

    async def _send(self, order: Order, permit: Permit, intent: int) -> float:
        if order.mirror is not None:
            self.written.pop(order.mirror, None)  # until it is confirmed, a scan may see the old or the new value
        try:
            read_back, result, detail = await self._obeyed(order, permit)
        except Superseded:
            self.record.event(Outcome(intent, "superseded"))
            raise
        except (InstrumentError, OrderRefused) as error:
            self.record.event(Outcome(intent, "failed", detail=str(error)))
            raise
        if abs(read_back - order.value) > order.tolerance:
            text = (
                f"{order.output}: wrote {order.value:g} {order.unit}, read back {read_back:g}; is someone else writing?"
            )
            self.record.event(Outcome(intent, "failed", read_back, text))
            if not order.safe:
                self.on_mismatch(text)
            raise ReadbackMismatch(text)
        self.record.event(Outcome(intent, result, read_back, detail))
        if order.mirror is not None and (order.safe or permit.epoch == self.epoch):
            self.written[order.mirror] = (order.value, order.tolerance, asyncio.get_running_loop().time())
        return read_back

    async def _obeyed(self, order: Order, permit: Permit) -> tuple[float, str, str]:
        """Give an order; returns what was read back, and the result with its detail.

        When the reply is lost nobody knows whether it was obeyed. A setpoint is read back then, on a line that is quiet
        again, and given once more only when the reading shows another value and it is still permitted.
        """
        try:
            return await order.send(permit), "done", ""
        except (NoReply, GarbledReply):
            if order.read is None or order.safe:
                raise
        read_back = await order.read()
        if abs(read_back - order.value) <= order.tolerance:
            return read_back, "confirmed", "confirmed by read-back: its reply was lost"
        self._permit(order)
        return await order.send(permit), "done", "given again: its reply was lost and it was not obeyed"
