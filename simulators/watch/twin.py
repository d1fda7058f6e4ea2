"""What faults do to the readings: a twin plant with the same seed, hands and orders, but without the faults.

Noise is a function of seed, channel and tick, so what a channel shows less what the twin's shows at the same tick is
the faults' doing alone. A signature is the mean of that difference, without its sign, over one second, in standard
deviations of the channel; what the faults do through the recipe (an earlier end of a step) happens to both.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from simulators.inspection import inspect
from simulators.signals import ERRORS
from simulators.station import SimulatedStation

CLEAR = 3.0  # standard deviations: what is above can be seen
PERIOD_S = 0.1
WINDOW = 10  # samples of a mean
# Channel -> the module that uses it; what an instrument computes without an error of its own is judged in whole units.
MODULES: dict[str, tuple[str, ...]] = {
    "press": (
        "outer_fine", "outer_coarse", "inner", "clamp_pressure", "supply", "gap1", "gap2", "gap3", "pressure_effort",
        "platen", "platen_output", "door_closed", "door_locked",
    ),
    "dispenser": ("mold", "mold_output", "balance", "dispenser_input"),
    "grinder": (
        "coolant_flow", "chuck_pressure", "spindle", "spindle_current", "spindle_torque", "spindle_power", "thickness",
        "guard_closed",
    ),
}  # fmt: skip
_WHOLE = {"spindle": 10.0, "door_closed": 0.2, "door_locked": 0.2, "guard_closed": 0.2}  # others 1.0, percent
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


class Twin:
    """Put it beside a station in the running loop, before its hands begin."""

    def __init__(self, station: SimulatedStation, twin: SimulatedStation) -> None:
        self._station, self._twin = station, twin
        self._channels = [_Channel(name, module, sigma_of(name)) for module, names in MODULES.items() for name in names]
        station.on_scanned = twin.scanned
        twin.start()
        self._task = asyncio.get_running_loop().create_task(self._compare(), name="twin")

    def drive(self, actuator: str, value: float) -> None:
        """An order to the plant is one to the twin."""
        self._twin.plant.drive(actuator, value)

    async def close(self) -> None:
        """Compare no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._twin.close()

    def signatures(self, spans: dict[str, tuple[float, float]]) -> list[Signature]:
        """What could be seen on wires while each module was in use (`spans`), and what inspection would find."""
        found = []
        for channel in self._channels:
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

    async def _compare(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            plant, twin = self._station.plant, self._twin.plant
            plant.advance()
            twin.drive("heartbeat", 1.0)
            twin.advance()
            tick = plant.now_tick()
            reads, others = plant.signals.reads, twin.signals.reads
            for channel in self._channels:
                channel.recent.append(abs(reads[channel.name](tick) - others[channel.name](tick)))
                if len(channel.recent) == WINDOW:
                    sigmas = sum(channel.recent) / WINDOW / channel.sigma
                    if sigmas > CLEAR:
                        channel.seen.append((tick * 0.01, sigmas))
                    channel.recent.clear()


def sigma_of(channel: str) -> float:
    """One standard deviation of a channel: its noise, or its resolution if that is coarser."""
    errors = ERRORS.get(channel)
    return (max(errors.sigma, errors.step) if errors else 0.0) or _WHOLE.get(channel, 1.0)
