"""`springback resume RUN`: what is known of an interrupted run, what may be done, and the new run that does it.

The journal is put against the tool in its safe state. Nothing is energised before a move was chosen and confirmed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from controller import wall
from controller.cli.exits import CommandError, Exit
from controller.cli.run import CommandRun, RunOptions, Say, new_folder
from controller.cli.show import table
from controller.cli.tool_file import facts_of, read_tool
from controller.interrupted import Interrupted, NotResumable, Reconciled, interrupted, reconcile, sound
from controller.record.archive import find
from controller.record.events import SCRAP
from controller.record.text import clock_text
from controller.sequence.offers import CONFIRM, MOVE
from controller.sequence.prompts import AnswerRefused, Answers
from controller.sequence.resumption import Resumption
from controller.station import Station


def read_interrupted(name: str, folder: Path, tool: Path | None) -> Interrupted:
    """The interrupted run that a person means; CommandError when it is none, RecipeError when it cannot run here."""
    try:
        return interrupted(find(name, folder), facts_of(read_tool(tool)))
    except NotResumable as error:
        raise CommandError(str(error), Exit.REFUSED) from None


async def choose(answers: Answers, found: Mapping[str, Any]) -> tuple[str, str, bool]:
    """The move, who chose it, and whether it was confirmed: what is not offered, and scrapping, is not asked about.

    CommandError when nobody chose, or somebody did not confirm.
    """
    confirmed = False
    try:
        for prompt in (MOVE, CONFIRM):
            if not answers.can(prompt):
                text = f"nobody would answer {prompt.id}; say --choose MOVE --confirm, or use a terminal"
                raise CommandError(text, Exit.REFUSED)
        move, by = await answers.answer(MOVE)
        if str(move) in [offer["move"] for offer in found["offers"] if not offer["refused"]] and move != SCRAP:
            await answers.answer(CONFIRM)
            confirmed = True
    except AnswerRefused as refused:
        raise CommandError(str(refused), Exit.REFUSED) from None
    return str(move), by, confirmed


def prepared(move: str, *, confirm: bool) -> dict[str, Any]:
    """What --choose and --confirm answer."""
    return {**({MOVE.id: move} if move else {}), **({CONFIRM.id: True} if confirm else {})}


class ResumeRun(CommandRun):
    """The run that takes an interrupted one up, on the tool itself; with `check` it looks only."""

    def __init__(self, options: RunOptions, old: Interrupted, folder: Path, *, check: bool = False) -> None:
        options = replace(options, labels=old.labels)
        super().__init__(options, read_tool(options.tool), old.recipe, folder, lambda t_s: None)
        self.old, self.check = old, check
        self.runs = old.place.parent
        self.choose, self.confirm = "", False
        self.found: Reconciled = reconcile(old, None)

    def refuse_unanswered(self, first: int | None = None) -> None:
        """Only what is asked from the chosen step on needs an answer."""
        if first is not None:
            super().refuse_unanswered(first)

    async def ready(self, station: Station) -> bool:
        """The safe state, the journal against what is read back, a move that is chosen and confirmed."""
        await super().ready(station)
        old = self.old
        sound(old)
        try:
            self.found = reconcile(old, station)
            if self.check:
                return False
            told = self.found.to_json()
            self.say(resume_text(told))
            self.answers.file = {**self.answers.file, **prepared(self.choose, confirm=self.confirm)}
            move, by, _ = await choose(self.answers, told)
            offer = self.found.offered(move)
        except NotResumable as error:
            raise CommandError(str(error), Exit.REFUSED) from None
        if offer.move != SCRAP:
            self.refuse_unanswered(offer.index)
        self.resumption = Resumption(old.trail, old.carried, offer, by)
        return True


def resume_run(
    options: RunOptions, old: Interrupted, choose: str, say: Say, *, confirm: bool, check: bool
) -> ResumeRun:
    """Look at the tool, and unless `check`, carry the chosen move out; the new run lies beside the old one."""
    folder = new_folder(options.out or old.place.parent / f"{old.recipe.name}-{wall.run_stamp()}")
    command = ResumeRun(options, old, folder, check=check)
    command.choose, command.confirm, command.say = choose, confirm, say
    command.carry_out()
    return command


def resume_text(found: Mapping[str, Any]) -> str:
    """How far a run came and what may be done about it, for people; `found` as `Reconciled.to_json` tells it."""
    part = f", part {found['part']}" if found["part"] else ""
    lines = [f"{found['run']}: interrupted {clock_text(found['outage_s'])} ago{part}", *_clocks(found), ""]
    lines += [table(["STEP", "known"], [(row["step"], row["known"]) for row in found["steps"]]), ""]
    for order in found["orders_in_doubt"]:
        seen = "not known" if order["now"] is None else f"{order['now']:g} {order['unit']}".rstrip()
        lines.append(f"in doubt: {order['output']} {order['value']:g} {order['unit']}; now: {seen}".replace(" ;", ";"))
    rows = [(offer["move"], offer["step"], offer["refused"] or _said(offer)) for offer in found["offers"]]
    lines.append(table(["MOVE", "begins at", ""], rows))
    return "\n".join(lines)


def _clocks(found: Mapping[str, Any]) -> list[str]:
    """What went on while nobody watched."""
    cures = found["cure_percent"].items()
    lines = [f"{tag} was {percent:g} %, and went on while the zone was warm" for tag, percent in cures]
    if (left_s := found["pot_life_left_s"]) is not None:
        lines.append(f"pot life of its lot: {f'{clock_text(left_s)} left' if left_s > 0.0 else 'over'}")
    return lines


def _said(offer: Mapping[str, Any]) -> str:
    if offer["move"] == SCRAP:
        return "the part fails, nothing is energised"
    return f"after {', '.join(offer['after'])}" if offer["after"] else ""
