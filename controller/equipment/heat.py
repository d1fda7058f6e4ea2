"""One heated zone: contactor and temperature loop. Used by the press (platen) and the dispenser (mold)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from controller.equipment.cure import CurePrediction
from controller.equipment.module import Module
from controller.guard.safe import SafeAction
from drivers.capabilities import TemperatureControl

STREAM_S = 5.0  # how often a ramp's setpoint goes out: steps of 1 K at 12 K/min
WITHIN_K = 1.0  # reached
SLACK_S = 600.0  # over the ramp's own time, for the lag at the end


@dataclass(frozen=True, slots=True)
class ZoneNames:
    """What the zone's parts are called in the tool."""

    action: str  # the action that the permissive gates: press.heat
    contactor: str  # output of the PLC
    temperature: str  # tag
    setpoint: str  # tag
    limit: str  # limit of the setpoint, and of its rate


class HeatZone:
    """Ramps by streaming the volatile setpoint, because the stored one wears out its memory."""

    def __init__(self, module: Module, control: TemperatureControl, names: ZoneNames) -> None:
        self.module, self.control, self.names = module, control, names
        self.target_degC = 0.0
        self.cure = CurePrediction(module.tags, names.temperature)

    async def cured(self, percent: float, deadline_s: float) -> None:
        """Return when the prediction says that so much has cured."""
        module, tag = self.module, self.cure.tag
        await module.reached(lambda: module.value(tag) >= percent, deadline_s, f"{percent:g} % cure by {tag}")

    async def ramp_to(self, target_degC: float, rate_K_s: float) -> None:
        """Heat (or lower) at a rate; returns when the temperature is within 1 K of the target.

        NotReached when it takes ten minutes longer than the ramp itself.
        """
        module, names, loop = self.module, self.names, asyncio.get_running_loop()
        start_s, start_degC = loop.time(), module.value(names.temperature)
        await self._set(start_degC, rate_K_s)  # before there is power: the loop may hold an old setpoint
        await module.order(
            names.action,
            f"{names.setpoint} remote",
            1.0,
            "",
            lambda permit: self.control.use_remote(True, permit),
            read=self.control.remote,
        )
        await module.switch(names.contactor, 1, names.action)
        self.target_degC = target_degC
        ramp_s = abs(target_degC - start_degC) / rate_K_s
        deadline_s = start_s + ramp_s + SLACK_S
        k = 0
        while loop.time() - start_s < ramp_s:
            k += 1
            done = min(1.0, k * STREAM_S / ramp_s)
            await self._set(start_degC + done * (target_degC - start_degC), rate_K_s)
            await asyncio.sleep(start_s + k * STREAM_S - loop.time())
        await self._set(target_degC, rate_K_s)
        await module.reached(
            lambda: abs(module.value(names.temperature) - target_degC) <= WITHIN_K and module.fresh(names.temperature),
            deadline_s - loop.time(),
            f"{target_degC:g} degC ({names.temperature})",
        )

    async def off(self) -> None:
        """Open the contactor; returns when its auxiliary contact says so."""
        await self.module.switch(self.names.contactor, 0, safe=True)
        closed = f"line_plc.{self.names.contactor}_closed"
        await self.module.reached(lambda: self.module.off(closed), 2.0, f"{self.names.contactor} open")

    async def cool_below(self, limit_degC: float, deadline_s: float) -> None:
        """Heater off, then wait until the zone is colder than `limit_degC`."""
        await self.off()
        await self.module.reached(
            lambda: (
                self.module.value(self.names.temperature) < limit_degC and self.module.fresh(self.names.temperature)
            ),
            deadline_s,
            f"below {limit_degC:g} degC ({self.names.temperature})",
        )

    def safe_action(self) -> SafeAction:
        """Contactor open, seen by its auxiliary contact."""
        closed = f"line_plc.{self.names.contactor}_closed"
        return self.module.safe_switch(self.names.contactor, 0, lambda: self.module.off(closed))

    async def _set(self, setpoint_degC: float, rate_K_s: float) -> None:
        await self.module.order(
            self.names.action,
            self.names.setpoint,
            round(setpoint_degC, 1),
            "degC",
            lambda permit: self.control.set_setpoint(round(setpoint_degC, 1), permit),
            limit=self.names.limit,
            tolerance=0.06,
            also=((f"{self.names.limit}#rate", rate_K_s),),
            read=self.control.remote_setpoint,
        )
