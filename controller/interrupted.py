"""Interrupted runs: which of them nobody has taken up, how far each came, and what may be done about it at the tool.

It reads records, and what an open station has read. It opens nothing, asks nobody and begins nothing.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller import wall
from controller.recipe.model import Recipe
from controller.recipe.verb import ToolFacts
from controller.record.archive import LABELS, RECORD
from controller.record.events import SCRAP, EngineeringRun
from controller.record.fold import summary_of
from controller.record.index import Digest, digests
from controller.record.recover import INTERRUPTED
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.verify import verify
from controller.restart import read_back
from controller.sequence.carried import Carried, carried_from, present_parts
from controller.sequence.offers import Offer, offers
from controller.sequence.trail import Known, Trail, follow
from controller.station import Station


class NotResumable(Exception):
    """A run is not taken up, or not in this way: why, and what to do."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(f"{message}; {fix}")
        self.message, self.fix = message, fix


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An interrupted run: where its record is, its recipe as it ran, how far it came, what goes over."""

    place: Path
    recipe: Recipe
    trail: Trail
    carried: Carried
    utc: str  # when it was interrupted
    labels: Mapping[str, str]
    simulated: bool
    engineering: str  # why its recipe needed no release, or nothing

    @property
    def cure_percent(self) -> dict[str, float]:
        """What had cured by each prediction when nobody watched any more; it goes on while the zone is warm."""
        if Known.IN_DOUBT not in self.trail.known.values():
            return {}
        found = {tag: self.carried.last(tag) for tag in ("press.cure", "mold.cure")}
        return {tag: round(percent, 1) for tag, percent in found.items() if percent > 0.0}

    def to_json(self) -> dict[str, Any]:
        """What its record tells, in instants and not in ages: it stays true while nobody does anything."""
        left_s, outage_s = _pot_life_left_s(self.carried), self.carried.outage_s
        moves = offers(self.recipe, self.trail, self.carried, None)
        return {
            "run": self.place.name, "recipe": self.recipe.name, "version": self.recipe.version,
            "title": self.recipe.title, "labels": dict(self.labels), "part": self.carried.part,
            "engineering": self.engineering, "interrupted_utc": self.utc,
            "steps": [{"step": step, "known": known.value} for step, known in self.trail.known.items()],
            "moves": [{"move": one.move, "step": one.step, "after": _after(one)} for one in moves],
            "pot_life_ends_utc": None if left_s is None else wall.utc_after(self.utc, outage_s + left_s),
            "cure_percent": self.cure_percent,
        }  # fmt: skip


def interrupted(place: Path, facts: ToolFacts) -> Interrupted:
    """Read the record of an interrupted run of a tool; NotResumable when it is none, or was taken up.

    RecipeError when its recipe does not fit the tool as it is now, RecordError when it cannot be read.
    """
    from controller.recipe.loader import load  # long to import, and few tools have an interrupted run
    from controller.sequence.steps import VERBS

    with RunFile(place / RECORD) as record:
        summary, meta = summary_of(record), record.meta
        if record.ended and summary.end_reason != INTERRUPTED:
            raise NotResumable(f"{place.name} was not interrupted: it ended {summary.state}", "begin a new run")
        if summary.started is None:
            raise NotResumable(f"{place.name} had not begun when it was interrupted", "begin a new run")
        if summary.started.tool != facts.name:
            raise NotResumable(f"{place.name} ran on {summary.started.tool}, this is {facts.name}", "go to that tool")
        recipe = load(meta["recipe_text"], VERBS, facts, meta["parameters"])
        trail = follow(recipe, [event for _, event, _ in record.events()])
        utc = wall.utc_after(meta["start_utc"], record.span_s)
        carried = carried_from(place.name, record, wall.seconds_since(utc))
        why = [event.why for _, event, _ in record.events(EngineeringRun) if isinstance(event, EngineeringRun)]
    later = next((one.run for one in digests(place.parent)[0] if one.resumes == place.name), "")
    if later:
        raise NotResumable(f"{place.name} was taken up already, by {later}", "begin a new run")
    labels = {name: str(meta[name]) for name in LABELS if meta.get(name)}
    return Interrupted(place, recipe, trail, carried, utc, labels, summary.started.simulated, "".join(why[-1:]))


def sound(old: Interrupted) -> None:
    """RecordError when its record is not closed and whole: then nobody knows what it lacks."""
    found = verify(old.place / RECORD)
    if not found.intact:
        raise RecordError(f"{old.place}: its record is {found.state}: {found.problem or 'another process writes it'}")


def not_taken_up(found: Sequence[Digest], tool: str, *, simulated: bool, days: int) -> list[Digest]:
    """Those of the runs of a folder that were interrupted on a tool and nobody has taken up, the latest first."""
    taken, since = {one.resumes for one in found}, wall.utc_text(days)
    return [
        one
        for one in reversed(found)
        if one.end_reason == INTERRUPTED
        and one.run not in taken
        and (one.tool, one.simulated) == (tool, simulated)
        and one.started_utc >= since
    ]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An interrupted run against the tool: the moves that are offered now, and what is read back."""

    old: Interrupted
    offers: list[Offer]
    read: Mapping[str, float | None]

    def offered(self, move: str) -> Offer:
        """The offer of a move; NotResumable when there is none, or it is refused now."""
        for offer in self.offers:
            if offer.move == move and not offer.why_not:
                return offer
            if offer.move == move:
                raise NotResumable(f"{move} is refused: {offer.why_not}", f"or choose {SCRAP}")
        known = ", ".join(offer.move for offer in self.offers)
        raise NotResumable(f"{move} is not offered here", f"there is {known}")

    def to_json(self) -> dict[str, Any]:
        """What people choose by."""
        old = self.old
        told = old.to_json()
        left_s = _pot_life_left_s(old.carried)
        return {
            **{key: told[key] for key in told if key != "moves"},
            "outage_s": round(old.carried.outage_s, 1),
            "pot_life_left_s": None if left_s is None else round(left_s, 1),
            "orders_in_doubt": [
                {"output": order.output, "value": order.value, "unit": order.unit, "now": self._now(order.output)}
                for order in old.trail.open_orders
            ],
            "offers": [
                {"move": one.move, "step": one.step, "after": _after(one), "refused": one.why_not}
                for one in self.offers
            ],
        }

    def _now(self, output: str) -> float | None:
        """What an output reads now; the PLC mirrors its outputs under another name."""
        return self.read.get(output, self.read.get(output.replace("line_plc.", "line_plc.out_")))


def reconcile(old: Interrupted, station: Station | None) -> Reconciled:
    """Put a run against what an open station reads now; as far as the journal tells when there is none.

    NotResumable on a real tool when the run was a simulated one, and the other way round.
    """
    if station is None:
        return Reconciled(old, offers(old.recipe, old.trail, old.carried, None), {})
    if old.simulated is not station.simulated:
        ran, here = ("simulated", "real") if old.simulated else ("real", "simulated")
        raise NotResumable(f"{old.place.name} ran on {ran} instruments, these are {here}", "begin a new run")
    read = read_back(station.tags, asyncio.get_running_loop().time())
    return Reconciled(old, offers(old.recipe, old.trail, old.carried, present_parts(station.tool)), read)


def _pot_life_left_s(carried: Carried) -> float | None:
    """None where there is no lot, or nobody knows how old it is: then no move that works with it is offered."""
    left_s = carried.pot_life_left_s
    return left_s if left_s is not None and math.isfinite(left_s) else None


def _after(offer: Offer) -> list[str]:
    """The verbs that prepare the tool before the first step."""
    return [verb.name for verb, _ in offer.fix]
