"""The one task that owns the job: it takes messages from its inbox, abort first, and starts and drops activities.

Nobody else changes the job's state. Handlers never wait: steps, holds and the safe state run as activities and report
back as messages, so an abort is taken up at once whatever goes on. Recovery never re-energises: after a trip the job
ends in the safe state, and a new start is a new job.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection

from controller.equipment.line import Tower
from controller.guard.gate import OrderRefused
from controller.guard.safe import FailureClass
from controller.guard.scan import Trip
from controller.recipe.model import ErrorAction, Recipe
from controller.record.events import Note, PersonSaid
from controller.sequence.alarm_words import ALARM_WORDS
from controller.sequence.branch import Branches
from controller.sequence.conduct import Conduct
from controller.sequence.inbox import Message
from controller.sequence.prompts import Answers
from controller.sequence.recovery import ABORT
from controller.sequence.start import Start
from controller.sequence.verb import Tool, modules_of
from drivers.errors import Superseded

FRESH_S = 2.0  # for the first readings of a job: the last ones may be older than the preparation of its record
RESET_S = 120.0  # for a person to press the panel's reset button
ABORTS = {"safe-release": FailureClass.LOSS_OF_KNOWLEDGE, "safe-dump": FailureClass.EMERGENCY}


class Sequencer(Conduct):
    """Runs one recipe once. `post` may be called from any callback of the loop; `run` returns in a final state."""

    def __init__(self, tool: Tool, recipe: Recipe, answers: Answers, start: Start | None = None) -> None:
        """`start` is where a run begins that takes up an interrupted one."""
        super().__init__(tool, recipe, answers)
        self.refused = False  # it was not started
        self._branches = Branches(recipe, self.record, start.repeats if start else None)
        if start is not None:
            self.current.take_up(start.index, start.turns)
            self.fix_first = start.fix

    async def run(self) -> str:
        """Run the recipe; returns the final E40 state, with the tool in its safe state."""
        self.guard.on_trip = lambda trip: self.post("trip", "guard", trip.reason, trip)
        self.guard.on_hold = lambda code, reason: self.post("hold", "guard", f"{code}: {reason}", code)
        self.job.fire("SELECT")
        self.activity.start("set_up", self._set_up())
        while not self.job.ended:
            message = await self.inbox.next()
            if message.activity not in (0, self.activity.number):
                continue  # from an activity that was dropped
            if message.by not in ("", "guard"):
                self.record.event(PersonSaid(message.what, message.by, message.reason))
            try:
                self._take(message)
            except Exception as error:
                self._broken(error)
        await self.tool.line.shown()
        return self.job.state

    def _take(self, message: Message) -> None:
        if message.what in ALARM_WORDS:
            why = ALARM_WORDS[message.what](self.guard.alarms, message)
            if why:
                self._refuse(message, why)
        else:
            getattr(self, f"_on_{message.what}")(message)

    # ------------------------------------------------------------------------------------------ people and the guard
    def _on_trip(self, message: Message) -> None:
        trip: Trip = message.data
        self.abort(f"{trip.code}: {trip.reason}", trip.failure_class, person=False)

    def _on_abort(self, message: Message) -> None:
        self.abort(message.reason or f"aborted by {message.by}", ABORTS[self.recipe.on_abort], person=True)

    def _on_stop(self, message: Message) -> None:
        if not self.job.may("STOP"):
            self._refuse(message)
            return
        finish_step = self.job.state == "PROCESSING" or (self.job.state == "PAUSING" and self.hold_after)
        self.person, self.reason = True, message.reason or f"stopped by {message.by}"
        self.job.fire("STOP", self.reason)
        self.cancel_hold()
        if not finish_step:
            self.leave("STOP_DONE", FailureClass.LOSS_OF_KNOWLEDGE)

    def _on_hold(self, message: Message) -> None:
        at_once = message.by == "guard" and not str(message.data).startswith("monitor.")  # an interlock is lost
        if self.job.state == "PROCESSING" and self.current.run is not None:
            self.hold(message.reason or f"held by {message.by}", at_once=at_once)
        elif self.job.state == "PAUSING" and self.hold_after and message.by == "guard":
            self.freeze(message.reason)
        elif self.job.state == "STOPPING" and message.by == "guard":  # the last step must not be finished like this
            self.leave("STOP_DONE", FailureClass.LOSS_OF_KNOWLEDGE)
        else:
            self._refuse(message)

    def _on_resume(self, message: Message) -> None:
        if self.job.state not in ("PAUSING", "PAUSED") or self.guard.tripped is not None:
            self._refuse(message)
            return
        self.single = False
        if self.job.state == "PAUSING" and not self.hold_after:
            self.resume_after = True
        else:
            self.resume(message.reason)

    def _on_step(self, message: Message) -> None:
        """One step at a time from here on: to the end of the one at work or next, then hold; until resumed."""
        if self.job.state not in ("PROCESSING", "PAUSED") or self.guard.tripped is not None:
            self._refuse(message)
            return
        self.single = True
        if self.job.state == "PAUSED":
            self.resume(message.reason)

    def _on_redo(self, message: Message) -> None:
        if self._may_leave(message, self.current.to_redo.name, "redo"):
            reason = f"redone by {message.by}"
            self.go_on_with(lambda: self.current.redo(reason), reason)

    def _on_skip(self, message: Message) -> None:
        if self.current.at_end:
            self._refuse(message, "no step is left")
        elif self._may_leave(message, self.current.step.name, "skip"):
            reason = message.reason or f"by {message.by}"
            self.go_on_with(lambda: self.current.skip(reason), f"{self.current.step.name} skipped")

    def _on_hold_expired(self, message: Message) -> None:
        if self.job.state in ("PAUSING", "PAUSED"):
            reason = "nobody ended the hold in time"
            self.alarm("hold.expired", FailureClass.LOSS_OF_KNOWLEDGE, reason, "aborted into the safe state")
            self.abort(reason, FailureClass.LOSS_OF_KNOWLEDGE, person=False)

    # ------------------------------------------------------------------------------------------ activities report
    def _on_set_up(self, message: Message) -> None:
        self.job.fire("SETUP_DONE")
        self.tool.line.show(Tower.RUNNING)
        self.go_on()

    def _on_step_done(self, message: Message) -> None:
        current = self.current
        assert current.run is not None
        self.guard.record.sample()  # a step that is done has its values in the record
        current.fire("DONE")
        self.guard.alarms.returned("step.retried")
        branch = self._branches.after(current.index, current.run.failed)
        current.done(branch.index)
        if branch.action == "abort":
            self.alarm("result.outside", FailureClass.LOSS_OF_KNOWLEDGE, branch.why, "aborted into the safe state")
            self.abort(branch.why, FailureClass.LOSS_OF_KNOWLEDGE, person=False)
        elif self.job.state == "STOPPING":
            self.leave("STOP_DONE", FailureClass.LOSS_OF_KNOWLEDGE)
        elif self.job.state == "PAUSING":
            self.hold_after = False
            self.job.fire("PAUSE_DONE")
        elif branch.action == "hold":
            self.alarm("result.outside", FailureClass.PROCESS_DEVIATION, branch.why, "held the job")
            self.hold(branch.why, at_once=True)
        elif self.single:
            self.hold("one step at a time", at_once=True)
        else:
            self.go_on()

    def _on_failed(self, message: Message) -> None:
        """An activity could not reach its end: as the step's policy says, else hold what may go on, abort the rest."""
        error = message.data
        if isinstance(error, Superseded) and self.guard.tripped is not None:
            return  # the trip's own message is on its way
        happened, do = (str(error), "") if not isinstance(error, OrderRefused) else (error.sentence, error.fix)
        if self.job.state == "SETTING_UP" and isinstance(error, OrderRefused):
            self.refused, self.reason = True, happened
            self.job.fire("STOP", happened)
            self.leave("STOP_DONE", FailureClass.LOSS_OF_KNOWLEDGE)
            return
        stepping = self.job.state == "PROCESSING" or (self.job.state == "PAUSING" and self.hold_after)
        action, turn = self.recovery.decide(self.current.step, error) if stepping else (ABORT, 0)
        if action.kind == "retry":
            self._retry(action, turn, happened)
        elif action.kind == "hold":
            self.alarm("step.deviation", FailureClass.PROCESS_DEVIATION, happened, "held the job", do)
            if self.job.state == "PROCESSING":
                self.hold(happened, at_once=True)
            else:
                self.freeze(happened)
        else:
            self.alarm("step.failed", FailureClass.LOSS_OF_KNOWLEDGE, happened, "aborted into the safe state", do)
            self.abort(happened, FailureClass.LOSS_OF_KNOWLEDGE, person=False)

    def _retry(self, action: ErrorAction, turn: int, happened: str) -> None:
        run = self.current.run
        assert run is not None  # only a step at work fails while the job is stepping
        fixes = ", ".join(verb.name for verb, _ in action.fix)
        did = f"tried the step again, {turn} of {action.limit}" + (f", after {fixes}" if fixes else "")
        self.guard.alarms.returned("step.retried")
        self.alarm("step.retried", FailureClass.INFORMATION, happened, did)
        self.activity.start("step_done", run.again(action.fix))

    def _on_held(self, message: Message) -> None:
        self.current.fire("SC")
        self.job.fire("PAUSE_DONE")
        if self.resume_after:
            self.resume("")

    def _on_safe(self, message: Message) -> None:
        event, confirmed = message.data
        if event == "PROCESS_DONE" and not confirmed:
            self.abort("the end state was not confirmed", FailureClass.LOSS_OF_KNOWLEDGE, person=False)
            return
        if event == "STOP_DONE":
            self.current.fire("STOP")
        self.current.fire("SC")
        self.job.fire(event)

    # ------------------------------------------------------------------------------------------ steps
    async def _set_up(self) -> None:
        modules = modules_of(self.recipe)
        await self._may_start({*modules, "line"})
        await self.tool.line.enable(RESET_S)
        self.guard.arm(modules)

    async def _may_start(self, modules: Collection[str]) -> None:
        """Raise OrderRefused while an inhibit is not met; what is not known yet is waited for, shortly."""
        gate = self.guard.gate

        def known() -> bool:
            refusal = gate.inhibited(modules)
            return refusal is None or (refusal.unmet is not None and refusal.unmet.known)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FRESH_S):
                await self.guard.until(known)
        refusal = gate.inhibited(modules)
        if refusal is not None:
            gate.refused(refusal)
            raise refusal

    # ------------------------------------------------------------------------------------------ answers to people
    def _may_leave(self, message: Message, step: str, how: str) -> bool:
        """True when the job is held and the recipe lets a person redo, or skip, this step; else it is refused."""
        if self.job.state != "PAUSED" or self.guard.tripped is not None:
            self._refuse(message)
            return False
        if how not in self.recipe.hold_policy(self.recipe.index(step)).allow:
            self._refuse(message, f"the recipe does not allow it for {step} (on_hold: allow)")
            return False
        return True

    def _broken(self, error: Exception) -> None:
        """A bug of ours in a handler: whatever it was, the tool goes to its safe state."""
        if not self.job.may("ABORT"):
            raise error
        self.alarm("sequencer.bug", FailureClass.LOSS_OF_KNOWLEDGE, repr(error), "aborted into the safe state")
        self.abort(repr(error), FailureClass.LOSS_OF_KNOWLEDGE, person=False)

    def _refuse(self, message: Message, why: str = "") -> None:
        self.record.event(Note(f"{message.what} refused: {why or f'the job is {self.job.state}'}", "refused"))
