"""Notes between shifts on the screen: what stands, and the dialogs that leave a note or take the tool over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controller.console.dialogs import Choice, Desk, Line, Option
from controller.console.view import View
from controller.server.protocol import NOTE_MAX


def of_others(view: View) -> list[dict[str, Any]]:
    """The notes that the person in front has not written."""
    return [note for note in view.state.get("notes", ()) if note["by"].partition(" ")[0] != view.facts.get("user")]


def lines(view: View) -> Iterator[str]:
    """A line for each note, the latest first."""
    for note in reversed(view.state.get("notes", ())):
        yield f"{view.clock(note['utc'])} {note['by']}: {note['text']}"


def notes(desk: Desk) -> Choice:
    """The notes that stand, with how things stood then; taking over ends them for everybody."""
    words = []
    for note in reversed(desk.view.state.get("notes", ())):
        words += [f"{desk.view.clock(note['utc'])} {note['by']}: {note['text']}"]
        words += [f"  then: {line}" for line in note["situation"]]
    return Choice(
        "HANDOVER",
        words,
        (
            Option("Take over", "you have read it; it is recorded", lambda: desk.tell("take_over"), _why_not(desk)),
            Option("Note", "leave another one", lambda: setattr(desk, "dialog", write(desk)), _why_not(desk)),
        ),
    )


def write(desk: Desk, text: str = "", wrong: str = "") -> Line:
    """One line for the next shift."""

    def give(text: str) -> str:
        def again(why: str) -> None:
            desk.dialog = write(desk, text, why)

        if not text:
            return "write what the next person has to know"
        desk.tell("handover", again=again, text=text)
        return ""

    words = ["For who comes next; job, alarms, questions and queue of now go with it:"]
    return Line("HANDOVER NOTE", words, give, text, wrong=wrong, most=NOTE_MAX)


def _why_not(desk: Desk) -> str:
    if desk.view.readonly:
        return "this console only looks"
    return "" if desk.view.may("take_over") else "log in first: L"
