"""The guard's scan: once per PLC exchange it looks at every interlock, monitor, setpoint and instrument.

It latches trips, starts the safe state itself, and lets the host heartbeat change only when a scan was evaluated to its
end and nothing is left unconfirmed. It does not sequence: the sequencer is told and follows.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from controller.guard.alarms import AlarmRecord, Alarms, raised
from controller.guard.bypasses import Bypasses
from controller.guard.gate import Gate
from controller.guard.interlocks import LINE, Interlock, Kind, Unmet, Watch
from controller.guard.lost import Answering
from controller.guard.monitors import BAD_FOR_S, Monitor
from controller.guard.safe import FailureClass, SafeModule, SafeOutcome
from controller.guard.safing import Safing
from controller.record.events import Alarm, Event, Note
from drivers.capabilities import Outputs
from drivers.links.line import Line
from drivers.reading import Quality, TagTable

log = logging.getLogger(__name__)

NOTHING: frozenset[str] = frozenset()
CALM_SAMPLE_S = 1.0  # between two samples while nothing moves; otherwise every scan is one


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

    def __init__(self, tags: TagTable, gate: Gate, record: ScanRecord, plc: Outputs) -> None:
        self.tags, self.gate, self.record, self.plc = tags, gate, record, plc
        self.interlocks: Sequence[Interlock] = ()
        self.lines: list[Line] = []
        self.modules: dict[str, SafeModule] = {}
        self.derivations: dict[str, Callable[[float], None]] = {}  # by module
        self.monitors: list[Monitor] = []
        self.on_trip: Callable[[Trip], None] = lambda trip: None
        self.on_hold: Callable[[str, str], None] = lambda code, reason: None
        self.alarms = Alarms(lambda event: self.record.event(event))
        self.answering = Answering(tags)
        self._bypasses = Bypasses(lambda event: self.record.event(event))
        self.tripped: Trip | None = None
        self._in_use: frozenset[str] = NOTHING
        self._watch = Watch(tags, ())
        self._waits: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._broken = False
        self._sampled_s = -math.inf
        self._safing = Safing(self)
        gate.on_mismatch = lambda text: self.trip(raised("any.readback", FailureClass.LOSS_OF_KNOWLEDGE, text))

    def use(self, interlocks: Sequence[Interlock], alarms: Sequence[AlarmRecord]) -> None:
        """Take interlocks, and what is known of other alarms, into use."""
        self.interlocks = interlocks
        self.gate.use(interlocks)
        self.alarms.use([*alarms, *(interlock.words for interlock in interlocks)])

    @property
    def lost(self) -> set[str]:
        """Instruments that do not answer."""
        return self.answering.lost

    @property
    def heartbeat_withdrawn(self) -> bool:
        """True once the hard-wired chain was left to take the energy away."""
        return self._broken or self._safing.withdrawn

    # ------------------------------------------------------------------------------------------ for the sequencer
    def arm(self, modules: Iterable[str]) -> None:
        """Watch these modules from the next scan on; the line itself is always watched."""
        self._in_use = frozenset(modules) | {LINE}
        self._watch = Watch(self.tags, [i for i in self.interlocks if i.module in self._in_use])
        self.answering.arm()

    def disarm(self) -> None:
        """Stop watching: nothing is energised any more."""
        self._in_use = NOTHING
        self._watch, self.monitors = Watch(self.tags, ()), []

    def bypass(self, id: str, by: str, reason: str) -> str:
        """Put an interlock out of force for as long as its record allows; returns why it is refused, or nothing."""
        return self._bypasses.begin(id, self.interlocks, asyncio.get_running_loop().time(), by, reason)

    async def until(self, reached: Callable[[], bool]) -> None:
        """Return after the first scan in which `reached()` is true; put a deadline around it."""
        if reached():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waits.append((reached, future))
        await future

    def begin_safe_state(self, failure_class: FailureClass) -> None:
        """Start bringing every module in use to the safe state of the class, or of a worse one that is under way."""
        self._safing.modules = self.modules
        self._safing.begin(failure_class, frozenset(self.lost), self._in_use)

    async def safe_state(self) -> list[SafeOutcome]:
        """Wait until the safe state that was begun is confirmed, or overdue."""
        return await self._safing.wait()

    def supersede(self, why: str) -> None:
        """Raise the epoch: nothing that was permitted before goes out any more, but for safe orders."""
        epoch = self.gate.raise_epoch(why)
        for line in self.lines:
            line.flush(epoch)

    def trip(self, alarm: Alarm) -> None:
        """Latch: flush what waits on the lines, start the safe state, tell the sequencer."""
        self.supersede(alarm.code)
        failure_class = FailureClass(alarm.failure_class)
        self.inform(replace(alarm, we_did=f"went to the safe state of class {alarm.failure_class}"))
        trip = Trip(alarm.code, failure_class, alarm.happened)
        if self.tripped is None:
            self.tripped = trip
        self.begin_safe_state(failure_class)
        self.on_trip(trip)

    def inform(self, alarm: Alarm) -> None:
        """Annunciate an alarm, with what was done about it."""
        self.alarms.announce(alarm, asyncio.get_running_loop().time())

    def note(self, note: Note) -> None:
        """Record what is no alarm."""
        self.record.event(note)

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
        if not self._broken:
            self._broken = True
            log.error("scan", exc_info=error)
            self.trip(raised("guard.scan", FailureClass.LOSS_OF_KNOWLEDGE, repr(error)))

    def _evaluate(self, now_s: float) -> None:
        if not self._in_use:
            return
        for derive in self.derivations.values():  # of every module: a monitor may read one that the run does not move
            derive(now_s)
        self._look_for_lost(now_s)
        for interlock, unmet in self._watch.look(now_s, BAD_FOR_S):
            self._react(interlock, unmet)
        for monitor in self.monitors:
            self._monitor(monitor, now_s)
        self._compare_setpoints(now_s)
        self.alarms.scan(now_s)
        self._bypasses.scan(now_s)

    def scan_failed(self) -> None:
        """The PLC did not answer: evaluate what is known, so that its loss is seen; no heartbeat."""
        now_s = asyncio.get_running_loop().time()
        if self._in_use:
            self._look_for_lost(now_s)
        self._release_waits()
        self.record.sample()

    # ------------------------------------------------------------------------------------------ parts of a scan
    def _look_for_lost(self, now_s: float) -> None:
        new, back = self.answering.look(now_s)
        for name in new:
            self._report_lost(name)
        for name in back:
            self.alarms.returned(f"any.lost {name}")

    def _report_lost(self, name: str) -> None:
        """Say which instrument is lost; before that, whose fault it is when another one on its wire failed first."""
        cause = self.answering.cause(name)
        if cause != name and cause not in self.lost:
            self._report_lost(cause)
        self.lost.add(name)
        needed = self._needs(name)
        happened = f"{name} does not answer"
        if cause != name:
            happened += f"; {cause}, on the same line {self.answering.instruments[name][0].line.name}, failed first"
        failure_class = FailureClass.LOSS_OF_KNOWLEDGE if needed else FailureClass.INFORMATION
        did = "went on: this run does not need it"
        alarm = raised("any.lost", failure_class, happened, did, first_out=cause, of=name)
        (self.trip if needed else self.inform)(alarm)

    def _react(self, interlock: Interlock, unmet: Unmet | None) -> None:
        """Act on a loss once, and see its end."""
        if unmet is None:
            self.alarms.returned(interlock.id)
            interlock.acting = interlock.kind is Kind.TRIP  # which stays latched
        elif interlock.acting or (not unmet.known and self._blame_instrument(unmet.values)):
            return  # it is known, or the loss of the instrument is the news
        elif interlock.kind is Kind.WARNING:
            interlock.acting = unmet.known  # not to know what is only told is no news
            if unmet.known:
                self.inform(interlock.alarm(unmet, "warned only; the job goes on", unmet.fix))
        elif interlock.kind is Kind.TRIP:
            interlock.acting = True
            self.trip(interlock.alarm(unmet, ""))
        else:
            interlock.acting = True
            self.modules[interlock.module].block()
            self.inform(interlock.alarm(unmet, "stopped the output, asked for a hold", unmet.fix))
            self.on_hold(interlock.id, unmet.sentence())

    def _blame_instrument(self, values: Mapping[str, float | None]) -> bool:
        """Inputs are unknown: name the instruments that give no reading of them. True when that was a trip."""
        unknown = [self.tags.index(tag) for tag, value in values.items() if value is None]
        silent = [name for column in unknown for name in self.answering.silent(column)]
        for name in silent:
            if name not in self.lost:
                self._report_lost(name)
        return any(self._needs(name) for name in silent)

    def _needs(self, name: str) -> bool:
        return bool(self.answering.instruments[name][1] & self._in_use)

    def _monitor(self, monitor: Monitor, now_s: float) -> None:
        was_raised = monitor.raised
        alarm = monitor.watch(now_s)
        if alarm is None:
            if was_raised and not monitor.raised:
                self.alarms.returned(f"monitor.{monitor.name}")
        elif self._blame_instrument(alarm.values):
            return
        elif monitor.action == "abort":
            self.trip(alarm)
        else:
            self.inform(alarm)
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
                self.trip(raised("any.readback", FailureClass.LOSS_OF_KNOWLEDGE, text, first_out=name, of=name))
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
