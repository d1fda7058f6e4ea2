"""Expressions over spans instead of values: what a condition is when each tag is only known to lie between two numbers.

Three answers: true for all values in the spans, false for all, or None when it depends. A tag without a span may be
anything. `assume` narrows spans to those for which a condition may hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from controller.recipe import units
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
    Not,
    Quantity,
    Slope,
    Some,
    Tag,
    Truth,
    Unchanged,
)
from controller.sequence.effects import OFF, ON, Span

Spans = Mapping[str, Span]
ANYTHING: Span = (-inf, inf)
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def span_of(node: Quantity, spans: Spans) -> Span:
    """Between which numbers a quantity lies, in its own unit."""
    match node:
        case Constant(value):
            return value, value
        case Tag(name):
            factor = units.factor(node.written, node.unit)
            low, high = spans.get(name, ANYTHING)
            return low * factor, high * factor
        case Slope() | Unchanged():
            return ANYTHING
        case Call(function, arguments):
            return _call(function, [span_of(argument, spans) for argument in arguments])
        case Arithmetic(sign, left, right, factor):
            return _arithmetic(sign, span_of(left, spans), span_of(right, spans), factor)


def truth_of(node: Condition, spans: Spans) -> bool | None:
    """True or False for all values in the spans, None when it depends."""
    match node:
        case Compare(sign, left, right):
            return _compare(sign, span_of(left, spans), span_of(right, spans))
        case Between(value, low, high):
            x, least, most = span_of(value, spans), span_of(low, spans), span_of(high, spans)
            return _all([_compare(">=", x, least), _compare("<=", x, most)])
        case Near(value, centre, tolerance):
            x, c, t = span_of(value, spans), span_of(centre, spans), span_of(tolerance, spans)
            return _compare("<=", _call("abs", [_minus(x, c)]), t)
        case Truth(tag):
            return _not(_equal(spans.get(tag.name, ANYTHING), OFF))
        case Not(of):
            return _not(truth_of(of, spans))
        case Every(of):
            return _all([truth_of(part, spans) for part in of])
        case Some(of):
            return _not(_all([_not(truth_of(part, spans)) for part in of]))
        case Held(of):
            return truth_of(of, spans)


def assume(node: Condition, spans: Spans) -> dict[str, Span]:
    """The spans, narrowed as far as one tag and a constant allow, for a condition that is known to hold."""
    match node:
        case Every(of):
            narrowed = dict(spans)
            for part in of:
                narrowed = assume(part, narrowed)
            return narrowed
        case Truth(tag):
            return {**spans, tag.name: ON}
        case Not(Truth(tag)):
            return {**spans, tag.name: OFF}
        case Not(Compare(sign, left, right)):
            return assume(Compare(_OPPOSITE[sign], left, right), spans)
        case Held(of):
            return assume(of, spans)
        case Compare(sign, Tag() as tag, Constant(value)):
            return _narrowed(spans, tag, {"<": (-inf, value), "<=": (-inf, value), "==": (value, value)}.get(
                sign, (value, inf) if sign in (">", ">=") else ANYTHING
            ))  # fmt: skip
        case Between(Tag() as tag, Constant(low), Constant(high)):
            return _narrowed(spans, tag, (low, high))
        case _:
            return dict(spans)


def joined(a: Spans, b: Spans) -> dict[str, Span]:
    """What holds in either of two states."""
    return {name: (min(a[name][0], b[name][0]), max(a[name][1], b[name][1])) for name in sorted(a.keys() & b.keys())}


def _narrowed(spans: Spans, tag: Tag, within: Span) -> dict[str, Span]:
    factor = units.factor(tag.written, tag.unit)
    low, high = spans.get(tag.name, ANYTHING)
    return {**spans, tag.name: (max(low, within[0] / factor), min(high, within[1] / factor))}


def _compare(sign: str, a: Span, b: Span) -> bool | None:
    if sign in (">", ">=", "!="):
        return _compare("<", b, a) if sign == ">" else _compare("<=", b, a) if sign == ">=" else _not(_equal(a, b))
    if sign == "==":
        return _equal(a, b)
    strict = sign == "<"
    if a[1] < b[0] or (a[1] == b[0] and not strict):
        return True
    return False if a[0] > b[1] or (a[0] == b[1] and strict) else None


def _equal(a: Span, b: Span) -> bool | None:
    if a[0] == a[1] == b[0] == b[1]:
        return True
    return False if a[1] < b[0] or b[1] < a[0] else None


def _all(parts: list[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _minus(a: Span, b: Span) -> Span:
    return a[0] - b[1], a[1] - b[0]


def _call(function: str, spans: list[Span]) -> Span:
    if function == "abs":
        ((low, high),) = spans
        return (0.0 if low <= 0.0 <= high else min(abs(low), abs(high))), max(abs(low), abs(high))
    choose = min if function == "min" else max
    return choose(low for low, _ in spans), choose(high for _, high in spans)


def _arithmetic(sign: str, a: Span, b: Span, factor: float) -> Span:
    if sign == "+":
        return a[0] + b[0], a[1] + b[1]
    if sign == "-":
        return _minus(a, b)
    if sign == "*" and inf not in map(abs, (*a, *b)):
        products = [x * y * factor for x in a for y in b]
        return min(products), max(products)
    return ANYTHING
