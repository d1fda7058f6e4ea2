"""What an expression is after parsing: a tree of frozen nodes whose units are checked and whose constants are folded.

All numbers are in the canonical unit of their kind. The tree can be walked, printed and compared; it is never executed:
`expression_bind` turns it into closures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Constant:
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag's value; `written` is the unit in which the table keeps it."""

    name: str
    written: str
    unit: str


@dataclass(frozen=True, slots=True)
class Slope:
    """Slope of a tag over the last `window_s` seconds; `factor` turns written units per second into `unit`."""

    tag: Tag
    window_s: float
    factor: float
    unit: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """For how long, in s, each sample of a tag has been identical to the one before."""

    tag: Tag
    unit: str = "s"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """left (+ - * /) right, times `factor`."""

    operator: str
    left: Quantity
    right: Quantity
    factor: float
    unit: str


@dataclass(frozen=True, slots=True)
class Call:
    """abs, min or max."""

    function: str
    arguments: tuple[Quantity, ...]
    unit: str


Quantity = Constant | Tag | Slope | Unchanged | Arithmetic | Call


@dataclass(frozen=True, slots=True)
class Compare:
    operator: str
    left: Quantity
    right: Quantity


@dataclass(frozen=True, slots=True)
class Between:
    """low <= value <= high"""

    value: Quantity
    low: Quantity
    high: Quantity


@dataclass(frozen=True, slots=True)
class Near:
    """|value - centre| <= tolerance"""

    value: Quantity
    centre: Quantity
    tolerance: Quantity


@dataclass(frozen=True, slots=True)
class Truth:
    """A tag without unit that is not 0."""

    tag: Tag


@dataclass(frozen=True, slots=True)
class Not:
    of: Condition


@dataclass(frozen=True, slots=True)
class Every:
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    of: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """The condition has been true without a break for `for_s` seconds."""

    of: Condition
    for_s: float


Condition = Compare | Between | Near | Truth | Not | Every | Some | Held
Node = Quantity | Condition

CONDITIONS = (Compare, Between, Near, Truth, Not, Every, Some, Held)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, parents first."""
    yield node
    for item in fields(node):
        below = getattr(node, item.name)
        for child in below if isinstance(below, tuple) else (below,):
            if hasattr(child, "__dataclass_fields__"):
                yield from walk(child)
