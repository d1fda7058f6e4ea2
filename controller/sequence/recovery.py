"""What to do about an error of a step, as data: its class of fault, the policy of the step, the turns used up.

It decides and does nothing.
"""

from __future__ import annotations

from collections import Counter

from controller.equipment.module import NotReached
from controller.guard.gate import OrderRefused
from controller.recipe.model import ErrorAction, Step
from controller.sequence.prompts import AnswerRefused, Unanswered
from drivers.errors import GarbledReply, LinkLost, NoReply, Refused

FAULTS: tuple[tuple[type[Exception], str], ...] = (
    (OrderRefused, "refused"),
    (Refused, "refused"),
    (NotReached, "timeout"),
    (AnswerRefused, "answer"),
    (Unanswered, "answer"),
    (NoReply, "lost"),
    (GarbledReply, "lost"),
    (LinkLost, "lost"),
)
HOLD, ABORT = ErrorAction("hold"), ErrorAction("abort")
HOLDS = (OrderRefused, NotReached, AnswerRefused)  # after these a step may be taken up again; no recipe need say so


def fault_of(error: Exception) -> str:
    """The class of fault in the words of `on_error`; empty for what no policy covers, as a setpoint of others."""
    return next((fault for kind, fault in FAULTS if isinstance(error, kind)), "")


class Recovery:
    """Decides for one run; counts the retries of each step and fault."""

    def __init__(self) -> None:
        self._retries: Counter[tuple[str, str]] = Counter()

    def begin(self, step: Step) -> None:
        """A new turn of a step has its retries anew."""
        for key in [key for key in self._retries if key[0] == step.name]:
            del self._retries[key]

    def decide(self, step: Step, error: Exception) -> tuple[ErrorAction, int]:
        """The action, and the number of the retry; when those are used up it holds, and aborts after a lost order."""
        fault = fault_of(error)
        action = step.on_error.get(fault)
        if action is None:
            return (HOLD if isinstance(error, HOLDS) else ABORT), 0
        if action.kind != "retry":
            return action, 0
        turn = self._retries[step.name, fault] = self._retries[step.name, fault] + 1
        if turn <= action.limit:
            return action, turn
        return (ABORT if fault == "lost" else HOLD), 0
