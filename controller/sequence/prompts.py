"""Questions to people and where answers come from: a file, the scripted operator, the inspection desk, a default,
a terminal. It checks type, unit and range; it does not decide what an answer means.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from controller.recipe.asks import ANSWER_S_MAX
from controller.recipe.problems import did_you_mean
from controller.recipe.quantities import QuantityError
from controller.recipe.quantities import parse as quantity


class AnswerRefused(ValueError):
    """The answer does not fit the question; the text says what would."""


class Unanswered(Exception):
    """Nobody answered in time."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question. `id` is `<step>.<field>`; `kind` confirm, text, number, choice, yes_no, scan or inspection."""

    id: str
    step: str
    text: str
    kind: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    match: str | None = None
    choices: tuple[str, ...] = ()
    default: Any = None
    within_s: float = ANSWER_S_MAX

    def describe(self) -> str:
        """The expected answer, for people."""
        if self.kind in ("number", "inspection"):
            bounds = f" {self.low:g} .. {self.high:g}" if self.low is not None and self.high is not None else ""
            return f"a number{bounds} {self.unit}".rstrip()
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "scan":
            return f"a scan that matches {self.match}" if self.match else "a scan"
        return {"confirm": "yes", "yes_no": "yes or no"}.get(self.kind, "text")

    def accept(self, raw: Any) -> Any:
        """The answer as its type, or AnswerRefused."""
        text = str(raw).strip()
        if self.kind in ("number", "inspection"):
            return self._number(raw)
        if self.kind in ("confirm", "yes_no"):
            return self._yes(raw, text.lower())
        if self.kind == "choice" and text not in self.choices:
            raise AnswerRefused(f'{self.id}: "{text}" is not {self.describe()}')
        if self.match is not None and re.fullmatch(self.match, text) is None:
            raise AnswerRefused(f'{self.id}: "{text}" is not {self.describe()}')
        return text

    def _number(self, raw: Any) -> float:
        try:
            value = (
                float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else quantity(raw, self.unit)
            )
        except QuantityError as error:
            raise AnswerRefused(f"{self.id}: {error}") from None
        if (
            value != value
            or (self.low is not None and value < self.low)
            or (self.high is not None and value > self.high)
        ):
            raise AnswerRefused(f"{self.id}: {f'{value:g} {self.unit}'.strip()} is not {self.describe()}")
        return value

    def _yes(self, raw: Any, text: str) -> bool:
        if raw is True or text in ("yes", "y", "true"):
            return True
        if self.kind == "yes_no" and (raw is False or text in ("no", "n", "false")):
            return False
        raise AnswerRefused(f'{self.id}: "{text}" is not {self.describe()}')


Ask = Callable[[Prompt], Awaitable[tuple[Any, str]]]  # the answer, and who gave it


class Inspection(Protocol):
    """The desk that inspects the part of this run, and the people who stand at it."""

    fields: frozenset[str]

    def inspect(self, field: str) -> float:
        """One field of the record of the part; LookupError when there is no part."""
        ...

    def scanned(self, field: str, text: str) -> None:
        """Told when a person has scanned a label: what was scanned is what that person then uses."""
        ...


@dataclass(slots=True)
class Answers:
    """Where answers come from, first match wins: file, operator script, inspection desk, default, terminal.

    `defaults` is False with --live: nothing is answered by default. `reaction_s` is how long a person takes. `say`
    tells the person at the terminal something that wants no answer.
    """

    file: Mapping[str, Any] = field(default_factory=dict)
    script: Mapping[str, Any] = field(default_factory=dict)
    desk: Inspection | None = None
    defaults: bool = True
    terminal: Ask | None = None
    say: Callable[[str], None] = lambda text: None
    reaction_s: float = 3.0

    def can(self, prompt: Prompt) -> bool:
        """True when this prompt will be answered by someone."""
        return (
            prompt.id in self.file
            or prompt.id in self.script
            or self._inspects(prompt)
            or (self.defaults and prompt.default is not None)
            or self.terminal is not None
        )

    def refused(self, prompts: Sequence[Prompt]) -> list[str]:
        """What is wrong with the prepared answers, in sentences; empty when each fits its question."""
        known = {prompt.id: prompt for prompt in prompts}
        found = []
        for id, raw in (*self.file.items(), *self.script.items()):
            if id in known:
                try:
                    known[id].accept(raw)
                except AnswerRefused as refused:
                    found.append(str(refused))
            elif id in self.file:  # a script may serve several recipes
                found.append(f"{id}: the recipe does not ask this; {did_you_mean(id, known)}")
        return found

    async def answer(self, prompt: Prompt) -> tuple[Any, str]:
        """The checked answer and who gave it; AnswerRefused when it does not fit, Unanswered when nobody can."""
        answer, who = await self._ask(prompt)
        if prompt.kind == "scan" and self.desk is not None:
            self.desk.scanned(_field(prompt), answer)
        return answer, who

    async def _ask(self, prompt: Prompt) -> tuple[Any, str]:
        if prompt.id in self.file:
            return prompt.accept(self.file[prompt.id]), "answers file"
        if prompt.id in self.script:
            await asyncio.sleep(self.reaction_s)
            return prompt.accept(self.script[prompt.id]), "operator"
        if self.desk is not None and self._inspects(prompt):
            try:
                return prompt.accept(self.desk.inspect(_field(prompt))), "inspection station"
            except LookupError as error:
                raise Unanswered(f"{prompt.id}: {error}") from None
        if self.defaults and prompt.default is not None:
            await asyncio.sleep(self.reaction_s)
            return prompt.accept(prompt.default), "operator (default)"
        if self.terminal is not None:
            raw, by = await self.terminal(prompt)
            return prompt.accept(raw), by
        raise Unanswered(f"{prompt.id}: nobody answers; put it into the answers file")

    def _inspects(self, prompt: Prompt) -> bool:
        return prompt.kind == "inspection" and self.desk is not None and _field(prompt) in self.desk.fields


def _field(prompt: Prompt) -> str:
    return prompt.id.rpartition(".")[2]
