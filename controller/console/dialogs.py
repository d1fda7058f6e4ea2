"""Questions over a page: one line to type, or one of several to choose. They know what to do with the answer.

A dialog takes keys until it is done; a line takes scans as if they were typed, a choice never does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from controller.console.rows import Row, wrapped
from controller.console.view import View

LINE_MAX = 200


class Dialog(Protocol):
    """What the screen needs of a dialog. `types` when characters are text and not commands."""

    title: str
    types: bool

    def rows(self, width: int) -> list[Row]:
        """What stands in it."""
        ...

    def key(self, key: str) -> bool:
        """Take a key; True when the dialog is done."""
        ...


class Desk(Protocol):
    """What dialogs need of the seat: tell the daemon, and put the next dialog."""

    view: View
    dialog: Dialog | None

    def tell(self, method: str, **params: Any) -> None:
        """Ask the daemon; `then` follows when it did it, `again` hears why it refused, to let the person try again."""
        ...


@dataclass
class Line:
    """One line of text. `give` gets it at Enter; it returns why the text is not taken, or nothing."""

    title: str
    words: Sequence[str]
    give: Callable[[str], str]
    text: str = ""
    secret: bool = False
    wrong: str = ""
    most: int = LINE_MAX
    types: bool = field(default=True, init=False)

    def rows(self, width: int) -> list[Row]:
        """The words, the line with its cursor, and what was wrong."""
        shown = "•" * len(self.text) if self.secret else self.text
        out: list[Row] = [[(line, "")] for words in self.words for line in wrapped(words, width)]
        out.append([("> ", "dim"), (shown[-(width - 4) :], "bold"), (" ", "chosen")])
        if self.wrong:
            out += [[(line, "p2")] for line in wrapped(self.wrong, width)]
        return [*out, [("Enter gives it, Esc leaves it", "dim")]]

    def key(self, key: str) -> bool:
        """A character, or a name of a key."""
        if key == "escape":
            return True
        if key == "enter":
            self.wrong = self.give(self.text.strip())
            return not self.wrong
        if key == "backspace":
            self.text = self.text[:-1]
        elif len(key) == 1 and len(self.text) < self.most:
            self.text += key
        return False


@dataclass(frozen=True, slots=True)
class Option:
    """One way on: what it is called, what follows from it, and why it is not offered."""

    word: str
    then: str
    do: Callable[[], None]
    why_not: str = ""


@dataclass
class Choice:
    """One of several, by its digit."""

    title: str
    words: Sequence[str]
    options: Sequence[Option]
    types: bool = field(default=False, init=False)

    def rows(self, width: int) -> list[Row]:
        """Words and options; what is not offered stays visible with its reason."""
        out: list[Row] = [[(line, "")] for words in self.words for line in wrapped(words, width)]
        for i, option in enumerate(self.options, 1):
            if option.why_not:
                out.append([(f"  {option.word:<18} not now: {option.why_not}", "dim")])
            else:
                out.append([(f"{i} {option.word:<18}", "bold"), (f" {option.then}", "")])
        return [*out, [("Esc leaves it as it is", "dim")]]

    def key(self, key: str) -> bool:
        """A digit takes its option."""
        if key == "escape":
            return True
        if key.isdecimal() and 1 <= int(key) <= len(self.options):
            option = self.options[int(key) - 1]
            if not option.why_not:
                option.do()
                return True
        return False


def fits(prompt: dict[str, object], text: str) -> bool:
    """True when a scanned text can be the answer to a question."""
    match = prompt.get("match")
    if prompt["kind"] == "scan":
        return match is None or re.fullmatch(str(match), text) is not None
    return False
