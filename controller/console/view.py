"""What the screens draw from: the picture of the tool, how old it is, curves, and what this console has chosen.

`link.py` or `replay.py` fills it, the pages read it. It asks nothing and draws nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from controller.console.layout import SHORT, TRENDED, decimals
from controller.console.rows import Cell
from controller.console.trend import Curve
from controller.server.picture import BAD, GOOD, STALE, UNCERTAIN, Picture, Tag

FRESH_S = 0.8  # without a sign of life for longer, values are marked as old
CURVES_MAX = 12


@dataclass(slots=True)
class Link:
    """How well the tool is seen. `live` is the connection; `problem` says why there is none, and what next."""

    live: bool = False
    heard_s: float = float("-inf")
    problem: str = "connecting"
    retry_s: float | None = None  # when the next attempt is made, on the clock of `View.now_s`
    note: str = ""  # what was missed: a restart of the daemon, events


@dataclass(slots=True)
class Replay:
    """Where in a record the picture is taken."""

    name: str
    t_s: float
    span_s: float
    speed: float
    running: bool


@dataclass(frozen=True, slots=True)
class Planned:
    """How long something takes; with `least` it takes longer, and nobody knows by how much."""

    s: float
    least: bool


@dataclass(slots=True)
class View:
    """Everything that is on the screens. `now_s` is a clock that only rises, `wall` the one on the wall."""

    now_s: Callable[[], float]
    wall: Callable[[], datetime]
    readonly: bool = False
    observer: bool = False  # greet as one, whoever the user of this process is
    link: Link = field(default_factory=Link)
    facts: dict[str, Any] = field(default_factory=dict)  # the daemon's greeting
    picture: Picture | None = None
    curves: dict[str, Curve] = field(default_factory=lambda: {tag: Curve() for tag in TRENDED})
    replay: Replay | None = None
    recipes: list[str] = field(default_factory=list)
    released: dict[str, str] = field(default_factory=dict)  # recipe -> draft, signed, released, changed, retired
    plans: dict[str, dict[str, Any]] = field(
        default_factory=dict
    )  # recipe -> what `check` told, or why it must not run
    permissives: list[dict[str, Any]] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    durations: dict[str, dict[str, float]] = field(default_factory=dict)  # recipe -> step -> seconds, last time
    page: int = 0
    chosen: dict[int, int] = field(default_factory=dict)  # page -> line
    filters: dict[int, str] = field(default_factory=dict)
    window_s: float = 600.0
    end_s: float | None = None  # of the trend; None is now
    cursor_s: float | None = None
    said: Cell = ("", "")
    said_s: float = 0.0

    # ------------------------------------------------------------------------------------------ the link
    @property
    def age_s(self) -> float:
        """Since the last sign of life of the tool."""
        return 0.0 if self.replay is not None else self.now_s() - self.link.heard_s

    @property
    def fresh(self) -> bool:
        """True when what is shown is what is."""
        return self.picture is not None and (self.replay is not None or (self.link.live and self.age_s <= FRESH_S))

    @property
    def state(self) -> dict[str, Any]:
        """The state that the daemon told last; empty before the first."""
        return self.picture.state if self.picture is not None else {}

    @property
    def job(self) -> dict[str, Any] | None:
        """The job that runs."""
        found: dict[str, Any] | None = self.state.get("job")
        return found

    @property
    def simulated(self) -> bool:
        """True for simulated instruments."""
        return bool(self.facts.get("simulated"))

    def may(self, command: str) -> bool:
        """True when the daemon has the command, and this role may use it."""
        return command in self.facts.get("may", ())

    # ------------------------------------------------------------------------------------------ values
    def tag(self, name: str) -> Tag | None:
        """A tag; None when the tool has none of this name."""
        return self.picture.tags.get(name) if self.picture is not None else None

    def value(self, name: str) -> float | None:
        """A number to be trusted, or None."""
        tag = self.tag(name)
        return tag.value if tag is not None and tag.quality <= UNCERTAIN else None

    def reading(self, name: str, width: int, *, unit: bool = True) -> Cell:
        """The value as people read it, with its mark: `~` old, `?` bad, `≈` uncertain."""
        tag = self.tag(name)
        if tag is None:
            return " " * width, ""
        number = f"{tag.value:.{decimals(tag.unit)}f}" if tag.value is not None else "--"
        number = number[1:] if number.startswith("-") and not number.strip("-0.") and number != "--" else number
        tail = f" {SHORT.get(tag.unit, tag.unit)}" if unit and tag.unit else ""
        mark, style = self.mark(tag)
        return f"{mark}{number}{tail}".rjust(width), style

    def mark(self, tag: Tag) -> Cell:
        """The mark of a reading, and its style."""
        if tag.quality == BAD:
            return "?", "bad"
        if not self.fresh or tag.quality == STALE:
            return "~", "old"
        return ("≈", "") if tag.quality != GOOD else ("", "")

    def limit(self, name: str) -> tuple[float | None, float | None]:
        """Low and high of a limit in force; None where there is none."""
        low, high = (self.state.get("limits") or {}).get(name, (None, None))
        return low, high

    def outside(self, name: str, limit: str) -> str:
        """`▲` or `▼` when a value is beyond its limit."""
        value, (low, high) = self.value(name), self.limit(limit)
        if value is None or low is None or high is None:
            return ""
        slack = (high - low) / 100  # limits bound what is asked; a reading has noise
        return "▲" if value > high + slack else "▼" if value < low - slack else ""

    def took(self) -> None:
        """Take the readings into the curves."""
        if self.picture is None:
            return
        t_s = self.now_s()
        for name, curve in self.curves.items():
            tag = self.picture.tags.get(name)
            if tag is not None and tag.value is not None and tag.quality <= UNCERTAIN and math.isfinite(tag.value):
                curve.add(t_s, tag.value)

    # ------------------------------------------------------------------------------------------ time
    @property
    def trend_s(self) -> float:
        """The clock of the curves: of this console, or of the record."""
        return self.replay.t_s if self.replay is not None else self.now_s()

    def clock(self, utc: str) -> str:
        """The wall's time of day of a UTC stamp."""
        try:
            return datetime.fromisoformat(utc).astimezone(self.wall().tzinfo).strftime("%H:%M:%S")
        except ValueError:
            return "--:--:--"

    def since_s(self, utc: str) -> float:
        """Seconds of the process since a UTC stamp; a simulated tool may run faster than the wall."""
        if self.replay is not None:
            now = datetime.fromisoformat(self.facts["now_utc"])
            return (now - datetime.fromisoformat(utc)).total_seconds()
        return max(0.0, (self.wall() - datetime.fromisoformat(utc)).total_seconds()) * float(self.facts.get("speed", 1))

    # ------------------------------------------------------------------------------------------ what was chosen
    def choice(self, n: int) -> int:
        """The chosen line of this page among `n`."""
        return max(0, min(n - 1, self.chosen.get(self.page, 0)))

    def say(self, text: str, style: str = "") -> None:
        """What this console has to say until the next time."""
        self.said, self.said_s = (text, style), self.now_s()

    def planned(self, recipe: str, step: str) -> Planned | None:
        """How long a step took last time; else its dwell, which is the least; None when neither is known."""
        last = self.durations.get(recipe, {}).get(step)
        if last is not None:
            return Planned(last, least=False)
        dwells = {found["name"]: found["dwell_s"] for found in self.plans.get(recipe, {}).get("steps", ())}
        return Planned(float(dwells[step]), least=True) if dwells.get(step) else None
