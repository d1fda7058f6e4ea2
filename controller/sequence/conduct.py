"""How a job is conducted: it goes on, is held, goes on again, and ends in the safe state. Which message leads to which
stands in the sequencer; nothing here waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from controller.equipment.line import Tower
from controller.guard.alarms import raised
from controller.guard.safe import FailureClass
from controller.recipe.model import Recipe
from controller.record.events import JobChanged
from controller.sequence.activity import Activity
from controller.sequence.current import Current
from controller.sequence.inbox import Inbox
from controller.sequence.job import Job
from controller.sequence.prompts import Answers
from controller.sequence.questions import asker
from controller.sequence.recovery import Recovery
from controller.sequence.step import Fix
from controller.sequence.verb import Tool

HELD_ALARMS = ("step.deviation", "result.outside")  # over when the job goes on


class Conduct:
    """One job with its current step and its one activity."""

    def __init__(self, tool: Tool, recipe: Recipe, answers: Answers) -> None:
        self.tool, self.recipe = tool, recipe
        self.guard, self.record = tool.guard, tool.guard.record
        self.job = Job(lambda old, new, reason: self.record.event(JobChanged(old, new, reason)))
        self.reason = ""  # why the run did not complete
        self.person = False  # it was ended by a person, not by an alarm
        self.inbox = Inbox()
        self.current = Current(tool, recipe, asker(answers, self.record), answers.say)
        self.activity = Activity(self.inbox)
        self.recovery = Recovery()
        self.single = False  # hold after each step
        self.hold_after = False  # complete first: the hold begins when the step is done
        self.resume_after = False  # resumed while still on the way into the hold
        self.fix_first: Fix = ()  # verbs before the first step of a run that takes up an interrupted one
        self._hold_timer: asyncio.TimerHandle | None = None

    def post(self, what: str, by: str = "", reason: str = "", data: Any = None) -> None:
        """Say `hold`, `resume`, `redo`, `skip`, `step`, `stop` or `abort`, or one of the words about alarms."""
        self.inbox.post(what, by, reason, data)

    def alarm(self, code: str, failure_class: FailureClass, happened: str, did: str, do: str = "") -> None:
        """Annunciate an alarm of the job."""
        self.guard.inform(raised(code, failure_class, happened, did, do=do))

    # ------------------------------------------------------------------------------------------ steps
    def go_on(self) -> None:
        """Begin the next step, or end the job behind the last one."""
        if self.current.at_end:
            self.leave("PROCESS_DONE", FailureClass.LOSS_OF_KNOWLEDGE)
            return
        self.recovery.begin(self.current.step)
        run = self.current.begin()
        run.first, self.fix_first = self.fix_first, ()
        self.activity.start("step_done", run.run())

    # ------------------------------------------------------------------------------------------ hold, resume
    def hold(self, reason: str, *, at_once: bool) -> None:
        """Hold as the step's policy says, or at once; a hold that nobody ends in time aborts."""
        policy = self.recipe.hold_policy(self.current.step.index)
        self.job.fire("PAUSE", reason)
        self.tool.line.show(Tower.ATTENTION)
        loop = asyncio.get_running_loop()
        self._hold_timer = loop.call_later(policy.max_s, self.post, "hold_expired", "guard")
        if policy.policy == "complete_first" and self.activity.running and not at_once:
            self.hold_after = True
        else:
            self.freeze(reason)

    def freeze(self, reason: str) -> None:
        """Bring the step at work to where its verbs may stand."""
        self.hold_after = False
        self.current.quiet()
        self.current.fire("HOLD", reason=reason)
        run = self.current.run
        self.activity.start("held", run.hold() if run is not None else _nothing())

    def resume(self, reason: str) -> None:
        """Take the step at work up again, or go on to the next one."""
        was_held = self.job.state == "PAUSED"
        self.end_hold(reason)
        if not was_held:
            return  # the step was being completed first, and simply goes on
        run = self.current.run
        if run is None:
            self.go_on()
            return
        self.current.fire("RESTART", "SC")
        self.activity.start("step_done", run.run())

    def go_on_with(self, change: Callable[[], None], reason: str) -> None:
        """End the hold otherwise than by taking the step up again."""
        self.end_hold(reason)
        change()
        self.go_on()

    def end_hold(self, reason: str) -> None:
        """The job is at work again; what it was held for counts as gone until it is found anew."""
        self.cancel_hold()
        self.job.fire("RESUME", reason)
        names = [f"monitor.{monitor.name}" for monitor in self.guard.monitors]
        self.guard.alarms.returned(*HELD_ALARMS, *names)
        for monitor in self.guard.monitors:  # what is still wrong holds the job again
            monitor.rearm()
        self.tool.line.show(Tower.RUNNING)

    def cancel_hold(self) -> None:
        """Forget the hold's time and what was to come after it."""
        self.hold_after = self.resume_after = False
        if self._hold_timer is not None:
            self._hold_timer.cancel()
            self._hold_timer = None

    # ------------------------------------------------------------------------------------------ the end
    def abort(self, reason: str, failure_class: FailureClass, *, person: bool) -> None:
        """Into the safe state of a class, from wherever the job is."""
        if not self.job.may("ABORT"):
            return  # on the way already, and the guard knows of anything worse
        self.guard.supersede("abort")
        self.guard.begin_safe_state(failure_class)
        self.person, self.reason = person, reason
        self.cancel_hold()
        self.job.fire("ABORT", reason)
        self.current.fire("ABORT", reason=reason)
        self.leave("ABORT_DONE", failure_class)

    def leave(self, event: str, failure_class: FailureClass) -> None:
        """Into the safe state; `event` ends the job when it is confirmed, or overdue."""
        self.guard.monitors = []  # nothing is processed any more
        self.current.quiet()
        self.guard.begin_safe_state(failure_class)
        self.tool.line.show(Tower.READY if event == "PROCESS_DONE" or self.person else Tower.FAULT)

        async def wait() -> tuple[str, bool]:
            return event, all(outcome.confirmed for outcome in await self.guard.safe_state())

        self.activity.start("safe", wait())


async def _nothing() -> None:
    """No step to bring to rest."""
