"""Questions of a job that wait for a person, whichever client answers first."""

from __future__ import annotations

import asyncio
from typing import Any

from controller.sequence.prompts import AnswerRefused, Prompt
from controller.server.protocol import Code, Refused


class OpenPrompts:
    """`ask` is what a job calls, `answer` what a client does."""

    def __init__(self) -> None:
        self._open: dict[str, tuple[Prompt, asyncio.Future[tuple[Any, str]]]] = {}

    async def ask(self, prompt: Prompt) -> tuple[Any, str]:
        """The answer and who gave it, as soon as somebody has; the question is withdrawn when the job drops it."""
        answered: asyncio.Future[tuple[Any, str]] = asyncio.get_running_loop().create_future()
        self._open[prompt.id] = prompt, answered
        try:
            return await answered
        finally:
            self._open.pop(prompt.id, None)

    def answer(self, id: str, value: Any, by: str) -> Any:
        """Give an answer; returns it as it was understood, Refused when it does not fit or nobody asks this."""
        prompt, answered = self._open.get(id, (None, None))
        if prompt is None or answered is None or answered.done():
            waiting = ", ".join(self._open) or "nothing"
            raise Refused(Code.STATE, f"nobody asks {id} now", f"asked is: {waiting}")
        try:
            understood = prompt.accept(value)
        except AnswerRefused as refused:
            raise Refused(Code.PARAMS, str(refused), f"answer with {prompt.describe()}") from None
        answered.set_result((value, by))
        return understood

    def to_json(self) -> list[dict[str, Any]]:
        """All open prompts, for the state."""
        return [
            {
                "id": p.id, "step": p.step, "text": p.text, "kind": p.kind, "unit": p.unit, "low": p.low,
                "high": p.high, "match": p.match, "choices": list(p.choices), "default": p.default,
                "expects": p.describe(),
            }
            for p, answered in self._open.values() if not answered.done()
        ]  # fmt: skip
