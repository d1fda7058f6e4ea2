"""`springback resume RUN`: what is known of an interrupted run, what may be done, and the new run that does it.

The journal is put against the tool in its safe state. Nothing is energised before a move was chosen and confirmed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller import wall
from controller.cli.boundary import show
from controller.cli.exits import CommandError, Exit
from controller.cli.run import CommandRun, RunOptions, Say, facts_of, new_folder, read_tool
from controller.cli.show import table
from controller.recipe.loader import load
from controller.recipe.model import Recipe
from controller.record.archive import LABELS, RECORD, find
from controller.record.events import PhaseChanged, Resumed, RunStarted
from controller.record.fold import summary_of
from controller.record.result import Summary
from controller.record.runfile import RunFile
from controller.record.store import RecordError
from controller.record.text import clock_text
from controller.record.verify import verify
from controller.restart import read_back
from controller.sequence.carried import Carried, carried_from, present_parts
from controller.sequence.offers import CONFIRM, MOVE, SCRAP, Offer, offers
from controller.sequence.prompts import AnswerRefused
from controller.sequence.resumption import Resumption
from controller.sequence.steps import VERBS
from controller.sequence.trail import Trail, follow
from controller.station import Station

SCHEMA = "springback.resume/1"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An interrupted run: where its record is, its recipe as it ran, how far it came, what goes over."""

    place: Path
    recipe: Recipe
    trail: Trail
    carried: Carried
    summary: Summary
    labels: Mapping[str, str]


def interrupted(name: str, folder: Path, tool: Path | None) -> Interrupted:
    """Read the record of an interrupted run; CommandError when it is none, RecipeError when its recipe does not fit."""
    place = find(name, folder)
    with RunFile(place / RECORD) as record:
        summary, meta = summary_of(record), record.meta
        if record.ended and summary.end_reason != "interrupted":
            text = f"{place.name} was not interrupted: it ended {summary.state}; begin a new run"
            raise CommandError(text, Exit.REFUSED)
        if summary.started is None:
            raise CommandError(f"{place.name} had not begun when it was interrupted; begin a new run", Exit.REFUSED)
        recipe = load(meta["recipe_text"], VERBS, facts_of(read_tool(tool)), meta["parameters"])
        trail = follow(recipe, [event for _, event, _ in record.events()])
        outage_s = max(0.0, wall.since_utc_s(meta["start_utc"]) - record.span_s)
        carried = carried_from(place.name, record, outage_s)
    later = _taken_up_by(place)
    if later:
        raise CommandError(f"{place.name} was taken up already, by {later}", Exit.REFUSED)
    labels = {name: str(meta[name]) for name in LABELS if meta.get(name)}
    return Interrupted(place, recipe, trail, carried, summary, labels)


def _taken_up_by(place: Path) -> str:
    """The run beside it that took it up and began a step, or scrapped it; nothing when there is none."""
    for path in sorted(place.parent.glob(f"*/{RECORD}")):
        with suppress(RecordError), RunFile(path) as record:
            story = [event for _, event, _ in record.events(RunStarted, Resumed, PhaseChanged)]
            resumes = any(isinstance(event, RunStarted) and event.resumes == place.name for event in story)
            acted = any(isinstance(e, PhaseChanged) or (isinstance(e, Resumed) and e.move == SCRAP) for e in story)
            if resumes and acted:
                return path.parent.name
    return ""


class ResumeRun(CommandRun):
    """The run that takes an interrupted one up, on the tool itself; with `check` it looks only."""

    def __init__(self, options: RunOptions, old: Interrupted, folder: Path, *, check: bool = False) -> None:
        options = replace(options, labels=old.labels)
        super().__init__(options, read_tool(options.tool), old.recipe, folder, lambda t_s: None)
        self.old, self.check = old, check
        self.runs = old.place.parent
        self.choose, self.confirm = "", False
        self.offers: Sequence[Offer] = ()
        self.found: dict[str, float | None] = {}

    def refuse_unanswered(self, first: int | None = None) -> None:
        """Only what is asked from the chosen step on needs an answer."""
        if first is not None:
            super().refuse_unanswered(first)

    async def ready(self, station: Station) -> bool:
        """The safe state, the journal against what is read back, a move that is chosen and confirmed."""
        await super().ready(station)
        closed = verify(self.old.place / RECORD)
        if not closed.intact:
            why = closed.problem or "another process writes it"
            raise CommandError(f"{self.old.place}: its record is {closed.state}: {why}", Exit.NOT_INTACT)
        old = self.old
        self.found = read_back(station.tags, asyncio.get_running_loop().time())
        self.offers = offers(old.recipe, old.trail, old.carried, present_parts(station.tool))
        if self.check:
            return False
        offer, by = await self._chosen()
        if offer.move != SCRAP:
            self.refuse_unanswered(offer.index)
        self.resumption = Resumption(old.trail, old.carried, offer, by)
        return True

    async def _chosen(self) -> tuple[Offer, str]:
        """The move and who chose it; CommandError when it is not offered, or nobody confirmed it."""
        self.say(resume_text(self.old, self.offers, self.found))
        if self.choose:
            self.answers.file = {**self.answers.file, MOVE.id: self.choose}
        if self.confirm:
            self.answers.file = {**self.answers.file, CONFIRM.id: True}
        try:
            for prompt in (MOVE, CONFIRM):
                if not self.answers.can(prompt):
                    text = f"nobody would answer {prompt.id}; say --choose MOVE --confirm, or use a terminal"
                    raise CommandError(text, Exit.REFUSED)
            move, by = await self.answers.answer(MOVE)
            offer = self._offered(str(move))
            if offer.move != SCRAP:
                await self.answers.answer(CONFIRM)
        except AnswerRefused as refused:
            raise CommandError(str(refused), Exit.REFUSED) from None
        return offer, by

    def _offered(self, move: str) -> Offer:
        for offer in self.offers:
            if offer.move == move and not offer.why_not:
                return offer
            if offer.move == move:
                raise CommandError(f"{move} is refused: {offer.why_not}", Exit.REFUSED)
        known = ", ".join(offer.move for offer in self.offers)
        raise CommandError(f"{move} is not offered here; there is {known}", Exit.REFUSED)


def resume_run(
    options: RunOptions, old: Interrupted, choose: str, say: Say, *, confirm: bool, check: bool
) -> ResumeRun:
    """Look at the tool, and unless `check`, carry the chosen move out; the new run lies beside the old one."""
    folder = new_folder(options.out or old.place.parent / f"{old.recipe.name}-{wall.run_stamp()}")
    command = ResumeRun(options, old, folder, check=check)
    command.choose, command.confirm, command.say = choose, confirm, say
    command.carry_out()
    return command


def show_interrupted(old: Interrupted, found: Sequence[Offer], read: dict[str, float | None], *, as_json: bool) -> int:
    """Print how far a run came and what may be done about it."""
    show(json.dumps(resume_object(old, found, read)) if as_json else resume_text(old, found, read))
    return Exit.PASSED


def unseen(old: Interrupted) -> list[Offer]:
    """The moves as far as the journal tells, when nobody looks at the tool."""
    return offers(old.recipe, old.trail, old.carried, None)


def resume_object(old: Interrupted, found: Sequence[Offer], read: dict[str, float | None]) -> dict[str, Any]:
    """The object that `--json` prints."""
    return {
        "schema": SCHEMA,
        "run": old.place.name,
        "outage_s": round(old.carried.outage_s, 1),
        "part": old.carried.part,
        "steps": [{"step": step, "known": known.value} for step, known in old.trail.known.items()],
        "orders_in_doubt": [
            {"output": order.output, "value": order.value, "unit": order.unit, "now": _now(order.output, read)}
            for order in old.trail.open_orders
        ],
        "offers": [{"move": o.move, "step": o.step, "refused": o.why_not} for o in found],
    }


def resume_text(old: Interrupted, found: Sequence[Offer], read: dict[str, float | None]) -> str:
    """The same for people."""
    part = f", part {old.carried.part}" if old.carried.part else ""
    lines = [f"{old.place.name}: interrupted {clock_text(old.carried.outage_s)} ago{part}", ""]
    lines += [table(["STEP", "known"], [(step, known.value) for step, known in old.trail.known.items()]), ""]
    for order in old.trail.open_orders:
        now = _now(order.output, read)
        seen = "not known" if now is None else f"{now:g} {order.unit}".rstrip()
        lines.append(f"in doubt: {order.output} {order.value:g} {order.unit}; now: {seen}".replace(" ;", ";"))
    rows = [(offer.move, offer.step, offer.why_not or _said(offer)) for offer in found]
    lines.append(table(["MOVE", "begins at", ""], rows))
    return "\n".join(lines)


def _said(offer: Offer) -> str:
    if offer.move == SCRAP:
        return "the part fails, nothing is energised"
    fixes = ", ".join(verb.name for verb, _ in offer.fix)
    return f"after {fixes}" if fixes else ""


def _now(output: str, read: dict[str, float | None]) -> float | None:
    """What an output reads now; the PLC mirrors its outputs under another name."""
    return read.get(output, read.get(output.replace("line_plc.", "line_plc.out_")))
