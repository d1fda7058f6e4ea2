"""Druck PACE5000 pressure controller, SCPI (PACE series SCPI manual K0472 rev A) on a socket, serial line or GPIB.

Pressures are in kPa as the unit's own sensor gives them; it must have a gauge sensor. Ramps, vents and limits run in
the unit; whether a pressure was reached is seen from the tags.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.errors import GarbledReply, WrongInstrument
from drivers.instrument import Instrument
from drivers.links.line import Line
from drivers.links.request import Ask, Dialogue, Poll
from drivers.links.termination import termination
from drivers.permit import Permit
from drivers.protocols.scpi import Scpi, real, reals
from drivers.reading import TagTable, Value

PRESSURISED_kPa = 5.0  # above it the pressure is watched closely even with the loop off
ACTIVE_S = 0.1  # poll periods of the pressure
IDLE_S = 0.5
STATE_S, STATE_IDLE_S = 1.0, 5.0  # of everything else, which is asked one by one and does not change fast

PRESSURE = ("pressure", "in_limits")
STATE = ("effort", "source", "target", "control", "vent")


class DruckPace5000(Instrument):
    """One pressure controller; `PressureControl` of the capabilities.

    Setting: `terminator` of requests (CR, LF or CRLF; CR), which depends on the interface; replies may have any.
    """

    VALUES = (
        Value("pressure", "kPa", -20.0, 1_000.0, "measured, gauge", at=":SENS:PRES:INL"),
        Value("in_limits", "", 0.0, 1.0, "pressure has been near the target for the dwell time", at=":SENS:PRES:INL"),
        Value("effort", "%", -100.0, 100.0, "controller effort", at=":SOUR:PRES:EFF"),
        Value("source", "kPa", -20.0, 2_000.0, "positive supply, gauge", at=":SOUR:PRES:COMP"),
        Value("target", "kPa", -20.0, 1_000.0, "setpoint, gauge", at=":SOUR:PRES:LEV:IMM:AMPL"),
        Value("control", "", 0.0, 1.0, "control loop on", at=":OUTP:STAT"),
        Value("vent", "", 0.0, 2.0, "0 not venting, 1 in progress, 2 completed", at=":SOUR:PRES:LEV:IMM:AMPL:VENT"),
    )

    def __init__(self, name: str, line: Line, tags: TagTable, settings: Mapping[str, Any]) -> None:
        super().__init__(name, line, tags, settings)
        self._scpi = scpi = Scpi(termination(self.setting("terminator", "CR")))
        self._ask_pressure = scpi.question(":SENS:PRES:INL?", _pressure_in_limits)
        headers = {value.name: str(value.at) for value in self.VALUES if value.name in STATE}
        self._ask_state = {name: scpi.question(f"{header}?", real) for name, header in headers.items()}
        self._headers = headers
        self._ask_rate = scpi.question(":SOUR:PRES:SLEW?", real)
        self._ask_unit = scpi.question(":UNIT:PRES?", str)
        self._ask_who = scpi.question("*IDN?", str)
        self._control_on = False
        self._poll_pressure: Poll | None = None
        self._poll_state: Poll | None = None

    # ------------------------------------------------------------------------------------------ reading
    def identify(self) -> Dialogue[str]:
        """Ask `*IDN?`, forget errors that others have left behind, and make sure that the unit talks kPa."""
        who: str = yield self._ask_who
        if "PACE" not in who.upper():
            raise WrongInstrument(
                f"{self.name}: wanted a Druck PACE at {self.line.channel.address}, but it says {who!r};"
                " check the address in the tool file"
            )
        yield from self._scpi.errors()
        unit: str = yield self._ask_unit
        if unit.upper() != "KPA":
            unit = yield from self._scpi.set(":UNIT:PRES", "KPA", self._ask_unit)
        if unit.upper() != "KPA":
            raise WrongInstrument(f"{self.name}: {who!r} stays at unit {unit!r}, wanted KPA; set it at its panel")
        return who

    def polls(self) -> Sequence[Poll]:
        """The pressure, fast while there is some; the state once a second."""
        self._poll_pressure = self.poll(IDLE_S, self._read_pressure, self._store_pressure, PRESSURE)
        self._poll_state = self.poll(STATE_S, self._read_state, self._store_state, STATE)
        return [self._poll_pressure, self._poll_state]

    def _read_pressure(self) -> Dialogue[tuple[float, float]]:
        reply: tuple[float, float] = yield self._ask_pressure
        return reply

    def _store_pressure(self, reply: tuple[float, float], now_s: float) -> None:
        pressure_kPa, in_limits = reply
        self.put("pressure", pressure_kPa, now_s)
        self.put("in_limits", in_limits, now_s)
        self._adapt(pressure_kPa)

    def _adapt(self, pressure_kPa: float) -> None:
        active = self._control_on or pressure_kPa > PRESSURISED_kPa
        if self._poll_pressure is not None:
            self.pace(self._poll_pressure, ACTIVE_S if active else IDLE_S)
        if self._poll_state is not None:
            self.pace(self._poll_state, STATE_S if active else STATE_IDLE_S)

    def _read_state(self) -> Dialogue[list[float]]:
        values = []
        for name in STATE:
            values.append((yield self._ask_state[name]))
        return values

    def _store_state(self, values: list[float], now_s: float) -> None:
        for name, value in zip(STATE, values, strict=True):
            self.put(name, value, now_s)
        self._control_on = values[STATE.index("control")] != 0.0

    async def rate(self) -> float:
        """The slew rate that is set, kPa/s."""
        return await self.ask(lambda: self._reply(self._ask_rate))

    async def target(self) -> float:
        """The target that is set, kPa gauge."""
        return await self.ask(lambda: self._reply(self._ask_state["target"]))

    async def control(self) -> float:
        """1 while the control loop is on, else 0."""
        return await self.ask(lambda: self._reply(self._ask_state["control"]))

    def _reply(self, question: Ask) -> Dialogue[float]:
        value: float = yield question
        return value

    # ------------------------------------------------------------------------------------------ commanding
    async def set_rate(self, rate_kPa_s: float, permit: Permit) -> float:
        """Set the slew rate for targets and vents, linear; returns the rate read back."""

        def dialogue() -> Dialogue[float]:
            yield self._scpi.command(":SOUR:PRES:SLEW:MODE LIN")
            read_back: float = yield from self._scpi.set(":SOUR:PRES:SLEW", f"{rate_kPa_s:.4f}", self._ask_rate)
            return read_back

        return await self.act(dialogue, permit)

    async def set_target(self, pressure_kPa: float, permit: Permit) -> float:
        """Set the target, gauge; with control on the ramp begins. Returns the target read back."""
        return await self._set("target", f"{pressure_kPa:.4f}", permit)

    async def set_control(self, on: bool, permit: Permit) -> float:
        """Switch the control loop; off leaves the pressure where it is. Returns 1 or 0 as read back."""
        result = await self._set("control", "1" if on else "0", permit)
        self._control_on = result != 0.0
        if self._poll_pressure is not None:
            self._adapt(self.tags.value[self.tag["pressure"]])
            self.line.hurry(self._poll_pressure)
        return result

    async def vent(self, permit: Permit) -> float:
        """Start a vent at the slew rate; returns the vent state, 1 in progress or 2 completed."""
        return await self._set("vent", "1", permit)

    async def _set(self, value: str, text: str, permit: Permit) -> float:
        result: float = await self.act(
            lambda: self._scpi.set(self._headers[value], text, self._ask_state[value]), permit
        )
        self.put(value, result, asyncio.get_running_loop().time())
        return result


def _pressure_in_limits(text: str) -> tuple[float, float]:
    numbers = reals(text)
    if len(numbers) != 2:
        raise GarbledReply(f"wanted pressure and in-limits flag, got {text!r}")
    return numbers[0], numbers[1]
