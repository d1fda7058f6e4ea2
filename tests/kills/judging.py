"""What must hold after a death: nothing lost, nothing unsafe, nothing done twice, the same part where it went on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from controller.cli.resume import ResumeRun
from controller.cli.run import RunOptions, prepare
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
from simulators.watch.line import SafeEnd
from simulators.watch.record import Record
from tests.kills.killing import Death, DyingRun

READS_S = 2.0  # a person looks at what is offered
GAPS_S = (0.3, 3.0)  # from death to the new start: before the dead-man acts, and after it
# Verbs that may be done again without a word of the recipe: they move nothing that the part would feel.
HARMLESS = {"carry", "secure", "open", "material", "air", "weigh", "home", "wheel_rest", "cool"}
WORDS = {
    "name", "note", "ask", "record", "scan", "check", "wait", "then", "measure", "on_fail", "on_hold", "on_error",
    "on_crash",
}  # fmt: skip
# How far a part that was pressed a second time may be from one that was pressed once: leads that are bent to the same
# height on another branch of the pads' hysteresis. Everything else repeats within the first figure.
TOLERANCE, OF_STRAIN = 0.02, 0.12


class Again(ResumeRun):
    """The run after a death, on the plant that lives on; `before` is told of the safe state when it is confirmed."""

    def on(self, simulated: SimulatedStation, before: Callable[[], None]) -> None:
        """Use these simulators, with their people."""
        self.simulated, self.before = simulated, before
        self.watched: Callable[[Path], None] = lambda record: None

    @asynccontextmanager
    async def _addresses(self) -> AsyncIterator[Mapping[str, str]]:
        self.answers.desk = self.simulated
        yield {name: f"mem:{name}" for name in self.simulated.wires}

    def began(self, run: RecipeRun) -> None:
        self.watched(run.recorder.path)

    async def ready(self, station: Station) -> bool:
        await restart(station, self.runs)
        self.before()
        return await super().ready(station)


class Judged:
    """Runs a recipe once to its end, and after each death what may be done about it; keeps what is wrong."""

    def __init__(self, recipe: Path, folder: Path, **options: Any) -> None:
        self.options = RunOptions(str(recipe), out=folder / "whole", **options)
        self.run = DyingRun(self.options, *prepare(self.options), folder / "whole", ())
        self.redone = {step["name"]: step for step in yaml.safe_load(recipe.read_text(encoding="utf-8"))["steps"]}

    def play(self, wanted: Callable[[int], bool]) -> list[Death]:
        """Run to the end, dying at the wanted points; returns what came of each death."""
        self.run.aim(wanted, self._after)
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(self.run.run())
        whole, deaths = part_of(self.run.station), self.run.told()
        for death in deaths:
            if death.move != "scrap" and death.state == "PROCESS_COMPLETE":
                death.wrong += differences(whole, death.part)
        return deaths

    async def _after(self, death: Death, base: Path) -> None:
        """What a person does after a death: start again, and take the first move that is offered."""
        gap_s = GAPS_S[death.n % len(GAPS_S)]
        await asyncio.sleep(gap_s)
        watch = self.run.watch
        assert watch is not None
        watch._tap._second.clear()  # each controller has its own pace
        record = watch._scene.record
        record.path = base / "killed" / RECORD  # what was on the disk when it died
        record.look()
        lost = set(self.run.acknowledged) - _orders(record.path)
        death.wrong += [f"intent {id} was acknowledged and is lost" for id in sorted(lost)]
        before = verify(record.path)
        try:
            old = interrupted(base / "killed", facts_of(read_tool(None)))
        except NotResumable as error:
            death.move = f"none: {error}"
            return
        old = replace(old, carried=replace(old.carried, outage_s=gap_s))
        await asyncio.sleep(READS_S)
        command = Again(RunOptions("", out=base / "again"), old, base / "again")
        command.on(self.run.station, lambda: self._is_safe(death))
        command.watched = lambda path: self._goes_on(record, path)
        found = reconcile(old, None).offers
        death.move = command.choose = found[0].move
        command.confirm = True
        await command.run()
        death.state = command.facts.state
        await asyncio.sleep(1.0)
        death.wrong += [str(violation) for violation in watch.finish(whole=False)]
        death.wrong += self._records(base, before)
        death.part = part_of(self.run.station)
        if death.move != "scrap" and death.state != "PROCESS_COMPLETE":
            with RunFile(base / "again" / RECORD) as again:
                said = [event.text for _, event, _ in again.events(Note) if isinstance(event, Note)]
                alarms = [event.happened for _, event, _ in again.events(Alarm) if isinstance(event, Alarm)]
            death.wrong.append(f"{death.move} ended {death.state}: {alarms[-3:]} {said[-3:]}")

    def _goes_on(self, record: Record, path: Path) -> None:
        """The monitor reads the new record behind what it has read of the old one."""
        record.begin(path, self.run.station.plant.now_tick() * 0.01)
        record._seq = 0

    def _is_safe(self, death: Death) -> None:
        """The machine itself, at the instant in which the new controller believes that it is safe."""
        watch = self.run.watch
        assert watch is not None
        self.run.station.plant.advance()
        before = len(watch._scene.violations)
        SafeEnd(watch._scene).end(asyncio.get_running_loop().time())
        death.wrong += [f"not safe: {found}" for found in watch._scene.violations[before:]]

    def _records(self, base: Path, before: Finding) -> list[str]:
        """What is wrong with the two records: something lost, or a step done twice that may not be."""
        wrong = []
        for name in ("killed", "again"):
            found = verify(base / name / RECORD)
            if not found.intact:
                wrong.append(f"{name}: {found.state} {found.problem}")
        if verify(base / "killed" / RECORD).records < before.records:
            wrong.append("the record has less than when it was left")
        begun, after = _begun(base / "killed" / RECORD), _begun(base / "again" / RECORD)
        with RunFile(base / "again" / RECORD) as again:
            resumed = next(event for _, event, _ in again.events(Resumed) if isinstance(event, Resumed))
        order = list(self.redone)
        for step in after & begun:
            if not self._may_be_done_twice(step, resumed, order):
                wrong.append(f"{step} was done twice")
        return wrong

    def _may_be_done_twice(self, step: str, resumed: Resumed, order: list[str]) -> bool:
        said = self.redone[step].get("on_crash")
        if resumed.move == "rework":
            stood = next(name for name in order if name not in resumed.done)
            return order.index(step) >= order.index(resumed.step) and stood in order
        if said is None:
            return set(self.redone[step]) - WORDS <= HARMLESS
        return said == "redo" or "redo" in said


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
        most = (OF_STRAIN if "strain" in name else TOLERANCE) * abs(value) + 0.02
        if abs(part.get(name, 0.0) - value) > most:
            found.append(f"another part: {name} {part.get(name, 0.0):.4g}, not {value:.4g}")
    return found


def part_of(station: SimulatedStation) -> dict[str, float]:
    """What the part truly is, as far as an inspection tells."""
    part = station.part
    if part is None:
        return {}
    found = inspect(part, station.scene.seed, station._parameters)
    return {name: value for name, (value, _) in found.items()}
