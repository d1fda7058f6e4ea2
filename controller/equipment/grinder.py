"""The grinder: chuck, coolant, spindle, infeed, thickness gauge. Heights are those of the wheel above the chuck."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from controller.equipment.module import Derived, Module
from controller.guard.safe import FailureClass, SafeAction
from controller.guard.scan import Guard
from controller.record.events import Note
from drivers.capabilities import Axis, Outputs, Spindle, ThicknessGauge
from drivers.errors import InstrumentError
from drivers.reading import Value

TRAVEL_UM_S = 5000.0
APPROACH_UM_S = 10.0
RETRACT_UM = 50.0
OVERTRAVEL_UM = 12.0  # the stage is sent this far below the target: deflection, wear and growth lie in between
CUT_UM = 1.0  # less thickness than at the start of the feed: the wheel cuts
STANDSTILL_S = 30.0
RAMP_DOWN_S = 12.0  # from 4,500 rpm at 500 rpm/s, and some
SPINDLE_SAFE_S = 48.0  # rest, ramp down in vain, and 30 s of coasting from 4,500 rpm without power
SPINDLE_REST_S = 1.5  # the head must be up this long before the spindle loses its power


@dataclass(frozen=True, slots=True)
class GrinderFacts:
    """Facts about the machine; see `machine` in the tool file."""

    safe_height_mm: float
    approach_um: float
    minimum_thickness_um: float
    spindle_nominal_W: float
    spindle_nominal_rpm: float


class Grinder(Module):
    """Removes material until the gauge says so."""

    VALUES = (
        Value("feeding", "", 0, 1, "the wheel is being fed towards the part"),
        Value("speed_error", "%", 0, 1e6, "difference between spindle speed and what was asked"),
        Value("load", "%", -10, 1000, "spindle power as part of its nominal"),
        Value("power_error", "W", -1e5, 1e5, "spindle power less what torque and speed say"),
        Value("thickness_step", "um", 0, 1e6, "change of the gauge within the last two scans"),
        Value("gauge_offset", "um", 0, 1e6, "change of the difference between gauge and stage since the wheel cut"),
        Value("target", "um", 0, 1e5, "thickness to grind to"),
    )

    def __init__(
        self, guard: Guard, plc: Outputs, drive: Spindle, stage: Axis, gauge: ThicknessGauge, facts: GrinderFacts
    ) -> None:
        super().__init__("grinder", guard, plc)
        self.drive, self.stage, self.gauge, self.facts = drive, stage, gauge, facts
        index = self.tags.index
        self._speed, self._power = index("grinder.spindle"), index("grinder.power")
        self._torque = index("grinder.torque")
        self._thickness, self._z = index("grinder.thickness"), index("grinder.z")
        self._feeding, self._moving = index("grinder.feeding"), index("z_stage.moving")
        self._contactor = index("line_plc.out_spindle_contactor")
        self._speed_error = Derived(self.tags, "grinder.speed_error", ("grinder.spindle",))
        self._load = Derived(self.tags, "grinder.load", ("grinder.power",))
        self._power_error = Derived(self.tags, "grinder.power_error", ("grinder.power", "grinder.torque"))
        self._step = Derived(self.tags, "grinder.thickness_step", ("grinder.thickness",))
        self._stops: set[asyncio.Task[None]] = set()
        self._asked_rpm = 0.0
        self._last_um = (0.0, 0.0)  # of the last two scans: a jump may fall between them
        self._start_um = 0.0
        self._offset_um: float | None = None

    def derive(self, now_s: float) -> None:
        value = self.tags.value
        asked = self._asked_rpm
        error = abs(value[self._speed] - asked) / asked * 100.0 if asked else 100.0
        self._speed_error.put(error)
        self._load.put(value[self._power] / self.facts.spindle_nominal_W * 100.0)
        shaft_W = value[self._torque] / 100.0 * value[self._speed] / self.facts.spindle_nominal_rpm
        self._power_error.put(value[self._power] - shaft_W * self.facts.spindle_nominal_W)
        thickness_um = value[self._thickness]
        older_um, last_um = self._last_um
        self._step.put(max(abs(thickness_um - last_um), abs(thickness_um - older_um)))
        self._last_um = last_um, thickness_um
        if value[self._feeding]:
            self._compare(thickness_um, value[self._z] * 1000.0)

    def moves(self) -> bool:
        value = self.tags.value
        return value[self._contactor] != 0.0 or value[self._moving] != 0.0

    # ------------------------------------------------------------------------------------------ verbs
    async def hold_part(self) -> None:
        """Chuck vacuum on, guard locked; returns when the part is held."""
        await self.switch("chuck_vacuum", 1)
        await self.switch("guard_lock", 1)
        await self.reached(lambda: self.value("grinder.chuck_vacuum") <= -65.0, 15.0, "chuck vacuum of -60 kPa")
        await self.reached(lambda: self.on("grinder.guard_locked"), 5.0, "guard locked")

    async def release_part(self) -> None:
        """Wheel up, standstill, guard unlocked, vacuum off: a person may take the part."""
        await self.switch("guard_lock", 0, "grinder.unlock_guard")
        await self.switch("chuck_vacuum", 0)

    async def home(self) -> None:
        """Home the stage (upwards), then put the head down into its working position far above the part."""
        await self.order("grinder.home", "grinder.z", 0.0, "mm", self.stage.home, tolerance=1e9)
        await self.reached(self._at_rest, 60.0, "stage homed")
        await self.switch("wheel_down", 1)

    async def spin(self, speed_rpm: float) -> None:
        """Head down, coolant and chuck on, spindle to speed; returns when it is within 2 %."""
        if self.on("grinder.wheel_lifted"):  # a loss of ENABLE lifts it, in whichever step
            await self.home()
        await self.switch("guard_lock", 1)
        await self.reached(lambda: self.on("grinder.guard_locked"), 5.0, "guard locked")
        await self.switch("coolant", 1)
        await self.switch("chuck_motor", 1)
        await self.switch("spindle_contactor", 1, "grinder.spindle")
        await self.reached(lambda: self.on("line_plc.spindle_contactor_closed"), 3.0, "spindle contactor closed")
        self._asked_rpm = speed_rpm
        await self.order("grinder.spindle", "spindle.start", 0.0, "", self.drive.start, tolerance=1e9)
        await self.order(
            "grinder.spindle",
            "spindle.speed",
            speed_rpm,
            "rpm",
            lambda permit: self.drive.set_speed(speed_rpm, permit),
            "grinder.spindle",
            1.0,
            read=self.drive.reference,
        )
        await self.reached(
            lambda: self.fresh("grinder.speed_error") and self.value("grinder.speed_error") < 2.0,
            40.0,
            f"{speed_rpm:g} rpm",
        )

    async def approach(self) -> None:
        """Bring the wheel to `approach` above the part at travel speed."""
        height_um = self.value("grinder.thickness") + self.facts.approach_um
        if self.value("grinder.z") * 1000.0 > height_um:
            await self._move(height_um, TRAVEL_UM_S, "grinder.travel", "grinder.travel")
            await self.reached(lambda: self._near(height_um), 40.0, "the approach height")

    async def grind_to(self, target_um: float, feed_um_s: float) -> None:
        """Feed until the gauge reads the target; the stage then stands still and the deflection springs back.

        Far above the part the feed is 10 um/s; below `minimum_thickness` the stage never goes.
        """
        self.gauge.feeding(True)
        self.set("grinder.target", target_um)
        self._start_um, self._offset_um = self.value("grinder.thickness"), None
        await asyncio.sleep(1.2)  # speed must have been right for a second, and the gauge read at its fast rate
        contact_um = max(self.facts.minimum_thickness_um, self._start_um + 5.0)
        if self.value("grinder.z") * 1000.0 > contact_um + 1.0:
            await self._feed(contact_um, APPROACH_UM_S)
            way_s = self.facts.approach_um / APPROACH_UM_S
            await self.reached(lambda: self._near(contact_um), 2.0 * way_s + 30.0, "contact")
        await self._feed(max(self.facts.minimum_thickness_um, target_um - OVERTRAVEL_UM), feed_um_s)
        way_um = contact_um - target_um + OVERTRAVEL_UM
        await self.reached(
            lambda: self.fresh("grinder.thickness") and self.value("grinder.thickness") <= target_um,
            way_um / feed_um_s * 1.5 + 30.0,
            f"{target_um:.1f} um",
        )
        await self.stop_feed()

    async def stop_feed(self, *, safe: bool = False) -> None:
        """Stop the stage where it is; the feed counts as going on until the stage has accepted."""
        await self.order("grinder.stop_feed", "z_stage.stop", 0.0, "mm", self.stage.stop, tolerance=1e9, safe=safe)
        self.set("grinder.feeding", 0.0)

    async def retract(self, by_um: float = RETRACT_UM) -> None:
        """Stop the feed and lift the wheel off the part; spindle and coolant go on. Waits for no disk and no permit."""
        await self.stop_feed(safe=True)
        height_um = min(self.value("grinder.z") * 1000.0 + by_um, self.facts.safe_height_mm * 1000.0)
        await self._move(height_um, TRAVEL_UM_S, "grinder.retract", None, safe=True)
        await self.reached(lambda: self._near(height_um), 5.0, "off the part")

    def block(self) -> None:
        """Stop the feed at once: the interlock of the feed is lost."""
        if self.value("grinder.feeding"):
            task = asyncio.get_running_loop().create_task(self.stop_feed(safe=True), name="stop feed")
            self._stops.add(task)
            task.add_done_callback(self._stopped)

    def _stopped(self, task: asyncio.Task[None]) -> None:
        self._stops.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._note(f"stop feed: {task.exception()}")  # the hold, which is on its way, stops it again

    async def rest(self) -> None:
        """Wheel to its safe height, spindle to standstill, coolant off; the chuck keeps the part."""
        self.gauge.feeding(False)
        height_um = self.facts.safe_height_mm * 1000.0
        if self.value("grinder.z") * 1000.0 < height_um:
            await self._move(height_um, TRAVEL_UM_S, "grinder.retract", "grinder.travel")
            await self.reached(lambda: self._near(height_um), 40.0, "the safe height")
        await self._spindle_off(safe=False)
        await self.reached(lambda: self.on("grinder.standstill"), STANDSTILL_S, "standstill")
        await self.switch("spindle_contactor", 0, safe=True)
        await self.switch("coolant", 0)
        await self.switch("chuck_motor", 0)
        self._asked_rpm = 0.0

    # ------------------------------------------------------------------------------------------ safe state
    def safe_actions(self, failure_class: FailureClass, lost: frozenset[str]) -> list[SafeAction]:
        quick = failure_class is FailureClass.EMERGENCY or "z_stage" in lost
        return [
            SafeAction("grinder: quick-lift", self._quick_lift, lambda: self.on("grinder.wheel_lifted"), 3.0)
            if quick
            else SafeAction("grinder: retract", self._retract_safe, self._is_clear, 20.0),
            SafeAction("grinder: spindle off", self._spindle_after_lift, self._is_off, SPINDLE_SAFE_S),
            SafeAction(
                "grinder: coolant off at standstill", self._coolant_after_standstill, self._is_dry, SPINDLE_SAFE_S + 2.0
            ),
        ]

    async def _quick_lift(self) -> None:
        await self.switch("wheel_down", 0, safe=True)
        if "z_stage" not in self.guard.lost:
            await self.stop_feed(safe=True)
        self.gauge.feeding(False)

    async def _retract_safe(self) -> None:
        await self.stop_feed(safe=True)
        if not self._is_clear():
            await self._move(self.facts.safe_height_mm * 1000.0, TRAVEL_UM_S, "grinder.retract", None, safe=True)
        self.gauge.feeding(False)

    def _is_clear(self) -> bool:
        return (self.fresh("grinder.z") and self.value("grinder.z") >= self.facts.safe_height_mm - 0.05) or self.on(
            "grinder.wheel_lifted"
        )

    async def _spindle_after_lift(self) -> None:
        """Ramp down, then take the power; a drive that does not answer, or goes on turning, loses it all the same."""
        if not self.on("grinder.standstill"):
            await asyncio.sleep(SPINDLE_REST_S)
        try:
            if "spindle" not in self.guard.lost:
                await self._spindle_off(safe=True)
                async with asyncio.timeout(RAMP_DOWN_S):
                    await self.guard.until(lambda: self.on("grinder.standstill"))
        except (InstrumentError, TimeoutError) as error:
            self._note(f"spindle off: {str(error) or 'no standstill in time'}; its power is taken all the same")
        await self.switch("spindle_contactor", 0, safe=True)

    def _note(self, text: str) -> None:
        self.guard.record.event(Note(text, "warning"))

    def _is_off(self) -> bool:
        return self.off("line_plc.spindle_contactor_closed") and self.on("grinder.standstill")

    async def _coolant_after_standstill(self) -> None:
        await self.guard.until(lambda: self.on("grinder.standstill"))
        await self.switch("coolant", 0, safe=True)
        await self.switch("chuck_motor", 0, safe=True)

    def _is_dry(self) -> bool:
        return self.off("line_plc.out_coolant")

    # ------------------------------------------------------------------------------------------ parts
    async def _spindle_off(self, *, safe: bool) -> None:
        await self.order("grinder.spindle_off", "spindle.stop", 0.0, "", self.drive.stop, tolerance=1e9, safe=safe)

    async def _feed(self, height_um: float, feed_um_s: float) -> None:
        self.set("grinder.feeding", 1.0)
        await self._move(height_um, feed_um_s, "grinder.feed", "grinder.feed")

    async def _move(
        self, height_um: float, speed_um_s: float, action: str, speed_limit: str | None, *, safe: bool = False
    ) -> None:
        await self.order(
            action,
            "z_stage.position",
            height_um / 1000.0,
            "mm",
            lambda permit: self.stage.move_to(height_um / 1000.0, speed_um_s, permit),
            "grinder.z",
            0.0005,
            also=((speed_limit, speed_um_s),) if speed_limit else (),
            safe=safe,
        )

    def _near(self, height_um: float) -> bool:
        return self.fresh("grinder.z") and abs(self.value("grinder.z") * 1000.0 - height_um) <= 1.0

    def _at_rest(self) -> bool:
        return self.fresh("z_stage.moving") and self.value("z_stage.moving") == 0.0 and self.value("grinder.z") > 59.9

    def _compare(self, thickness_um: float, z_um: float) -> None:
        if thickness_um > self._start_um - CUT_UM:
            self._offset_um = None
            self.set("grinder.gauge_offset", 0.0)
        elif self._offset_um is None:
            self._offset_um = thickness_um - z_um
        else:
            self.set("grinder.gauge_offset", abs(thickness_um - z_um - self._offset_um))
