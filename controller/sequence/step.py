"""One step at work: questions, verbs together, wait, dwell, measure, in this order. It can be held and taken up again.

It knows nothing of the job; the sequencer starts it as a task, cancels it for a hold, and calls `hold` then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from controller.equipment.module import NotReached
from controller.recipe.model import Measurement, Recipe, Step
from controller.recipe.verb import VerbSpec
from controller.record.events import Measured, Note, Recorded
from controller.sequence.measure import keep_result, measure
from controller.sequence.prompts import Prompt
from controller.sequence.questions import prompts_of
from controller.sequence.verb import Tool, Verb
from controller.together import together

if TYPE_CHECKING:
    from controller.recipe.params import Params

Fix = Sequence[tuple[VerbSpec, "Params"]]
AskPerson = Callable[[Prompt], Awaitable[Any]]


class StepRun:
    """One turn of one step; remembers what is done, so that `run` after a hold does nothing twice."""

    def __init__(self, tool: Tool, recipe: Recipe, step: Step, ask: AskPerson) -> None:
        self.tool, self.recipe, self.step, self.ask = tool, recipe, step, ask
        self.failed: list[str] = []  # "<measurement> high", "<measurement> low"
        self.first: Fix = ()  # verbs that put things right before anything else
        self._asked = False
        self._memory: list[dict[str, Any]] = [{} for _ in step.verbs]
        self._done: set[int] = set()
        self._waited = False
        self._dwelt_s = 0.0
        self._dwell_began_s: float | None = None
        self.measured: set[str] = set()

    async def run(self) -> None:
        """Carry out what is left of the step."""
        await self._put_right()
        if not self._asked:
            await self._ask_all()
            self._check()
            self._asked = True
        await self._verbs()
        if self.step.wait is not None and not self._waited:
            await self._wait()
            self._waited = True
        await self._dwell()
        for name, measurement in self.step.measure.items():
            if name not in self.measured:
                await self._measure(name, measurement)
                self.measured.add(name)

    async def hold(self) -> None:
        """Bring the verbs that were at work to where they may stand."""
        for i, (verb, params) in enumerate(self.step.verbs):
            if i not in self._done and self._asked:
                await _verb(verb).hold(self.tool, params)

    async def again(self, fix: Fix) -> None:
        """After an error: bring the verbs to rest, put things right, carry out what is left of the step."""
        await self.hold()
        self.first = fix
        await self.run()

    # ------------------------------------------------------------------------------------------ parts
    async def _put_right(self) -> None:
        """Carry out the verbs of a fix; held in the middle of them, all are carried out again."""
        gate = self.tool.guard.gate
        gate.why = f"{self.step.name} (fix-up)"
        try:
            for verb, params in self.first:
                await _verb(verb).run(self.tool, params, {})
        finally:
            gate.why = self.step.name
        self.first = ()

    async def _ask_all(self) -> None:
        for prompt in prompts_of(self.step):
            answer = await self.ask(prompt)
            if prompt.kind == "number":
                keep_result(self.tool, prompt.id.rpartition(".")[2], answer)
            if prompt.kind != "confirm":
                self.tool.guard.record.event(Recorded(self.step.name, {prompt.id.rpartition(".")[2]: answer}))
            if prompt.id.rpartition(".")[2] in {material.scan for material in self.recipe.materials.values()}:
                self.tool.lot = str(answer)

    def _check(self) -> None:
        """The step's conditions must hold now, on fresh readings."""
        now_s = asyncio.get_running_loop().time()
        for check in self.step.checks:
            bound = check.bind(self.tool.guard.tags)
            if bound.evaluate(now_s) is not True:
                raise NotReached(f"{self.step.name}: {check.text} does not hold ({bound.inputs()})")

    async def _verbs(self) -> None:
        async def one(i: int, verb: Verb, params: Any) -> None:
            await verb.run(self.tool, params, self._memory[i])
            self._done.add(i)

        left = [(i, verb, params) for i, (verb, params) in enumerate(self.step.verbs) if i not in self._done]
        if len(left) == 1:
            await one(left[0][0], _verb(left[0][1]), left[0][2])
        elif left:
            await together(*(one(i, _verb(verb), params) for i, verb, params in left))

    async def _wait(self) -> None:
        wait = self.step.wait
        assert wait is not None
        bound = wait.until.bind(self.tool.guard.tags)
        loop = asyncio.get_running_loop()
        since: list[float] = []

        def reached() -> bool:
            if bound.evaluate(loop.time()) is not True:
                since.clear()
                return False
            since.append(loop.time()) if not since else None
            return loop.time() - since[0] >= wait.for_s

        await self.tool.line.reached(reached, wait.timeout_s, wait.until.text)

    async def _dwell(self) -> None:
        """Wait for what is left of the dwell; while the step is held its clock stands, or goes on if it counts."""
        loop = asyncio.get_running_loop()
        start_s = loop.time()
        if self._dwell_began_s is None:
            self._dwell_began_s = start_s
        if self.step.dwell_counts:
            self._dwelt_s = start_s - self._dwell_began_s
        left_s = self.step.dwell_s - self._dwelt_s
        if left_s < 0.0:
            over = f"the dwell of {self.step.name} went on while it was held and is {-left_s:.0f} s too long"
            self.tool.guard.record.event(Note(over, "deviation"))
        if left_s <= 0.0:
            return
        try:
            await asyncio.sleep(left_s)
        finally:
            self._dwelt_s += loop.time() - start_s

    async def _measure(self, name: str, measurement: Measurement) -> None:
        value = await measure(self.tool, self.recipe, self.step, name, measurement, self.ask)
        accept = measurement.accept
        ok = None if accept is None else value in accept
        keep_result(self.tool, name, value)
        found = Measured(
            name,
            value,
            measurement.unit,
            accept.low if accept else None,
            accept.high if accept else None,
            ok,
            measurement.source,
            self.step.name,
        )
        self.tool.judged.append(found)
        self.tool.guard.record.event(found)
        if ok is False:
            self.failed.append(failure(measurement, value))


def failure(measurement: Measurement, value: float) -> str:
    """What `on_fail` calls a result outside its limits: "<name> high", "<name> low", or "<name>" when there is none."""
    accept = measurement.accept
    return f"{measurement.name} {accept.side(value)}" if accept and value == value else measurement.name


def _verb(verb: Any) -> Verb:
    if not isinstance(verb, Verb):
        raise NotReached(f"{verb!r} cannot be run")
    return verb
