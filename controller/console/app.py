"""The console in a terminal: draws the rows of the view, and gives keys to the seat.

It redraws what has changed, ten times a second at most, and at once after a key.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from controller.console.caller import Caller
from controller.console.keys import GAP_S
from controller.console.link import DaemonLink
from controller.console.replay import Player
from controller.console.rows import Row
from controller.console.screen import screen
from controller.console.seat import Seat
from controller.console.styles import styles
from controller.console.view import View
from controller.record.runfile import RunFile

FRAME_S = 0.1
PERMISSIVES_S = 1.0
NAMES = {"left_square_bracket": "[", "right_square_bracket": "]", "space": " ", "return": "enter"}


class Picture(Widget, can_focus=True):
    """The rows on the screen; only those that differ from the last time are drawn."""

    def __init__(self, rows: Callable[[int, int], list[Row]], styles: dict[str, Style]) -> None:
        super().__init__()
        self._make, self._styles = rows, styles
        self._rows: list[Row] = []

    def draw(self) -> None:
        """Make the rows anew and refresh the lines that changed."""
        width, height = self.size
        before, self._rows = self._rows, self._make(width, height)
        if len(before) != len(self._rows):
            self.refresh()
            return
        changed = [Region(0, y, width, 1) for y, row in enumerate(self._rows) if row != before[y]]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """One row."""
        if y >= len(self._rows):
            return Strip.blank(self.size.width)
        return Strip([Segment(text, self._styles[style]) for text, style in self._rows[y]], self.size.width)

    def on_resize(self) -> None:
        """Another size of the terminal."""
        self._rows = []
        self.draw()


class Console(App[None]):
    """`find` returns the daemon's socket; with `record` a record is shown instead."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS = "Screen { background: ansi_default; color: ansi_default; } Picture { width: 100%; height: 100%; }"
    TITLE = "springback"

    def __init__(self, view: View, find: Callable[[], Path], runs: Path, record: RunFile | None = None) -> None:
        super().__init__(ansi_color=True)
        self.view = view
        self._dirty = True
        self._player = Player(record, view) if record is not None else None
        self.link = DaemonLink(find, view, self._heard) if record is None else None
        self.caller = Caller(view, self.link, self.redraw, runs)
        self.seat = Seat(view, self.caller, self.redraw, self.exit, self._player)
        self._asked_s = 0.0
        self._known_jobs: set[str] = set()

    def compose(self) -> ComposeResult:
        """One widget: the rows."""
        yield Picture(lambda w, h: screen(self.view, self.seat.dialog, w, h), styles(colour=not self.no_color))

    def on_mount(self) -> None:
        """Begin to follow the tool."""
        self.animation_level = "none"
        self.set_interval(FRAME_S, self._frame)
        if self.link is not None:
            self.caller.spawn(self.link.run())
            self.caller.spawn(self.caller.read_history())

    def redraw(self) -> None:
        """Draw now: a person waits for it."""
        self._dirty = False
        for picture in self.query(Picture):
            picture.draw()

    def on_key(self, event: events.Key) -> None:
        """Every key goes to the seat; the ones that wait for a burst are looked at again when it is over."""
        key = event.character if event.is_printable and event.character else NAMES.get(event.key, event.key)
        event.stop()
        self.seat.press(key)
        wait_s = self.seat.guard.wait_s
        if wait_s is not None:
            self.set_timer(wait_s + GAP_S / 20, self.seat.due)

    def on_paste(self, event: events.Paste) -> None:
        """A paste is typing, never keys: it goes into a line, and nowhere else."""
        if self.seat.dialog is not None and self.seat.dialog.types:
            for character in event.text.splitlines()[0] if event.text else "":
                self.seat.dialog.key(character)
            self.redraw()

    def _heard(self, what: str) -> None:
        self._dirty = True
        if what in ("state", "link"):
            self.seat.heard()
            job = self.view.job
            if job is not None and job["id"] not in self._known_jobs:
                self._known_jobs.add(job["id"])
                self.caller.spawn(self.caller.check(job["recipe"]))

    def _frame(self) -> None:
        self.seat.due()
        now_s = self.view.now_s()
        if self._player is not None:
            self._player.tick(FRAME_S)
        elif self.view.page == 7 and self.view.fresh and now_s - self._asked_s >= PERMISSIVES_S:
            self._asked_s = now_s
            self.caller.spawn(self.caller.look_at_permissives())
        self.redraw()
