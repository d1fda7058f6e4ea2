"""A whole run with a look behind the wire: what the plant really did, at the end of the run and a minute after."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import controller.cli.run as command
import controller.cli.simulated as simulated
import controller.recipe_run as recipe_run
from controller.cli.run import RunOptions, RunOutcome
from controller.record.events import Event, Intent, JobChanged
from controller.record.runfile import RunFile
from simulators.station import Scene, SimulatedStation

RECIPES = Path(__file__).parent / "recipes"
AFTER_S = 60.0
LOOK_S = 2.0

# What must not come on again by itself: energy, motion, heat.
ENERGISED = (
    "pressure_control", "inner_vacuum_open", "pump", "dispenser_air", "dispensing", "needle_down", "platen_contactor",
    "spindle_contactor", "spindle_powered", "z_moving",
)  # fmt: skip


@dataclass(slots=True)
class Seen:
    """What the plant was when the sequencer had ended, and each two seconds after."""

    at_end: dict[str, float] = field(default_factory=dict)
    after: list[dict[str, float]] = field(default_factory=list)

    def came_on_again(self) -> list[str]:
        """Names of what was energised later although it was not before."""
        looks = [self.at_end, *self.after]
        names = (*ENERGISED, "mold_contactor")
        return [name for name in names for a, b in pairwise(looks) if b[name] > a[name]]


@dataclass(frozen=True, slots=True)
class Watched:
    """A finished run and the plant behind it."""

    outcome: RunOutcome
    seen: Seen

    @property
    def events(self) -> list[Event]:
        with RunFile(self.outcome.record) as record:
            return [stamped.event for stamped in record.events()]

    @property
    def ended_s(self) -> float:
        """When the job came to its end; the record goes on for the minute of looking."""
        with RunFile(self.outcome.record) as record:
            return max(stamped.t_s for stamped in record.events() if isinstance(stamped.event, JobChanged))

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of a kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def intents(self, action: str) -> list[Intent]:
        """The orders given for an action."""
        return [event for event in self.of(Intent) if event.action == action]

    def safe_intents(self) -> list[Intent]:
        """The orders of the safe state."""
        return [event for event in self.of(Intent) if event.safe]

    @property
    def first(self) -> str:
        """Code of the alarm that came first, or nothing."""
        row = self.outcome.summary.first_alarm
        return row.alarm.code if row is not None else ""


def recipe(name: str) -> str:
    """Path of a recipe of these tests, or the name of a shipped one."""
    path = RECIPES / f"{name}.yaml"
    return str(path) if path.exists() else name


def run(options: RunOptions) -> RunOutcome:
    """As the command does, in this process."""
    return command.run(options)


def watched(name: str, out: Path, *, polling: bool = True, **options: Any) -> Watched:
    """Run a recipe and go on looking for a minute, with the controller polling on, or gone."""
    seen = Seen()
    with _looking(seen, polling=polling):
        outcome = command.run(replace(RunOptions(recipe(name), out=out), **options))
    return Watched(outcome, seen)


@contextmanager
def _looking(seen: Seen, *, polling: bool) -> Iterator[None]:
    built: list[SimulatedStation] = []
    make, close = simulated.make_station, SimulatedStation.close

    def keep(scene: Scene) -> SimulatedStation:
        built.append(make(scene))
        return built[-1]

    class Sequencer(recipe_run.Sequencer):
        async def run(self) -> str:
            state = await super().run()
            seen.at_end = built[-1].plant.truth()
            if polling:
                await _look(built[-1], seen)
            return state

    async def leave(station: SimulatedStation) -> None:
        if not polling:
            await _look(station, seen)
        await close(station)

    with (
        patch.object(simulated, "make_station", keep),
        patch.object(recipe_run, "Sequencer", Sequencer),
        patch.object(SimulatedStation, "close", leave),
    ):
        yield


async def _look(station: SimulatedStation, seen: Seen) -> None:
    for _ in range(round(AFTER_S / LOOK_S)):
        await asyncio.sleep(LOOK_S)
        seen.after.append(station.plant.truth())
