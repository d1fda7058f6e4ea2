"""Closures over the columns of a tag table: what an expression costs ten times a second.

Everything that can be decided once is decided here: columns, conversion factors, operators. What needs a memory (`for`,
`rate`) is an object of `expression_memory` that belongs to one bound expression.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence

from controller.recipe import units
from controller.recipe.expression_memory import HeldTest, SlopeOf, Test, UnchangedFor
from controller.recipe.expression_tree import (
    Arithmetic,
    Between,
    Call,
    Compare,
    Condition,
    Constant,
    Every,
    Held,
    Near,
    Node,
    Not,
    Quantity,
    Slope,
    Some,
    Tag,
    Truth,
    Unchanged,
    walk,
)
from drivers.reading import TagTable

Number = Callable[[float], float]  # of the time in seconds
Memory = HeldTest | SlopeOf | UnchangedFor
Slopes = dict[tuple[int, float, float], SlopeOf]  # by column, window and factor

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Binder:
    """Builds the closures of one expression and collects what it remembers; equal rates in `slopes` are shared."""

    def __init__(self, table: TagTable, slopes: Slopes) -> None:
        self._table, self._slopes = table, slopes
        self.memories: list[Memory] = []

    def number(self, node: Quantity) -> Number:
        """Closure for a value in the node's unit."""
        match node:
            case Constant(value):
                return lambda now_s: value
            case Tag():
                return self._tag(node)
            case Slope(tag, window_s, factor):
                column = self._column(tag)
                slope = self._slopes.setdefault(
                    (column, window_s, factor), SlopeOf(self._table, column, window_s, factor)
                )
                self.memories.append(slope)
                return slope
            case Unchanged(tag):
                unchanged = UnchangedFor(self._table, self._column(tag))
                self.memories.append(unchanged)
                return unchanged
            case Call(function, arguments):
                return _call(function, tuple(self.number(argument) for argument in arguments))
            case Arithmetic(sign, left, right, factor):
                return _arithmetic(sign, self.number(left), self.number(right), factor)

    def test(self, node: Condition) -> Test:
        """Closure for a condition. Comparisons with an unknown (NaN) value are false."""
        match node:
            case Compare(sign, left, right):
                return self._compare(sign, left, right)
            case Between(value, low, high):
                return self._between(value, low, high)
            case Near(value, centre, tolerance):
                x, a, b = self.number(value), self.number(centre), self.number(tolerance)
                return lambda now_s: abs(x(now_s) - a(now_s)) <= b(now_s)
            case Truth(tag):
                values, i = self._table.value, self._column(tag)
                return lambda now_s: values[i] != 0
            case Not(of):
                test = self.test(of)
                return lambda now_s: not test(now_s)
            case Every(of):
                return self._every(of)
            case Some(of):
                return self._some(of)
            case Held(of, for_s):
                memory = HeldTest(self.test(of), for_s)
                self.memories.append(memory)
                return memory

    def _column(self, tag: Tag) -> int:
        """Column of a tag whose unit is still the one the expression was checked with."""
        i = self._table.index(tag.name)
        if self._table.units[i].removesuffix(" abs") != tag.written.removesuffix(" abs"):
            message = f'{tag.name} is in "{self._table.units[i]}", the expression was checked for "{tag.written}"'
            raise ValueError(message)
        return i

    def _plain(self, node: Quantity) -> int | None:
        """Column of a tag that is read in the unit of its column, by far the most frequent form."""
        if not isinstance(node, Tag) or units.factor(node.written, node.unit) != 1.0:
            return None
        return self._column(node)

    def _tag(self, tag: Tag) -> Number:
        values, i, factor = self._table.value, self._column(tag), units.factor(tag.written, tag.unit)
        if factor == 1.0:
            return lambda now_s: values[i]
        return lambda now_s: values[i] * factor

    def _compare(self, sign: str, left: Quantity, right: Quantity) -> Test:
        compare = _COMPARISONS[sign]
        if not isinstance(right, Constant):
            a, b = self.number(left), self.number(right)
            return lambda now_s: compare(a(now_s), b(now_s))
        limit = right.value
        if (i := self._plain(left)) is not None:
            return _beside(self._table.value, i, compare, limit)
        a = self.number(left)
        return lambda now_s: compare(a(now_s), limit)

    def _between(self, value: Quantity, low: Quantity, high: Quantity) -> Test:
        if isinstance(low, Constant) and isinstance(high, Constant) and (i := self._plain(value)) is not None:
            return _inside(self._table.value, i, low.value, high.value)
        x, a, b = self.number(value), self.number(low), self.number(high)
        return lambda now_s: a(now_s) <= x(now_s) <= b(now_s)

    def _every(self, parts: tuple[Condition, ...]) -> Test:
        tests = [self.test(part) for part in parts]
        if any(_remembers(part) for part in parts):
            return lambda now_s: all(_see_all(tests, now_s))
        if len(tests) == 2:
            first, second = tests
            return lambda now_s: first(now_s) and second(now_s)
        return lambda now_s: all(test(now_s) for test in tests)

    def _some(self, parts: tuple[Condition, ...]) -> Test:
        tests = [self.test(part) for part in parts]
        if any(_remembers(part) for part in parts):
            return lambda now_s: any(_see_all(tests, now_s))
        if len(tests) == 2:
            first, second = tests
            return lambda now_s: first(now_s) or second(now_s)
        return lambda now_s: any(test(now_s) for test in tests)


def _beside(values: Sequence[float], i: int, compare: Callable[[float, float], bool], limit: float) -> Test:
    return lambda now_s: compare(values[i], limit)


def _inside(values: Sequence[float], i: int, low: float, high: float) -> Test:
    return lambda now_s: low <= values[i] <= high


def _see_all(tests: list[Test], now_s: float) -> list[bool]:
    """Results of all tests: what remembers must see every scan, also when another part has decided already."""
    return [test(now_s) for test in tests]


def _remembers(node: Node) -> bool:
    return any(isinstance(below, Held | Slope | Unchanged) for below in walk(node))


def _call(function: str, arguments: tuple[Number, ...]) -> Number:
    if function == "abs":
        (of,) = arguments
        return lambda now_s: abs(of(now_s))
    choose = min if function == "min" else max

    def chosen(now_s: float) -> float:
        values = [argument(now_s) for argument in arguments]
        return math.nan if any(map(math.isnan, values)) else choose(values)

    return chosen


def _arithmetic(sign: str, a: Number, b: Number, factor: float) -> Number:
    if sign == "+":
        return lambda now_s: a(now_s) + b(now_s)
    if sign == "-":
        return lambda now_s: a(now_s) - b(now_s)
    if sign == "*":
        return lambda now_s: a(now_s) * b(now_s) * factor

    def quotient(now_s: float) -> float:
        divisor = b(now_s)
        return a(now_s) / divisor * factor if divisor else math.nan

    return quotient
