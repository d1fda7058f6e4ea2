"""The guard's scan: once per PLC exchange it looks at every interlock, monitor, setpoint and instrument.

It latches trips, starts the safe state itself, and lets the host heartbeat change only when a scan was evaluated to its
end and nothing is left unconfirmed. It does not sequence: the sequencer is told and follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.guard.gate import Gate
from controller.guard.interlocks import Interlock, Kind, Unmet
from controller.guard.safe import FailureClass, SafeModule, SafeOutcome, make_safe
from controller.recipe.expressions import Bound
from controller.record.events import Alarm, Event, Note
from drivers.capabilities import Outputs
from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.reading import Quality, TagTable

NOTHING: frozenset[str] = frozenset()
BAD_FOR_S = 0.25  # a value that is there but BAD counts as unknown at once, as lost after this


class ScanRecord(Protocol):
    """What the scan needs of the record."""

    def event(self, event: Event) -> None: ...

    def sample(self) -> None: ...


@dataclass(slots=True)
class Monitor:
    """A recipe's watch: `action` is warn, hold or abort once `healthy` has failed for `for_s`."""

    name: str
    text: str
    healthy: Bound
    for_s: float
    action: str
    since_s: float | None = None
    raised: bool = False


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
        self.derivations: list[Callable[[float], None]] = []
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
        self._safe_class: FailureClass | None = None
        self._safe_task: asyncio.Task[list[SafeOutcome]] | None = None
        gate.on_mismatch = lambda text: self.trip("any.readback", FailureClass.LOSS_OF_KNOWLEDGE, text, "", {})

    # ------------------------------------------------------------------------------------------ for the sequencer
    def arm(self, modules: Iterable[str]) -> None:
        """Watch these modules from the next scan on; the line itself is always watched."""
        self._in_use = frozenset(modules) | {"line"}
        self._watched = [i for i in self.interlocks if i.kind is not Kind.PERMISSIVE and i.module in self._in_use]
        self._answering = [(i, name) for name, (box, _) in self.instruments.items() for i in box.watched]
        clauses = [clause for i in self.interlocks if i.module in self._in_use for clause in i.must]
        self._stateful = [clause.bound for clause in clauses if " for " in clause.text or "rate(" in clause.text]

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

    async def enter_safe_state(self, failure_class: FailureClass) -> list[SafeOutcome]:
        """Bring every module in use to the safe state of the class; returns when all is confirmed or overdue.

        A worse class than the one under way starts its own actions at once.
        """
        task = self._start_safe_state(failure_class)
        while True:
            outcomes = await asyncio.shield(task)
            if task is self._safe_task:
                return outcomes
            task = self._safe_task or task

    # ------------------------------------------------------------------------------------------ each scan
    def scan(self) -> None:
        """Evaluate everything once; called after each exchange of the PLC block."""
        now_s = asyncio.get_running_loop().time()
        for derive in self.derivations:
            derive(now_s)
        if self._in_use:
            self._look_for_lost(now_s)
            for bound in self._stateful:
                bound.evaluate(now_s)
            for interlock in self._watched:
                self._watch(interlock, now_s)
            for monitor in self.monitors:
                self._monitor(monitor, now_s)
            self._compare_setpoints(now_s)
        self._release_waits()
        self.record.sample()
        if not self.heartbeat_withdrawn:
            self.plc.beat()
        self.plc.calm(self._in_use != NOTHING and not any(module.moves() for module in self.modules.values()))

    def scan_failed(self) -> None:
        """The PLC did not answer: evaluate what is known, so that its loss is seen; no heartbeat."""
        now_s = asyncio.get_running_loop().time()
        if self._in_use:
            self._look_for_lost(now_s)
        self._release_waits()
        self.record.sample()

    def trip(
        self,
        code: str,
        failure_class: FailureClass,
        happened: str,
        first_out: str,
        values: dict[str, float | None],
        likely: str = "",
        do: str = "",
    ) -> None:
        """Latch: flush what waits on the lines, start the safe state, tell the sequencer."""
        epoch = self.gate.raise_epoch(code)
        for line in self.lines:
            line.flush(epoch)
        self.record.event(
            Alarm(
                code,
                int(failure_class),
                True,
                happened,
                f"went to the safe state of class {int(failure_class)}",
                likely,
                do or "find the cause, then reset",
                first_out,
                values,
            )
        )
        trip = Trip(code, failure_class, happened)
        if self.tripped is None:
            self.tripped = trip
        self._start_safe_state(failure_class)
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
        happened = f"{name} does not answer"
        if needed_by & self._in_use:
            self.trip(
                "any.lost",
                FailureClass.LOSS_OF_KNOWLEDGE,
                happened,
                name,
                {},
                "instrument off, cable pulled, wrong address",
                f"check power and cable of {name}; then reset",
            )
        else:
            self.record.event(
                Alarm(
                    "any.lost",
                    int(FailureClass.INFORMATION),
                    True,
                    happened,
                    "went on: this run does not need it",
                    "instrument off or cable pulled",
                    f"check power and cable of {name}",
                    name,
                )
            )

    def _watch(self, interlock: Interlock, now_s: float) -> None:
        if interlock.latched:
            return
        unmet = interlock.watch(now_s, BAD_FOR_S)
        if unmet is None:
            self._holding.discard(interlock.id)
        elif interlock.kind is Kind.TRIP:
            interlock.latched = True
            worse = interlock.failure_class if unmet.known else max(interlock.failure_class, 2)
            self.trip(
                interlock.id,
                FailureClass(worse),
                unmet.sentence(),
                unmet.text,
                unmet.values,
                interlock.likely,
                interlock.do,
            )
        elif interlock.id not in self._holding:
            self._holding.add(interlock.id)
            self._interlock_lost(interlock, unmet)

    def _interlock_lost(self, interlock: Interlock, unmet: Unmet) -> None:
        self.record.event(
            Alarm(
                interlock.id,
                interlock.failure_class,
                True,
                unmet.sentence(),
                "held the job",
                interlock.likely,
                unmet.fix,
                unmet.text,
                unmet.values,
            )
        )
        self.on_hold(interlock.id, unmet.sentence())

    def _monitor(self, monitor: Monitor, now_s: float) -> None:
        if monitor.healthy.evaluate(now_s) is not False:
            monitor.since_s, monitor.raised = None, False
            return
        if monitor.since_s is None:
            monitor.since_s = now_s
        if monitor.raised or now_s - monitor.since_s < monitor.for_s:
            return
        monitor.raised = True
        inputs = monitor.healthy.inputs()
        happened = f"{monitor.text} is not met"
        if monitor.action == "abort":
            self.trip(f"monitor.{monitor.name}", FailureClass.LOSS_OF_KNOWLEDGE, happened, monitor.text, inputs)
            return
        did = "held the job" if monitor.action == "hold" else "warned only; the recipe goes on"
        failure_class = FailureClass.PROCESS_DEVIATION if monitor.action == "hold" else FailureClass.INFORMATION
        self.record.event(
            Alarm(
                f"monitor.{monitor.name}",
                int(failure_class),
                True,
                happened,
                did,
                "",
                "see the recipe's monitor",
                monitor.text,
                inputs,
            )
        )
        if monitor.action == "hold":
            self.on_hold(f"monitor.{monitor.name}", happened)

    def _compare_setpoints(self, now_s: float) -> None:
        tags = self.tags
        for i, (value, tolerance, written_s) in self.gate.written.items():
            if abs(tags.value[i] - value) <= tolerance or tags.quality[i] != Quality.GOOD:
                continue
            if tags.time_s[i] - written_s > 2.0 * tags.fresh_s[i]:
                name = tags.names[i]
                text = f"{name} reads {tags.value[i]:g}, {value:g} was written; someone else is writing"
                self.trip("any.readback", FailureClass.LOSS_OF_KNOWLEDGE, text, name, {name: tags.value[i]})
                return

    def _release_waits(self) -> None:
        if self._waits:
            left = []
            for wait in self._waits:
                reached, future = wait
                if future.done():
                    continue
                if reached():
                    future.set_result(None)
                else:
                    left.append(wait)
            self._waits = left

    # ------------------------------------------------------------------------------------------ safe state
    def _start_safe_state(self, failure_class: FailureClass) -> asyncio.Task[list[SafeOutcome]]:
        if self._safe_task is None or self._safe_class is None or failure_class < self._safe_class:
            self._safe_class = failure_class
            self._safe_task = asyncio.get_running_loop().create_task(self._make_safe(failure_class), name="safe state")
        return self._safe_task

    async def _make_safe(self, failure_class: FailureClass) -> list[SafeOutcome]:
        actions = [
            action
            for name, module in self.modules.items()
            if name in self._in_use
            for action in module.safe_actions(failure_class, frozenset(self.lost))
        ]
        outcomes = await make_safe(actions)
        for outcome in outcomes:
            if outcome.confirmed:
                self.record.event(Note(f"safe: {outcome.name}"))
        missed = [outcome for outcome in outcomes if not outcome.confirmed]
        if missed:
            self.heartbeat_withdrawn = True
            self.record.event(
                Alarm(
                    "safe.unconfirmed",
                    int(FailureClass.EMERGENCY),
                    True,
                    "; ".join(f"{outcome.name}: {outcome.detail}" for outcome in missed),
                    "withdrew the host heartbeat: the hard-wired chain takes the energy away",
                    "actuator stuck, instrument lost",
                    "look at the machine before anything else",
                    missed[0].name,
                )
            )
        return outcomes
