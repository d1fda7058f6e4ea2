"""Monitors: what a recipe wants watched while its steps run. They find; the guard acts."""

from __future__ import annotations

from dataclasses import dataclass

from controller.guard.alarms import raised
from controller.guard.safe import FailureClass
from controller.recipe.expressions import Bound
from controller.record.events import Alarm

BAD_FOR_S = 0.25  # not knowing counts as a violation after this
DOES = {  # action -> failure class, what we did
    "warn": (FailureClass.INFORMATION, "warned only; the recipe goes on"),
    "hold": (FailureClass.PROCESS_DEVIATION, "asked for a hold"),
    "abort": (FailureClass.LOSS_OF_KNOWLEDGE, ""),
}


@dataclass(slots=True)
class Monitor:
    """A recipe's watch: `action` is warn, hold or abort once `healthy` has failed, or is unknown, for `for_s`."""

    name: str
    text: str
    healthy: Bound
    for_s: float
    action: str
    since_s: float | None = None
    raised: bool = False

    def watch(self, now_s: float) -> Alarm | None:
        """Evaluate one scan; the alarm in the scan in which it is raised."""
        state = self.healthy.evaluate(now_s)
        if state is True:
            self.rearm()
            return None
        if self.since_s is None:
            self.since_s = now_s
        lasts_s = self.for_s if state is False else max(self.for_s, BAD_FOR_S)
        if self.raised or now_s - self.since_s < lasts_s:
            return None
        self.raised = True
        failure_class, did = DOES[self.action]
        return raised(
            f"monitor.{self.name}",
            failure_class,
            f"{self.text} is {'not met' if state is False else 'unknown'}",
            did,
            first_out=self.text,
            values=self.healthy.inputs(),
        )

    def rearm(self) -> None:
        """Begin anew: what is still wrong is raised again."""
        self.since_s, self.raised = None, False
