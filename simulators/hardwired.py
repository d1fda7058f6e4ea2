"""What is wired and needs no program: the ENABLE relay, the locks, and what springs do when ENABLE drops.

Decides from true states only. The watchdog's time is kept by the plant's grid, which calls `drop` at the exact tick.
"""

from __future__ import annotations

from simulators.dispenser import Dispenser
from simulators.grinder import Grinder
from simulators.heater import HeatedTool
from simulators.press import Press

# Outputs whose power comes through ENABLE: without it they cannot be energised, and lose what they had.
BEHIND_ENABLE = frozenset({
    "dump_shut", "inner_vacuum", "inner_vent_shut", "pump", "inner_control", "bleed", "dispenser_air",
    "needle_down", "wheel_down", "platen_contactor", "mold_contactor", "spindle_contactor",
})  # fmt: skip
HEARTBEAT_TICKS = 80
SPINDLE_OFF_TICKS = 150
_DOOR_PRESSURE_Pa = 5e3
_DOOR_CELSIUS = 60.0


class Hardwired:
    """The chain and its relay, for the tools it is wired to."""

    def __init__(
        self, press: Press, platen: HeatedTool, mold: HeatedTool, dispenser: Dispenser, grinder: Grinder
    ) -> None:
        self.estop_chain = True
        self.enabled = False
        self.reset_button = False
        self.reset_asked = False
        self._press, self._platen, self._mold = press, platen, mold
        self._dispenser, self._grinder = dispenser, grinder

    def drop(self) -> None:
        """Switch ENABLE off: everything that springs do at once; the spindle's power follows 1.5 s later.

        The clamp keeps its pressure; chuck, coolant and locks keep their state.
        """
        self.enabled = False
        self.reset_asked = False
        press, inner = self._press, self._press.inner
        press.dump_shut = False
        inner.vent_shut = inner.vacuum_open = inner.pump = inner.control = False
        inner.bleed_percent = 0.0
        self._platen.contactor = self._mold.contactor = False
        self._dispenser.air_valve = self._dispenser.needle_down = False
        self._grinder.stage.wheel_down = False
        self._grinder.stage.set_power(False)

    def cut_spindle(self) -> None:
        """Take the spindle's power."""
        self._grinder.spindle.set_contactor(0.0)

    def try_enable(self, heartbeat_alive: bool) -> bool:
        """Switch ENABLE on if button, host command, closed chain and heartbeat are all there; return whether it is."""
        if not self.enabled and self.reset_button and self.reset_asked and self.estop_chain and heartbeat_alive:
            self.enabled = True
            self._grinder.stage.set_power(True)
        if self.enabled:
            self.reset_asked = False
        return self.enabled

    def press_button(self, pressed: bool) -> None:
        """Press or let go of the panel's reset button; it also resets the over-temperature cut-outs."""
        self.reset_button = pressed
        if pressed:
            self._platen.reset_cut_out()
            self._mold.reset_cut_out()

    def work_locks(self) -> None:
        """Let both locks do what they are asked, as far as their rule allows."""
        press, grinder = self._press, self._grinder
        if press.lock_asked:
            press.locked = press.locked or not press.door_open
        elif press.locked and self._door_may_unlock():
            press.locked = False
        if grinder.guard_lock_asked:
            grinder.guard_locked = grinder.guard_locked or grinder.guard_closed
        elif grinder.guard_locked and grinder.spindle.standstill:
            grinder.guard_locked = False

    def _door_may_unlock(self) -> bool:
        press = self._press
        return (
            abs(press.outer - press.atmosphere) < _DOOR_PRESSURE_Pa
            and abs(press.inner.pressure - press.atmosphere) < _DOOR_PRESSURE_Pa
            and self._platen.body < _DOOR_CELSIUS
        )
