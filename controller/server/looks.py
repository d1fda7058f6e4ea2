"""What clients may look at: what a recipe will do, what may be done now and why not, limits, instruments.

These are pure looks: nothing is moved, queued or recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

from controller.guard.interlocks import Interlock, Kind
from controller.recipe.limits import Limit
from controller.recipe.model import Recipe, Step
from controller.sequence.questions import prompts_of, questions
from controller.server.queue import Job
from controller.server.standing import Standing
from controller.station import Station


def job_state(job: Job, started_utc: str, standing: Standing) -> dict[str, Any]:
    """The job that runs, as the state shows it."""
    return {
        **job.to_json(), "steps": [step.name for step in job.recipe.steps], "state": standing.state,
        "reason": standing.reason, "started_utc": started_utc, "step": standing.step,
        "results": list(standing.results.values()),
    }  # fmt: skip


def about(job: Job) -> dict[str, Any]:
    """A job that was put into the queue, for who asked for it."""
    recipe = job.recipe
    return {
        "job": job.id, **job.piece.labels, "recipe": recipe.name, "version": recipe.version, "title": recipe.title,
        "steps": [step.name for step in recipe.steps], "questions": [prompt.id for prompt in questions(recipe)],
    }  # fmt: skip


def preview(recipe: Recipe) -> dict[str, Any]:
    """A checked recipe as people choose it by: parameters and steps."""
    return {
        "recipe": recipe.name, "version": recipe.version, "title": recipe.title,
        "for": dict(recipe.intended_for),
        "parameters": {
            name: {"text": p.text, "min": p.min, "max": p.max, "unit": p.unit, "who": p.who}
            for name, p in recipe.parameters.items()
        },
        "steps": [_step(step) for step in recipe.steps],
        "questions": [prompt.id for prompt in questions(recipe)],
    }  # fmt: skip


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "does": [verb.name for verb, _ in step.verbs],
        "dwell_s": step.dwell_s,
        "asks": [prompt.text or prompt.id for prompt in prompts_of(step)],
        "measures": list(step.measure),
    }


def permissives(interlocks: Iterable[Interlock], now_s: float) -> list[dict[str, Any]]:
    """What must hold before something may be done, and the first condition that does not.

    What the scan watches itself is left alone: a look has no part in its timing.
    """
    asked = (interlock for interlock in interlocks if interlock.kind in (Kind.PERMISSIVE, Kind.INHIBIT))
    return [_permissive(interlock, now_s) for interlock in asked]


def _permissive(interlock: Interlock, now_s: float) -> dict[str, Any]:
    unmet = interlock.unmet(now_s)
    return {
        "id": interlock.id,
        "module": interlock.module,
        "gates": list(interlock.gates),
        "met": unmet is None,
        "unmet": unmet.sentence() if unmet is not None else "",
        "fix": unmet.fix if unmet is not None else "",
    }


def limits(in_force: Mapping[str, Limit]) -> dict[str, tuple[float | None, float | None]]:
    """Low and high of every limit in force, by name."""
    return {name: (limit.low, limit.high) for name, limit in in_force.items()}


def instruments(station: Station, lost: Set[str]) -> dict[str, dict[str, Any]]:
    """Where each instrument is, what it said it is, and whether it is lost."""
    links = station.link_of
    return {
        name: {"link": links[name], "identity": instrument.identity, "lost": name in lost}
        for name, instrument in station.instruments.items()
    }
