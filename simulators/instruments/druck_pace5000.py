"""Simulated Druck PACE5000 pressure controller: SCPI with the header echoed in front of every answer.

After the PACE SCPI manual (K0472 rev A, sections 2, 4 and 5). The pressure loop itself is the plant's; this is its
front panel: setpoint, slew rate, on and off, vent, in-limits, units, status and error queue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulators.protocols.lines import LinePort
from simulators.protocols.scpi import Command, Interpreter
from simulators.protocols.scpi_values import ErrorQueue, boolean, choice, number, whole_number
from simulators.wire.firmware import Answer, Firmware, PlantPorts

KPA_PER_UNIT = {
    "ATM": 101.325,
    "BAR": 100.0,
    "MBAR": 0.1,
    "PA": 0.001,
    "HPA": 0.1,
    "KPA": 1.0,
    "MPA": 1000.0,
    "TORR": 0.133322368,
    "PSI": 6.894757293,
    "KG/M2": 0.00980665,
}
SLOWEST_KPA_S = 1e-6  # refuses zero and negative rates
SLEW_MODES = {"LIN": "LIN", "LINEAR": "LIN", "MAX": "MAX", "MAXIMUM": "MAX"}

VENT_COMPLETE = 1 << 0  # bits of the pressure operation register
IN_LIMITS = 1 << 2
ERROR_AVAILABLE = 1 << 2  # bits of the status byte
MASTER_SUMMARY = 1 << 6

_VENT_COMPLETED = 2  # 0 is not venting, 1 in progress


@dataclass(frozen=True, slots=True)
class PaceSettings:
    """What differs from one PACE5000 to the next, and its settings at power-up."""

    serial: str = "3215987"
    firmware: str = "DK0367 v2.04.02"
    mac: str = "00:18:7D:5A:31:07"
    terminator: bytes = b"\r"
    unit: str = "MBAR"
    full_scale_kPa: float = 1000.0
    lowest_kPa: float = -100.0
    slew_kPa_s: float = 1.0
    fastest_slew_kPa_s: float = 60.0


class DruckPace5000:
    """One PACE5000 with one control module, reading gauge pressure.

    In-limits is judged at the moments at which the host asks for the pressure, the flag or the status: the pressure
    counts as inside since the first of an unbroken row of such moments. Power-up starts with the loop off.
    """

    def __init__(self, plant: PlantPorts, clock: Callable[[], float], settings: PaceSettings | None = None) -> None:
        self._plant = plant
        self._clock = clock
        self._settings = settings or PaceSettings()
        self._terminator = self._settings.terminator
        self._errors = ErrorQueue()
        self._first_port = LinePort(self._execute)
        self._unit = self._settings.unit
        self._kPa_per_unit = KPA_PER_UNIT[self._unit]
        self._target_kPa = 0.0
        self._slew_kPa_s = self._settings.slew_kPa_s
        self._slew_mode = "LIN"
        self._band_percent = 0.1
        self._dwell_s = 2.0
        self._inside_since_s: float | None = None
        self._events = 0
        self._conditions_seen = 0
        self._service_mask = 0
        self._interpreter = Interpreter(
            [*self._pressure(), *self._control(), *self._status(), *self._unit_data()], self._errors
        )
        self._loop_on = False
        plant.drive("pressure_control", 0.0)
        plant.drive("pressure_target", 0.0)
        plant.drive("pressure_rate", self._slew_kPa_s)

    def receive(self, data: bytes) -> list[Answer]:
        """Execute the complete lines among what has arrived; commands say nothing, queries answer one line each."""
        return self._first_port.receive(data)

    def connection(self) -> Firmware:
        """Return a further port to the same instrument, with an input buffer of its own (one for each socket)."""
        return LinePort(self._execute)

    def _execute(self, line: bytes) -> bytes | None:
        reply = self._interpreter.execute(line)
        return None if reply is None else reply.encode("ascii") + self._terminator

    # ------------------------------------------------------------------ the command set, by subject

    def _pressure(self) -> list[Command]:
        return [
            Command(":SENSe#[:PRESsure]", query=lambda: self._in_unit(self._read_kPa())),
            Command(":SENSe#[:PRESsure]:INLimits", query=self._in_limits_reply),
            Command(":SOURce#[:PRESsure]:INLimits", lambda: f"{self._band_percent:.3f}", self._set_band),
            Command(":SOURce#[:PRESsure]:INLimits:TIME", lambda: f"{self._dwell_s:g}", self._set_dwell),
            Command(":SOURce#[:PRESsure]:COMPensate#", query=lambda: self._sensed_in_unit("pressure_source")),
            Command(":SOURce#[:PRESsure]:EFFort", query=lambda: f"{self._plant.sense('pressure_effort'):.3f}"),
            Command(":UNIT#[:PRESsure]", lambda: self._unit, self._set_unit),
            Command(":INSTrument:SENSe#:FULLscale", query=self._full_scale_reply),
        ]

    def _control(self) -> list[Command]:
        level = ":SOURce#[:PRESsure][:LEVel][:IMMediate][:AMPLitude]"
        return [
            Command(level, lambda: self._in_unit(self._target_kPa), self._set_target),
            Command(level + ":VENT", lambda: str(self._vent_state()), self._set_vent),
            Command(":SOURce#[:PRESsure]:SLEW", lambda: self._in_unit(self._slew_kPa_s), self._set_slew),
            Command(":SOURce#[:PRESsure]:SLEW:MODE", lambda: self._slew_mode, self._set_slew_mode),
            Command(":OUTPut#[:STATe]", self._output_state, self._set_output),
            Command(":GTL", event=lambda: None),
        ]

    def _status(self) -> list[Command]:
        return [
            Command(":STATus:OPERation:PRESsure[:EVENt]", query=self._take_events),
            Command(":STATus:OPERation:PRESsure:CONDition", query=lambda: str(self._conditions())),
            Command(":STATus:OPERation:CONDition", query=lambda: str(self._conditions())),
            Command(":SYSTem:ERRor[:NEXT]", query=lambda: self._errors.pop().value),
            Command("*CLS", event=self._clear_status),
            Command("*STB", query=self._status_byte),
            Command("*SRE", lambda: str(self._service_mask), self._set_service_mask),
        ]

    def _unit_data(self) -> list[Command]:
        identity = f"GE Druck,PACE5000,{self._settings.serial},{self._settings.firmware}"
        return [
            Command("*IDN", query=lambda: identity),
            Command(":INSTrument:SN", query=lambda: self._settings.serial),
            Command(":INSTrument:MAC", query=lambda: self._settings.mac),
        ]

    # ------------------------------------------------------------------ pressure

    def _in_unit(self, value_kPa: float) -> str:
        return f"{value_kPa / self._kPa_per_unit:.7f}"

    def _sensed_in_unit(self, channel: str) -> str:
        return self._in_unit(self._plant.sense(channel))

    def _read_kPa(self) -> float:
        pressure_kPa = self._plant.sense("outer_fine")
        band_kPa = self._band_percent * 0.01 * self._settings.full_scale_kPa
        if abs(pressure_kPa - self._target_kPa) > band_kPa:
            self._inside_since_s = None
        elif self._inside_since_s is None:
            self._inside_since_s = self._clock()
        return pressure_kPa

    def _in_limits(self) -> bool:
        return self._inside_since_s is not None and self._clock() - self._inside_since_s >= self._dwell_s

    def _in_limits_reply(self) -> str:
        pressure = self._in_unit(self._read_kPa())
        return f"{pressure}, {int(self._in_limits())}"

    def _set_band(self, text: str) -> None:
        self._band_percent = number(text, 0.0, 100.0)
        self._inside_since_s = None

    def _set_dwell(self, text: str) -> None:
        self._dwell_s = number(text, 2, 999)

    def _set_unit(self, text: str) -> None:
        self._kPa_per_unit = choice(text, KPA_PER_UNIT)
        self._unit = text.upper()

    def _full_scale_reply(self) -> str:
        return f"{self._in_unit(self._settings.full_scale_kPa)}, {self._in_unit(self._settings.lowest_kPa)}"

    # ------------------------------------------------------------------ control

    def _set_target(self, text: str) -> None:
        scale = self._kPa_per_unit
        lowest, highest = self._settings.lowest_kPa / scale, self._settings.full_scale_kPa / scale
        self._target_kPa = number(text, lowest, highest) * scale
        self._inside_since_s = None
        self._plant.drive("pressure_target", self._target_kPa)

    def _set_slew(self, text: str) -> None:
        scale = self._kPa_per_unit
        self._slew_kPa_s = number(text, SLOWEST_KPA_S / scale, self._settings.full_scale_kPa / scale) * scale
        self._drive_rate()

    def _set_slew_mode(self, text: str) -> None:
        self._slew_mode = choice(text, SLEW_MODES)
        self._drive_rate()

    def _drive_rate(self) -> None:
        fastest = self._slew_mode == "MAX"
        self._plant.drive("pressure_rate", self._settings.fastest_slew_kPa_s if fastest else self._slew_kPa_s)

    def _output_state(self) -> str:
        return "1" if self._loop_on else "0"

    def _set_output(self, text: str) -> None:
        self._loop_on = bool(boolean(text))
        self._plant.drive("pressure_control", float(self._loop_on))

    def _vent_state(self) -> int:
        return int(self._plant.sense("pressure_vent_state"))

    def _set_vent(self, text: str) -> None:
        self._plant.drive("pressure_vent", float(whole_number(text, 0, 1)))

    # ------------------------------------------------------------------ status

    def _conditions(self) -> int:
        self._read_kPa()
        now = (VENT_COMPLETE if self._vent_state() == _VENT_COMPLETED else 0) | (IN_LIMITS if self._in_limits() else 0)
        self._events |= now & ~self._conditions_seen
        self._conditions_seen = now
        return now

    def _take_events(self) -> str:
        """Return what has come up since the register was last read, and clear it."""
        self._conditions()
        events, self._events = self._events, 0
        return str(events)

    def _clear_status(self) -> None:
        self._errors.clear()
        self._events = 0

    def _status_byte(self) -> str:
        """Return the status byte; reading it clears the error flag but not the error queue (K0472, 4-103)."""
        status = ERROR_AVAILABLE if self._errors.unseen else 0
        self._errors.unseen = False
        if status & self._service_mask:
            status |= MASTER_SUMMARY
        return str(status)

    def _set_service_mask(self, text: str) -> None:
        self._service_mask = whole_number(text, 0, 255)
