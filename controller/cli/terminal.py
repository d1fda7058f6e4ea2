"""Questions asked in the terminal of a live run; without a terminal nobody answers there."""

from __future__ import annotations

import asyncio
import sys

from controller.sequence.prompts import AnswerRefused, Ask, Prompt


def terminal_answers() -> Ask | None:
    """Ask on stderr and read stdin when both are a terminal, else None."""
    return _ask if sys.stdin.isatty() and sys.stderr.isatty() else None


async def _ask(prompt: Prompt) -> str:
    """Ask until the answer fits; the line is read in a thread, so the scan goes on."""
    raw = ""
    while True:
        print(f"\n{prompt.step}: {prompt.text} ({prompt.describe()})", file=sys.stderr)
        raw = (await asyncio.to_thread(sys.stdin.readline)).strip()
        try:
            prompt.accept(raw)
        except AnswerRefused as refused:
            print(refused, file=sys.stderr)
        else:
            return raw
