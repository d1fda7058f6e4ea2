"""What a report should draw: said by the caller, who knows which tags a step moves. It draws nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlotGroup:
    """One quantity over time: what was asked, what was reached.

    `actual` and `setpoint` are tags or aliases. `steps` are the names of the steps that moved it; each of them gets a
    plot of its own besides the strip in the overview. An empty `unit` means the unit of the tag.
    """

    title: str
    actual: str
    setpoint: str | None = None
    unit: str = ""
    steps: tuple[str, ...] = ()
