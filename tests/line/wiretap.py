"""The press and its heaters through two minutes of work, seen only through the bytes of their instruments."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import fmean, pstdev

from simulators.instruments.druck_pace5000 import DruckPace5000, PaceSettings
from simulators.instruments.eurotherm_3216 import Eurotherm3216
from simulators.instruments.line_plc import LinePlc
from simulators.protocols.modbus import ModbusTcp, rtu_frame
from simulators.scenario import parse_fault
from simulators.wire.bus import BusUnit, RtuBus
from tests.unit.plant_bench import Bench

PLC_MAP = Path(__file__).parents[2] / "config" / "line_plc_map.yaml"
POLL_S = 0.5
FIRST, COUNT = 14, 18  # input registers of the PLC from outer_coarse on
FLOATS = ("outer_coarse", "inner", "clamp_pressure", "supply", "gap1", "gap2", "gap3", "coolant_flow", "chuck_pressure")
QUERIES = {"outer_fine": ":SENS:PRES?", "pressure_effort": ":SOUR:PRES:EFF?", "pressure_source": ":SOUR:PRES:COMP1?"}
UNITS = {1: "platen", 2: "mold"}
# Up and down without vacuum, then under vacuum with ten seconds of shut-in; the heaters go to 40 degC meanwhile.
SCRIPT: dict[float, dict[str, float]] = {
    3.0: {"door_lock": 1, "clamp": 1, "dump_shut": 1},
    4.0: {"platen_contactor": 1, "mold_contactor": 1, "platen_setpoint": 40, "mold_setpoint": 40},
    8.0: {"pressure_target": 300, "pressure_rate": 50, "pressure_control": 1},
    25.0: {"pressure_target": 0, "pressure_rate": 20},
    45.0: {"inner_vent_shut": 1, "inner_vacuum": 1, "pump": 1},
    60.0: {"pressure_target": 400, "pressure_rate": 50},
    75.0: {"inner_vacuum": 0},
    85.0: {"inner_vacuum": 1},
    95.0: {"pressure_target": 0, "pressure_rate": 40},
}
END_S = 120.0


@dataclass(slots=True)
class Series:
    """What the wire said: per channel the values at times POLL_S apart, from the first poll on."""

    first_s: float
    values: dict[str, list[float]] = field(default_factory=dict)

    def between(self, channel: str, from_s: float, to_s: float) -> list[float]:
        """Values polled from one time up to another."""
        start, end = (round((at_s - self.first_s) / POLL_S) for at_s in (from_s, to_s))
        return self.values[channel][start:end]

    def mean(self, channel: str, from_s: float, to_s: float) -> float:
        return fmean(self.between(channel, from_s, to_s))

    def scatter(self, channel: str, from_s: float, to_s: float) -> float:
        return pstdev(self.between(channel, from_s, to_s))

    def rise(self, channel: str, from_s: float, to_s: float) -> float:
        """Last value of a stretch of time less its first."""
        values = self.between(channel, from_s, to_s)
        return values[-1] - values[0]


class Wiretap:
    """The instruments of the press and of the mold heater on a plant, asked as a client asks them."""

    def __init__(self, bench: Bench) -> None:
        plant, clock = bench.plant, bench.clock
        self._plc = ModbusTcp(LinePlc(plant, PLC_MAP, clock))
        self._pace = DruckPace5000(plant, clock, PaceSettings(unit="KPA"))
        controllers = {n: BusUnit(name, Eurotherm3216(plant, name, clock)) for n, name in UNITS.items()}
        self._bus = RtuBus(controllers, clock)

    def look(self) -> dict[str, float]:
        """Everything the instruments say now."""
        request = struct.pack(">HHHBBHH", 1, 0, 6, 255, 4, FIRST, COUNT)
        answer = self._plc.receive(request)[0].data
        seen = dict(zip(FLOATS, struct.unpack(">9f", answer[9:]), strict=True))
        for channel, query in QUERIES.items():
            text = b"".join(part.data for part in self._pace.receive(query.encode() + b"\r")).decode()
            seen[channel] = float(text.split()[-1])
        for unit, name in UNITS.items():
            for suffix, register in (("", 1), ("_output", 4), ("_status", 75)):
                frame = self._bus.receive(rtu_frame(unit, struct.pack(">BHH", 3, register, 1)))[0].data
                word = int.from_bytes(frame[3:5], "big", signed=True)
                seen[name + suffix] = word if suffix == "_status" else word / 10.0
        return seen


@cache
def heard(*faults: str) -> Series:
    """The two minutes with these faults."""
    bench = Bench().enable()
    tap = Wiretap(bench)
    bench.put("press")
    for fault in faults:
        bench.plant.inject(parse_fault(fault))
    tap.look()  # the temperature controllers hand their setpoint over
    series = Series(first_s=2.5)
    bench.run(series.first_s - POLL_S - bench.now)

    def poll() -> None:
        bench.drive(**SCRIPT.get(round(bench.now, 3), {}))
        for channel, value in tap.look().items():
            series.values.setdefault(channel, []).append(value)

    bench.run(END_S - bench.now, poll_s=POLL_S, watch=poll)
    return series
