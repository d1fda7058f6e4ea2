"""The guard's scan: once per PLC exchange it looks at every interlock, monitor, setpoint and instrument.

It latches trips, starts the safe state itself, and lets the host heartbeat change only when a scan was evaluated to its
end and nothing is left unconfirmed. It does not sequence: the sequencer is told and follows.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from controller.guard.alarms import raised
from controller.guard.gate import Gate
from controller.guard.interlocks import Interlock, Kind
from controller.guard.monitors import BAD_FOR_S, Monitor
from controller.guard.safe import FailureClass, SafeModule, SafeOutcome, SafeState, make_safe
from controller.recipe.expressions import Bound
from controller.record.events import Alarm, Event, Note
from drivers.capabilities import Outputs
from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.reading import Quality, TagTable

log = logging.getLogger(__name__)

NOTHING: frozenset[str] = frozenset()
CALM_SAMPLE_S = 1.0  # between two samples while nothing moves; otherwise every scan is one
BLIND_S = 30.0  # for each safe action while the PLC is lost: a wheel without power has stopped by then
HARDWARE_S = 3.0  # the PLC drops ENABLE 0.8 s after the last heartbeat


class ScanRecord(Protocol):
    """What the scan needs of the record."""

    def event(self, event: Event) -> None: ...

    def sample(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Trip:
    """What the sequencer is told: the job must go to ABORTING."""

    code: str
    failure_class: FailureClass
    reason: str


class Guard:
    """Watches one tool. Disarmed it only samples and beats; `arm` names the modules that a run uses."""

    def __init__(
        self, tags: TagTable, gate: Gate, interlocks: Sequence[Interlock], record: ScanRecord, plc: Outputs
    ) -> None:
        self.tags, self.gate, self.record, self.plc = tags, gate, record, plc
        self.interlocks = interlocks
        self.instruments: dict[str, tuple[Instrument, frozenset[str]]] = {}  # id -> instrument, modules that need it
        self.lines: list[Line] = []
        self.modules: dict[str, SafeModule] = {}
        self.derivations: dict[str, Callable[[float], None]] = {}  # by module
        self.monitors: list[Monitor] = []
        self.on_trip: Callable[[Trip], None] = lambda trip: None
        self.on_hold: Callable[[str, str], None] = lambda code, reason: None
        self.lost: set[str] = set()
        self.tripped: Trip | None = None
        self.heartbeat_withdrawn = False
        self._in_use: frozenset[str] = NOTHING
        self._watched: list[Interlock] = []
        self._answering: list[tuple[int, str]] = []  # a column of each poll, and whose it is
        self._stateful: list[Bound] = []
        self._holding: set[str] = set()
        self._waits: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._broken = False
        self._sampled_s = -math.inf
        self._safe = SafeState(self._make_safe)
        gate.on_mismatch = lambda text: self.trip(raised("any.readback", FailureClass.LOSS_OF_KNOWLEDGE, text, ""))

    # ------------------------------------------------------------------------------------------ for the sequencer
    def arm(self, modules: Iterable[str]) -> None:
        """Watch these modules from the next scan on; the line itself is always watched."""
        self._in_use = frozenset(modules) | {"line"}
        self._watched = [i for i in self.interlocks if i.kind is not Kind.PERMISSIVE and i.module in self._in_use]
        self._answering = [(i, name) for name, (box, _) in self.instruments.items() for i in box.watched]
        clauses = [clause for i in self.interlocks if i.module in self._in_use for clause in i.must]
        self._stateful = [clause.bound for clause in clauses if clause.bound.remembers]

    def disarm(self) -> None:
        """Stop watching: nothing is energised any more."""
        self._in_use = NOTHING
        self._watched, self._stateful, self.monitors = [], [], []

    async def until(self, reached: Callable[[], bool]) -> None:
        """Return after the first scan in which `reached()` is true; put a deadline around it."""
        if reached():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits.append((reached, future))
        await future

    def begin_safe_state(self, failure_class: FailureClass) -> None:
        """Start bringing every module in use to the safe state of the class, or of a worse one that is under way."""
        self._safe.begin(failure_class, frozenset(self.lost))

    async def safe_state(self) -> list[SafeOutcome]:
        """Wait until the safe state that was begun is confirmed, or overdue."""
        return await self._safe.wait()

    def supersede(self, why: str) -> None:
        """Raise the epoch: nothing that was permitted before goes out any more, but for safe orders."""
        epoch = self.gate.raise_epoch(why)
        for line in self.lines:
            line.flush(epoch)

    # ------------------------------------------------------------------------------------------ each scan
    def scan(self) -> None:
        """Evaluate everything once; called after each exchange of the PLC block.

        The heartbeat changes only when the evaluation came to its end: a bug in it trips, and the PLC sees silence.
        """
        now_s = asyncio.get_running_loop().time()
        try:
            self._evaluate(now_s)
        except Exception as error:
            self._scan_broke(error)
        self._release_waits()
        if not self.heartbeat_withdrawn:
            self.plc.beat()
        calm = self._in_use != NOTHING and not any(module.moves() for module in self.modules.values())
        self.plc.calm(calm)
        if not calm or now_s - self._sampled_s >= CALM_SAMPLE_S:
            self._sampled_s = now_s
            self.record.sample()

    def _scan_broke(self, error: Exception) -> None:
        self.heartbeat_withdrawn = True
        if not self._broken:
            self._broken = True
            log.error("scan", exc_info=error)
            self.trip(
                raised("guard.scan", FailureClass.LOSS_OF_KNOWLEDGE, repr(error), "", likely="a bug in the guard")
            )

    def _evaluate(self, now_s: float) -> None:
        for name, derive in self.derivations.items():
            if name in self._in_use:
                derive(now_s)
        if not self._in_use:
            return
        self._look_for_lost(now_s)
        for bound in self._stateful:
            bound.evaluate(now_s)
        for interlock in self._watched:
            self._watch(interlock, now_s)
        for monitor in self.monitors:
            self._monitor(monitor, now_s)
        self._compare_setpoints(now_s)

    def scan_failed(self) -> None:
        """The PLC did not answer: evaluate what is known, so that its loss is seen; no heartbeat."""
        now_s = asyncio.get_running_loop().time()
        if self._in_use:
            self._look_for_lost(now_s)
        self._release_waits()
        self.record.sample()

    def trip(self, alarm: Alarm) -> None:
        """Latch: flush what waits on the lines, start the safe state, tell the sequencer."""
        self.supersede(alarm.code)
        failure_class = FailureClass(alarm.failure_class)
        self.record.event(replace(alarm, we_did=f"went to the safe state of class {alarm.failure_class}"))
        trip = Trip(alarm.code, failure_class, alarm.happened)
        if self.tripped is None:
            self.tripped = trip
        self.begin_safe_state(failure_class)
        self.on_trip(trip)

    # ------------------------------------------------------------------------------------------ parts of a scan
    def _look_for_lost(self, now_s: float) -> None:
        time_s, fresh_s = self.tags.time_s, self.tags.fresh_s
        old = None
        for i, name in self._answering:
            if now_s - time_s[i] > fresh_s[i]:
                old = {name} if old is None else old | {name}
        if old is None and not self.lost:
            return
        old = old or set()
        new, self.lost = old - self.lost, old
        for name in sorted(new):
            self._report_lost(name, self.instruments[name][1])

    def _report_lost(self, name: str, needed_by: frozenset[str]) -> None:
        needed = bool(needed_by & self._in_use)
        alarm = raised(
            "any.lost",
            FailureClass.LOSS_OF_KNOWLEDGE if needed else FailureClass.INFORMATION,
            f"{name} does not answer",
            "went on: this run does not need it",
            likely="instrument off, cable pulled, wrong address",
            do=f"check power and cable of {name}; then reset",
            first_out=name,
        )
        if needed:
            self.trip(alarm)
        else:
            self.record.event(alarm)

    def _watch(self, interlock: Interlock, now_s: float) -> None:
        if interlock.latched:
            return
        unmet = interlock.watch(now_s, BAD_FOR_S)
        if unmet is None:
            self._holding.discard(interlock.id)
        elif not unmet.known and self.lost:
            return  # the loss of the instrument is the news
        elif interlock.kind is Kind.TRIP:
            interlock.latched = True
            self.trip(interlock.alarm(unmet, "", interlock.do))
        elif interlock.id not in self._holding:
            self._holding.add(interlock.id)
            self.modules[interlock.module].block()
            self.record.event(interlock.alarm(unmet, "stopped the output, asked for a hold", unmet.fix))
            self.on_hold(interlock.id, unmet.sentence())

    def _monitor(self, monitor: Monitor, now_s: float) -> None:
        alarm = monitor.watch(now_s)
        if alarm is None:
            return
        if monitor.action == "abort":
            self.trip(alarm)
            return
        self.record.event(alarm)
        if monitor.action == "hold":
            self.on_hold(alarm.code, alarm.happened)

    def _compare_setpoints(self, now_s: float) -> None:
        tags = self.tags
        for i, (value, tolerance, written_s) in self.gate.written.items():
            if abs(tags.value[i] - value) <= tolerance or tags.quality[i] != Quality.GOOD:
                continue
            if tags.time_s[i] - written_s > 2.0 * tags.fresh_s[i]:
                name = tags.names[i]
                text = f"{name} reads {tags.value[i]:g}, {value:g} was written; someone else is writing"
                self.trip(raised("any.readback", FailureClass.LOSS_OF_KNOWLEDGE, text, "", first_out=name))
                return

    def _release_waits(self) -> None:
        if not self._waits:
            return
        waits, self._waits = self._waits, []
        for reached, future in waits:
            if not future.done():
                if reached():
                    future.set_result(None)
                else:
                    self._waits.append((reached, future))

    # ------------------------------------------------------------------------------------------ safe state
    async def _make_safe(self, failure_class: FailureClass, lost: frozenset[str]) -> list[SafeOutcome]:
        actions = [
            action
            for name, module in self.modules.items()
            if name in self._in_use
            for action in module.safe_actions(failure_class, lost)
        ]
        if "line_plc" in lost:  # nearly every confirmation is its word; ENABLE drops meanwhile by itself
            actions = [replace(action, deadline_s=min(action.deadline_s, BLIND_S)) for action in actions]
        outcomes = await make_safe(actions, self._report_safe)
        if self.heartbeat_withdrawn:
            await self._wait_for_hardware()
        return outcomes

    def _report_safe(self, outcome: SafeOutcome) -> None:
        if outcome.confirmed:
            self.record.event(Note(f"safe: {outcome.name}"))
            return
        self.heartbeat_withdrawn = True
        self.record.event(
            raised(
                "safe.unconfirmed",
                FailureClass.EMERGENCY,
                f"{outcome.name}: {outcome.detail}",
                "withdrew the host heartbeat: the hard-wired chain takes the energy away",
                likely="actuator stuck, instrument lost",
                do="look at the machine before anything else",
                first_out=outcome.name,
            )
        )

    async def _wait_for_hardware(self) -> None:
        """Without heartbeat ENABLE drops by itself; see it happen where the PLC still answers."""
        enabled = self.tags.index("line.enabled")
        try:
            async with asyncio.timeout(HARDWARE_S):
                await self.until(lambda: self.tags.value[enabled] == 0.0)
        except TimeoutError:
            self.record.event(Note("ENABLE was not seen to drop; the PLC may be lost", "warning"))
