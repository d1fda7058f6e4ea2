"""What a report should draw: said by the caller, who knows which tags a step moves. It draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Against:
    """One tag against another, from the first of `steps` to a while after the last: e.g. a gap against a pressure."""

    title: str
    x: str
    y: str
    steps: tuple[str, ...]


def against_of(meta: Mapping[str, Any]) -> Against | None:
    """The curve that a record says it is to be drawn with, if any."""
    said = meta.get("against")
    return Against(**{**said, "steps": tuple(said["steps"])}) if said else None


def plots_of(meta: Mapping[str, Any]) -> list[PlotGroup]:
    """The plots that a record says it is to be drawn with."""
    return [PlotGroup(**{**plot, "steps": tuple(plot["steps"])}) for plot in meta.get("plots", ())]
