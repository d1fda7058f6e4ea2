"""The press on its way to its safe state: dump or controlled release, inner side to the air, heater and pump off.

Every action has a time that follows from what it moves, so that the whole is confirmed, or given up, within a minute,
whatever a transmitter says.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from controller.guard.safe import FailureClass, SafeAction

if TYPE_CHECKING:
    from controller.equipment.press import Press

VENTED_KPA = 5.0  # below this the door may be opened
ATMOSPHERE_KPA = 101.3
RELEASE_S = 40.0  # 400 kPa at 10 kPa/s; from a higher pressure the ramp is steeper
LAG_S = 5.0  # valves, polls, and the tail of a ramp
DUMP_S = 10.0  # 600 kPa leave through the dump valve in 4 s
INNER_VENT_S = 10.0  # a tenth of the volume, the same conductance


class PressSafe:
    """The safe actions of one press."""

    def __init__(self, press: Press) -> None:
        self._press = press

    def actions(self, failure_class: FailureClass, lost: frozenset[str]) -> list[SafeAction]:
        """In order: energy first. A lost pressure controller cannot release, so that the chamber is dumped."""
        press = self._press
        if failure_class is FailureClass.EMERGENCY or "press_pressure" in lost:
            outer = SafeAction("press: dump", self._dump, self._empty, DUMP_S)
            inner = SafeAction("press: inner vent", self._vent_inner, self._inner_open, INNER_VENT_S)
        else:
            release_s = self._release_s(self._rate_kPa_s()) + LAG_S + DUMP_S
            bleed_s = self._bleed_s() + LAG_S + INNER_VENT_S
            outer = SafeAction("press: release", self._release, self._empty, release_s)
            inner = SafeAction("press: inner side to atmosphere", self._bleed_inner, self._inner_open, bleed_s)
        return [
            outer,
            press.platen.safe_action(),
            press.safe_switch("inner_vacuum", 0, lambda: press.off("line_plc.out_inner_vacuum")),
            inner,
            press.safe_switch("pump", 0, lambda: press.off("line_plc.out_pump")),
        ]

    # ------------------------------------------------------------------------------------------ outer chamber
    async def _release(self) -> None:
        """Release by the controller, then leave the chamber open; a controller that is lost on the way means a dump.

        The ramp has its time and no more: what a slow valve leaves, or a biased transmitter hides, goes by the dump.
        """
        if not self._vented():
            rate_kPa_s = self._rate_kPa_s()
            most_s = self._release_s(rate_kPa_s) + LAG_S
            await self._press.outer_to(0.0, rate_kPa_s, "press.release", safe=True)
            await self._shortly(self._vented, most_s)
        await self._dump()

    async def _dump(self) -> None:
        press = self._press
        try:
            await press.switch("dump_shut", 0, safe=True)
        finally:  # whoever does not obey, the other one is told
            if "press_pressure" not in press.guard.lost:
                await press.control_off(safe=True)

    def _rate_kPa_s(self) -> float:
        """As usual, and steeper where that would take too long, within the limit in force."""
        press = self._press
        limit_kPa_s = press.gate.limits["press.pressure"].rate or press.release_kPa_s
        return min(limit_kPa_s, max(press.release_kPa_s, round(self._present_kPa() / RELEASE_S, 2)))

    def _release_s(self, rate_kPa_s: float) -> float:
        return min(RELEASE_S, self._present_kPa() / rate_kPa_s)

    def _present_kPa(self) -> float:
        return max([0.0, *self._seen_kPa()])

    def _seen_kPa(self) -> list[float]:
        press = self._press
        return [press.value(tag) for tag in ("press.pressure", "press.pressure_coarse") if press.fresh(tag)]

    def _empty(self) -> bool:
        return self._vented() and self._press.off("line_plc.out_dump_shut")

    def _vented(self) -> bool:
        """Every transmitter that is there says so: one that is frozen at zero knows nothing."""
        seen = self._seen_kPa()
        return bool(seen) and max(abs(kPa) for kPa in seen) < VENTED_KPA

    # ------------------------------------------------------------------------------------------ inner side
    async def _bleed_inner(self) -> None:
        if not self._inner_vented():
            most_s = self._bleed_s() + LAG_S
            press = self._press
            await press.inner_to(ATMOSPHERE_KPA, self._bleed_kPa_s(), "press.inner_release", safe=True)
            await self._shortly(self._inner_vented, most_s)
        await self._vent_inner()

    async def _vent_inner(self) -> None:
        await self._press.switch("inner_control", 0, safe=True)
        await self._press.switch("inner_vent_shut", 0, safe=True)

    def _bleed_s(self) -> float:
        """How long the ramp may take; what a slower one leaves goes by the vent."""
        return min(RELEASE_S, max(0.0, ATMOSPHERE_KPA - self._press.value("press.vacuum")) / self._bleed_kPa_s())

    def _bleed_kPa_s(self) -> float:
        """The tool's rate of release, or what recipe and tool allow the inner side where that is less."""
        press = self._press
        return min(press.gate.limits["press.vacuum"].rate or press.release_kPa_s, press.release_kPa_s)

    def _inner_open(self) -> bool:
        return self._inner_vented() and self._press.off("line_plc.out_inner_vent_shut")

    def _inner_vented(self) -> bool:
        press = self._press
        return press.fresh("press.vacuum") and abs(press.value("press.vacuum") - ATMOSPHERE_KPA) < VENTED_KPA

    # ------------------------------------------------------------------------------------------ both
    async def _shortly(self, reached: Callable[[], bool], within_s: float) -> None:
        """Return when it is reached, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._press.guard.until(reached)
