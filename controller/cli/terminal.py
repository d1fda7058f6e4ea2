"""Questions asked in the terminal of a live run; without a terminal nobody answers there."""

from __future__ import annotations

import asyncio
import sys

from controller.sequence.prompts import AnswerRefused, Ask, Prompt, Unanswered


def terminal_answers() -> Ask | None:
    """Ask on stderr and read stdin when both are a terminal, else None."""
    return _ask if sys.stdin.isatty() and sys.stderr.isatty() else None


def tell(text: str) -> None:
    """Say something that wants no answer."""
    print(f"\n{text}", file=sys.stderr)


async def _ask(prompt: Prompt) -> tuple[str, str]:
    """Ask until the answer fits. The scan goes on meanwhile, and an abort does not wait for the Enter key."""
    while True:
        print(f"\n{prompt.step}: {prompt.text} ({prompt.describe()})", file=sys.stderr)
        line = await typed_line()
        if not line:
            raise Unanswered(f"{prompt.id}: the terminal was closed")
        raw = line.strip()
        try:
            prompt.accept(raw)
        except AnswerRefused as refused:
            print(refused, file=sys.stderr)
        else:
            return raw, "operator"


async def typed_line() -> str:
    """The next line of the terminal, read when there is one: a thread that waits could not be taken back."""
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[str] = loop.create_future()
    loop.add_reader(sys.stdin, lambda: None if typed.done() else typed.set_result(sys.stdin.readline()))
    try:
        return await typed
    finally:
        loop.remove_reader(sys.stdin)
