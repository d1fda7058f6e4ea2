"""What goes wrong in a campaign: faults of machine, wire and host, and what people say, each at its instant.

Drawn from a seed and carried out in a running station; what each does to the run is for the monitor to see.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Protocol

from controller.cli.loops import VirtualLoop
from controller.cli.simulated import INSTRUMENTS, PLANT_FAULTS, SimulatedStation, begin_fault
from controller.cli.simulated.watch import CHANNELS
from controller.record.events import Event, Intent
from controller.record.store import RecordError

WIRE = ("silent", "late", "slow", "garble", "drop")
SLOW_S = 0.06  # within every deadline
LATE_S = 0.5  # longer than any
DROP_EVERY = 4
BRIEF_S = (0.03, 4.0)  # drawn evenly by its logarithm: most pass before anything is lost
HOST_S = (0.02, 3.0)
KINDS = ("machine", "wire", "wire", "wire", "wire", "host", "host", "person")
PEOPLE = ("hold", "hold", "hold", "resume", "resume", "resume", "resume", "stop", "abort")
FOR_GOOD = 0.1  # this share of the faults of wires does not pass by itself
FIRST_S = 3.0  # nothing before the station is open
FROM_START = 0.4  # this share of the mild faults is there before the first step
UNITS = {
    "press": ("press", "platen", "part"), "dispenser": ("mold", "dispenser", "balance"),
    "grinder": ("spindle", "wheel", "grinder"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mishap:
    """`kind` of machine, wire, host or person; what it concerns; how; when; for how long (0: for good)."""

    kind: str
    what: str
    how: str
    at_s: float
    for_s: float = 0.0

    @property
    def lies(self) -> bool:
        """Whether an instrument may say what is not true: text without checksum cannot tell a damaged digit."""
        return self.kind == "machine" or self.how == "garble"

    @property
    def name(self) -> str:
        """What it is called in the coverage table."""
        return f"{self.what}={self.how}" if self.how else self.what

    def __str__(self) -> str:
        return f"{self.name}@{self.at_s:g}s" + (f" for {self.for_s:g}s" if self.for_s else "")


def draw_mishaps(seed: int, least: int, most: int, about_s: float) -> list[Mishap]:
    """Return what goes wrong in the run of a seed, in the order of time."""
    draw = Random(f"{seed}:mishaps")
    count = draw.randint(least, most)
    return sorted((_one(draw, about_s) for _ in range(count)), key=lambda mishap: mishap.at_s)


def draw_mild(seed: int, modules: frozenset[str], about_s: float) -> list[Mishap]:
    """Return one to three faults of the machine in modules of a run, of which it may well come to its end."""
    draw = Random(f"{seed}:mild")
    names = [name for name in sorted(PLANT_FAULTS) if module_of(name) in modules - {"line"}]
    count = draw.choice([1, 1, 1, 2, 3])
    times = [FIRST_S if draw.random() < FROM_START else _at(draw, about_s) for _ in range(count)]
    drawn = zip(draw.sample(names, count), sorted(times), strict=True)
    return [Mishap("machine", name, PLANT_FAULTS[name].word, at_s) for name, at_s in drawn]


def module_of(fault: str) -> str:
    """The module whose readings a fault of the machine touches; "line" for the E-stop."""
    unit, _, rest = fault.partition(".")
    if unit == "sensor":
        channel = rest.partition(".")[0]
        return next((module for module, names in CHANNELS.items() if channel in names), "dispenser")  # the balance
    return next((module for module, units in UNITS.items() if unit in units), "line")


def _at(draw: Random, about_s: float) -> float:
    return round(draw.uniform(FIRST_S, FIRST_S + about_s), 2)


def _one(draw: Random, about_s: float) -> Mishap:
    at_s = _at(draw, about_s)
    kind = draw.choice(KINDS)
    if kind == "machine":
        name = draw.choice(sorted(PLANT_FAULTS))
        return Mishap(kind, name, PLANT_FAULTS[name].word, at_s)
    if kind == "wire":
        for_s = 0.0 if draw.random() < FOR_GOOD else _span_s(draw, BRIEF_S)
        return Mishap(kind, draw.choice(INSTRUMENTS), draw.choice(WIRE), at_s, for_s)
    if kind == "host":
        how = draw.choice(["stall", "journal slow", "journal failing"])
        return Mishap(kind, "host", how, at_s, _span_s(draw, HOST_S))
    return Mishap(kind, "person", draw.choice(PEOPLE), at_s)


def _span_s(draw: Random, bounds_s: tuple[float, float]) -> float:
    low_s, high_s = bounds_s
    return float(round(low_s * (high_s / low_s) ** draw.random(), 3))


class Record(Protocol):
    """What the gate needs of the record."""

    def event(self, event: Event) -> None: ...

    async def intent(self, event: Intent) -> None: ...


class BadDisk:
    """The gate's way to the record, slow or failing until a time."""

    def __init__(self, record: Record, until_s: float, *, fails: bool) -> None:
        self._record, self._until_s, self._fails = record, until_s, fails

    def event(self, event: Event) -> None:
        """As the record does; events never wait."""
        self._record.event(event)

    async def intent(self, event: Intent) -> None:
        """Late, or not at all."""
        if asyncio.get_running_loop().time() < self._until_s:
            if self._fails:
                raise RecordError("run record: the disk is full or failing; free space")
            await asyncio.sleep(self._until_s - asyncio.get_running_loop().time())
        await self._record.intent(event)


class Gate(Protocol):
    """Through which everything goes to the record."""

    record: Record


class Mischief:
    """Carries out in one run what happens to machine, wires and host; people speak for themselves."""

    def __init__(self, station: SimulatedStation, gate: Gate) -> None:
        self._station, self._gate = station, gate

    def begin(self, mishap: Mishap) -> None:
        """Do it now; what passes ends by itself."""
        loop = asyncio.get_running_loop()
        if mishap.kind == "machine":
            begin_fault(self._station, f"{mishap.what}={mishap.how}" if mishap.how else mishap.what)
        elif mishap.how == "stall":
            assert isinstance(loop, VirtualLoop)
            loop.stall(mishap.for_s)
        elif mishap.kind == "host":
            fails = mishap.how == "journal failing"
            self._gate.record = BadDisk(self._gate.record, loop.time() + mishap.for_s, fails=fails)
        else:
            self._break_wire(mishap)

    def _break_wire(self, mishap: Mishap) -> None:
        wire = self._station.wire_faults.of(mishap.what)
        wire.clear()
        wire.silent, wire.garble = mishap.how == "silent", mishap.how == "garble"
        wire.late_s = {"late": LATE_S, "slow": SLOW_S}.get(mishap.how, 0.0)
        wire.drop_every = DROP_EVERY if mishap.how == "drop" else 0
        if mishap.for_s:
            asyncio.get_running_loop().call_later(mishap.for_s, wire.clear)
