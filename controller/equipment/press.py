"""The press: door, clamp, outer pressure, inner vacuum, heated platen. Pressures are gauge outside, absolute inside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from controller.equipment.heat import HeatZone, ZoneNames
from controller.equipment.module import Derived, Module
from controller.equipment.press_safe import ATMOSPHERE_KPA, VENTED_KPA, PressSafe
from controller.guard.safe import FailureClass, SafeAction
from controller.guard.scan import Guard
from drivers.capabilities import Outputs, PressureControl, TemperatureControl
from drivers.reading import Value

REACHED_KPA = 1.0
SETTLE_S = 10.0  # after a ramp, before the controller's effort is taken as that of a tight chamber
TAIL_S = 90.0  # below 18 kPa the vent is slower than the ramp


@dataclass(frozen=True, slots=True)
class Ramp:
    """A straight line of pressure over time."""

    start_kPa: float
    start_s: float
    target_kPa: float
    rate_kPa_s: float

    def at(self, now_s: float) -> float:
        """Pressure on the ramp, kPa."""
        step_kPa = self.rate_kPa_s * (now_s - self.start_s)
        if self.target_kPa >= self.start_kPa:
            return min(self.target_kPa, self.start_kPa + step_kPa)
        return max(self.target_kPa, self.start_kPa - step_kPa)


class Press(Module):
    """Compresses and releases. All verbs may be called again after a hold: they move to a state."""

    VALUES = (
        Value("asked", "kPa", -20, 1000, "pressure asked for last"),
        Value("holding", "", 0, 1, "the pressure has settled after a ramp up"),
        Value("effort_settled", "%", -200, 200, "controller effort when the pressure had settled"),
        Value(
            "setpoint", "kPa", -20, 1000, "where the pressure ought to be now, on its ramp; the pressure without one"
        ),
        Value("gap", "um", -100, 10000, "platen gap, mean of three points"),
        Value("tilt", "um", 0, 10000, "platen gap, largest difference of three points"),
        Value("pressure_error", "kPa", -1000, 1000, "setpoint minus pressure"),
        Value("platen_error", "K", -500, 500, "platen setpoint minus temperature"),
    )

    def __init__(
        self, guard: Guard, plc: Outputs, control: PressureControl, heater: TemperatureControl, release_kPa_s: float
    ) -> None:
        super().__init__("press", guard, plc)
        self.control = control
        self.release_kPa_s = release_kPa_s
        self.platen = HeatZone(
            self,
            heater,
            ZoneNames("press.heat", "platen_contactor", "press.platen", "press.platen_setpoint", "press.platen"),
        )
        index = self.tags.index
        gaps = tuple(f"line_plc.gap{n}" for n in (1, 2, 3))
        self._gaps = tuple(index(gap) for gap in gaps)
        self._gap, self._tilt = Derived(self.tags, "press.gap", gaps), Derived(self.tags, "press.tilt", gaps)
        self._pressure, self._setpoint = index("press.pressure"), index("press.setpoint")
        self._pressure_error = Derived(self.tags, "press.pressure_error", ("press.pressure",))
        self._platen = index("press.platen_setpoint"), index("press.platen")
        self._platen_error = Derived(self.tags, "press.platen_error", ("press.platen_setpoint", "press.platen"))
        self._energised = tuple(
            index(tag) for tag in ("press_pressure.control", "line_plc.out_inner_control", "line_plc.out_inner_vacuum")
        )
        self._safe = PressSafe(self)
        self._ramp: Ramp | None = None
        self._settled_at = float("inf")

    def derive(self, now_s: float) -> None:
        value = self.tags.value
        i, j, k = self._gaps
        a, b, c = value[i], value[j], value[k]
        self._gap.put((a + b + c) / 3.0)
        self._tilt.put(max(a, b, c) - min(a, b, c))
        pressure_kPa = value[self._pressure]
        setpoint_kPa = pressure_kPa if self._ramp is None else self._ramp.at(now_s)
        value[self._setpoint] = setpoint_kPa
        self._pressure_error.put(setpoint_kPa - pressure_kPa)
        i, j = self._platen
        self._platen_error.put(value[i] - value[j])
        self.platen.cure.derive(now_s)
        if now_s >= self._settled_at:
            self._settled_at = float("inf")
            self.set("press.effort_settled", self.value("press.effort"))
            self.set("press.holding", 1.0)

    def moves(self) -> bool:
        value = self.tags.value
        return any(value[i] for i in self._energised) or abs(value[self._pressure]) > VENTED_KPA

    # ------------------------------------------------------------------------------------------ verbs
    async def close(self) -> None:
        """Lock the door, clamp, shut the dump; returns when the clamp has its pressure."""
        await self.switch("door_lock", 1)
        await self.reached(lambda: self.on("press.door_locked"), 5.0, "door locked")
        await self.switch("clamp", 1)
        await self.reached(lambda: self.value("press.clamp_pressure") > 455.0, 15.0, "clamp above 450 kPa")
        await self.switch("dump_shut", 1)

    async def open(self) -> None:
        """Open dump and inner vent, unclamp, unlock; refused while there is pressure or heat."""
        await self.platen.off()
        await self.control_off()
        await self.vent_inner()
        await self.switch("dump_shut", 0)
        await self.switch("clamp", 0, "press.unclamp")
        await self.reached(lambda: not self.on("line_plc.platen_contactor_closed"), 2.0, "contactor of the platen open")
        await self.switch("door_lock", 0, "press.unlock")
        await self.reached(lambda: not self.on("press.door_locked"), 5.0, "door unlocked")

    async def ramp_to(self, target_kPa: float, rate_kPa_s: float) -> None:
        """Bring the outer pressure to the target at a rate; returns when it is within 1 kPa."""
        present_kPa = max(0.0, self.value("press.pressure"))
        self._unsettle()
        self.set("press.asked", target_kPa)
        await self.outer_to(target_kPa, rate_kPa_s, "press.pressurise" if target_kPa > present_kPa else "press.release")
        deadline_s = abs(target_kPa - present_kPa) / rate_kPa_s * 1.5 + TAIL_S
        await self.reached(
            lambda: self.fresh("press.pressure") and abs(self.value("press.pressure") - target_kPa) <= REACHED_KPA,
            deadline_s,
            f"{target_kPa:g} kPa",
        )
        if target_kPa > VENTED_KPA:
            self._settled_at = asyncio.get_running_loop().time() + SETTLE_S
        else:
            await self.control_off()

    async def freeze(self) -> None:
        """Keep the pressure that is there now; ahead of everything else, since a hold may not wait for a disk."""
        present_kPa = self.value("press.pressure")
        if present_kPa > VENTED_KPA:
            self._unsettle()
            await self._setpoint_to(round(present_kPa, 2), self.release_kPa_s, "press.freeze", safe=True)

    async def evacuate(self, target_kPa: float, rate_kPa_s: float) -> None:
        """Bring the inner side to an absolute pressure; returns when it is within 1 kPa."""
        await self.switch("pump", 1, "press.evacuate_prepare")
        await self.switch("inner_vent_shut", 1, "press.evacuate_prepare")
        await self.inner_to(target_kPa, rate_kPa_s, "press.evacuate")
        await self.switch("inner_vacuum", 1, "press.evacuate")

    async def wait_inner(self, target_kPa: float, deadline_s: float) -> None:
        """Return when the inner side is within 1 kPa of an absolute pressure."""
        await self.reached(
            lambda: self.fresh("press.vacuum") and abs(self.value("press.vacuum") - target_kPa) <= REACHED_KPA,
            deadline_s,
            f"{target_kPa:g} kPa abs inside",
        )

    async def to_atmosphere(self, rate_kPa_s: float) -> None:
        """Let the inner side back to atmosphere at a rate, then open its vent."""
        await self.inner_to(ATMOSPHERE_KPA, rate_kPa_s, "press.inner_release")
        await self.wait_inner(ATMOSPHERE_KPA, ATMOSPHERE_KPA / rate_kPa_s * 1.5 + 60.0)
        await self.vent_inner()

    async def vent_inner(self) -> None:
        """Vacuum valve closed, vent open, pump off."""
        await self.switch("inner_vacuum", 0)
        await self.switch("inner_control", 0)
        await self.switch("inner_vent_shut", 0, "press.vent_inner")
        await self.switch("pump", 0)

    async def control_off(self, *, safe: bool = False) -> None:
        """Switch the pressure controller's loop off: both its valves close."""
        self._unsettle()
        self._ramp = None
        await self._loop("press.control_off", on=False, safe=safe)

    def safe_actions(self, failure_class: FailureClass, lost: frozenset[str]) -> list[SafeAction]:
        return self._safe.actions(failure_class, lost)

    # ------------------------------------------------------------------------------------------ parts
    async def outer_to(self, target_kPa: float, rate_kPa_s: float, action: str, *, safe: bool = False) -> None:
        """Order the outer pressure to a target at a rate, kPa and kPa/s; returns when the controller has accepted."""
        await self._setpoint_to(target_kPa, rate_kPa_s, action, safe=safe)
        await self._loop(action, on=True, safe=safe)

    async def _loop(self, action: str, *, on: bool, safe: bool) -> None:
        """The pressure controller's loop, on or off."""
        await self.order(
            action,
            "press_pressure.control",
            float(on),
            "",
            lambda permit: self.control.set_control(on, permit),
            safe=safe,
            read=self.control.control,
        )

    async def _setpoint_to(self, target_kPa: float, rate_kPa_s: float, action: str, *, safe: bool = False) -> None:
        """Rate and target; the loop stays on or off as it is."""
        control = self.control
        await self.order(
            action,
            "press_pressure.rate",
            rate_kPa_s,
            "kPa/s",
            lambda permit: control.set_rate(rate_kPa_s, permit),
            "press.pressure#rate",
            0.01,
            safe=safe,
            read=control.rate,
        )
        await self.order(
            action,
            "press_pressure.target",
            target_kPa,
            "kPa",
            lambda permit: control.set_target(target_kPa, permit),
            "press.pressure",
            0.05,
            mirror=self.tags.index("press_pressure.target"),
            safe=safe,
            read=control.target,
        )
        present_kPa = max(0.0, self.value("press.pressure"))
        self._ramp = Ramp(present_kPa, asyncio.get_running_loop().time(), target_kPa, rate_kPa_s)

    async def inner_to(self, target_kPa: float, rate_kPa_s: float, action: str, *, safe: bool = False) -> None:
        """Order the inner pressure to an absolute target at a rate, kPa and kPa/s; returns when the PLC has it."""

        async def write(name: str, value: float, unit: str, limit: str) -> None:
            send, read = partial(self.plc.set_output, name, value), partial(self.plc.output, name)
            await self.order(action, f"line_plc.{name}", value, unit, send, limit, 0.01, safe=safe, read=read)

        await write("inner_rate", rate_kPa_s, "kPa/s", "press.vacuum#rate")
        await write("inner_target", target_kPa, "kPa abs", "press.vacuum")
        await self.switch("inner_control", 1, action, safe=safe)

    def _unsettle(self) -> None:
        self._settled_at = float("inf")
        self.set("press.holding", 0.0)
