"""What faults do to the readings: a twin plant with the same seed, hands and orders, but without the faults.

Noise is a function of seed, channel and tick, so what an instrument tells less what the twin's would tell at the same
tick is the faults' doing alone; what the faults do through the recipe (an earlier end of a step) happens to both. A
signature is the mean of that difference, without its sign, over ten readings that the host asked for in a row, in
standard deviations of the channel. What an instrument was not asked for, or calls unsettled itself, is no reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from simulators.inspection import inspect
from simulators.plant import Plant
from simulators.signals import ERRORS
from simulators.station import SimulatedStation

CLEAR = 3.0  # standard deviations: what is above can be seen
WINDOW = 10  # readings of a mean
# Line, or unit of the shared one; module; channels that stand in one answer there.
READ: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "plc", "press",
        (
            "outer_coarse", "inner", "clamp_pressure", "supply", "gap1", "gap2", "gap3",
            "door_closed", "door_locked",
        ),
    ),
    ("plc", "grinder", ("coolant_flow", "chuck_pressure", "guard_closed")),
    ("pressure", "press", ("outer_fine",)),
    ("pressure", "press", ("pressure_effort",)),
    ("rs485_a#1", "press", ("platen", "platen_output")),
    ("rs485_a#2", "dispenser", ("mold", "mold_output")),
    ("rs485_a#3", "grinder", ("spindle", "spindle_current", "spindle_torque", "spindle_power")),
    ("balance", "dispenser", ("balance",)),
    ("gauge", "grinder", ("thickness",)),
)  # fmt: skip
MODULES: dict[str, tuple[str, ...]] = {
    module: tuple(name for _, user, names in READ if user == module for name in names)
    for module in ("press", "dispenser", "grinder")
}
_SURE = {"balance": "balance_stable"}  # channel -> the flag without which the instrument itself calls it unsettled
_HANDED_ON = {4.0: "press", 5.0: "grinder", 10.0: "dispenser", 11.0: "dispenser"}  # call lamp -> whose part is taken
# What an instrument computes without an error of its own is judged in whole units, but for these.
_WHOLE = {"spindle": 10.0, "door_closed": 0.2, "door_locked": 0.2, "guard_closed": 0.2}
# What inspection finds -> module, standard deviation of the station (its share of the value for counts and voids).
INSPECTED: dict[str, tuple[str, float]] = {
    "cracked_leads": ("press", 1.0), "lifted_bonds": ("press", 1.0), "peeled_fraction": ("press", 0.005),
    "lead_strain_mean": ("press", 0.05), "lead_strain_max": ("press", 0.05), "gap_sigma": ("press", 0.1),
    "degree_of_cure": ("dispenser", 0.5), "void_index": ("dispenser", 0.02), "groove_depth": ("dispenser", 2.0),
    "ttv": ("grinder", 0.05), "warpage": ("grinder", 2.0), "exposed_fraction": ("grinder", 0.1),
    "projection": ("grinder", 0.1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signature:
    """Where faults show: channel, its module, from and until when, and how far at most, in standard deviations."""

    channel: str
    module: str
    from_s: float
    until_s: float
    sigmas: float

    def __str__(self) -> str:
        return f"{self.channel} {self.sigmas:.1f} sigma, {self.from_s:.1f} to {self.until_s:.1f} s"


@dataclass(slots=True)
class _Channel:
    name: str
    module: str
    sigma: float
    recent: list[float] = field(default_factory=list)
    seen: list[tuple[float, float]] = field(default_factory=list)  # time, sigmas; of what is clear

    def take(self, tick: int, difference: float) -> None:
        self.recent.append(difference)
        if len(self.recent) == WINDOW:
            sigmas = sum(self.recent) / WINDOW / self.sigma
            if sigmas > CLEAR:
                self.seen.append((tick * 0.01, sigmas))
            self.recent.clear()


class Twin:
    """Put it beside a station in the running loop, before its hands begin."""

    def __init__(self, station: SimulatedStation, twin: SimulatedStation) -> None:
        self._station, self._twin = station, twin
        self._rows: dict[str, list[list[_Channel]]] = {}
        for line, module, names in READ:
            self._rows.setdefault(line, []).append([_Channel(name, module, sigma_of(name)) for name in names])
        self._sensed: set[str] = set()
        self._found: dict[str, float] = {}  # of what inspection would have found when the part was out, in sigmas
        self._taken_from: str | None = None
        self._listen(station.plant)
        station.on_scanned = twin.scanned
        twin.start()

    def drive(self, actuator: str, value: float) -> None:
        """An order to the plant is one to the twin; a part that has just been taken out of a module is inspected."""
        self._twin.plant.drive(actuator, value)
        if actuator == "operator_call":
            if self._taken_from is not None:
                self._found |= self._inspect(self._taken_from)
            self._taken_from = _HANDED_ON.get(value)

    def look(self) -> None:
        """Something happens to the plant at its next tick, which it follows in short steps: so does the twin."""
        self._twin.plant.schedule(lambda: None)

    async def close(self) -> None:
        """Let the twin's hands rest."""
        await self._twin.close()

    def exchanged(self, line: str) -> None:
        """The host has had an answer on a line, or from a unit of the shared one: what would the twin have told?"""
        plant, twin = self._station.plant, self._twin.plant
        if line == "plc":
            twin.drive("heartbeat", 1.0)
        plant.advance()
        twin.advance()
        tick = plant.now_tick()
        reads, others = plant.signals.reads, twin.signals.reads
        sensed, self._sensed = self._sensed, set()
        for row in self._rows.get(line, ()):
            if not sensed.issuperset(channel.name for channel in row):
                continue  # the answer was to another question
            for channel in row:
                name = channel.name
                if name not in _SURE or (reads[_SURE[name]](tick) and others[_SURE[name]](tick)):
                    channel.take(tick, abs(reads[name](tick) - others[name](tick)))

    def _listen(self, plant: Plant) -> None:
        """Note which channels an instrument looks at for an answer."""
        sense, sense_many = plant.sense, plant.sense_many

        def noted(channel: str) -> float:
            self._sensed.add(channel)
            return sense(channel)

        def noted_many(names: Sequence[str]) -> list[float]:
            self._sensed.update(names)
            return sense_many(names)

        vars(plant).update(sense=noted, sense_many=noted_many)

    def signatures(self, spans: dict[str, tuple[float, float]]) -> list[Signature]:
        """What could be seen on wires while each module was in use (`spans`), and what inspection would find."""
        found = []
        for channel in (channel for rows in self._rows.values() for row in rows for channel in row):
            from_s, until_s = spans.get(channel.module, (0.0, 0.0))
            seen = [(at_s, sigmas) for at_s, sigmas in channel.seen if from_s < at_s < until_s]
            if seen:
                most = max(sigmas for _, sigmas in seen)
                found.append(Signature(channel.name, channel.module, seen[0][0], seen[-1][0], most))
        return found + self._inspected(spans)

    def _inspected(self, spans: dict[str, tuple[float, float]]) -> list[Signature]:
        """A part that was not taken out of its module is inspected as it lies there."""
        left = {name: sigmas for module in spans for name, sigmas in self._inspect(module).items()}
        found = left | self._found
        rows = ((name, INSPECTED[name][0], sigmas) for name, sigmas in found.items())
        return [
            Signature(name, module, *spans[module], sigmas)
            for name, module, sigmas in rows
            if module in spans and sigmas > CLEAR
        ]

    def _inspect(self, module: str) -> dict[str, float]:
        """By how many standard deviations inspection would find something else now, of what a module makes."""
        part, other = self._station.part, self._twin.part
        if part is None or other is None:
            return {}
        seed = self._station.scene.seed
        here, there = inspect(part, seed), inspect(other, seed)
        return {
            name: abs(here[name][0] - there[name][0]) / sigma
            for name, (made_by, sigma) in INSPECTED.items()
            if made_by == module
        }


def sigma_of(channel: str) -> float:
    """One standard deviation of a channel: its noise, or its resolution if that is coarser."""
    errors = ERRORS.get(channel)
    return (max(errors.sigma, errors.step) if errors else 0.0) or _WHOLE.get(channel, 1.0)
