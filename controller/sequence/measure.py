"""How a measurement gets its value: averaged from a tag, calculated from earlier ones, taken from an inspection
record, or predicted by the controller. The source is part of the result.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from controller.equipment.module import NotReached
from controller.recipe.model import Measurement, Recipe, Step
from controller.sequence.prompts import Prompt
from controller.sequence.questions import inspection_prompt
from controller.sequence.verb import Tool
from drivers.reading import Quality, TagTable, Value

SAMPLE_S = 0.1


async def measure(
    tool: Tool,
    recipe: Recipe,
    step: Step,
    name: str,
    measurement: Measurement,
    ask: Callable[[Prompt], Awaitable[Any]],
) -> float:
    """The value in the measurement's unit; NaN when it could not be had, which never passes."""
    if measurement.tag is not None:
        return await _average(tool, measurement.tag, measurement.over_s)
    if measurement.predict is not None:
        return tool.line.value(measurement.predict)
    if measurement.inspect is not None:
        return float(await ask(inspection_prompt(step, name, measurement)))
    assert measurement.value is not None  # the loader gives one of the four
    return measurement.value.bind(tool.guard.tags).value(asyncio.get_running_loop().time())


def declare_results(tags: TagTable, recipe: Recipe) -> None:
    """Give every result and every number of a record step a tag, so that later expressions can use it by name."""
    units = {ask.field: ask.unit for step in recipe.steps for ask in step.asks if ask.kind == "number"}
    units |= {m.name: m.unit for step in recipe.steps for m in step.measure.values()}
    for name, unit in units.items():
        column = tags.add("result", Value(name, unit, -math.inf, math.inf, "result of this run"))
        tags.fresh_s[column] = math.inf
        if name not in tags:
            tags.alias(name, f"result.{name}")


def keep_result(tool: Tool, name: str, value: float) -> None:
    """Let later expressions and steps use a value."""
    tool.guard.tags.put(tool.guard.tags.index(f"result.{name}"), value, asyncio.get_running_loop().time())


def result(tool: Tool, name: str) -> float:
    """An earlier result of this run; NotReached when it was not measured (yet)."""
    tags = tool.guard.tags
    tag = f"result.{name}"
    if tag not in tags or tags.quality[tags.index(tag)] != Quality.GOOD:
        raise NotReached(f"{name} was not measured in this run; measure it in an earlier step")
    return tags.value[tags.index(tag)]


async def _average(tool: Tool, tag: str, over_s: float) -> float:
    """Mean of the fresh readings during `over_s`; one reading when it is 0. NotReached when none was fresh."""
    loop, tags, i = asyncio.get_running_loop(), tool.guard.tags, tool.guard.tags.index(tag)
    end_s = loop.time() + over_s
    total, n = 0.0, 0
    while True:
        if tags.fresh(i, loop.time()):
            total, n = total + tags.value[i], n + 1
        if loop.time() >= end_s:
            break
        await asyncio.sleep(SAMPLE_S)
    if n == 0 or not math.isfinite(total):
        raise NotReached(f"{tag} gave no fresh reading in {over_s:g} s; look at its instrument")
    return total / n
