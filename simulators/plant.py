"""The simulated machine behind the instruments: one grid of time, all tools, and the ports that firmware uses.

Committed state advances lazily on a grid of 10 ms ticks; a read sees the last committed state and a drive acts from the
next tick, so who reads how often never changes the trajectory. Models know physics, `hardwired` knows the chain,
`signals` knows the sensors, `actuators` what each drive moves; this file knows only when.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from simulators.actuators import EVERYONE, PULSES, SHOWN, SLOW, make_actions
from simulators.agenda import NEVER, Agenda
from simulators.balance import Balance
from simulators.channels import ACTUATORS
from simulators.dispenser import Dispenser
from simulators.faults import PLANT_FAULTS
from simulators.grinder import Grinder
from simulators.hardwired import BEHIND_ENABLE, HEARTBEAT_TICKS, SPINDLE_OFF_TICKS, Hardwired
from simulators.heater import HeatedTool
from simulators.mold import Mold
from simulators.parameters import Parameters
from simulators.physics.sensors import Read
from simulators.press import Press
from simulators.scenario import Fault
from simulators.signals import Signals
from simulators.truth import truth

TICK_S = 0.01
SLOW_TICKS = 10
HEAT_TICKS = 20
AGE_TICKS = 100
POT_TICKS = 6000
_KEEP_FAST_TICKS = 200  # after the dispenser or the grinder has moved
_LOOK_TICKS = 30  # after a drive, to see whether something moves
_EPSILON = 1e-6  # a clock that stands on a tick may show a hair less


class Plant:
    """The whole simulated line; `clock` gives seconds and never goes back.

    `parameters` changes values of the parameter table. Tools are public attributes for hands, tests and inspection;
    instruments use only `sense`, `sense_many` and `drive`.
    """

    def __init__(self, seed: int, clock: Callable[[], float], parameters: Parameters | None = None) -> None:
        p = parameters or Parameters()
        self.seed = seed
        self.press: Press = Press(p)
        self.platen, self.mold_heater = HeatedTool("platen", p), HeatedTool("mold", p)
        self.mold, self.balance = Mold(p), Balance(p)
        self.dispenser: Dispenser = Dispenser(p, self.balance, self.mold)
        self.grinder: Grinder = Grinder(p)
        self.hardwired = Hardwired(self.press, self.platen, self.mold_heater, self.dispenser, self.grinder)
        self.flaws: dict[str, float] = {}  # of parts, by faults
        self.shown: dict[str, float] = {"tower": 0.0, "operator_call": 0.0}
        self.on_operator_call: Callable[[float], None] | None = None
        self.on_drive: Callable[[str, float], None] = lambda actuator, value: None  # for a monitor: before it acts
        self.on_step: Callable[[int], None] = lambda tick: None  # and what was committed
        self.signals = Signals(self, seed)
        self._actions, self._driven = make_actions(self), dict[str, float]()
        self._clock, self._began = clock, clock()
        self._tick = self._press_tick = 0  # the press is integrated in steps of its own
        self._press_due = self._due = 1
        self._look_until = self._fast_until = 0
        self._press_awake = self._dispenser_awake = self._grinder_awake = True
        self._agenda, self._wake_s = Agenda(), 0.0
        self._last_beat, self._deadline = -NEVER, NEVER
        self._set_wake()

    # --- ports

    def sense(self, channel: str) -> float:
        """Return what a sensor shows of the last committed state; raise KeyError for an unknown channel."""
        now_s = self._clock()
        if now_s >= self._wake_s:
            self.advance()
        return self.signals.reads[channel](int((now_s - self._began) * 100.0 + _EPSILON))

    def sense_many(self, names: Sequence[str]) -> list[float]:
        """Return what several sensors show of the last committed state; as `sense`, but cheaper."""
        now_s = self._clock()
        if now_s >= self._wake_s:
            self.advance()
        key = names if type(names) is tuple else tuple(names)
        block = self.signals.blocks.get(key) or self.signals.make_block(key)
        return block(int((now_s - self._began) * 100.0 + _EPSILON))

    def drive(self, actuator: str, value: float) -> None:
        """Set an actuator from the next tick on; raise KeyError for an unknown one."""
        if self._clock() >= self._wake_s:
            self.advance()
        if actuator == "heartbeat":
            self._beat()
            return
        if actuator not in PULSES:
            if self._driven.get(actuator) == value:
                return
            if actuator not in ACTUATORS:
                raise KeyError(f"the plant has no actuator {actuator!r}")
            self._driven[actuator] = value
        self.on_drive(actuator, value)
        tick = self.now_tick()
        if actuator in SHOWN:
            self._show(actuator, value)
        elif actuator in SLOW:
            act, tools = self._actions[actuator]
            self._at((tick // SLOW_TICKS + 1) * SLOW_TICKS, partial(act, value), tools)
        else:
            self._at(tick + 1, partial(self._apply, actuator, value), self._actions[actuator][1])

    # --- for hands, scenarios and tests

    def advance(self) -> None:
        """Commit every step that ends at or before the clock."""
        tick = self.now_tick()
        if tick >= self._deadline:
            self._at(self._deadline, self._miss_heartbeat)
            self._deadline = NEVER
        while self._due <= tick:
            self._step(end := self._due)
            self.on_step(end)
        self._set_wake()

    def now_tick(self) -> int:
        """Return the tick at which the clock stands."""
        return int((self._clock() - self._began) * 100.0 + _EPSILON)

    def schedule(self, act: Callable[[], None]) -> None:
        """Let hands do something to the tools at the next tick."""
        self.advance()
        self._at(self.now_tick() + 1, act)

    def inject(self, fault: Fault) -> None:
        """Let a plant fault happen at its time, counted from the plant's start, or at the next tick if that is past."""
        kind = PLANT_FAULTS[fault.name]
        severity = kind.default if fault.number is None else fault.number
        self.advance()
        self._at(max(self.now_tick() + 1, round(fault.at_s * 100.0)), partial(kind.begin, self, severity))

    def after(self, seconds: float, act: Callable[[], None]) -> None:
        """Let something happen some seconds after the last committed tick; for events that have an end."""
        self._at(self._tick + max(1, round(seconds * 100.0)), act)

    def disturb(self, channel: str, change: Callable[[Read, int], Read]) -> None:
        """Replace what a channel shows by `change(its read, the present tick)`; to be called from an event."""
        self.signals.disturb(channel, change(self.signals.reads[channel], self._tick), lambda: self._tick)

    def force_fine_steps(self) -> None:
        """Take only steps of 10 ms from now on: slower, for benchmarks and comparisons."""
        self._look_until = self._fast_until = NEVER

    def set_estop_chain(self, closed: bool) -> None:
        """Open or close the E-stop chain; to be called from an event."""
        self.hardwired.estop_chain = closed
        if not closed and self.hardwired.enabled:
            self._drop_enable()

    def press_reset(self, pressed: bool) -> None:
        """Press or let go of the panel's reset button; to be called from an event."""
        self.hardwired.press_button(pressed)
        self.try_enable()

    def ask_enable(self, asked: float) -> None:
        """Take the host's command to re-enable; to be called from an event."""
        self.hardwired.reset_asked = bool(asked)
        self.try_enable()

    def try_enable(self) -> None:
        """Switch ENABLE on if all its conditions hold."""
        alive = self._tick - self._last_beat < HEARTBEAT_TICKS
        if not self.hardwired.enabled and self.hardwired.try_enable(alive):
            self._deadline = self._last_beat + HEARTBEAT_TICKS

    def truth(self) -> dict[str, float]:
        """Return true states, for tests only."""
        self.advance()
        return truth(self)

    # --- the grid

    def _step(self, end: int) -> None:
        """Integrate all tools to a tick, let its events happen, and choose the next step from the state."""
        ticks = end - self._tick
        if not self._press_awake:
            self._press_tick = end
        elif end >= self._press_due:
            self._step_press(end)
        if self._dispenser_awake:
            self.dispenser.step(ticks, self.press.supply_gauge_Pa)
        if self._grinder_awake:
            self.grinder.step(ticks)
        self._tick = end
        if end % SLOW_TICKS == 0:
            self._slow_step(end)
        agenda = self._agenda
        if agenda.next_tick <= end:
            self._happen(end)
        if self._press_awake and self._press_due == end + 1:
            self._due = end + 1
            return
        if not (self._dispenser_awake or self._grinder_awake) and self.balance.idle:
            stride = HEAT_TICKS
        else:
            stride = SLOW_TICKS if end >= self._fast_until else 1
        due = min((end // stride + 1) * stride, agenda.next_tick)
        self._due = min(due, self._press_due) if self._press_awake else due

    def _step_press(self, end: int) -> None:
        """Integrate the press and choose its next step: the shortest after a drive, then as its state allows."""
        self.press.step(end - self._press_tick, self.platen.load)
        self._press_tick = end
        if end < self._look_until:
            self._press_due = end + 1
        else:
            rung = self.press.rung
            self._press_due = (end // rung + 1) * rung

    def _slow_step(self, end: int) -> None:
        """Do what happens every 0.1 s, 0.2 s, second and minute; find out who rests and whether something moves."""
        grinder, dispenser = self.grinder, self.dispenser
        self._grinder_awake = self._grinder_awake and not grinder.idle
        self._dispenser_awake = self._dispenser_awake and not dispenser.idle
        if dispenser.dispensing or (self._grinder_awake and grinder.moving):
            self._fast_until = max(self._fast_until, end + _KEEP_FAST_TICKS)
        if not self.balance.idle:
            self.balance.step()
        if end % HEAT_TICKS == 0:
            self._press_awake = self._press_awake and not self.press.idle
            self.hardwired.work_locks()
            self.platen.step()
            self.mold_heater.step()
        if end % AGE_TICKS == 0:
            seconds = AGE_TICKS * TICK_S
            self.press.age(seconds, self.platen.load)
            self.mold.age(seconds, self.mold_heater.load, end * TICK_S)
            self.grinder.age(seconds)
        if end % POT_TICKS == 0:
            self.dispenser.age(POT_TICKS * TICK_S)

    def _happen(self, end: int) -> None:
        """Let the events up to a tick happen; whom they concern is awake afterwards, for a look in short steps."""
        while self._agenda.next_tick <= end:
            event = self._agenda.pop()
            if "press" in event.wakes:
                if self._press_awake and self._press_tick < end:
                    self._step_press(end)  # a resting press lags behind; it must not feel the event before it happens
                self._press_awake, self._press_due = True, end + 1
                self._look_until = max(self._look_until, end + _LOOK_TICKS)
            self._dispenser_awake = self._dispenser_awake or "dispenser" in event.wakes
            self._grinder_awake = self._grinder_awake or "grinder" in event.wakes
            if event.wakes:
                self._fast_until = max(self._fast_until, end + _LOOK_TICKS)
            event.act()

    def _at(self, tick: int, act: Callable[[], None], wakes: frozenset[str] = EVERYONE) -> None:
        self._agenda.add(tick, act, wakes)
        if tick < self._due:
            self._due = tick
            self._set_wake()

    def _set_wake(self) -> None:
        """Note the clock's time before which there is nothing to commit."""
        self._wake_s = self._began + (min(self._due, self._deadline) - _EPSILON) / 100.0

    # --- what happens at a tick

    def _apply(self, actuator: str, value: float) -> None:
        if actuator in BEHIND_ENABLE and not self.hardwired.enabled:
            self._driven[actuator] = 0.0
            return
        self._actions[actuator][0](value)

    def _beat(self) -> None:
        """Note that the PLC has seen the host's heartbeat change."""
        self._last_beat = self.now_tick()
        if self.hardwired.enabled:
            self._deadline = self._last_beat + HEARTBEAT_TICKS
            self._set_wake()

    def _miss_heartbeat(self) -> None:
        if self.hardwired.enabled:
            self._drop_enable()

    def _drop_enable(self) -> None:
        self.hardwired.drop()
        self._deadline = NEVER
        for name in BEHIND_ENABLE:
            self._driven[name] = 0.0
        self._at(self._tick + SPINDLE_OFF_TICKS, self._cut_spindle)

    def _cut_spindle(self) -> None:
        self.hardwired.cut_spindle()
        self._driven["spindle_contactor"] = 0.0

    def _show(self, lamp: str, value: float) -> None:
        self.shown[lamp] = value
        if lamp == "operator_call" and self.on_operator_call is not None:
            self.on_operator_call(value)
