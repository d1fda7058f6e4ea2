"""A record as the picture of a tool: the same screens, at any time of the run.

It folds the events up to a time into the state that the daemon told then, and takes the readings of the last scan.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from datetime import datetime, timedelta
from typing import Any

from controller.console.trend import Curve
from controller.console.view import Replay, View
from controller.record.events import PhaseChanged, PromptAnswered, PromptAsked, RunEnded, RunStarted
from controller.record.runfile import RunFile
from controller.server.picture import EVENTS_KEPT, STALE, Picture
from controller.server.standing import Standing

SPEEDS = (0.25, 1024.0)


class Player:
    """Time travel in one record. `tick` lets time pass; every change of time fills the view anew."""

    def __init__(self, record: RunFile, view: View) -> None:
        """The record stays open while it is shown."""
        self._record, self._view = record, view
        self._events = record.events()
        self._times_s = [told.t_s for told in self._events]
        started = next((e.event for e in self._events if isinstance(e.event, RunStarted)), None)
        self._started = started
        said = started.instruments if started is not None else {}
        self._instruments = {name: {"link": "", "identity": text, "lost": False} for name, text in said.items()}
        self._begun = datetime.fromisoformat(str(record.meta.get("start_utc", "1970-01-01T00:00:00+00:00")))
        name = record.path.parent.name
        self.at = view.replay = Replay(name, 0.0, record.span_s, 1.0, True)
        view.facts = {
            "tool": started.tool if started else "", "simulated": bool(started and started.simulated), "speed": 1.0,
            "user": "", "role": "", "may": [],
        }  # fmt: skip
        view.link.live, view.link.problem = True, ""
        table = {tag: (info.unit, info.doc) for tag, info in record.tags.items()}
        view.picture = Picture(
            {"instance": name, "seq": 0, "gap": 0, "table": table, "values": {}, "events": [], "state": {}}
        )
        self._load_curves()
        self.seek(0.0)

    def seek(self, t_s: float) -> None:
        """Show the tool as it was at a time of the run."""
        self.at.t_s = max(0.0, min(self.at.span_s, t_s))
        view, picture = self._view, self._view.picture
        assert picture is not None
        view.facts["now_utc"] = self._utc(self.at.t_s)
        n = bisect_right(self._times_s, self.at.t_s)
        picture.state = self._state(n)
        picture.events = deque((self._told(i) for i in range(max(0, n - EVENTS_KEPT), n)), EVENTS_KEPT)
        for name, tag in picture.tags.items():
            curve = self._values[name] if name in self._values else self._read(name)
            i = bisect_right(curve[0], self.at.t_s) - 1
            known = i >= 0 and curve[1][i] == curve[1][i]  # no NaN: what was bad or stale has no value
            tag.value, tag.quality = (curve[1][i], self._record.quality(name)[i]) if known else (None, STALE)

    def move(self, by_s: float) -> None:
        """So many seconds later, or earlier."""
        self.seek(self.at.t_s + by_s)

    def faster(self, times: float) -> None:
        """Another speed."""
        self.at.speed = max(SPEEDS[0], min(SPEEDS[1], self.at.speed * times))

    def toggle(self) -> None:
        """Stand, or go on."""
        self.at.running = not self.at.running

    def tick(self, dt_s: float) -> None:
        """So much time has passed in front of the screen."""
        if self.at.running and self.at.t_s < self.at.span_s:
            self.move(dt_s * self.at.speed)

    # ------------------------------------------------------------------------------------------ parts
    def _read(self, name: str) -> Any:
        found = self._values[name] = self._record.series(name)
        return found

    def _load_curves(self) -> None:
        self._values: dict[str, Any] = {}
        for tag in [tag for tag in self._view.curves if tag in self._record.tags]:
            curve = self._view.curves[tag] = Curve()
            for t_s, value in zip(*self._read(tag), strict=True):
                if value == value:  # no NaN
                    curve.add(t_s, value)

    def _utc(self, t_s: float) -> str:
        return (self._begun + timedelta(seconds=t_s)).isoformat()

    def _told(self, i: int) -> dict[str, Any]:
        t_s, event = self._events[i][0], self._events[i][1]
        return {"seq": i, "run": self.at.name, "t_s": t_s, "utc": self._utc(t_s), "event": event.to_json()}

    def _state(self, n: int) -> dict[str, Any]:
        """The state of the daemon after `n` events, as far as a record holds it."""
        standing = Standing()
        prompts: dict[str, dict[str, Any]] = {}
        ended = None
        for i in range(n):
            event = self._events[i].event
            standing.take(event, self._told(i))
            if isinstance(event, PromptAsked):
                prompts[event.id] = {
                    "id": event.id, "step": event.step, "text": event.text, "kind": "text",
                    "expects": event.answer_type,
                    "choices": [], "default": None,
                }  # fmt: skip
            elif isinstance(event, PromptAnswered):
                prompts.pop(event.id, None)
            elif isinstance(event, RunEnded):
                ended = event
        return {
            "job": self._job(standing) if ended is None else None,
            "last": self._last(ended) if ended is not None else None,
            "queue": [],
            "prompts": list(prompts.values()),
            "notes": [],
            "lot": None,
            "alarms": list(standing.alarms.values()),
            "trip": None,
            "down": "",
            "limits": {},
            "instruments": self._instruments,
        }

    def _job(self, standing: Standing) -> dict[str, Any] | None:
        started = self._started
        if started is None:
            return None
        return {
            "id": self.at.name,
            "recipe": started.recipe,
            "version": started.version,
            "title": str(self._record.meta.get("title", "")),
            "by": "",
            "engineering": standing.engineering,
            "steps": self._steps(),
            "state": standing.state,
            "reason": standing.reason,
            "started_utc": self._utc(0.0),
            "step": standing.step,
            "results": list(standing.results.values()),
        }

    def _last(self, ended: RunEnded) -> dict[str, Any] | None:
        recipe = self._started.recipe if self._started is not None else ""
        return {"recipe": recipe, "state": ended.state, "verdict": ended.verdict}

    def _steps(self) -> list[str]:
        """Names of the steps in their order, as far as the run came."""
        found: dict[int, str] = {}
        for told in self._events:
            if isinstance(told.event, PhaseChanged):
                found[told.event.index] = told.event.step
        return [found.get(i, "?") for i in range(max(found, default=-1) + 1)]
