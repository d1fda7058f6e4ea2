"""The mold-tool dispenser: material, needle, shots, calibration on the balance, heated mold."""

from __future__ import annotations

import asyncio
import math

from controller.equipment.heat import HeatZone, ZoneNames
from controller.equipment.module import Derived, Module
from controller.guard.alarms import raised
from controller.guard.safe import FailureClass, SafeAction
from controller.guard.scan import Guard
from drivers.capabilities import Balance, Dispenser, Outputs, TemperatureControl
from drivers.reading import Value

AIR_S = 1.0  # the unit's inlet pressure needs this long after the air valve opens
WEIGH_S = 10.0
ZERO_G = 1e-3  # ten standard deviations of a stable reading


class MoldDispenser(Module):
    """Covers the part. A shot is never repeated blindly: what has left the needle is counted before the next one."""

    VALUES = (
        Value("mass_out", "g", 0, 1000, "predicted mass dispensed into the mold in this run"),
        Value("mass_asked", "g", 0, 1000, "mass_out after the shot that is asked for"),
        Value("mass_cap", "g", 0, 1000, "the recipe's cap"),
        Value("rate", "g/s", 0, 100, "rate of the last calibration shot, 0 before one"),
        Value("lot_scanned", "", 0, 1, "a material lot was scanned in this run"),
        Value("pot_life_left", "min", -1e6, 1e6, "of the scanned lot, opened when it was scanned first"),
    )

    def __init__(
        self, guard: Guard, plc: Outputs, unit: Dispenser, balance: Balance, heater: TemperatureControl
    ) -> None:
        super().__init__("dispenser", guard, plc)
        self.unit, self.balance = unit, balance
        self.mold = HeatZone(
            self,
            heater,
            ZoneNames("mold.heat", "mold_contactor", "mold.temperature", "mold.setpoint", "mold.temperature"),
        )
        self.expires_s = 0.0
        self._mixed_before_s = math.inf  # the latest end of its pot life, for a lot that is taken up
        self._shot_began_s: float | None = None
        index = self.tags.index
        self.tags.add("mold", Value("error", "K", -500, 500, "mold setpoint minus temperature"))
        self._error = Derived(self.tags, "mold.error", ("mold.setpoint", "mold.temperature"))
        self._mold = index("mold.setpoint"), index("mold.temperature")
        self._left, self._air = index("dispenser.pot_life_left"), index("line_plc.out_dispenser_air")

    def derive(self, now_s: float) -> None:
        value = self.tags.value
        i, j = self._mold
        self._error.put(value[i] - value[j])
        self.mold.cure.derive(now_s)
        value[self._left] = (self.expires_s - now_s) / 60.0

    def moves(self) -> bool:
        return self.tags.value[self._air] != 0.0

    # ------------------------------------------------------------------------------------------ verbs
    def material(self, pot_life_s: float, mass_cap_g: float) -> None:
        """A lot was scanned: so much of its pot life is left, and the run may use at most `mass_cap_g` of it."""
        now_s = asyncio.get_running_loop().time()
        self.expires_s = min(now_s + pot_life_s, self._mixed_before_s)
        self.set("dispenser.pot_life_left", (self.expires_s - now_s) / 60.0)  # with the lot, not with the next scan
        self.set("dispenser.lot_scanned", 1.0)
        self.set("dispenser.mass_cap", mass_cap_g)

    def take_up(self, rate_g_s: float, mass_out_g: float, mass_cap_g: float, left_s: float) -> None:
        """Go on with the lot of an interrupted run: what it gave, and what is left of its pot life, scanned again or
        not."""
        self.set("dispenser.rate", rate_g_s)
        self.set("dispenser.mass_out", mass_out_g)
        self._mixed_before_s = asyncio.get_running_loop().time() + left_s
        self.material(left_s, mass_cap_g)

    async def air_on(self, pressure_kPa: float) -> None:
        """Open the air valve and set the regulator; returns when the unit raises no alarm."""
        await self.switch("dispenser_air", 1)
        await asyncio.sleep(AIR_S)
        await self.order(
            "dispenser.pressure",
            "dispenser.pressure",
            pressure_kPa,
            "kPa",
            lambda permit: self.unit.set_pressure(pressure_kPa, permit),
            "dispenser.pressure",
            0.06,
            read=self.unit.pressure,
        )
        await self.reached(
            lambda: self.fresh("dispenser.alarm") and self.value("dispenser.alarm") == 0.0, 10.0, "no dispenser alarm"
        )

    async def air_off(self) -> None:
        """Close the air valve, which vents the barrel."""
        await self.switch("dispenser_air", 0, safe=True)

    async def needle(self, *, down: bool) -> None:
        """Lower or lift the needle; returns when its switch says so."""
        await self.switch("needle_down", float(down), safe=not down)
        seen = "dispenser.needle_down" if down else "dispenser.needle_up"
        await self.reached(lambda: self.on(seen), 5.0, "needle down" if down else "needle up")

    async def shoot(self, time_s: float) -> None:
        """One shot into the mold; returns when it is over. Refused when it would pass the recipe's cap."""
        rate_g_s, before_g = self.value("dispenser.rate"), self.value("dispenser.mass_out")
        self.set("dispenser.mass_asked", before_g + rate_g_s * time_s)
        self._shot_began_s = None
        try:
            await self._shot(time_s, "dispenser.shot")
        finally:  # what has left the needle counts, also when the shot was cut short
            if self._shot_began_s is not None:
                flowed_s = min(time_s, asyncio.get_running_loop().time() - self._shot_began_s)
                self.set("dispenser.mass_out", before_g + rate_g_s * flowed_s)

    async def calibrate(self, time_s: float) -> float:
        """One shot into the balance cup; returns its mass in g and keeps the rate."""
        before_g = await self.balance.weigh(WEIGH_S)
        await self._shot(time_s, "dispenser.calibrate")
        mass_g = await self.balance.weigh(WEIGH_S) - before_g
        self.set("dispenser.rate", max(0.0, mass_g) / time_s)
        return mass_g

    async def check_zero(self) -> None:
        """Weigh the empty pan; what it shows besides nothing is told, and the job goes on: a shot is a difference."""
        shown_g = await self.balance.weigh(WEIGH_S)
        if abs(shown_g) > ZERO_G:
            text = f"the empty balance shows {shown_g:.4f} g"
            self.guard.inform(
                raised("balance.zero", FailureClass.INFORMATION, text, "warned only; the job goes on", of="the balance")
            )

    # ------------------------------------------------------------------------------------------ safe state
    def safe_actions(self, failure_class: FailureClass, lost: frozenset[str]) -> list[SafeAction]:
        # A mold may keep its heat for ten minutes while somebody watches; a run that ends leaves nobody to do so.
        return [
            self.safe_switch("dispenser_air", 0, lambda: self.off("line_plc.out_dispenser_air")),
            self.safe_switch("needle_down", 0, lambda: self.on("dispenser.needle_up"), 5.0),
            self.mold.safe_action(),
        ]

    # ------------------------------------------------------------------------------------------ parts
    async def _shot(self, time_s: float, action: str) -> None:
        unit, loop = self.unit, asyncio.get_running_loop()
        await self.order(
            "dispenser.time",
            "dispenser.time",
            time_s,
            "s",
            lambda permit: unit.set_time(time_s, permit),
            "dispenser.shot",
            0.0011,
            read=unit.time,
        )
        shots = await self.order(action, "dispenser.shot", 0.0, "", unit.shoot, tolerance=1e9)
        self._shot_began_s = loop.time()
        over_s = loop.time() + time_s
        await self.reached(
            lambda: loop.time() >= over_s and self.fresh("dispenser.shots") and self.value("dispenser.shots") > shots,
            time_s + 10.0,
            "the shot counted",
        )
