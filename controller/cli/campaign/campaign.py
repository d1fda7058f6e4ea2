"""Many runs with random recipes and faults, on all cores: what the monitor found, and which fault met which step.

A seed's run depends on the seed and on the bounds of the number of faults only, so one printed line plays it again.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller import wall
from controller.cli.campaign.mishaps import Mishap, draw_mild, draw_mishaps
from controller.cli.campaign.play import play
from controller.cli.campaign.recipes import draw_recipe
from controller.cli.campaign.silence import Played
from controller.cli.tool_file import facts_of
from controller.tool import load
from springback.places import config_file

CHUNK = 4  # seeds that a process takes at a time
RENEWED = 50  # times that a process takes seeds before another one takes its place: memory stays what it is
MILD = 3  # one seed in so many has few and mild faults, so that runs pass and their silence can be judged


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for: which seeds, between how many faults each, on how many processes, where runs are kept."""

    seeds: int
    first: int = 1
    least: int = 5
    most: int = 20
    jobs: int = 0  # 0: one per core
    out: Path | None = None

    def replay(self, seed: int) -> str:
        """The line that plays one seed again."""
        return f"springback campaign --seeds 1 --seed-from {seed} --faults {self.least}..{self.most}"


@dataclass(frozen=True, slots=True)
class SeedResult:
    """One run of the campaign."""

    seed: int
    mishaps: tuple[Mishap, ...]
    played: Played


@dataclass(slots=True)
class Campaign:
    """What all runs came to."""

    plan: Plan
    results: list[SeedResult] = field(default_factory=list)

    @property
    def failing(self) -> list[SeedResult]:
        """Runs in which an invariant was broken."""
        return [result for result in self.results if result.played.violations]

    @property
    def escaped(self) -> list[SeedResult]:
        """Runs that passed a part which is truly outside its limits, or in silence what could be seen."""
        return [result for result in self.results if result.played.escaped]

    def coverage(self) -> dict[str, dict[str, Counter[str]]]:
        """By fault and by the verbs of the step it fell into: how often, detected, safe though unseen, escaped."""
        table: dict[str, dict[str, Counter[str]]] = {}
        for result in self.results:
            for row in result.played.noticed:
                cell = table.setdefault(row.mishap, {}).setdefault(row.step, Counter())
                cell["times"] += 1
                cell["escaped" if row.escaped else "detected" if row.detected else "safe"] += 1
        return {fault: dict(sorted(steps.items())) for fault, steps in sorted(table.items())}

    def judged(self) -> dict[str, int]:
        """How silence was judged: runs beside a twin, those that passed, also in silence; faults to be seen in them."""
        twins = [result for result in self.results if is_mild(result.seed)]
        passed = [result.played for result in twins if result.played.verdict == "PASS"]
        return {
            "runs": len(twins),
            "passed": len(passed),
            "passed_in_silence": sum(played.silent for played in passed),
            "signatures": sum(len({fault for fault, _ in played.signatures}) for played in passed),
        }

    def unseen(self) -> dict[str, int]:
        """In how many runs that passed a fault only did what no check could tell."""
        runs = (result.played for result in self.results)
        only = ({fault for fault, _ in run.unseen} - {fault for fault, _ in run.signatures} for run in runs)
        return dict(sorted(Counter(fault for faults in only for fault in faults).items()))

    def escaped_by_fault(self) -> Counter[str]:
        """How often each fault escaped."""
        rows = (row for result in self.results for row in result.played.noticed if row.escaped)
        return Counter(row.mishap for row in rows)

    def to_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "schema": "springback.campaign/1",
            "seeds": len(self.results),
            "seed_from": self.plan.first,
            "faults": sum(len(result.mishaps) for result in self.results),
            "violations": sum(len(result.played.violations) for result in self.results),
            "escaped": len(self.escaped),
            "wall_s": round(wall.since_start_s(), 1),
            "process_s": round(sum(result.played.process_s for result in self.results), 1),
            "states": dict(sorted(Counter(result.played.state for result in self.results).items())),
            "verdicts": dict(sorted(Counter(result.played.verdict for result in self.results).items())),
            "judged": self.judged(),
            "unseen": self.unseen(),
            "escaped_by_fault": dict(sorted(self.escaped_by_fault().items())),
            "failing": [self._row(result, result.played.violations) for result in self.failing],
            "escapes": [self._row(result, result.played.escaped) for result in self.escaped],
            "coverage": self.coverage(),
        }

    def _row(self, result: SeedResult, found: list[str]) -> dict[str, Any]:
        faults = [str(mishap) for mishap in result.mishaps]
        return {"seed": result.seed, "found": found, "faults": faults, "replay": self.plan.replay(result.seed)}


def run_campaign(plan: Plan, progress: Callable[[SeedResult], None] = lambda result: None) -> Campaign:
    """Play every seed of the plan; the results are in the order of the seeds, whoever finished first."""
    campaign = Campaign(plan)
    for result in _played(plan):
        campaign.results.append(result)
        progress(result)
    return campaign


def _played(plan: Plan) -> Iterator[SeedResult]:
    orders = [(plan, seed) for seed in range(plan.first, plan.first + plan.seeds)]
    jobs = min(plan.jobs or os.cpu_count() or 1, (plan.seeds + CHUNK - 1) // CHUNK)
    if jobs == 1:
        yield from map(play_seed, orders)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, maxtasksperchild=RENEWED) as pool:
        yield from pool.imap(play_seed, orders, CHUNK)


def is_mild(seed: int) -> bool:
    """Whether the run of a seed has few and mild faults, and a twin."""
    return seed % MILD == 0


def play_seed(order: tuple[Plan, int]) -> SeedResult:
    """Play one seed; in whichever process."""
    plan, seed = order
    mild = is_mild(seed)
    drawn = draw_recipe(seed, facts_of(load(config_file("tool.yaml"))), whole=mild)
    if mild:
        mishaps = tuple(draw_mild(seed, drawn.modules, drawn.about_s))
    else:
        mishaps = tuple(draw_mishaps(seed, plan.least, plan.most, drawn.about_s))
    with tempfile.TemporaryDirectory(prefix="springback-") as scratch:
        recipe = Path(scratch) / f"{drawn.name}.yaml"
        recipe.write_text(drawn.text, encoding="utf-8")
        played = play(recipe, Path(scratch) / "run", mishaps, seed, twin=mild)
        if plan.out is not None:
            shutil.copytree(scratch, plan.out / drawn.name, dirs_exist_ok=True)
    return SeedResult(seed, mishaps, played)
