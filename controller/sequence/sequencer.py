"""The one task that owns the job: it takes messages from its inbox, abort first, and starts and drops activities.

Nobody else changes the job's state. Handlers never wait: steps, holds and the safe state run as activities and report
back as messages, so an abort is taken up at once whatever goes on. Recovery never re-energises: after a trip the job
ends in the safe state, and a new start is a new job.
"""

from __future__ import annotations

import asyncio
from typing import Any

from controller.equipment.line import Tower
from controller.equipment.module import NotReached
from controller.guard.gate import OrderRefused
from controller.guard.monitors import Monitor
from controller.guard.safe import FailureClass
from controller.guard.scan import Trip
from controller.recipe.model import Recipe
from controller.record.events import Alarm, JobChanged, Note, PersonSaid, PhaseChanged
from controller.sequence.activity import Activity
from controller.sequence.branch import Branches
from controller.sequence.inbox import Inbox, Message
from controller.sequence.job import Job
from controller.sequence.phase import PhaseMachine
from controller.sequence.prompts import AnswerRefused, Answers
from controller.sequence.questions import asker
from controller.sequence.step import StepRun
from controller.sequence.verb import Tool, modules_of
from drivers.errors import Superseded

RESET_S = 120.0  # for a person to press the panel's reset button
ABORTS = {"safe-release": FailureClass.LOSS_OF_KNOWLEDGE, "safe-dump": FailureClass.EMERGENCY}
LOOK = "see the step and its limits"
DEVIATIONS = (NotReached, OrderRefused, AnswerRefused)  # a step that fails so may be taken up again


class Sequencer:
    """Runs one recipe once. `post` may be called from any callback of the loop; `run` returns in a final state."""

    def __init__(self, tool: Tool, recipe: Recipe, answers: Answers) -> None:
        self.tool, self.recipe = tool, recipe
        self.guard, self.record = tool.guard, tool.guard.record
        self.job = Job(lambda old, new, reason: self.record.event(JobChanged(old, new, reason)))
        self.reason = ""  # why the run did not complete
        self.person = False  # it was ended by a person, not by an alarm
        self._inbox = Inbox()
        self._ask = asker(answers, self.record)
        self._branches = Branches(recipe, self.record)
        self._activity = Activity(self._inbox)
        self._index = 0
        self._turns: dict[str, int] = {}
        self._run: StepRun | None = None
        self._phase: PhaseMachine | None = None
        self._hold_after = False  # complete first: the hold begins when the step is done
        self._resume_after = False  # resumed while still on the way into the hold
        self._hold_timer: asyncio.TimerHandle | None = None

    def post(self, what: str, by: str = "", reason: str = "", data: Any = None) -> None:
        """Say `hold`, `resume`, `stop` or `abort`."""
        self._inbox.post(what, by, reason, data)

    async def run(self) -> str:
        """Run the recipe; returns the final E40 state, with the tool in its safe state."""
        self.guard.on_trip = lambda trip: self.post("trip", "guard", trip.reason, trip)
        self.guard.on_hold = lambda code, reason: self.post("hold", "guard", f"{code}: {reason}", code)
        self.job.fire("SELECT")
        self._activity.start("set_up", self._set_up())
        while not self.job.ended:
            message = await self._inbox.next()
            if message.activity not in (0, self._activity.number):
                continue  # from an activity that was dropped
            if message.by not in ("", "guard"):
                self.record.event(PersonSaid(message.what, message.by, message.reason))
            try:
                getattr(self, f"_on_{message.what}")(message)
            except Exception as error:
                self._broken(error)
        await self.tool.line.shown()
        return self.job.state

    # ------------------------------------------------------------------------------------------ people and the guard
    def _on_trip(self, message: Message) -> None:
        trip: Trip = message.data
        self._abort(f"{trip.code}: {trip.reason}", trip.failure_class, person=False)

    def _on_abort(self, message: Message) -> None:
        self._abort(message.reason or f"aborted by {message.by}", ABORTS[self.recipe.on_abort], person=True)

    def _on_stop(self, message: Message) -> None:
        if not self.job.may("STOP"):
            self._refuse(message)
            return
        finish_step = self.job.state == "PROCESSING" or (self.job.state == "PAUSING" and self._hold_after)
        self.person, self.reason = True, message.reason or f"stopped by {message.by}"
        self.job.fire("STOP", self.reason)
        self._cancel_hold()
        if not finish_step:
            self._leave("STOP_DONE", FailureClass.LOSS_OF_KNOWLEDGE)

    def _on_hold(self, message: Message) -> None:
        at_once = message.by == "guard" and not str(message.data).startswith("monitor.")  # an interlock is lost
        if self.job.state == "PROCESSING" and self._run is not None:
            self._hold(message.reason or f"held by {message.by}", at_once=at_once)
        elif self.job.state == "PAUSING" and self._hold_after and message.by == "guard":
            self._freeze(message.reason)
        elif self.job.state == "STOPPING" and message.by == "guard":  # the last step must not be finished like this
            self._leave("STOP_DONE", FailureClass.LOSS_OF_KNOWLEDGE)
        else:
            self._refuse(message)

    def _on_resume(self, message: Message) -> None:
        if self.job.state not in ("PAUSING", "PAUSED") or self.guard.tripped is not None:
            self._refuse(message)
        elif self.job.state == "PAUSING" and not self._hold_after:
            self._resume_after = True
        else:
            self._resume(message.reason)

    def _on_hold_expired(self, message: Message) -> None:
        if self.job.state in ("PAUSING", "PAUSED"):
            reason = "nobody ended the hold in time"
            self._alarm("hold.expired", FailureClass.LOSS_OF_KNOWLEDGE, reason, "aborted into the safe state")
            self._abort(reason, FailureClass.LOSS_OF_KNOWLEDGE, person=False)

    # ------------------------------------------------------------------------------------------ activities report
    def _on_set_up(self, message: Message) -> None:
        self.job.fire("SETUP_DONE")
        self.tool.line.show(Tower.RUNNING)
        self._begin_step()

    def _on_step_done(self, message: Message) -> None:
        assert self._run is not None and self._phase is not None
        self._phase.fire("DONE")
        branch = self._branches.after(self._index, self._run.failed)
        self._index = branch.index
        self._run = None
        if branch.action == "abort":
            self._alarm("result.outside", FailureClass.LOSS_OF_KNOWLEDGE, branch.why, "aborted into the safe state")
            self._abort(branch.why, FailureClass.LOSS_OF_KNOWLEDGE, person=False)
        elif self.job.state == "STOPPING":
            self._leave("STOP_DONE", FailureClass.LOSS_OF_KNOWLEDGE)
        elif self.job.state == "PAUSING":
            self._hold_after = False
            self.job.fire("PAUSE_DONE")
        elif branch.action == "hold":
            self._alarm("result.outside", FailureClass.PROCESS_DEVIATION, branch.why, "held the job")
            self._hold(branch.why, at_once=True)
        else:
            self._go_on()

    def _on_failed(self, message: Message) -> None:
        """An activity could not reach its end: hold where the step may be taken up again, else abort."""
        error = message.data
        if isinstance(error, Superseded) and self.guard.tripped is not None:
            return  # the trip's own message is on its way
        happened, do = (error.reason, error.fix) if isinstance(error, OrderRefused) else (str(error), LOOK)
        stepping = self.job.state == "PROCESSING" or (self.job.state == "PAUSING" and self._hold_after)
        if isinstance(error, DEVIATIONS) and stepping:
            self._alarm("step.deviation", FailureClass.PROCESS_DEVIATION, happened, "held the job", do)
            if self.job.state == "PROCESSING":
                self._hold(happened, at_once=True)
            else:
                self._freeze(happened)
            return
        self._alarm("step.failed", FailureClass.LOSS_OF_KNOWLEDGE, happened, "aborted into the safe state", do)
        self._abort(happened, FailureClass.LOSS_OF_KNOWLEDGE, person=False)

    def _on_held(self, message: Message) -> None:
        if self._phase is not None and self._phase.may("SC"):
            self._phase.fire("SC")
        self.job.fire("PAUSE_DONE")
        if self._resume_after:
            self._resume("")

    def _on_safe(self, message: Message) -> None:
        event, confirmed = message.data
        if event == "PROCESS_DONE" and not confirmed:
            self._abort("the end state was not confirmed", FailureClass.LOSS_OF_KNOWLEDGE, person=False)
            return
        if self._phase is not None and event == "STOP_DONE" and self._phase.may("STOP"):
            self._phase.fire("STOP")
        if self._phase is not None and self._phase.may("SC"):
            self._phase.fire("SC")
        self.job.fire(event)

    # ------------------------------------------------------------------------------------------ steps
    async def _set_up(self) -> None:
        await self.tool.line.enable(RESET_S)
        self.guard.arm(modules_of(self.recipe))

    def _go_on(self) -> None:
        if self._index < len(self.recipe.steps):
            self._begin_step()
        else:
            self._leave("PROCESS_DONE", FailureClass.LOSS_OF_KNOWLEDGE)

    def _begin_step(self) -> None:
        step = self.recipe.steps[self._index]
        turn = self._turns[step.name] = self._turns.get(step.name, 0) + 1
        self._watch_step()
        self._run = StepRun(self.tool, self.recipe, step, self._ask)
        self._phase = PhaseMachine(
            lambda old, new, reason: self.record.event(PhaseChanged(step.name, step.index, turn, old, new, reason))
        )
        self.guard.gate.why = step.name
        self._phase.fire("START")
        self._activity.start("step_done", self._run.run())

    def _watch_step(self) -> None:
        """Put the recipe's monitors that cover this step to work; those already at work keep their state."""
        running = {monitor.name: monitor for monitor in self.guard.monitors}
        self.guard.monitors = [
            running.get(m.name) or Monitor(m.name, m.text, m.healthy.bind(self.guard.tags), m.for_s, m.action)
            for m in self.recipe.monitors
            if (m.from_step is None or self.recipe.index(m.from_step) <= self._index)
            and (m.until_step is None or self._index <= self.recipe.index(m.until_step))
        ]

    # ------------------------------------------------------------------------------------------ hold, resume
    def _hold(self, reason: str, *, at_once: bool) -> None:
        policy = self.recipe.hold_policy(min(self._index, len(self.recipe.steps) - 1))
        self.job.fire("PAUSE", reason)
        self.tool.line.show(Tower.ATTENTION)
        loop = asyncio.get_running_loop()
        self._hold_timer = loop.call_later(policy.max_s, self.post, "hold_expired", "guard")
        if policy.policy == "complete_first" and self._activity.running and not at_once:
            self._hold_after = True
        else:
            self._freeze(reason)

    def _freeze(self, reason: str) -> None:
        self._hold_after = False
        if self._phase is not None and self._phase.may("HOLD"):
            self._phase.fire("HOLD", reason)
        run = self._run
        self._activity.start("held", run.hold() if run is not None else _nothing())

    def _resume(self, reason: str) -> None:
        was_held = self.job.state == "PAUSED"
        self._cancel_hold()
        self.job.fire("RESUME", reason)
        for monitor in self.guard.monitors:  # what is still wrong holds the job again
            monitor.rearm()
        self.tool.line.show(Tower.RUNNING)
        if not was_held:
            return  # the step was being completed first, and simply goes on
        if self._run is None or self._phase is None:
            self._go_on()
            return
        self._phase.fire("RESTART")
        self._phase.fire("SC")
        self._activity.start("step_done", self._run.run())

    def _cancel_hold(self) -> None:
        self._hold_after = self._resume_after = False
        if self._hold_timer is not None:
            self._hold_timer.cancel()
            self._hold_timer = None

    # ------------------------------------------------------------------------------------------ the end
    def _abort(self, reason: str, failure_class: FailureClass, *, person: bool) -> None:
        if not self.job.may("ABORT"):
            return  # on the way already, and the guard knows of anything worse
        self.guard.supersede("abort")
        self.guard.begin_safe_state(failure_class)
        self.person, self.reason = person, reason
        self._cancel_hold()
        self.job.fire("ABORT", reason)
        if self._phase is not None and self._phase.may("ABORT"):
            self._phase.fire("ABORT", reason)
        self._leave("ABORT_DONE", failure_class)

    def _leave(self, event: str, failure_class: FailureClass) -> None:
        """Into the safe state; `event` ends the job when it is confirmed, or overdue."""
        self.guard.monitors = []  # nothing is processed any more
        self.guard.begin_safe_state(failure_class)
        self.tool.line.show(Tower.READY if event == "PROCESS_DONE" or self.person else Tower.FAULT)

        async def wait() -> tuple[str, bool]:
            return event, all(outcome.confirmed for outcome in await self.guard.safe_state())

        self._activity.start("safe", wait())

    def _broken(self, error: Exception) -> None:
        """A bug of ours in a handler: whatever it was, the tool goes to its safe state."""
        if not self.job.may("ABORT"):
            raise error
        self._alarm("sequencer.bug", FailureClass.LOSS_OF_KNOWLEDGE, repr(error), "aborted into the safe state")
        self._abort(repr(error), FailureClass.LOSS_OF_KNOWLEDGE, person=False)

    def _refuse(self, message: Message) -> None:
        self.record.event(Note(f"{message.what} refused: the job is {self.job.state}", "refused"))

    def _alarm(self, code: str, failure_class: FailureClass, happened: str, did: str, do: str = LOOK) -> None:
        self.record.event(Alarm(code, int(failure_class), True, happened, did, "", do))


async def _nothing() -> None:
    """No step to bring to rest."""
