"""What a verb does to the tool, as data for `springback prove`: what it needs, what it asks the gate, what holds after.

Declared beside each verb; a test runs recipes on the simulated line and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Span = tuple[float, float]
ON: Span = (1.0, 1.0)
OFF: Span = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Effect:
    """One part of what a verb does; a verb has several, in their order.

    `needs` are conditions that must hold by nature or by a person's hand, each with what fixes it; `asks` is the action
    that the gate is asked for, unless the condition `unless` holds; `sets` says between which values, in the tags' own
    units, tags lie afterwards.
    """

    needs: tuple[tuple[str, str], ...] = ()
    asks: str = ""
    unless: str = ""
    sets: Mapping[str, Span] = field(default_factory=dict)


def near(value: float, by: float) -> Span:
    """A span around a value."""
    return value - by, value + by
