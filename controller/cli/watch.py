"""`springback runs watch`: follow the record of a run that another process writes; it disturbs nobody.

The record is opened for a moment at a time: whoever closes it wants it for itself.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from controller.cli.boundary import show
from controller.cli.exits import CommandError, Exit
from controller.recipe.source import parse
from controller.record.archive import RECORD, find
from controller.record.fold import Fold
from controller.record.result import StepRow
from controller.record.runfile import RunFile, Stamped
from controller.record.store import unwritten
from controller.record.story import tell
from controller.record.text import clock_text, plain

LOOK_S = 0.25  # between two looks: an operator sees no later than that, and the writer's disk does not notice
QUIET_S = 1.0  # of silence, then it is asked whether somebody still writes: asking holds the record for a moment
SAY_S = 10.0  # of silence, then how far the run is


def watch_run(name: str, folder: Path, *, whole: bool, as_json: bool) -> int:
    """Tell what happens until the run ends; CommandError when its writer has died without an end."""
    watch = Watch(find(name, folder), as_json=as_json)
    watch.look(tell_it=whole)
    if not watch.ended:
        watch.say_where()
        try:
            asyncio.run(watch.follow())
        except KeyboardInterrupt:
            raise CommandError("nobody watches any more; the run goes on", Exit.INTERRUPTED) from None
    watch.say_where()
    return watch.exit


class Watch:
    """One record as far as it was read."""

    def __init__(self, place: Path, *, as_json: bool) -> None:
        self._place, self._as_json = place, as_json
        self.ended = False
        self._seq, self._now_s, self._steps = 0, 0.0, 0
        self._fold = Fold({})

    @property
    def exit(self) -> Exit:
        """What a run that ended so would have given to the shell."""
        summary = self._fold.summary
        if summary.completed:
            return Exit.OUT_OF_ACCEPTANCE if summary.verdict.value == "FAIL" else Exit.PASSED
        by_person = any(said.command in ("stop", "abort") for _, said in summary.people)
        return Exit.ABORTED_BY_PERSON if by_person else Exit.STOPPED_BY_ALARM

    async def follow(self) -> None:
        """Return when the run has ended."""
        silent_s = 0.0
        while not self.ended:
            await asyncio.sleep(LOOK_S)
            dead = silent_s >= QUIET_S and _unwritten(self._place)  # asked before the last look: its end may just come
            silent_s = 0.0 if self.look(tell_it=True) else silent_s + LOOK_S
            if dead and not self.ended:
                text = f"{self._place}: its writer has gone without an end; springback runs recover closes the record"
                raise CommandError(text, Exit.NOT_INTACT)
            if silent_s >= SAY_S:
                silent_s = 0.0
                self.say_where()

    def look(self, *, tell_it: bool) -> bool:
        """Read what is new, and say it; True when something was said."""
        with RunFile(self._place / RECORD) as run:
            news, self._now_s = run.events(after=self._seq), run.span_s
            self.ended = run.ended
            self._steps = self._steps or _steps_of(run.meta)
        said = False
        for stamped in news:
            self._seq = stamped.seq
            self._fold.take(stamped.t_s, stamped.event)
            said = (tell_it and self._say(stamped)) or said
        if self.ended:
            self._fold.summary.duration_s = self._now_s
        return said

    def say_where(self) -> None:
        """The state, the step and how far the run is."""
        summary = self._fold.summary
        step = _at_work(summary.steps)
        if self._as_json:
            where = {"name": step.step, "index": step.index, "since_s": step.start_s} if step else None
            facts: dict[str, Any] = {"run": self._place.name, "state": summary.state, "step": where}
            done = {"steps": self._steps, "t_s": round(self._now_s, 3), "verdict": summary.verdict.value}
            show(json.dumps({"kind": "progress", **facts, **done}))
            return
        line = f"{clock_text(self._now_s):>8}  {'now':<8} {summary.state.replace('_', ' ').lower()}"
        if step is not None:
            of = f" of {self._steps}" if self._steps else ""
            line += f", step {step.index + 1}{of} {step.step} for {clock_text(self._now_s - step.start_s)}"
        show(plain(f"{line}, {summary.verdict.value}" if self.ended else line))

    def _say(self, stamped: Stamped) -> bool:
        if self._as_json:
            show(json.dumps({"seq": stamped.seq, "t_s": stamped.t_s, **stamped.event.to_json()}))
            return True
        line = tell(stamped.t_s, stamped.event)
        if line is not None:
            show(line)
        return line is not None


def _unwritten(place: Path) -> bool:
    with unwritten(place) as free:
        return free


def _at_work(steps: list[StepRow]) -> StepRow | None:
    return next((step for step in reversed(steps) if step.end_s is None), None)


def _steps_of(meta: dict[str, Any]) -> int:
    """How many steps the recipe has, 0 when its text is not there yet."""
    recipe = parse(str(meta["recipe_text"]), "recipe").data if meta.get("recipe_text") else {}
    return len(recipe.get("steps", []))
