"""What must hold after a death: nothing lost, nothing unsafe, nothing done twice, the same part where it went on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import yaml

from controller.cli.resume import ResumeRun
from controller.cli.run import RunOptions, prepare
from controller.cli.script import OperatorScript
from controller.cli.tool_file import facts_of, read_tool
from controller.interrupted import NotResumable, interrupted, reconcile
from controller.recipe_run import RecipeRun
from controller.record.archive import RECORD
from controller.record.events import Alarm, Intent, Note, Resumed
from controller.record.runfile import RunFile
from controller.record.verify import Finding, verify
from controller.restart import restart
from controller.station import Station
from simulators.inspection import inspect
from simulators.station import SimulatedStation
from simulators.virtual_time import VirtualLoop
from simulators.watch.limits import Limits, read_limits
from simulators.watch.line import SafeEnd
from springback.places import config_file
from tests.kills.killing import LOST, NOT_ENDED, OTHER_PART, TWICE, UNSAFE, Death, DyingRun

REACTION_S = 0.5  # of the people at the tool: quick ones
READS_S = 2.0  # a person looks at what is offered
GAPS_S = (0.3, 3.0)  # from death to the new start: before the dead-man acts, and after it
# Verbs that may be done again without a word of the recipe: they move nothing that the part would feel.
HARMLESS = {"carry", "secure", "open", "material", "air", "weigh", "home", "wheel_rest", "cool"}
WORDS = {
    "name", "note", "ask", "record", "scan", "check", "wait", "then", "measure", "on_fail", "on_hold", "on_error",
    "on_crash",
}  # fmt: skip
# How far a part may be from the one of the run that nobody killed, as a share and a little of the unit: what is done
# again repeats so well, but for three figures.
TOLERANCE, A_LITTLE = 0.02, 0.02
SHARES = {
    "strain": 0.12,  # leads that are bent twice to the same height, on another branch of the pads' hysteresis
    "warpage": 0.05,  # 1 K of the 22 K above the room at which the short variant cures
}
LITTLES = {
    "ttv": 0.5,  # um; where the wheel fed on for a moment nothing is left for a spark-out. 5 um are accepted
}


class Again(ResumeRun):
    """The run after a death, on the plant that lives on; `before` hears of the safe state, with the start's time."""

    def on(self, simulated: SimulatedStation, before: Callable[[float], None]) -> None:
        """Use these simulators, with their people."""
        self.simulated, self.before = simulated, before
        self.watched: Callable[[Path], None] = lambda record: None

    @asynccontextmanager
    async def _addresses(self) -> AsyncIterator[Mapping[str, str]]:
        self.answers.desk = self.simulated
        self.began_s = asyncio.get_running_loop().time()
        yield memory_addresses(self.simulated)

    def began(self, run: RecipeRun) -> None:
        self.watched(run.recorder.path)

    async def ready(self, station: Station) -> bool:
        await restart(station, self.runs)
        self.before(self.began_s)
        await asyncio.sleep(READS_S)
        return await super().ready(station)


class Judged:
    """Runs a recipe once to its end, and after each death what may be done about it; keeps what is wrong."""

    def __init__(self, recipe: Path, folder: Path, **options: Any) -> None:
        self.options = RunOptions(str(recipe), out=folder / "whole", **options)
        self.run = DyingRun(self.options, *prepare(self.options), folder / "whole", ())
        self.run.operator = OperatorScript(reaction_s=REACTION_S)
        text = yaml.safe_load(recipe.read_text(encoding="utf-8"))
        self.redone = {step["name"]: step for step in text["steps"]}
        self.limits_of_tool = read_limits(self.run.tool.text, yaml.safe_dump({**text, "limits": {}}))

    def play(self, wanted: Callable[[int], bool]) -> list[Death]:
        """Run to the end, dying at the wanted points; returns what came of each death."""
        self.run.aim(wanted, self._after)
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(self.run.run())
        whole, deaths = part_of(self.run.station), self.run.told()
        for death in deaths:
            if death.move != "scrap" and death.state == "PROCESS_COMPLETE":
                death.blame(OTHER_PART, *differences(whole, death.part))
        return deaths

    async def _after(self, death: Death, base: Path) -> None:
        """What a person does after a death: start again, and take the first move that is offered."""
        gap_s = Random(f"{death.n}:gap").choice(GAPS_S)
        await asyncio.sleep(gap_s)
        watch = self.run.watch
        assert watch is not None
        watch._tap._second.clear()  # each controller has its own pace
        limits, watch._scene.limits = watch._scene.limits, self.limits_of_tool  # until it has read the recipe
        record = watch._scene.record
        record.path = base / "killed" / RECORD  # what was on the disk when it died
        record.look()
        lost = set(self.run.acknowledged) - _orders(record.path)
        death.blame(LOST, *(f"intent {id} was acknowledged" for id in sorted(lost)))
        before = verify(record.path)
        try:
            old = interrupted(base / "killed", facts_of(read_tool(None)))
        except NotResumable as error:
            death.move = f"none: {error}"
            await self._start_only(death, base)
            return
        old = replace(old, carried=replace(old.carried, outage_s=gap_s))
        command = Again(RunOptions("", out=base / "again"), old, base / "again")
        command.on(self.run.station, partial(self._is_safe, death))
        command.watched = partial(self._goes_on, limits)
        found = reconcile(old, None).offers
        death.move = command.choose = found[0].move
        command.confirm = True
        await command.run()
        death.state = command.facts.state
        await asyncio.sleep(1.0)
        death.blame(UNSAFE, *watch.finish(whole=False))
        self._records(death, base, before)
        death.part = part_of(self.run.station)
        if death.move != "scrap" and death.state != "PROCESS_COMPLETE":
            with RunFile(base / "again" / RECORD) as again:
                said = [event.text for _, event, _ in again.events(Note) if isinstance(event, Note)]
                alarms = [event.happened for _, event, _ in again.events(Alarm) if isinstance(event, Alarm)]
            death.blame(NOT_ENDED, f"{death.state}: {alarms[-3:]} {said[-3:]}")

    async def _start_only(self, death: Death, base: Path) -> None:
        """Where nothing can be taken up the new controller makes the tool safe all the same, and closes the record."""
        station = Station(self.run.tool, config_file("interlocks.yaml"), memory_addresses(self.run.station))
        began_s = asyncio.get_running_loop().time()
        await station.open()
        await restart(station, base)
        self._is_safe(death, began_s)
        await station.close()
        found = verify(base / "killed" / RECORD)
        if not found.intact:
            death.blame(LOST, f"{found.state} {found.problem}")

    def _goes_on(self, limits: Limits, path: Path) -> None:
        """The monitor reads the new record behind what it has read of the old one; what the recipe says holds again."""
        assert self.run.watch is not None
        scene = self.run.watch._scene
        scene.limits, record = limits, scene.record
        record.begin(path, self.run.station.plant.now_tick() * 0.01)
        record._seq = 0

    def _is_safe(self, death: Death, began_s: float) -> None:
        """The machine itself, at the instant in which the new controller believes that it is safe."""
        watch = self.run.watch
        assert watch is not None
        self.run.station.plant.advance()
        now_s = asyncio.get_running_loop().time()
        death.safe_s = now_s - began_s
        before = len(watch._scene.violations)
        SafeEnd(watch._scene).end(now_s)
        death.blame(UNSAFE, *watch._scene.violations[before:])

    def _records(self, death: Death, base: Path, before: Finding) -> None:
        """The two records: nothing lost, and no step done twice that may not be."""
        for name in ("killed", "again"):
            found = verify(base / name / RECORD)
            if not found.intact:
                death.blame(LOST, f"{name}: {found.state} {found.problem}")
        if verify(base / "killed" / RECORD).records < before.records:
            death.blame(LOST, "the record has less than when it was left")
        begun, after = _begun(base / "killed" / RECORD), _begun(base / "again" / RECORD)
        with RunFile(base / "again" / RECORD) as again:
            resumed = next(event for _, event, _ in again.events(Resumed) if isinstance(event, Resumed))
        for step in after & begun:
            if not self._may_be_done_twice(step, resumed):
                death.blame(TWICE, step)

    def _may_be_done_twice(self, step: str, resumed: Resumed) -> bool:
        said = self.redone[step].get("on_crash")
        if resumed.move == "rework":  # from the step that the recipe names, and all that follows it
            order = list(self.redone)
            return order.index(step) >= order.index(resumed.step)
        if said is None:
            return set(self.redone[step]) - WORDS <= HARMLESS
        return said == "redo" or "redo" in said


def memory_addresses(station: SimulatedStation) -> dict[str, str]:
    """Where a station is served in virtual time."""
    return {name: f"mem:{name}" for name in station.wires}


def _orders(path: Path) -> set[int]:
    with RunFile(path) as record:
        return {event.id for _, event, _ in record.events(Intent) if isinstance(event, Intent)}


def _begun(path: Path) -> set[str]:
    """The steps in which something was ordered that the part or the tool could feel."""
    with RunFile(path) as record:
        return {
            event.why.removesuffix(" (fix-up)")
            for _, event, _ in record.events(Intent)
            if isinstance(event, Intent) and event.why and not event.safe
        }


def differences(whole: Mapping[str, float], part: Mapping[str, float]) -> list[str]:
    """Where a part is not the one of the run that nobody killed."""
    found = []
    for name, value in whole.items():
        share = next((share for kind, share in SHARES.items() if kind in name), TOLERANCE)
        most = share * abs(value) + LITTLES.get(name, A_LITTLE)
        if abs(part.get(name, 0.0) - value) > most:
            found.append(f"{name} {part.get(name, 0.0):.4g}, not {value:.4g}")
    return found


def part_of(station: SimulatedStation) -> dict[str, float]:
    """What the part truly is, as far as an inspection tells."""
    part = station.part
    if part is None:
        return {}
    found = inspect(part, station.scene.seed, station._parameters)
    return {name: value for name, (value, _) in found.items()}
