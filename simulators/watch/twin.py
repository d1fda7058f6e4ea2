"""What faults do to the readings: a twin plant with the same seed, hands and orders, but without the faults.

Noise is a function of seed, channel and tick, so what an instrument tells less what the twin's would tell at the same
tick is the faults' doing alone; what the faults do through the recipe (an earlier end of a step) happens to both. A
signature is the mean of that difference, without its sign, over ten readings that the host asked for in a row, in
standard deviations of the channel.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulators.inspection import inspect
from simulators.signals import ERRORS
from simulators.station import SimulatedStation

CLEAR = 3.0  # standard deviations: what is above can be seen
WINDOW = 10  # readings of a mean
# Line, or unit of the shared one -> module -> channels that are read there.
READ: dict[str, dict[str, tuple[str, ...]]] = {
    "plc": {
        "press": (
            "outer_coarse",
            "inner",
            "clamp_pressure",
            "supply",
            "gap1",
            "gap2",
            "gap3",
            "door_closed",
            "door_locked",
        ),
        "grinder": ("coolant_flow", "chuck_pressure", "guard_closed"),
    },
    "pressure": {"press": ("outer_fine", "pressure_effort")},
    "rs485_a#1": {"press": ("platen", "platen_output")},
    "rs485_a#2": {"dispenser": ("mold", "mold_output")},
    "rs485_a#3": {"grinder": ("spindle", "spindle_current", "spindle_torque", "spindle_power")},
    "balance": {"dispenser": ("balance",)},
    "gauge": {"grinder": ("thickness",)},
}
MODULES: dict[str, tuple[str, ...]] = {
    module: tuple(name for read in READ.values() for name in read.get(module, ()))
    for module in ("press", "dispenser", "grinder")
}
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
        self._read = {
            line: [_Channel(name, module, sigma_of(name)) for module, names in read.items() for name in names]
            for line, read in READ.items()
        }
        station.on_scanned = twin.scanned
        twin.start()

    def drive(self, actuator: str, value: float) -> None:
        """An order to the plant is one to the twin."""
        self._twin.plant.drive(actuator, value)

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
        for channel in self._read.get(line, ()):
            channel.take(tick, abs(reads[channel.name](tick) - others[channel.name](tick)))

    def signatures(self, spans: dict[str, tuple[float, float]]) -> list[Signature]:
        """What could be seen on wires while each module was in use (`spans`), and what inspection would find."""
        found = []
        for channel in (channel for channels in self._read.values() for channel in channels):
            from_s, until_s = spans.get(channel.module, (0.0, 0.0))
            seen = [(at_s, sigmas) for at_s, sigmas in channel.seen if from_s < at_s < until_s]
            if seen:
                most = max(sigmas for _, sigmas in seen)
                found.append(Signature(channel.name, channel.module, seen[0][0], seen[-1][0], most))
        return found + self._inspected(spans)

    def _inspected(self, spans: dict[str, tuple[float, float]]) -> list[Signature]:
        part, other = self._station.part, self._twin.part
        if part is None or other is None:
            return []
        seed = self._station.scene.seed
        here, there = inspect(part, seed), inspect(other, seed)
        found = []
        for name, (module, sigma) in INSPECTED.items():
            sigmas = abs(here[name][0] - there[name][0]) / sigma
            if module in spans and sigmas > CLEAR:
                found.append(Signature(name, module, *spans[module], sigmas))
        return found


def sigma_of(channel: str) -> float:
    """One standard deviation of a channel: its noise, or its resolution if that is coarser."""
    errors = ERRORS.get(channel)
    return (max(errors.sigma, errors.step) if errors else 0.0) or _WHOLE.get(channel, 1.0)
