"""One run of a campaign: a recipe, what goes wrong, the whole line in virtual time, and the monitor beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from controller.cli.campaign.mishaps import Mischief, Mishap
from controller.cli.campaign.silence import Played, Told, judge_silence, noticed
from controller.cli.loops import VirtualLoop
from controller.cli.run import CommandRun, RunOptions, prepare
from controller.cli.script import OperatorScript, Saying
from controller.cli.simulated.watch import Watch
from controller.recipe.model import Recipe
from controller.recipe_run import RecipeRun
from controller.record.fold import summary_of
from controller.record.journal import RecordError
from controller.record.result import Verdict
from controller.record.runfile import RunFile
from controller.record.signs import signs
from controller.station import StationError
from controller.tool import ToolFile

NOT_STARTED, NOT_RECORDED = "NOT_STARTED", "NOT_RECORDED"
MOST_S = 3600.0  # of process time: nothing here may take so long
ACTS_S = 0.1  # after the last order: an actuator acts with the next tick


class WatchedRun(CommandRun):
    """A run with the monitor on its wires, and with mishaps."""

    def __init__(
        self,
        options: RunOptions,
        tool: ToolFile,
        recipe: Recipe,
        folder: Path,
        mishaps: Sequence[Mishap],
        *,
        twin: bool = False,
    ) -> None:
        super().__init__(options, tool, recipe, folder, lambda t_s: None)
        self._with_twin = twin
        self.mishaps = mishaps
        self.operator = OperatorScript(
            says=tuple(Saying(m.at_s, m.how, "campaign") for m in mishaps if m.kind == "person")
        )
        self.watch: Watch | None = None
        self.began_s = 0.0  # the loop's time at the record's time 0

    def make_station(self) -> Any:
        self.station = super().make_station()
        twin = super().make_station() if self._with_twin else None
        self.watch = Watch(self.station, self.tool.path.read_text(encoding="utf-8"), self.recipe.text, twin)
        return self.station

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            if self.watch is not None and self.watch.twin is not None:
                await self.watch.twin.close()

    def began(self, run: RecipeRun) -> None:
        assert self.watch is not None
        self.watch.begin(run.recorder.path)
        mischief = Mischief(self.station, run.station.tool.guard.gate)
        loop = asyncio.get_running_loop()
        self.began_s = loop.time()
        for mishap in self.mishaps:
            if mishap.kind == "person":
                continue  # people speak through the operator's script
            loop.call_at(max(loop.time(), mishap.at_s), partial(self._happen, mischief, mishap))

    def _happen(self, mischief: Mischief, mishap: Mishap) -> None:
        assert self.watch is not None
        mischief.begin(mishap)
        self.watch.fault(lies=mishap.lies, passes_s=mishap.for_s)
        if mishap.how == "stall":
            self.watch.stalled()


def play(recipe: Path, folder: Path, mishaps: Sequence[Mishap] = (), seed: int = 1, *, twin: bool = False) -> Played:
    """Run a recipe to its end under the monitor's eyes, beside a twin without faults; its record stays in `folder`."""
    options = RunOptions(str(recipe), seed=seed, out=folder)
    return watch_run(WatchedRun(options, *prepare(options), folder, mishaps, twin=twin))


def watch_run(run: WatchedRun, loop: Callable[[], asyncio.AbstractEventLoop] = VirtualLoop) -> Played:
    """Carry a run out and judge it; whatever escapes from it, but for what has a message for people, is a violation."""
    played = Played()
    with asyncio.Runner(loop_factory=loop) as runner:
        try:
            runner.run(_bounded(run))
        except StationError:
            played.state = NOT_STARTED
        except RecordError:
            played.state = NOT_RECORDED
        except Exception as error:
            played.violations.append(f"crash: {error!r}")
    whole = not played.state
    if run.watch is not None:
        played.violations += [str(violation) for violation in run.watch.finish(whole=whole)]
    return _read(run, played) if whole else played


def _read(run: WatchedRun, played: Played) -> Played:
    """Add what the record says."""
    with RunFile(run.folder / "run.sqlite") as record:
        summary = summary_of(record)
        events = [(run.began_s + stamped.t_s, stamped.event) for stamped in record.events()]
        judged = run.watch is not None and summary.verdict is Verdict.PASS
        told = Told(events, signs(record) if judged else [])
    played.state, played.verdict, played.process_s = summary.state, summary.verdict.value, summary.duration_s
    played.noticed = noticed(run.recipe, run.mishaps, events)
    if run.watch is not None and judged:
        judge_silence(run.watch, run.recipe, run.mishaps, played, told)
    return played


async def _bounded(run: WatchedRun) -> None:
    async with asyncio.timeout(MOST_S):
        try:
            await run.run()
        finally:
            await asyncio.sleep(ACTS_S)
