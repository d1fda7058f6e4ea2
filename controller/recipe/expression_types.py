"""Meaning of a parsed expression: names looked up, units checked and converted, constants folded.

From the tree of the text to that of its meaning; every refusal knows its place in the text. A `for` or a `not` that two
people could read in two ways is refused here, since a machine will act on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from controller.recipe import units
from controller.recipe.expression_grammar import ExpressionError
from controller.recipe.expression_tree import (
    CONDITIONS,
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
from controller.recipe.problems import did_you_mean
from controller.recipe.quantities import QuantityError, read

if TYPE_CHECKING:
    from typing_extensions import TypeIs

DEPTH_MAX = 40
WINDOW_S = (0.1, 3600.0)  # of a rate
HELD_S_MAX = 24 * 3600.0


def is_condition(node: Node) -> TypeIs[Condition]:
    """True for what is true or false, False for what has a value."""
    return isinstance(node, CONDITIONS)


class Typer:
    """Turns one tree into a checked one. `tag_units` and `parameters` are all the names there are."""

    def __init__(self, tag_units: Mapping[str, str], parameters: Mapping[str, str]) -> None:
        self._tag_units = tag_units
        self._parameters = parameters
        self._depth = 0

    def condition(self, tree: Any) -> Condition:
        """The checked tree of something that must be true or false."""
        node = self.node(tree)
        if is_condition(node):
            return node
        if isinstance(node, Tag) and node.written == "":
            return Truth(node)
        raise _error(tree, "R140", "a condition is needed here, this is a value", 'compare it, as in "x > 380 kPa"')

    def node(self, tree: Any) -> Node:  # trees are made of trees and words; Any keeps the walk readable
        """The checked tree, of either kind; raise ExpressionError."""
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise _error(tree, "R108", f"nested deeper than {DEPTH_MAX} levels", "split the expression")
        try:
            node: Node = getattr(self, f"_{tree.data}")(tree)
        except ExpressionError:
            raise
        except QuantityError as error:
            raise _error(tree, error.code, error.message, error.hint) from None
        finally:
            self._depth -= 1
        return node

    def quantity(self, tree: Any) -> Quantity:
        """The checked tree of something that must have a value."""
        node = self.node(tree)
        if is_condition(node):
            raise _error(tree, "R140", "a value is needed here, this is a condition", "compare values, join by and, or")
        return node

    # values

    def _literal(self, tree: Any) -> Constant:
        written = read(str(tree.children[0]))
        return Constant(written.canonical, units.canonical(written.unit))

    def _parameter(self, tree: Any) -> Constant:
        name = str(tree.children[0])[1:]
        if name not in self._parameters:
            raise _error(tree, "R153", f'unknown parameter "${name}"', did_you_mean(name, self._parameters))
        written = read(self._parameters[name])
        return Constant(written.canonical, units.canonical(written.unit))

    def _tag(self, tree: Any) -> Tag:
        name = str(tree.children[0])
        if name not in self._tag_units:
            raise _error(tree, "R140", f'unknown tag "{name}"', did_you_mean(name, self._tag_units))
        written = self._tag_units[name]
        if written not in units.KIND_OF:
            raise _error(tree, "R111", f'tag "{name}" has the unit "{written}", which expressions do not know')
        return Tag(name, written, units.canonical(written))

    def _group(self, tree: Any) -> Node:
        return self.node(tree.children[0])

    def _negative(self, tree: Any) -> Quantity:
        of = self.quantity(tree.children[0])
        if isinstance(of, Constant):
            return Constant(-of.value, of.unit)
        if of.unit in units.DIFFERENCE_OF:
            raise _error(tree, "R110", f"an {units.noun(of.unit)} has no opposite", "subtract it from another one")
        return Arithmetic("*", Constant(-1.0, ""), of, 1.0, of.unit)

    def _arithmetic(self, tree: Any) -> Quantity:
        left, operator, right = tree.children
        a, b, sign = self.quantity(left), self.quantity(right), str(operator)
        unit, factor = (_sum_unit if sign in "+-" else _product_unit)(tree, sign, a.unit, b.unit)
        if not (isinstance(a, Constant) and isinstance(b, Constant)):
            return Arithmetic(sign, a, b, factor, unit)
        if sign == "/" and b.value == 0:
            raise _error(right, "R140", "division by zero")
        return Constant(_FOLD[sign](a.value, b.value) * factor, unit)

    def _call(self, tree: Any) -> Quantity:
        name, *arguments = tree.children
        if name == "rate":
            return self._slope(tree, arguments)
        if name == "unchanged":
            return self._unchanged(tree, arguments)
        if (name == "abs") != (len(arguments) == 1):
            raise _error(tree, "R140", f"{name}() with {len(arguments)} arguments", "abs(x), min(x, y), max(x, y)")
        values = tuple(self.quantity(argument) for argument in arguments)
        unit = values[0].unit
        for argument, value in zip(arguments, values, strict=True):
            _need_same(argument, value.unit, unit)
        if name == "abs" and unit in units.DIFFERENCE_OF:
            raise _error(tree, "R110", f"abs() of an {units.noun(unit)} means nothing", "take it of a difference")
        return Call(str(name), values, unit)

    def _slope(self, tree: Any, arguments: list[Any]) -> Slope:
        hint = 'write a tag and a duration, as in "rate(press.gap, 120 s)"'
        if len(arguments) != 2:
            raise _error(tree, "R140", f"rate() with {len(arguments)} arguments", hint)
        tag, window = self.quantity(arguments[0]), self.quantity(arguments[1])
        if not isinstance(tag, Tag):
            raise _error(arguments[0], "R140", "rate() needs a tag", hint)
        if not isinstance(window, Constant) or window.unit != "s":
            raise _error(arguments[1], "R110", "rate() needs a duration", hint)
        if not WINDOW_S[0] <= window.value <= WINDOW_S[1]:
            raise _error(arguments[1], "R120", f"a window of {window.value:g} s", "take 0.1 s to 1 h")
        unit, per_canonical = units.quotient(units.DIFFERENCE_OF.get(tag.unit, tag.unit), "s")
        return Slope(tag, window.value, units.factor(tag.written, tag.unit) * per_canonical, unit)

    def _unchanged(self, tree: Any, arguments: list[Any]) -> Unchanged:
        tag = self.quantity(arguments[0])
        if len(arguments) != 1 or not isinstance(tag, Tag):
            raise _error(tree, "R140", "unchanged() needs one tag", 'as in "unchanged(press.pressure) < 20 s"')
        return Unchanged(tag)

    # conditions

    def _compare(self, tree: Any) -> Compare:
        left, operator, right = tree.children
        a, b = self.quantity(left), self.quantity(right)
        _need_same(right, b.unit, a.unit)
        if operator in ("==", "!=") and a.unit != "":
            hint = 'write "x within 2 kPa of y", or "x in 1 kPa .. 3 kPa"'
            raise _error(tree, "R140", f'a measured value is hardly ever "{operator}" another', hint)
        return Compare(str(operator), a, b)

    def _between(self, tree: Any) -> Between:
        value, low, high = (self.quantity(child) for child in tree.children)
        _need_same(tree.children[1], low.unit, value.unit)
        _need_same(tree.children[2], high.unit, value.unit)
        if isinstance(low, Constant) and isinstance(high, Constant) and low.value > high.value:
            raise _error(tree.children[1], "R117", "the range is empty: its low end is above its high end")
        return Between(value, low, high)

    def _around(self, tree: Any) -> Near:
        value, centre, tolerance = tree.children
        return self._near(value, centre, tolerance)

    def _within(self, tree: Any) -> Near:
        value, tolerance, centre = tree.children
        return self._near(value, centre, tolerance)

    def _near(self, value: Any, centre: Any, tolerance: Any) -> Near:
        x, middle, reach = self.quantity(value), self.quantity(centre), self.quantity(tolerance)
        _need_same(centre, middle.unit, x.unit)
        _need_same(tolerance, reach.unit, units.DIFFERENCE_OF.get(x.unit, x.unit))
        return Near(x, middle, reach)

    def _negation(self, tree: Any) -> Not:
        of = self.condition(tree.children[0])
        if any(isinstance(node, Slope) for node in walk(of)):
            hint = "while its window fills, comparisons with a rate are false; turn the comparison round instead"
            raise _error(tree, "R140", '"not" over rate()', hint)
        return Not(of)

    def _both(self, tree: Any) -> Every:
        self._refuse_loose_for(tree, "and")
        return Every(tuple(self.condition(child) for child in tree.children))

    def _either(self, tree: Any) -> Some:
        self._refuse_loose_for(tree, "or")
        return Some(tuple(self.condition(child) for child in tree.children))

    def _refuse_loose_for(self, tree: Any, word: str) -> None:
        """`a and b for 3 s`: is it b, or both, that must last?"""
        last, others = tree.children[-1], tree.children[:-1]
        while last.data == "both":
            last, others = last.children[-1], [*others, *last.children[:-1]]
        if last.data == "lasting" and any(other.data != "lasting" for other in others):
            hint = f'write "(a {word} b) for 3 s" or "a {word} (b for 3 s)"'
            raise _error(last, "R140", f'"for" after "{word}" can be read in two ways', hint)

    def _lasting(self, tree: Any) -> Held:
        duration = self.quantity(tree.children[1])
        if not isinstance(duration, Constant) or duration.unit != "s":
            raise _error(tree.children[1], "R110", '"for" needs a duration', 'as in "for 3 s"')
        if not 0 <= duration.value <= HELD_S_MAX:
            raise _error(tree.children[1], "R120", f"for {duration.value:g} s", "take 0 s to 24 h")
        return Held(self.condition(tree.children[0]), duration.value)


_FOLD: Mapping[str, Any] = {
    "+": float.__add__,
    "-": float.__sub__,
    "*": float.__mul__,
    "/": float.__truediv__,
}


def _sum_unit(tree: Any, sign: str, a: str, b: str) -> tuple[str, float]:
    """Points may be subtracted, which gives a difference, and shifted by a difference."""
    difference = units.DIFFERENCE_OF.get(a)
    if difference is not None:
        if sign == "-" and a == b:
            return difference, 1.0
        if b == difference:
            return a, 1.0
    if sign == "+" and units.DIFFERENCE_OF.get(b) == a:
        return b, 1.0
    if a == b and difference is None:
        return a, 1.0
    words = f"{_named(a)} {'plus' if sign == '+' else 'minus'} {_named(b)}"
    hint = f"differences are in {difference}" if difference else ""
    raise _error(tree, "R110", f"{words} means nothing", hint)


def _product_unit(tree: Any, sign: str, a: str, b: str) -> tuple[str, float]:
    for unit in (a, b):
        if unit in units.DIFFERENCE_OF:
            message = f"{_named(unit)} cannot be multiplied or divided"
            raise _error(tree, "R110", message, "take a difference first")
    return units.product(a, b) if sign == "*" else units.quotient(a, b)


def _need_same(tree: Any, got: str, wanted: str) -> None:
    if got == wanted:
        return
    hint = ""
    if {got, wanted} == {"K", "degC"}:
        hint = "K is for differences, degC for temperatures"
    elif {got, wanted} == {"kPa", "kPa abs"}:
        _fail(tree, "R113", "an absolute and a gauge pressure are compared", "write abs with both or with none")
    _fail(tree, "R110", f"{_named(wanted)} is needed here, this is {_named(got)}", hint)


def _named(unit: str) -> str:
    if unit == "":
        return "a plain number"
    noun = units.noun(unit)
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}" + (f" ({unit})" if unit in units.KIND_OF else "")


def _fail(tree: Any, code: str, message: str, hint: str) -> NoReturn:
    raise _error(tree, code, message, hint)


def _error(tree: Any, code: str, message: str, hint: str = "") -> ExpressionError:
    return ExpressionError(code, message, hint, tree.start)
