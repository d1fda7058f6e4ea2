"""The small language of conditions in recipes and interlocks: `press.pressure > 380 kPa and not press.open for 3 s`.

`parse` checks names and units once; `bind` ties the result to a tag table for the scan. Nothing is ever executed as
code. Grammar: `expression_grammar`; meaning: `expression_types`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from controller.recipe import units
from controller.recipe.expression_bind import Binder, Slopes
from controller.recipe.expression_grammar import ExpressionError, tree_of
from controller.recipe.expression_memory import HeldTest, Test, UnchangedFor
from controller.recipe.expression_tree import Arithmetic, Constant, Node, Quantity, Tag, walk
from controller.recipe.expression_types import Typer, is_condition
from drivers.reading import TagTable, Value

__all__ = ["Bound", "Expression", "ExpressionError", "parse"]

Kind = Literal["condition", "quantity"]


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression. `unit` is None for a condition; `tags` are the names it reads, in the order of the text."""

    text: str
    kind: Kind
    unit: str | None
    tags: tuple[str, ...]
    root: Node = field(repr=False)

    @property
    def constant(self) -> float | None:
        """The value in `unit` when no tag is involved, as in `$height + 8 um`; else None."""
        return self.root.value if isinstance(self.root, Constant) else None

    def bind(self, tags: TagTable, slopes: Slopes | None = None) -> Bound:
        """Tie to the columns of `tags`; KeyError or ValueError when it lacks one or has it in another unit.

        Expressions that are bound with the same `slopes` share the memories of equal rates.
        """
        return Bound(self, tags, {} if slopes is None else slopes)

    def calculate(self, values: Mapping[str, float]) -> float:
        """The value once, with `values` in the units the expression was checked with; NaN when one is missing."""
        if any(name not in values for name in self.tags):
            return math.nan
        tags = TagTable()
        for name, unit in {tag.name: tag.written for tag in walk(self.root) if isinstance(tag, Tag)}.items():
            column = tags.add("value", Value(name, unit, -math.inf, math.inf, ""))
            tags.alias(name, f"value.{name}")
            tags.put(column, values[name], 0.0)
        return self.bind(tags).value(0.0)


class Bound:
    """An expression over a tag table, with the memory of its `for` and `rate`; one per place of use.

    `columns` are the table's columns that it reads, `memories` what must see every scan.
    """

    def __init__(self, expression: Expression, tags: TagTable, slopes: Slopes) -> None:
        binder = Binder(tags, slopes)
        root = expression.root
        self.expression = expression
        self._test = binder.test(root) if is_condition(root) else None
        self._number = None if is_condition(root) else binder.number(root)
        self.memories = tuple(binder.memories)
        self._held = tuple(memory for memory in binder.memories if isinstance(memory, HeldTest))
        self._names = expression.tags
        self.columns = tuple(tags.index(name) for name in expression.tags)
        self._tags = tags
        self._now_s = -math.inf

    def evaluate(self, now_s: float) -> bool | None:
        """True or False; None when an input is stale or bad, which also restarts every `for`.

        Call it once per scan, with times that do not go back. A `rate` whose window is not yet full compares as False.
        """
        self._now_s = now_s
        if not self._tags.all_fresh(self.columns, now_s):
            for held in self._held:  # a rate bridges a short gap by itself
                held.reset()
            return None
        return self.test(now_s)

    @property
    def test(self) -> Test:
        """The condition alone, for who has seen that all `columns` are fresh; may be called again in the same scan."""
        if self._test is None:
            raise TypeError(f'"{self.expression.text}" is a value, not a condition')
        return self._test

    def value(self, now_s: float) -> float:
        """The value in the expression's unit; NaN when an input is stale or bad, or a rate's window not yet full."""
        self._now_s = now_s
        if self._number is None:
            raise TypeError(f'"{self.expression.text}" is a condition, not a value')
        if self._tags.all_fresh(self.columns, now_s):
            return self._number(now_s)
        return math.nan

    def inputs(self) -> dict[str, float | None]:
        """What each tag read at the last evaluation, in the table's unit; None where it was not fresh."""
        tags, now_s = self._tags, self._now_s
        columns = zip(self._names, self.columns, strict=True)
        return {name: tags.value[i] if tags.fresh(i, now_s) else None for name, i in columns}

    @property
    def remembers(self) -> bool:
        """True when it has a `for` or a `rate`, which want to be evaluated at every scan."""
        return any(not isinstance(memory, UnchangedFor) for memory in self.memories)


def parse(
    text: str,
    tag_units: Mapping[str, str],
    parameters: Mapping[str, str] | None = None,
    *,
    kind: Kind | None = None,
    unit: str | None = None,
) -> Expression:
    """Parse and check `text`; raise ExpressionError with its offset.

    `tag_units` maps every known tag to its unit ("" for a plain number or a bit), `parameters` the names behind `$` to
    their texts. With `kind` the other kind is refused; with `unit` a value is converted into it.
    """
    tree = tree_of(text)
    root = _root(Typer(tag_units, parameters or {}), tree.children[0], kind)
    if is_condition(root):
        return Expression(text, "condition", None, _tags(root), root)
    if unit is not None and unit != root.unit:
        root = _converted(root, unit)
    return Expression(text, "quantity", root.unit, _tags(root), root)


def _root(typer: Typer, tree: object, kind: Kind | None) -> Node:
    if kind == "quantity":
        return typer.quantity(tree)
    node = typer.node(tree)
    is_bit = isinstance(node, Tag) and node.written == ""
    return typer.condition(tree) if kind == "condition" or is_bit else node


def _converted(root: Quantity, unit: str) -> Quantity:
    try:
        factor = units.factor(root.unit, unit)
    except units.UnitMismatch:
        message = f"the value is a {units.noun(root.unit)}, wanted is a {units.noun(unit)}"
        raise ExpressionError("R110", message) from None
    if isinstance(root, Constant):
        return Constant(root.value * factor, unit)
    return Arithmetic("*", root, Constant(1.0, ""), factor, unit)


def _tags(root: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(node.name for node in walk(root) if isinstance(node, Tag)))
