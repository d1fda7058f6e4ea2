"""Answers and operator files: what people say during a run, and when.

`--answers` holds prompt answers only and wins over `--operator`. The hands that act on the simulated station get only
their reaction time from here; what they do follows from the call lamp.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.cli.exits import CommandError, Exit
from controller.recipe.quantities import QuantityError, parse
from controller.recipe.source import read

SAYING = "{at: 600 s, do: hold, reason: text}"
REACTION_MAX_S = 100.0  # who is slower is waited for in vain
SAYS = ("hold", "resume", "redo", "skip", "step", "stop", "abort")
SAYS_OF_ALARMS = ("acknowledge", "reset", "shelve", "unshelve")  # with `alarm`, its name; shelve with `for`, its time


@dataclass(frozen=True, slots=True)
class Saying:
    """One command of the scripted operator, at a time of the run."""

    at_s: float
    command: str
    reason: str
    data: Any = None  # name of the alarm; of shelve with the time in s


@dataclass(frozen=True, slots=True)
class OperatorScript:
    """What the scripted operator does; the default one answers what recipes propose and says nothing."""

    reaction_s: float | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    says: tuple[Saying, ...] = ()

    def begin(self, post: Callable[[str, str, str, Any], None]) -> None:
        """A run begins now: say everything at its time, by `post` (command, by, reason, data)."""
        loop = asyncio.get_running_loop()
        for saying in self.says:
            loop.call_later(saying.at_s, post, saying.command, "operator", saying.reason, saying.data)


def load_answers(path: Path | None) -> dict[str, Any]:
    """The `answers:` of a file, by prompt id (`Step.field`)."""
    if path is None:
        return {}
    data = _mapping(path, {"answers"})
    return _answers(data, path)


def load_operator(path: Path | None) -> OperatorScript:
    """Reaction time, answers and sayings of an operator file."""
    if path is None:
        return OperatorScript()
    data = _mapping(path, {"reaction", "answers", "say"})
    try:
        reaction_s = parse(data["reaction"], "s", what="reaction") if "reaction" in data else None
        says = data.get("say", [])
        if not isinstance(says, list):
            raise CommandError(f"{path.name}: say is a list of {SAYING}", Exit.INVALID)
        says = tuple(_saying(entry, path) for entry in says)
    except QuantityError as error:
        raise CommandError(f"{path.name}: {error.message}. {error.hint}", Exit.INVALID) from None
    if reaction_s is not None and not 0.0 <= reaction_s <= REACTION_MAX_S:
        raise CommandError(f"{path.name}: reaction is 0 s .. {REACTION_MAX_S:g} s, not {reaction_s:g} s", Exit.INVALID)
    return OperatorScript(reaction_s, _answers(data, path), says)


def _mapping(path: Path, known: set[str]) -> dict[str, Any]:
    data = read(path).data
    if not isinstance(data, dict) or set(data) - known:
        raise CommandError(f"{path.name}: a mapping with {', '.join(sorted(known))} is wanted", Exit.INVALID)
    return data


def _answers(data: Mapping[str, Any], path: Path) -> dict[str, Any]:
    answers = data.get("answers", {})
    if not isinstance(answers, dict):
        raise CommandError(f"{path.name}: answers is a mapping of `Step.field: value`", Exit.INVALID)
    return {str(key): value for key, value in answers.items()}


def _saying(entry: Any, path: Path) -> Saying:
    if not isinstance(entry, dict) or not {"at", "do"} <= set(entry) <= {"at", "do", "reason", "alarm", "for"}:
        raise CommandError(f"{path.name}: a saying is {SAYING}", Exit.INVALID)
    word = entry["do"]
    if word not in (*SAYS, *SAYS_OF_ALARMS):
        text = f"{path.name}: do is one of {', '.join((*SAYS, *SAYS_OF_ALARMS))}, not {word!r}"
        raise CommandError(text, Exit.INVALID)
    at_s = parse(entry["at"], "s", what="at")
    if at_s < 0.0:
        raise CommandError(f"{path.name}: at is after the start of the run, not {entry['at']}", Exit.INVALID)
    return Saying(at_s, str(word), str(entry.get("reason", "")), _about(entry, word, path))


def _about(entry: Mapping[str, Any], word: str, path: Path) -> Any:
    """The alarm that a saying is about, if any; acknowledge without one is about all."""
    wanted = {"shelve": {"alarm", "for"}, "unshelve": {"alarm"}, "reset": {"alarm"}}.get(word, set())
    given = {"alarm", "for"} & set(entry)
    if not wanted <= given or ("for" in given and word != "shelve") or ("alarm" in given and word in SAYS):
        needs = " and ".join(sorted(wanted)) or "no alarm and no time"
        raise CommandError(f"{path.name}: {word} goes with {needs}", Exit.INVALID)
    if word == "shelve":
        return str(entry["alarm"]), parse(entry["for"], "s", what="for")
    return str(entry.get("alarm", ""))
