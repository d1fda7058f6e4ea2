"""The questions of a recipe as prompts, and how a run puts them: announced, answered within a time, recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from controller.recipe.asks import ANSWER_S_MAX
from controller.recipe.model import Measurement, Recipe, Step
from controller.record.events import Event, PromptAnswered, PromptAsked
from controller.sequence.prompts import Answers, Prompt, Unanswered

AHEAD_S = 240.0  # a question is announced this long before it may come, as far as the recipe tells


class Record(Protocol):
    """Where questions and answers are recorded."""

    def event(self, event: Event) -> None: ...


def prompts_of(step: Step) -> list[Prompt]:
    """The step's questions in their order, inspection fields of its measurements not included."""
    return [
        Prompt(
            id=f"{step.name}.{ask.field}",
            step=step.name,
            text=ask.text,
            kind=ask.kind,
            unit=ask.unit,
            low=ask.low,
            high=ask.high,
            match=ask.match,
            choices=ask.choices,
            default=ask.default,
            within_s=ask.within_s or ANSWER_S_MAX,
        )
        for ask in step.asks
    ]


def ahead(recipe: Recipe, index: int) -> tuple[Prompt, float] | None:
    """The next question after the step at `index`, and in how many seconds it comes at the earliest: dwells are all
    that a recipe says about time, so it may well take longer. None when nothing more is asked."""
    at_least_s = 0.0
    while index < len(recipe.steps):
        at_least_s += recipe.steps[index].dwell_s
        index = recipe.after(index)
        prompts = prompts_of(recipe.steps[index]) if index < len(recipe.steps) else []
        if prompts:
            return prompts[0], at_least_s
    return None


def inspection_prompt(step: Step, name: str, measurement: Measurement) -> Prompt:
    """The question for one field of an inspection record."""
    field = measurement.inspect or name
    return Prompt(f"{step.name}.{field}", step.name, f"inspection record: {field}", "inspection", measurement.unit)


def questions(recipe: Recipe, first: int = 0) -> list[Prompt]:
    """Every question that a run may ask from a step on, inspection records included."""
    steps = recipe.steps[first:]
    prompts = [prompt for step in steps for prompt in prompts_of(step)]
    return prompts + [
        inspection_prompt(step, name, m) for step in steps for name, m in step.measure.items() if m.inspect
    ]


def asker(answers: Answers, record: Record) -> Callable[[Prompt], Awaitable[Any]]:
    """A function that asks one question and returns the checked answer; AnswerRefused or Unanswered without."""

    async def ask(prompt: Prompt) -> Any:
        record.event(PromptAsked(prompt.id, prompt.step, prompt.text, prompt.describe()))
        try:
            async with asyncio.timeout(prompt.within_s):
                value, by = await answers.answer(prompt)
        except TimeoutError:
            raise Unanswered(f"{prompt.id}: nobody answered within {prompt.within_s:g} s") from None
        record.event(PromptAnswered(prompt.id, value, by))
        return value

    return ask
