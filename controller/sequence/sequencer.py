"""The one task that owns the job: it takes messages from its inbox, abort first, and starts and cancels the steps.

People, hosts and the guard post; nobody else changes the job's state. Steps run as tasks of their own and report back as
messages. Recovery never re-energises: after a trip the job ends in the safe state, and a new start is a new job.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from controller.equipment.line import Tower
from controller.equipment.module import NotReached
from controller.guard.gate import OrderRefused
from controller.guard.safe import FailureClass
from controller.guard.scan import Monitor, Trip
from controller.recipe.model import Action, Recipe, Step
from controller.record.events import Alarm, JobChanged, Note, PersonSaid, PhaseChanged, PromptAnswered, PromptAsked
from controller.sequence.job import Job
from controller.sequence.phase import PhaseMachine
from controller.sequence.prompts import AnswerRefused, Answers, Prompt, Unanswered
from controller.sequence.step import StepRun, inspection_prompt, prompts_of
from controller.sequence.verb import Tool, Verb
from drivers.errors import InstrumentError, Superseded

ANSWER_S = 600.0  # a prompt that nobody answers, and a hold without a maximum of its own, end in the safe state
RESET_S = 120.0  # for a person to press the panel's reset button
DEVIATIONS = (NotReached, OrderRefused, AnswerRefused)  # a step that fails so may be taken up again


class Urgency(IntEnum):
    """Order in the inbox."""

    ABORT = 0
    STOP = 1
    PAUSE = 2
    REST = 3


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One entry of the inbox."""

    urgency: Urgency
    order: int
    what: str = field(compare=False)
    by: str = field(compare=False, default="")
    reason: str = field(compare=False, default="")
    data: Any = field(compare=False, default=None)


URGENCY = {"abort": Urgency.ABORT, "trip": Urgency.ABORT, "stop": Urgency.STOP, "hold": Urgency.PAUSE}


class Sequencer:
    """Runs one recipe once. `post` may be called from any callback of the loop; `run` returns in a final state."""

    def __init__(self, tool: Tool, recipe: Recipe, answers: Answers) -> None:
        self.tool, self.recipe, self.answers = tool, recipe, answers
        self.guard, self.record = tool.guard, tool.guard.record
        self.job = Job(lambda old, new, reason: self.record.event(JobChanged(old, new, reason)))
        self.reason = ""
        self.person = False  # the run was ended by a person, not by an alarm
        self.failed = False  # a step, not a person or a trip, took the job to the safe state
        self._inbox: list[Message] = []
        self._posted = 0
        self._waiting: asyncio.Future[None] | None = None
        self._activity: asyncio.Task[None] | None = None
        self._index = 0
        self._turns: dict[str, int] = {}
        self._repeats: dict[str, int] = {}
        self._run: StepRun | None = None
        self._phase: PhaseMachine | None = None
        self._stopping = False
        self._hold_after = False  # complete first: hold when the step is done
        self._hold_timer: asyncio.TimerHandle | None = None

    # ------------------------------------------------------------------------------------------ for others
    def post(self, what: str, by: str = "", reason: str = "", data: Any = None) -> None:
        """Put `hold`, `resume`, `stop`, `abort` (or a step's report) into the inbox."""
        self._posted += 1
        heapq.heappush(self._inbox, Message(URGENCY.get(what, Urgency.REST), self._posted, what, by, reason, data))
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def run(self) -> str:
        """Run the recipe; returns the final E40 state, with the tool in its safe state."""
        self.guard.on_trip = lambda trip: self.post("trip", "guard", trip.reason, trip)
        self.guard.on_hold = lambda code, reason: self.post("hold", "guard", f"{code}: {reason}")
        self.job.fire("SELECT")
        self._start(self._set_up(), "set_up")
        while not self.job.ended:
            message = await self._next()
            if message.by not in ("", "guard"):
                self.record.event(PersonSaid(message.what, message.by, message.reason))
            await getattr(self, f"_on_{message.what}")(message)
        return self.job.state

    # ------------------------------------------------------------------------------------------ messages
    async def _on_set_up(self, message: Message) -> None:
        self._activity = None
        if self.job.state == "SETTING_UP":
            self.job.fire("SETUP_DONE")
            await self._light(Tower.RUNNING)
            self._begin_step()

    async def _on_step_done(self, message: Message) -> None:
        if self.job.state in ("ABORTING", "PAUSED"):
            return
        assert self._run is not None and self._phase is not None
        failed, step = self._run.failed, self.recipe.steps[self._index]
        self._phase.fire("DONE")
        self._activity = None
        if failed:
            await self._branch(step, failed)
        else:
            self._index = self.recipe.after(self._index)
        if self.job.state in ("PAUSING", "STOPPING"):
            await self._finish_turn()
        elif self.job.state == "PROCESSING":
            await self._go_on()

    async def _on_step_failed(self, message: Message) -> None:
        """A step could not reach its end: hold where the recipe says, or abort when nothing is known any more."""
        self._activity = None
        if self.job.state == "ABORTING":
            return
        error = message.data
        if isinstance(error, Superseded) and self.guard.tripped is not None:
            return  # the trip's own message follows
        happened = str(error)
        if not isinstance(error, DEVIATIONS) or self.job.state in ("SETTING_UP", "STOPPING"):
            self._alarm("step.failed", FailureClass.LOSS_OF_KNOWLEDGE, happened, "aborted into the safe state")
            await self._abort(happened, FailureClass.LOSS_OF_KNOWLEDGE, person=False)
            return
        self._alarm("step.deviation", FailureClass.PROCESS_DEVIATION, happened, "held the job")
        if self.job.state == "PROCESSING":
            await self._hold("guard", happened, self._run)
        elif self.job.state == "PAUSING":  # it was to be completed first, and cannot
            self._hold_after = False
            await self._freeze(happened, self._run)

    async def _on_trip(self, message: Message) -> None:
        trip: Trip = message.data
        await self._abort(f"{trip.code}: {trip.reason}", trip.failure_class, person=False)

    async def _on_abort(self, message: Message) -> None:
        dump = self.recipe.on_abort == "safe-dump"
        await self._abort(
            message.reason or f"aborted by {message.by}",
            FailureClass.EMERGENCY if dump else FailureClass.LOSS_OF_KNOWLEDGE,
            person=True,
        )

    async def _on_hold_expired(self, message: Message) -> None:
        if self.job.state in ("PAUSING", "PAUSED"):
            reason = "nobody ended the hold in time"
            self._alarm("hold.expired", FailureClass.LOSS_OF_KNOWLEDGE, reason, "aborted into the safe state")
            await self._abort(reason, FailureClass.LOSS_OF_KNOWLEDGE, person=False)

    async def _on_hold(self, message: Message) -> None:
        if self.job.state == "PROCESSING":
            await self._hold(message.by, message.reason, self._run)
        elif self.job.state == "STOPPING" and message.by == "guard":  # the last step must not be finished like this
            await self._cancel_activity()
            await self._stopped()
        else:
            self._refuse(message)

    async def _on_resume(self, message: Message) -> None:
        if self.job.state not in ("PAUSING", "PAUSED") or self.guard.tripped is not None:
            self._refuse(message)
            return
        self._cancel_hold_timer()
        was_paused = self.job.state == "PAUSED"
        self._hold_after = False
        self.job.fire("RESUME", message.reason)
        for monitor in self.guard.monitors:  # what is still wrong holds the job again
            monitor.since_s, monitor.raised = None, False
        await self._light(Tower.RUNNING)
        if was_paused:
            await self._restart_step()

    async def _on_stop(self, message: Message) -> None:
        if not self.job.may("STOP"):
            self._refuse(message)
            return
        self.person, self.reason = True, message.reason or f"stopped by {message.by}"
        idle = self.job.state in ("PAUSED", "SETTING_UP") or self._activity is None
        self.job.fire("STOP", self.reason)
        self._cancel_hold_timer()
        if idle:
            await self._cancel_activity()
            await self._stopped()

    # ------------------------------------------------------------------------------------------ steps
    async def _set_up(self) -> None:
        await self.tool.line.enable(RESET_S)
        self.guard.arm(modules_of(self.recipe))

    def _watch_step(self) -> None:
        """Put the recipe's monitors that cover this step to work; those already at work keep their state."""
        running = {monitor.name: monitor for monitor in self.guard.monitors}
        self.guard.monitors = [
            running.get(m.name) or Monitor(m.name, m.text, m.healthy.bind(self.guard.tags), m.for_s, m.action)
            for m in self.recipe.monitors
            if (m.from_step is None or self.recipe.index(m.from_step) <= self._index)
            and (m.until_step is None or self._index <= self.recipe.index(m.until_step))
        ]

    def _begin_step(self) -> None:
        step = self.recipe.steps[self._index]
        self._watch_step()
        turn = self._turns[step.name] = self._turns.get(step.name, 0) + 1
        self._run = StepRun(self.tool, self.recipe, step, self._ask)
        self._phase = PhaseMachine(
            lambda old, new, reason: self.record.event(PhaseChanged(step.name, step.index, turn, old, new, reason))
        )
        self.guard.gate.why = step.name
        self._phase.fire("START")
        self._start(self._run.run(), "step_done")

    async def _restart_step(self) -> None:
        if self._run is None or self._phase is None or not self._phase.may("RESTART"):
            await self._go_on()
            return
        self._phase.fire("RESTART")
        self._phase.fire("SC")
        self._start(self._run.run(), "step_done")

    def _start(self, work: Any, report: str) -> None:
        async def activity() -> None:
            try:
                await work
            except asyncio.CancelledError:
                raise
            except (NotReached, OrderRefused, AnswerRefused, Unanswered, InstrumentError) as error:
                self.post("step_failed", data=error)
            except Exception as error:  # the step boundary: whatever breaks a step leads to the safe state
                self.post("step_failed", data=error)
                raise
            else:
                self.post(report)

        self._activity = asyncio.get_running_loop().create_task(activity(), name=report)

    async def _go_on(self) -> None:
        if self._index < len(self.recipe.steps):
            self._begin_step()
            return
        self.guard.monitors = []
        await self.guard.enter_safe_state(FailureClass.LOSS_OF_KNOWLEDGE)
        self.job.fire("PROCESS_DONE")

    async def _finish_turn(self) -> None:
        if self.job.state == "STOPPING":
            await self._stopped()
        elif self._hold_after:
            self._hold_after = False
            self._run = self._phase = None
            self.job.fire("PAUSE_DONE")

    async def _branch(self, step: Step, failed: list[str]) -> None:
        """A measurement is outside its limits: do what the recipe says about it."""
        what = ", ".join(failed)
        action = self._action(step, failed)
        if action.kind == "repeat":
            turn = self._repeats[step.name] = self._repeats.get(step.name, 0) + 1
            self._index = self.recipe.index(action.step)
            self.record.event(Note(f"{what}: repeats {action.step} ({turn} of {action.limit})", "branch"))
            return
        self.record.event(Note(f"{what}: {action.kind.replace('_', ' ')} {action.step}".rstrip(), "branch"))
        if action.kind == "abort":
            self._alarm("result.outside", FailureClass.LOSS_OF_KNOWLEDGE, f"{what} is outside its limits", "aborted")
            await self._abort(f"{what} is outside its limits", FailureClass.LOSS_OF_KNOWLEDGE, person=False)
            return
        if action.kind == "hold" and self.job.state == "PROCESSING":
            happened = f"{what} is outside its limits"
            self._alarm("result.outside", FailureClass.PROCESS_DEVIATION, happened, "held the job")
            await self._hold("guard", happened, None)
        self._index = self.recipe.index(action.step) if action.kind == "go_to" else self.recipe.after(self._index)

    def _action(self, step: Step, failed: list[str]) -> Action:
        """What the recipe says about these failures; a repeat whose limit is used up is as if it were not written."""
        rest = Action("go_on")
        for key in (*(key for name in failed for key in (name, name.rpartition(" ")[0])), "else"):
            action = step.on_fail.get(key)
            if action is None:
                continue
            if action.kind != "repeat" or self._repeats.get(step.name, 0) < action.limit:
                return action
            self.record.event(Note(f"{key}: was repeated {action.limit} times, as often as allowed", "branch"))
        return rest

    async def _ask(self, prompt: Prompt) -> Any:
        self.record.event(PromptAsked(prompt.id, prompt.step, prompt.text, prompt.describe()))
        try:
            async with asyncio.timeout(ANSWER_S):
                value, by = await self.answers.answer(prompt)
        except TimeoutError:
            raise Unanswered(f"{prompt.id}: nobody answered within {ANSWER_S / 60:g} min") from None
        self.record.event(PromptAnswered(prompt.id, value, by))
        return value

    # ------------------------------------------------------------------------------------------ hold, stop, abort
    async def _hold(self, by: str, reason: str, run: StepRun | None) -> None:
        policy = self.recipe.hold_policy(min(self._index, len(self.recipe.steps) - 1))
        self.job.fire("PAUSE", reason or f"held by {by}")
        await self._light(Tower.ATTENTION)
        self._hold_timer = asyncio.get_running_loop().call_later(policy.max_s, self.post, "hold_expired", "guard")
        if policy.policy == "complete_first" and self._activity is not None:
            self._hold_after = True
            return
        await self._freeze(reason, run)

    async def _freeze(self, reason: str, run: StepRun | None) -> None:
        """Stop the step where it may stand; the job is PAUSED then."""
        if self._phase is not None and self._phase.may("HOLD"):
            self._phase.fire("HOLD", reason)
        await self._cancel_activity()
        if run is not None:
            try:
                await run.hold()
            except (InstrumentError, OrderRefused, NotReached) as error:
                self._alarm("hold.failed", FailureClass.LOSS_OF_KNOWLEDGE, str(error), "aborted into the safe state")
                await self._abort(f"hold: {error}", FailureClass.LOSS_OF_KNOWLEDGE, person=False)
                return
        if self._phase is not None and self._phase.may("SC"):
            self._phase.fire("SC")
        self.job.fire("PAUSE_DONE")

    async def _stopped(self) -> None:
        await self._to_safe_state(FailureClass.LOSS_OF_KNOWLEDGE)
        if self._phase is not None and self._phase.may("STOP"):
            self._phase.fire("STOP")
            self._phase.fire("SC")
        self.job.fire("STOP_DONE")

    async def _abort(self, reason: str, failure_class: FailureClass, *, person: bool) -> None:
        if self.job.state == "ABORTING" or not self.job.may("ABORT"):
            return
        self.person, self.failed, self.reason = person, not person, reason
        self._cancel_hold_timer()
        self.job.fire("ABORT", reason)
        if self._phase is not None and self._phase.may("ABORT"):
            self._phase.fire("ABORT", reason)
        await self._cancel_activity()
        self.guard.gate.raise_epoch("abort")
        await self._to_safe_state(failure_class)
        if self._phase is not None and self._phase.may("SC"):
            self._phase.fire("SC")
        self.job.fire("ABORT_DONE")

    async def _to_safe_state(self, failure_class: FailureClass) -> None:
        self.guard.monitors = []  # nothing is processed any more
        await self.guard.enter_safe_state(failure_class)
        await self._light(Tower.FAULT if self.failed else Tower.READY)

    async def _light(self, light: Tower) -> None:
        try:
            await self.tool.line.tower(light)
        except InstrumentError as error:  # a light never decides about a run
            self.record.event(Note(f"light tower: {error}", "warning"))

    # ------------------------------------------------------------------------------------------ small things
    async def _next(self) -> Message:
        while not self._inbox:
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return heapq.heappop(self._inbox)

    async def _cancel_activity(self) -> None:
        activity, self._activity = self._activity, None
        if activity is not None and not activity.done():
            activity.cancel()
            await asyncio.gather(activity, return_exceptions=True)

    def _cancel_hold_timer(self) -> None:
        if self._hold_timer is not None:
            self._hold_timer.cancel()
            self._hold_timer = None

    def _refuse(self, message: Message) -> None:
        self.record.event(Note(f"{message.what} refused: the job is {self.job.state}", "refused"))

    def _alarm(self, code: str, failure_class: FailureClass, happened: str, did: str) -> None:
        self.record.event(
            Alarm(code, int(failure_class), True, happened, did, "", "see the step and its limits", happened)
        )


def modules_of(recipe: Recipe) -> frozenset[str]:
    """The modules that a recipe acts on."""
    return frozenset(
        verb.uses(params) for step in recipe.steps for verb, params in step.verbs if isinstance(verb, Verb)
    )


def questions(recipe: Recipe) -> list[Prompt]:
    """Every question that a run may ask, inspection records included."""
    prompts = [prompt for step in recipe.steps for prompt in prompts_of(step)]
    return prompts + [
        inspection_prompt(step, name, m) for step in recipe.steps for name, m in step.measure.items() if m.inspect
    ]
