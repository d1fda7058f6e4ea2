"""Run one recipe: choose the clock, open the station, sequence, record, report."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller import wall
from controller.cli.bypass import begin_bypasses, refuse_bypasses
from controller.cli.exits import CommandError, Exit
from controller.cli.here import here
from controller.cli.live import look_before, on_the_tool, sign_closed, site_key
from controller.cli.loops import ScaledLoop, VirtualLoop
from controller.cli.run_outcome import RunFacts, RunOutcome, outcome_of
from controller.cli.runs import RUNS
from controller.cli.script import OperatorScript, load_answers, load_operator
from controller.cli.signals import Signals
from controller.cli.tool_file import facts_of, read_tool
from controller.recipe.loader import find, load
from controller.recipe.model import Recipe
from controller.recipe_run import FolderError, RecipeRun
from controller.record.events import SCRAP, EngineeringRun, Note
from controller.record.journal import Recorder, RecordError
from controller.restart import restart
from controller.sequence.offers import OF_RESUME
from controller.sequence.prompts import Answers
from controller.sequence.questions import questions
from controller.sequence.resumption import Resumption
from controller.sequence.steps import VERBS
from controller.start import Start, scans
from controller.station import Station, StationError
from controller.tool import ToolFile
from springback.places import config_file, recipe_folder

if TYPE_CHECKING:
    from controller.cli.watching import Watching

Progress = Callable[[float], None]
Say = Callable[[str], None]  # to people, at once
PROGRESS_S = 10.0  # of process time


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What `springback run` was asked for."""

    recipe: str
    tool: Path | None = None
    live: bool = False
    seed: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)
    real_time: bool = False
    speed: float = 1.0
    faults: tuple[str, ...] = ()
    scenario: Path | None = None
    operator: Path | None = None
    answers: Path | None = None
    part: Path | None = None
    out: Path | None = None
    labels: Mapping[str, str] = field(default_factory=dict)  # of the part: part, lot, carrier
    bypasses: Mapping[str, str] = field(default_factory=dict)  # interlock -> why it is out of force
    engineering: str = ""  # why a recipe runs on the tool that need not be released
    watch: bool = False


def prepare(options: RunOptions) -> tuple[ToolFile, Recipe]:
    """Read and check tool file and recipe; RecipeError or CommandError when they must not run."""
    tool = read_tool(options.tool)
    recipe = load(find(options.recipe, recipe_folder()), VERBS, facts_of(tool), dict(options.settings))
    return tool, recipe


def run(options: RunOptions, progress: Progress = lambda t_s: None, say: Say = lambda text: None) -> RunOutcome:
    """Run to the end and write the report; see `prepare` for what is raised before anything starts."""
    tool, recipe = prepare(options)
    folder = new_folder(options.out or RUNS / f"{recipe.name}-{wall.run_stamp()}")
    command = CommandRun(options, tool, recipe, folder, progress)
    command.say = say
    command.carry_out()
    return command.outcome()


class CommandRun:
    """One run of the command inside its loop; `facts` are complete when `run` has returned."""

    def __init__(self, options: RunOptions, tool: ToolFile, recipe: Recipe, folder: Path, progress: Progress) -> None:
        self.options, self.tool, self.recipe = options, tool, recipe
        self.start = Start()  # what was found before
        self.folder, self.facts, self.progress = folder, RunFacts(), progress
        self.runs = folder.parent  # where records may have been left open
        self.resumption: Resumption | None = None
        self.watching: Watching | None = None
        self.say: Say = lambda text: None
        self.operator: OperatorScript = load_operator(options.operator)
        known = {**self.operator.answers, **scans(recipe, options.labels)}
        self.answers = Answers(load_answers(options.answers), known, defaults=not options.live)

    def carry_out(self) -> None:
        """Run in a loop of its own; signs the record where the site has a key."""
        options, tool, recipe = self.options, self.tool, self.recipe
        key = site_key(tool)
        self.start = look_before(options, tool, recipe, self.folder)
        self.facts.notes += self.start.warned
        owning = on_the_tool(tool, recipe, options.engineering) if options.live else contextlib.nullcontext("")
        with owning as released, asyncio.Runner(loop_factory=lambda: _loop(options)) as runner:
            self.start.facts["release"] = released
            runner.run(self.run())
        if (self.folder / "run.sqlite").exists():
            self.facts.notes += sign_closed(self.folder / "run.sqlite", key)

    def outcome(self) -> RunOutcome:
        """Write the report, and say what came of it."""
        return outcome_of(self.folder, self.options.seed, self.facts)

    async def run(self) -> None:
        """Open the station and carry the recipe out."""
        async with self._addresses() as addresses:
            self.refuse_unanswered()
            self.watching = self._watching()
            tap = self.watching.heard if self.watching else None
            station = Station(self.tool, config_file("interlocks.yaml"), addresses, tap)
            refuse_bypasses(station.tool.guard, self.options.bypasses)
            await station.open()
            try:
                if await self.ready(station):
                    with Signals() as signals:
                        await self._sequence(station, signals)
                        self.facts.interrupted = bool(signals.received)
            finally:
                self.facts.links, self.facts.exchanges = station.links, station.exchanges
                await station.close()

    def _watching(self) -> Watching | None:
        if not self.options.watch:
            return None
        from controller.cli.watching import Watching

        return Watching(self.tool, self.recipe)

    @asynccontextmanager
    async def _addresses(self) -> AsyncIterator[Mapping[str, str]]:
        """A simulated station and its addresses; with --live those of the tool file."""
        if self.options.live:
            from controller.cli.terminal import tell, terminal_answers

            self.answers.terminal, self.answers.say = terminal_answers(), tell
            for text in self.start.warned:
                tell(f"warning: {text}")
            yield {}
            return
        from controller.cli.simulated import keep_part, serve

        self.answers.desk = station = self.make_station()
        if self.operator.reaction_s is not None:
            self.answers.reaction_s = self.operator.reaction_s
        try:
            yield await serve(station, list(self.tool.lines))
        finally:
            self.facts.notes += [
                f"The fault {spec} begins after the end of the run." for spec in station.faults_to_come()
            ]
            await station.close()
            try:
                keep_part(station, self.folder, self.recipe.name)
            except CommandError as error:  # the run is over and recorded; its result shall still be told
                self.facts.notes.append(f"{error}; no later run can go on with this part.")

    def make_station(self) -> Any:
        """The simulated station of this run, in the running loop."""
        from controller.cli.scenario import load_scenario
        from controller.cli.simulated import make_scene, make_station

        options, kind = self.options, self.recipe.intended_for.get("part", "")
        scenario = load_scenario(options.scenario, options.faults)
        self.facts.faults, self.facts.plant = scenario.faults, scenario.parameters
        return make_station(make_scene(options.seed, scenario, self.operator, kind, options.part))

    async def ready(self, station: Station) -> bool:
        """What comes before the record; False when nothing is to be run."""
        if self.options.live:
            for said in await restart(station, self.runs):
                self.say(said)
        return True

    def began(self, run: RecipeRun) -> None:
        """The record has begun; for who watches the run."""

    def refuse_unanswered(self, first: int = 0) -> None:
        """CommandError when a prepared answer is wrong, or nobody would answer a question from a step on."""
        refused = self.answers.refused([*OF_RESUME, *questions(self.recipe)])
        if refused:
            raise CommandError("; ".join(refused), Exit.REFUSED)
        missing = [prompt.id for prompt in questions(self.recipe, first) if not self.answers.can(prompt)]
        if missing:
            raise CommandError(
                f"nobody would answer {', '.join(missing)}; put them into a file for --answers, or use a terminal",
                Exit.REFUSED,
            )

    async def _sequence(self, station: Station, signals: Signals) -> None:
        loop = asyncio.get_running_loop()
        real, part = self.options.live or self.options.real_time, self.options.part
        try:
            run = RecipeRun(station, self.recipe, self.answers, self.folder, threaded=real, resumption=self.resumption)
        except FolderError as error:
            raise CommandError(f"{error}; name another with --out", Exit.USAGE) from None
        self.facts.simulated = station.simulated
        station.tool.opened_s = {lot: loop.time() - ago_s for lot, ago_s in self.start.opened_s_ago.items()}
        run.describe(
            seed=self.options.seed,
            faults=list(self.facts.faults),
            plant=dict(self.facts.plant),
            part_file=str(part or ""),
            part_sha256=hashlib.sha256(part.read_bytes()).hexdigest() if part else "",
            set=", ".join(f"{name} {text}" for name, text in self.options.settings.items()),
            **self.start.facts,
        )
        if self.options.engineering:
            run.recorder.event(EngineeringRun(here().user, self.options.engineering))
        for text in self.start.warned if self.options.live else ():  # on simulators it would be part of the trace
            run.recorder.event(Note(text, "warning"))
        self.began(run)
        if self.watching:
            self.watching.begin(run)
        begin_bypasses(station.tool.guard, self.options.bypasses)
        progress = loop.create_task(self._show_progress(run.recorder), name="progress")
        self.operator.begin(run.sequencer.post)
        signals.abort(run.sequencer)
        try:
            scrapped = self.resumption is not None and self.resumption.offer.move == SCRAP
            self.facts.state = run.scrap() if scrapped else await run.run()
        finally:
            progress.cancel()
            self.facts.by_person, self.facts.refused = run.sequencer.person or scrapped, run.sequencer.refused
            self.facts.trace_sha256 = run.recorder.trace_sha256
        if self.watching:
            self.facts.violations = self.watching.finish()

    async def _show_progress(self, recorder: Recorder) -> None:
        """Beside the run: a terminal that has gone is no reason to disturb it."""
        while True:
            await asyncio.sleep(PROGRESS_S)
            with contextlib.suppress(OSError):
                self.progress(recorder.elapsed_s)


def _loop(options: RunOptions) -> asyncio.AbstractEventLoop:
    if options.live:
        return ScaledLoop(1.0)
    return ScaledLoop(options.speed) if options.real_time else VirtualLoop()


def new_folder(folder: Path) -> Path:
    """The folder, for a run; CommandError when it holds one already."""
    if (folder / "run.sqlite").exists():
        raise CommandError(f"{folder} already holds a run; name another folder with --out", Exit.USAGE)
    return folder


__all__ = ["RecordError", "RunOptions", "RunOutcome", "StationError", "prepare", "run"]
