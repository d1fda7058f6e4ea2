"""`springback serve`: read the files, take the tool's lock, and give the daemon its surroundings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller import wall
from controller.cli.boundary import OutputLost, show, warn
from controller.cli.exits import CommandError, Exit
from controller.cli.live import site_key
from controller.cli.loops import ScaledLoop
from controller.cli.runs import RUNS
from controller.cli.scenario import load_scenario
from controller.cli.script import OperatorScript, load_operator
from controller.cli.simulated import KINDS, Scene, SimulatedStation, make_scene, make_station
from controller.cli.simulated import serve as serve_lines
from controller.cli.tool_file import read_tool
from controller.recipe.folder import named
from controller.recipe.model import Recipe
from controller.recipe.problems import did_you_mean
from controller.recipe.verb import Verbs
from controller.recipe_run import RecipeRun
from controller.record.site_key import SiteKey
from controller.sequence.prompts import Answers
from controller.server.commands import Facts
from controller.server.daemon import Seat, serve
from controller.server.lock import Owned, owned
from controller.server.places import lock_of, socket_of
from controller.server.prompts import OpenPrompts
from controller.server.protocol import Code, Refused
from controller.server.releasing import may_run_here
from controller.server.users import UsersError
from controller.server.users import load as load_users
from controller.station import Station, StationError
from controller.tool import ToolFile
from springback.places import config_file, recipe_folder

SEED = 1  # of the simulated noise, unless another one is wanted


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What `springback serve` was asked for."""

    tool: Path | None
    simulated: bool
    live: bool
    speed: float | None
    operator: Path | None
    socket: Path | None
    recipes: Path | None
    users: Path
    seed: int | None = None
    faults: tuple[str, ...] = ()
    scenario: Path | None = None


class Surrounding:
    """A tool for the daemon's jobs: the real one, or with `simulated` a simulated station that outlives them."""

    def __init__(
        self, tool: ToolFile, recipes: Path, operator: OperatorScript, key: SiteKey | None,
        simulated: SimulatedStation | None, played: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """CommandError when the tool file does not describe a tool."""
        self._tool, self._recipes, self._operator, self._key = tool, recipes, operator, key
        self._simulated, self._played = simulated, played
        try:
            self._first: Station | None = self._made()
        except StationError as error:
            raise CommandError(str(error), Exit.INVALID) from None
        self._recipes_may = self._first.facts()

    def load(self, name: str, settings: Mapping[str, str]) -> Recipe:
        """A checked recipe; on a simulated tool also one for whose part somebody can come."""
        load_recipe, verbs = language()
        recipe = load_recipe(named(name, self._recipes), verbs, self._recipes_may, settings)
        part = recipe.intended_for.get("part", "")
        if self._simulated is not None and part and part not in KINDS:
            text = f'the recipe is for part "{part}", which nobody can bring'
            raise Refused(Code.RECIPE, text, did_you_mean(part, KINDS))
        return recipe

    @property
    def lives_on(self) -> bool:
        """Simulators of our own end with us, and their parts."""
        return self._simulated is None

    def facts(self) -> Mapping[str, Any]:
        """For the record of every job: seed, faults and plant of a simulated tool."""
        return self._played

    def station(self) -> Station:
        """A new station, not yet open."""
        first, self._first = self._first, None
        return first or self._made()

    def _made(self) -> Station:
        return Station(self._tool, config_file("interlocks.yaml"), {})

    def answers(self, recipe: Recipe, prompts: OpenPrompts) -> Answers:
        """The operator file and, on a simulated tool, the inspection desk; whatever they do not know, people."""
        answers = Answers(script=self._operator.answers, defaults=False, terminal=prompts.ask)
        if self._simulated is not None:
            self._simulated.bring(recipe.intended_for.get("part", ""))
            answers.desk = self._simulated
        if self._operator.reaction_s is not None:
            answers.reaction_s = self._operator.reaction_s
        return answers

    def began(self, run: RecipeRun) -> None:
        """The scripted operator says what it has to say, at its times of this job."""
        self._operator.begin(run.sequencer.post)

    def may_run(self, recipe: Recipe, engineering: str) -> str:
        """A simulated tool takes any recipe."""
        return may_run_here(RUNS, recipe, self._tool, engineering)

    def sign(self, record: Path) -> None:
        """Sign a closed record, where the tool has a key."""
        if self._key is not None:
            self._key.sign(record)


def serve_tool(options: ServeOptions) -> int:
    """Serve until a signal; CommandError when it cannot begin."""
    if options.simulated == options.live:
        raise CommandError("say --simulated or --live: springback does not guess which instruments it owns", Exit.USAGE)
    nature = options.faults or options.scenario or options.seed is not None
    if options.live and (options.speed or options.operator or nature):
        text = "--live takes no --speed, --operator, --fault, --scenario or --seed: people, tool and wall clock decide"
        raise CommandError(text, Exit.USAGE)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    tool = read_tool(options.tool)
    speed, operator = options.speed or 1.0, load_operator(options.operator)
    scene = None
    if options.simulated:
        scenario = load_scenario(options.scenario, options.faults)
        scene = make_scene(SEED if options.seed is None else options.seed, scenario, operator)
    place = options.socket or socket_of(tool.name, simulated=options.simulated)
    try:
        file = replace(tool, simulated=options.simulated or tool.simulated)
        about = Facts(wall.run_stamp(), tool.name, file.simulated, speed)
        seat = Seat(about, place, load_users(options.users), file, options.recipes or recipe_folder(), RUNS)
        with (
            owned(lock_of(tool.name, simulated=options.simulated)),
            asyncio.Runner(loop_factory=lambda: ScaledLoop(speed)) as runner,
        ):
            runner.run(_serve(seat, tool, operator, scene))
    except Owned as error:
        raise CommandError(str(error), Exit.REFUSED) from None
    except UsersError as error:
        raise CommandError(str(error), Exit.INVALID) from None
    return Exit.PASSED


async def _serve(seat: Seat, tool: ToolFile, operator: OperatorScript, scene: Scene | None) -> None:
    badge = "SIMULATED " if seat.facts.simulated else ""

    def ready(why_not: str) -> None:
        if why_not:
            warn(f"{why_not}; trying again", as_json=False)
        else:
            with suppress(OutputLost):  # whoever started us has gone: that is no reason to end
                show(f"{badge}{tool.name} is ready at {seat.socket}")
            asyncio.get_running_loop().run_in_executor(None, language)

    async with _surrounding(tool, seat.recipes, operator, site_key(tool), scene) as surrounding:
        await serve(seat, surrounding, ready)


@asynccontextmanager
async def _surrounding(
    tool: ToolFile, recipes: Path, operator: OperatorScript, key: SiteKey | None, scene: Scene | None
) -> AsyncIterator[Surrounding]:
    if scene is None:
        yield Surrounding(tool, recipes, operator, key, None, {})
        return
    station = make_station(scene)
    played = {"seed": scene.seed, "faults": list(scene.faults), "plant": dict(scene.parameters)}
    try:
        addresses = await serve_lines(station, list(tool.lines))
        yield Surrounding(simulated_tool(tool, addresses), recipes, operator, key, station, played)
    finally:
        await station.close()


def language() -> tuple[Callable[..., Recipe], Verbs]:
    """What reads recipes, and their verbs. It takes longer to import than all that opens the instruments."""
    from controller.recipe.loader import load
    from controller.sequence.steps import VERBS

    return load, VERBS


def simulated_tool(tool: ToolFile, addresses: Mapping[str, str]) -> ToolFile:
    """The tool at the addresses of its simulators."""
    lines = {name: {**spec, "address": addresses[name]} for name, spec in tool.lines.items()}
    for spec in lines.values():
        spec.pop("parity", None)  # a pty has none, and refuses to be opened a second time with one
    return replace(tool, lines=lines, simulated=True)
