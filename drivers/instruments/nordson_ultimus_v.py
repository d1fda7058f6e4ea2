"""Nordson EFD Ultimus V time-pressure dispenser (operating manual, appendix B), in timed mode and kPa.

Each read is a dialogue of three exchanges on a slow line, so only alarms and the shot count are polled often. Whether
a shot may be given, and how much it was, is decided elsewhere.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import NamedTuple

from drivers.errors import GarbledReply, Refused, WrongInstrument
from drivers.instrument import Instrument
from drivers.links.request import Dialogue, Poll
from drivers.permit import Permit
from drivers.protocols import ultimus
from drivers.reading import Value

PRESSURE = 10  # counts per kPa of pressure in kPa units
VACUUM = 100  # counts per kPa of vacuum
TIME = 10_000  # counts per second in five digits; four digits would be milliseconds
TIME_MIN_s, TIME_MAX_s = 0.01, 9.999

# Poll periods: with air; without, when the unit raises its alarm; of the settings.
ACTIVE_S, IDLE_S, SETTINGS_S = 0.5, 5.0, 30.0
STATE = ("alarm", "shots")

SETTINGS = re.compile(r"PD(\d{4})DT(\d{4,5})VC(\d{4})")
ALARMS = re.compile(r"IN([12])PA([12])AI([12])")
COUNT = re.compile(r"SC(\d{7})")
MEMORY = re.compile(r"(\d{3})")


class Settings(NamedTuple):
    """What the active memory holds."""

    pressure_kPa: float
    time_s: float
    vacuum_kPa: float


class NordsonUltimusV(Instrument):
    """One dispenser; `Dispenser` of the capabilities. No settings."""

    VALUES = (
        Value("pressure", "kPa", 0.0, 689.5, "dispense pressure, gauge, as set", at="E8"),
        Value("time", "s", 0.0, 9.9999, "length of a shot, as set", at="E8"),
        Value("vacuum", "kPa", 0.0, 4.48, "hold-back below atmosphere, as set", at="E8"),
        Value("shots", "", 0.0, 9_999_999.0, "deposits counted by the unit", at="E9"),
        Value("alarm", "", 0.0, 1.0, "1 when any alarm is on: input, pressure, auto-increment", at="EL"),
    )

    _poll: Poll | None = None

    # ------------------------------------------------------------------------------------------ reading
    def identify(self) -> Dialogue[str]:
        """Recognise the unit by its units of pressure and vacuum (it has no name to ask for), and set both to kPa."""
        for query, tag, change in (("E4  ", "PU", "E6  02"), ("E5  ", "VU", "E7  00")):
            wanted = tag + change[-2:]
            unit = yield from ultimus.read(query)
            if not unit.startswith(tag):
                raise WrongInstrument(
                    f"{self.name}: wanted a Nordson Ultimus V at {self.line.channel.address}, but it answers"
                    f" {unit!r} to {query!r}; check the address in the tool file"
                )
            if unit != wanted:
                yield from ultimus.write(change)
                unit = yield from ultimus.read(query)
            if unit != wanted:
                raise WrongInstrument(f"{self.name}: the dispenser stays at unit {unit!r}, wanted {wanted!r}")
        memory = yield from self._read_memory()
        return f"Nordson Ultimus, memory {memory}, kPa"

    def polls(self) -> Sequence[Poll]:
        """Alarms and shot count, slowly while there is no air; seldom the settings, to notice a turned knob."""
        self._poll = self.poll(IDLE_S, self._read_state, self._store_state, STATE)
        return [
            self._poll,
            self.poll(SETTINGS_S, self._read_settings, self._store_settings, ["pressure", "time", "vacuum"]),
        ]

    def _read_alarm(self) -> Dialogue[float]:
        states = _fields(ALARMS, (yield from ultimus.read("EL  ")))
        return 1.0 if "1" in states else 0.0  # 2 means none

    def _read_count(self) -> Dialogue[float]:
        return float(_fields(COUNT, (yield from ultimus.read("E9  ")))[0])

    def _read_state(self) -> Dialogue[tuple[float, float]]:
        alarm = yield from self._read_alarm()
        return alarm, (yield from self._read_count())

    def _store_state(self, state: tuple[float, float], now_s: float) -> None:
        alarm, shots = state
        self.put("alarm", alarm, now_s)
        self.put("shots", shots, now_s)
        if self._poll is not None:
            self.pace(self._poll, IDLE_S if alarm else ACTIVE_S)

    def _read_memory(self) -> Dialogue[str]:
        return _fields(MEMORY, (yield from ultimus.read("UA  ")))[0]

    def _read_settings(self) -> Dialogue[Settings]:
        memory = yield from self._read_memory()
        pressure, time, vacuum = _fields(SETTINGS, (yield from ultimus.read(f"E8{memory}")))
        counts_per_s = TIME if len(time) == 5 else 1_000
        return Settings(int(pressure) / PRESSURE, int(time) / counts_per_s, int(vacuum) / VACUUM)

    def _store_settings(self, settings: Settings, now_s: float) -> None:
        self.put("pressure", settings.pressure_kPa, now_s)
        self.put("time", settings.time_s, now_s)
        self.put("vacuum", settings.vacuum_kPa, now_s)

    async def pressure(self) -> float:
        """The dispense pressure that is set, kPa gauge."""
        return (await self.ask(self._read_settings)).pressure_kPa

    async def time(self) -> float:
        """The length of a shot that is set, s."""
        return (await self.ask(self._read_settings)).time_s

    # ------------------------------------------------------------------------------------------ commanding
    async def set_pressure(self, pressure_kPa: float, permit: Permit) -> float:
        """Set the dispense pressure, 0..689.5 kPa gauge; returns the value read back."""
        counts = _counts(
            pressure_kPa * PRESSURE, 0, 6895, f"dispense pressure {pressure_kPa:g} kPa, possible is 0..689.5"
        )
        pressure = (await self._set(f"PS  {counts:04d}", permit)).pressure_kPa
        if self._poll is not None:
            self.line.hurry(self._poll)  # the alarm follows the set pressure
        return pressure

    async def set_vacuum(self, vacuum_kPa: float, permit: Permit) -> float:
        """Set the vacuum hold-back, 0..4.48 kPa below atmosphere; returns the value read back."""
        counts = _counts(vacuum_kPa * VACUUM, 0, 448, f"vacuum hold-back {vacuum_kPa:g} kPa, possible is 0..4.48")
        return (await self._set(f"VS  {counts:04d}", permit)).vacuum_kPa

    async def set_time(self, time_s: float, permit: Permit) -> float:
        """Set the length of a shot, 0.01..9.999 s; returns the value read back."""
        counts = _counts(
            time_s * TIME,
            TIME_MIN_s * TIME,
            TIME_MAX_s * TIME,
            f"shot of {time_s:g} s, possible is {TIME_MIN_s:g}..{TIME_MAX_s:g}",
        )
        return (await self._set(f"DS  T{counts:05d}", permit)).time_s

    async def shoot(self, permit: Permit) -> float:
        """Start one timed shot and return the shot count from before it.

        Never repeat it after NoReply: the shot may be going on. Compare the count instead.
        """

        def dialogue() -> Dialogue[float]:
            count = yield from self._read_count()
            yield from ultimus.write("TT  ")  # in steady mode DI would open the valve and leave it open
            yield from ultimus.write("DI  ")
            return count

        return await self.act(dialogue, permit)

    async def _set(self, command: str, permit: Permit) -> Settings:
        def dialogue() -> Dialogue[Settings]:
            yield from ultimus.write(command)
            return (yield from self._read_settings())

        settings = await self.act(dialogue, permit)
        self._store_settings(settings, asyncio.get_running_loop().time())
        return settings


def _fields(pattern: re.Pattern[str], data: str) -> tuple[str, ...]:
    found = pattern.fullmatch(data)
    if found is None:
        raise GarbledReply(f"the dispenser sent {data!r}, wanted something like {pattern.pattern}")
    return found.groups()


def _counts(counts: float, low: float, high: float, what: str) -> int:
    if not low - 0.5 <= counts <= high + 0.5:
        raise Refused(f"{what}; nothing was sent")
    return round(counts)
