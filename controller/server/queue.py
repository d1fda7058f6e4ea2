"""The jobs that wait: in order, each started by a person or not yet. It starts nothing itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from controller import wall
from controller.recipe.model import Recipe
from controller.record.events import EngineeringRun, Event, PersonSaid
from controller.server.protocol import Code, Refused
from controller.start import UNNAMED, Piece

JOBS_MAX = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a job is meant: about which part, with `engineering` why its recipe need not be released, with `resumes`
    which interrupted run it takes up by which `move`."""

    piece: Piece = UNNAMED
    engineering: str = ""
    resumes: str = ""
    move: str = ""


PLAIN = Wanted()


@dataclass(slots=True)
class Job:
    """One entry; `started` once a person has said so."""

    id: str
    recipe: Recipe
    settings: Mapping[str, str]
    by: str
    wanted: Wanted = PLAIN
    started: bool = False

    @property
    def piece(self) -> Piece:
        """Which part it is about."""
        return self.wanted.piece

    @property
    def engineering(self) -> str:
        """Why its recipe need not be released, or nothing."""
        return self.wanted.engineering

    def said(self) -> Iterator[Event]:
        """What people said of it, for its record."""
        if self.wanted.resumes:
            yield PersonSaid("resume_run", self.by, f"{self.wanted.resumes}: {self.wanted.move}")
        else:
            yield PersonSaid("start", self.by, self.id)
        if self.engineering:
            yield EngineeringRun(self.by, self.engineering)

    def to_json(self) -> dict[str, Any]:
        """For the state."""
        recipe = self.recipe
        return {
            "id": self.id, "recipe": recipe.name, "version": recipe.version, "title": recipe.title, "by": self.by,
            "engineering": self.engineering, "resumes": self.wanted.resumes, **self.piece.labels,
        }  # fmt: skip


class Queue:
    """All waiting jobs."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def add(self, recipe: Recipe, settings: Mapping[str, str], by: str, wanted: Wanted = PLAIN) -> Job:
        """Append a checked recipe; Refused when the queue is full."""
        if len(self.jobs) >= JOBS_MAX:
            raise Refused(Code.STATE, f"{JOBS_MAX} jobs wait already", "take some out of the queue")
        id = f"{recipe.name}-{wall.run_stamp()}"
        if any(job.id == id for job in self.jobs):  # checked in the same millisecond
            id += f"-{len(self.jobs)}"
        job = Job(id, recipe, settings, by, wanted)
        self.jobs.append(job)
        return job

    def find(self, id: str) -> Job:
        """A job by its id; Refused when there is none."""
        for job in self.jobs:
            if job.id == id:
                return job
        raise Refused(Code.STATE, f"no job {id} waits", "see the queue in the status")

    def next(self) -> Job | None:
        """The first that was started; it stays in the queue until it is removed."""
        return next((job for job in self.jobs if job.started), None)

    def take_starts_back(self) -> None:
        """Something went wrong: nothing starts any more before a person says so again.

        What takes up an interrupted run leaves the queue: what was confirmed for it is no longer true.
        """
        self.jobs = [job for job in self.jobs if not job.wanted.resumes]
        for job in self.jobs:
            job.started = False

    def to_json(self) -> list[dict[str, Any]]:
        """For the state."""
        return [{**job.to_json(), "settings": dict(job.settings), "started": job.started} for job in self.jobs]
