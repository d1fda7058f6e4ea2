"""A made-up compress-and-release run, written through the real recorder: half an hour, ten steps, a hold, a repeat.

It is what the record's and the report's tests read; nothing here is a simulation.
"""

from __future__ import annotations

import asyncio
import math
from pathlib import Path

from controller.record.events import (
    Alarm,
    Intent,
    JobChanged,
    Measured,
    Note,
    Outcome,
    PersonSaid,
    PhaseChanged,
    PromptAnswered,
    PromptAsked,
    Recorded,
    Refusal,
    RunStarted,
)
from controller.record.journal import Recorder
from controller.record.plots import PlotGroup
from drivers.reading import TagTable, Value

STEPS = (  # name, seconds, outer pressure at the end (kPa), chamber at the end (kPa absolute), platen (degC)
    ("Load", 40, 0.0, 101.3, 25.0),
    ("Pump down", 60, 0.0, 5.0, 25.0),
    ("Compress", 125, 250.0, 5.0, 150.0),
    ("Settle", 40, 250.0, 5.0, 150.0),
    ("Cure", 900, 250.0, 5.0, 150.0),
    ("Release 1", 140, 90.0, 5.0, 150.0),
    ("Release 2", 110, 40.0, 5.0, 120.0),
    ("Release 3", 100, 0.0, 101.3, 60.0),
    ("Measure", 60, 0.0, 101.3, 40.0),
    ("Measure", 60, 0.0, 101.3, 30.0),
)
PLOTS = [
    PlotGroup("Outer pressure", "press.pressure", "press.pressure_setpoint",
              steps=("Compress", "Settle", "Cure", "Release 1", "Release 2", "Release 3")),
    PlotGroup("Chamber", "gauge.pressure", "press.vacuum_setpoint", steps=("Pump down", "Release 3")),
    PlotGroup("Platen", "platen.temperature", "platen.setpoint", steps=("Compress", "Cure")),
    PlotGroup("Standoff", "gap.height", steps=("Compress", "Release 1", "Release 2", "Release 3")),
]  # fmt: skip


class Bench:
    """A tag table, a clock that the test turns, and a recorder on them."""

    def __init__(self, path: Path, *, threaded: bool = False) -> None:
        self.now_s = 1000.0
        self.tags = TagTable()
        for instrument, name, unit in (
            ("press_pressure", "pressure", "kPa"),
            ("press_pressure", "setpoint", "kPa"),
            ("gauge", "pressure", "kPa"),
            ("plc", "vacuum_setpoint", "kPa"),
            ("platen", "temperature", "degC"),
            ("platen", "setpoint", "degC"),
            ("gap", "height", "um"),
            ("balance", "mass", "g"),
        ):
            self.tags.add(instrument, Value(name, unit, -1e3, 1e4, f"{name} of {instrument}"))
        self.tags.alias("press.pressure", "press_pressure.pressure")
        self.tags.alias("press.pressure_setpoint", "press_pressure.setpoint")
        self.tags.alias("press.vacuum_setpoint", "plc.vacuum_setpoint")
        self.recorder = Recorder(path, self.tags, lambda: self.now_s, threaded=threaded)

    def put(self, tag: str, value: float) -> None:
        """Write one good reading."""
        self.tags.put(self.tags.index(tag), value, self.now_s)


STARTED = RunStarted("compress-release", 3, "9f2c1a7e" * 8, "press-cell P07", True, {
    "press_pressure": "*IDN GE,Pace5000,10387,02.02.14",
    "platen": "EUROTHERM 3216 0xE331",
    "gap": "ND 287 v344.2-04",
    "gauge": "PLC analogue input 3",
})  # fmt: skip


def write_run(path: Path, *, seed: int = 7, hostile: str = "") -> None:
    """Record the whole made-up run into `path`."""
    bench = Bench(path)
    record = bench.recorder
    record.describe(
        run_id="demo-0001", seed=seed, start_utc="2026-11-21T14:20:05Z", lot="HX2231", part="4", carrier="C-0418",
        operator="op1147", recipe_text=RECIPE + hostile, versions={"springback": "0.1.0", "python": "3.11.7"},
        planned_s={"Pump down": 60, "Compress": 125, "Settle": 30, "Cure": 900, "Release 1": 140},
        links={"press_pressure": "tcp://127.0.0.1:5025", "platen": "serial bus A, address 1"},
        exchanges={"press_pressure": {"requests": 14211, "errors": 0}, "platen": {"requests": 6120, "errors": 1}},
    )  # fmt: skip
    record.event(STARTED)
    record.event(JobChanged("SETTING_UP", "PROCESSING"))
    asyncio.run(_steps(bench, hostile))
    record.describe(end_utc="2026-11-21T14:47:20Z")
    record.close("PROCESS_COMPLETE", "PASS")


async def _steps(bench: Bench, hostile: str) -> None:
    at = (0.0, 101.3, 25.0)
    for i, (name, seconds, *end) in enumerate(STEPS):
        turn = 2 if i == 9 else 1
        index = min(i, 8) + 1
        bench.recorder.event(PhaseChanged(name, index, turn, "IDLE", "RUNNING"))
        await bench.recorder.intent(Intent(i, "ramp_to", "press.pressure_setpoint", end[0], "kPa", f"step {name}", 0))
        bench.recorder.event(Outcome(i, "done", end[0]))
        target = (end[0], end[1], end[2])
        _scans(bench, seconds, at, target, name)
        _story(bench, name, index, turn, hostile)
        bench.recorder.event(PhaseChanged(name, index, turn, "RUNNING", "COMPLETE"))
        at = target


def _scans(bench: Bench, seconds: int, start: tuple[float, ...], end: tuple[float, ...], step: str) -> None:
    for k in range(seconds * 10):
        bench.now_s += 0.1
        share = min(k / (seconds * 4), 1.0)
        p, _vacuum, heat = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        late = max(share - 0.03, 0.0) / 0.97
        ripple = 0.6 * math.sin(k / 7)
        reached = start[0] + (end[0] - start[0]) * late + (ripple if p > 1 else 0.0)
        bench.put("press.pressure_setpoint", p)
        bench.put("press.pressure", reached - (9.0 if step == "Cure" and 3000 < k < 3100 else 0.0))
        bench.put("press.vacuum_setpoint", end[1])
        bench.put("gauge.pressure", end[1] + (start[1] - end[1]) * math.exp(-k / 120))
        bench.put("platen.setpoint", heat)
        bench.put("platen.temperature", heat + 2.0 * math.exp(-k / 300) * math.sin(k / 40))
        bench.put("gap.height", 64.0 - 28.0 * min(reached / 250.0, 1.0) ** 0.6)
        if step == "Load":
            bench.tags.fail(bench.tags.index("gap.height"))
        bench.recorder.sample()


def _story(bench: Bench, step: str, index: int, turn: int, hostile: str) -> None:
    record = bench.recorder
    if step == "Load":
        record.event(PromptAsked("p1", step, f"Carrier seated on all four pins?{hostile}", "confirm"))
        record.event(PromptAnswered("p1", True, "answers file"))
        record.event(Refusal("open_door", "press.door", "chamber 4.8 kPa abs, must be above 95", "vent the chamber"))
    if step == "Cure":
        record.event(Alarm("PRS-DEV", 2, True, f"pressure 241.1 kPa, setpoint 250.0, limit ±8 for 1 s{hostile}",
                           "held the step, pressure kept", "slow supply regulator, seal leak",
                           "check gauge G2; below 600 kPa call maintenance", "press.pressure",
                           {"press.pressure": 241.1, "press.supply": math.nan}))  # fmt: skip
        record.event(PhaseChanged(step, index, turn, "RUNNING", "HELD", "PRS-DEV"))
        for _ in range(370):
            bench.now_s += 0.1
            record.sample()
        record.event(Alarm("PRS-DEV", 2, False, "", "", "", ""))
        record.event(PersonSaid("resume", "op1147", "supply is back"))
        record.event(PhaseChanged(step, index, turn, "HELD", "RUNNING"))
    if step.startswith("Release"):
        record.event(Measured("standoff", 40.0 + 3.0 * index, "um", None, None, None, "measured", step))
    if step == "Measure" and turn == 1:
        record.event(Measured("standoff", 51.9, "um", 48.5, 51.5, False, "measured", step))
        record.event(Note("standoff high: Measure is repeated", "warning"))
    if turn == 2:
        record.event(Measured("standoff", 51.3, "um", 48.5, 51.5, True, "measured", step))
        record.event(Measured("standoff", 49.4, "um", 48.5, 51.5, True, "predicted", step))
        record.event(Measured("exposed leads", 99.9, "%", 99.5, None, True, "inspected", step))
        record.event(Recorded(step, {"inspector": "qa0044", "comment": f"no voids{hostile}"}))


RECIPE = """\
recipe: compress-release
version: 3
title: Compress, cure, release to 50 um standoff
steps:
  - name: Compress
    press: {to: 250 kPa, rate: 2 kPa/s}
  - name: Cure
    dwell: {for: 15 min, at: 150 degC +- 2 K}
"""
