"""The step at work: which one, in which turn, its phase, what of it is done. What happens to it others decide."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from controller.guard.monitors import Monitor
from controller.recipe.model import Recipe, Step
from controller.record.events import Event, Measured, Note, PhaseChanged, PromptAhead
from controller.sequence.phase import PhaseMachine
from controller.sequence.prompts import Prompt
from controller.sequence.questions import AHEAD_S, ahead
from controller.sequence.step import StepRun
from controller.sequence.verb import Tool


class Record(Protocol):
    """Where phases are recorded."""

    def event(self, event: Event) -> None: ...


class Current:
    """At most one step. `index` is that of the step at work, or of the one that is next; `run` is None in between."""

    def __init__(
        self, tool: Tool, recipe: Recipe, ask: Callable[[Prompt], Awaitable[Any]], say: Callable[[str], None]
    ) -> None:
        self._tool, self._recipe, self._ask, self._say = tool, recipe, ask, say
        self.index = 0
        self.run: StepRun | None = None
        self._last = 0  # the step that was done last
        self._phase: PhaseMachine | None = None
        self._turns: Counter[str] = Counter()
        self._announced: set[str] = set()
        self._announcement: asyncio.TimerHandle | None = None

    @property
    def step(self) -> Step:
        """The step at work or next; the last one when the recipe is at its end."""
        return self._recipe.steps[min(self.index, len(self._recipe.steps) - 1)]

    @property
    def at_end(self) -> bool:
        """True behind the last step."""
        return self.index >= len(self._recipe.steps)

    @property
    def to_redo(self) -> Step:
        """What redo means now: the step at work, between two steps the one before."""
        return self.step if self.run is not None else self._recipe.steps[self._last]

    def take_up(self, index: int, turns: Mapping[str, int]) -> None:
        """Begin at a step other than the first, after so many turns of each."""
        self.index = self._last = index
        self._turns.update(turns)

    def begin(self) -> StepRun:
        """Start the next turn of the step at `index`."""
        step = self.step
        self._turns[step.name] += 1
        turn, record = self._turns[step.name], self._tool.guard.record
        self._watch()
        self.run = StepRun(self._tool, self._recipe, step, self._ask)
        self._phase = PhaseMachine(
            lambda old, new, reason: record.event(PhaseChanged(step.name, step.index, turn, old, new, reason))
        )
        self._tool.guard.gate.why = step.name
        self._phase.fire("START")
        self._announce()
        return self.run

    def fire(self, *events: str, reason: str = "") -> None:
        """Let the phase follow each event that its table has a row for now."""
        for event in events:
            if self._phase is not None and self._phase.may(event):
                self._phase.fire(event, reason)

    def done(self, following: int) -> None:
        """The step at work has come to its end; `following` is next."""
        self._last, self.index, self.run = self.index, following, None

    def redo(self, reason: str) -> None:
        """Give the step up, so that it is begun anew."""
        self.index = self.to_redo.index
        self._give_up(reason)

    def skip(self, reason: str) -> None:
        """Give the step up for good; what it was to measure fails."""
        step = self.step
        measured = self.run.measured if self.run is not None else set()
        for name, m in step.measure.items():
            if m.accept is not None and name not in measured:
                found = Measured(name, float("nan"), m.unit, m.accept.low, m.accept.high, False, m.source, step.name)
                self._tool.judged.append(found)
                self._tool.guard.record.event(found)
        self._tool.guard.record.event(Note(f"{step.name} is skipped: {reason}", "deviation"))
        self._give_up(reason)
        self.done(self._recipe.after(self.index))

    def quiet(self) -> None:
        """Announce nothing more: the job is held, or ends."""
        if self._announcement is not None:
            self._announcement.cancel()
            self._announcement = None

    # ------------------------------------------------------------------------------------------ parts
    def _give_up(self, reason: str) -> None:
        if self.run is not None:
            self.fire("STOP", "SC", reason=reason)
            self.run = None

    def _watch(self) -> None:
        """Put the recipe's monitors that cover this step to work; those already at work keep their state."""
        guard, recipe = self._tool.guard, self._recipe
        running = {monitor.name: monitor for monitor in guard.monitors}
        guard.monitors = [
            running.get(m.name) or Monitor(m.name, m.text, m.healthy.bind(guard.tags), m.for_s, m.action)
            for m in recipe.monitors
            if (m.from_step is None or recipe.index(m.from_step) <= self.index)
            and (m.until_step is None or self.index <= recipe.index(m.until_step))
        ]

    def _announce(self) -> None:
        """Say ahead of time when a person will be needed."""
        self.quiet()
        coming = ahead(self._recipe, self.index)
        if coming is None or coming[0].id in self._announced:
            return
        prompt, at_least_s = coming

        def say(in_s: float) -> None:
            self._announced.add(prompt.id)
            self._tool.guard.record.event(PromptAhead(prompt.id, prompt.step, prompt.text, in_s))
            self._say(f"in {in_s / 60:.0f} min at the earliest: {prompt.text}")

        if at_least_s <= AHEAD_S:
            if at_least_s > 0.0:
                say(at_least_s)
        else:
            delay_s = at_least_s - AHEAD_S
            self._announcement = asyncio.get_running_loop().call_later(delay_s, say, AHEAD_S)
