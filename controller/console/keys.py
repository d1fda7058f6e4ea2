"""The key map, and the guard that keeps a barcode scanner from pressing keys.

Lower case looks, upper case acts. A scanner types faster than a person: a burst of characters is a scan and never a
command. Nothing here knows the screen.
"""

from __future__ import annotations

from dataclasses import dataclass

GAP_S = 0.040  # characters closer than this come from a scanner (7 to 16 ms); a person is slower
SCAN_S = 0.150  # within a burst a slow line may make larger gaps


@dataclass(frozen=True, slots=True)
class Key:
    """A key, what it does, and the word for the footer; `acts` when it changes something at the tool."""

    key: str
    action: str
    does: str
    footer: str = ""
    acts: bool = False


KEYS = (
    Key("H", "hold", "hold the job at once, without asking", "Hold", True),
    Key("R", "resume", "let a held job go on, or take up a run that a crash has interrupted", "Resume", True),
    Key("X", "abort", "hold the job at once, then ask: resume, stop or abort; XX within 2 s aborts", "Abort", True),
    Key(
        "S", "start", "start the recipe chosen on page 5, or the next job of the queue, after the ready sheet", "", True
    ),
    Key("U", "unload", "take the chosen job out of the queue (page 5)", "", True),
    Key("T", "reset", "forget a trip after looking at the machine; it starts nothing", "", True),
    Key("M", "lot", "load a lot, or unload the one that is loaded; jobs take its parts", "", True),
    Key("N", "note", "a note for the next shift; where one stands: read it, take over", "", True),
    Key("L", "login", "log in with PIN or badge, or log out", "", True),
    Key("a", "acknowledge", "acknowledge an alarm, with a comment; it never resumes anything", "Ack"),
    Key("enter", "open", "open what is chosen: question, alarm, run", ""),
    Key("p", "prompt", "answer the question that waits", ""),
    Key("0", "page_0", "overview", ""),
    Key("1", "page_1", "press", ""),
    Key("2", "page_2", "dispenser", ""),
    Key("3", "page_3", "grinder", ""),
    Key("4", "page_4", "trends", ""),
    Key("5", "page_5", "recipes and queue", ""),
    Key("6", "page_6", "alarms", ""),
    Key("7", "page_7", "what may be done now, and why not", ""),
    Key("8", "page_8", "history of runs", ""),
    Key("9", "page_9", "all inputs and outputs", ""),
    Key("up", "up", "choose the one above", ""),
    Key("down", "down", "choose the one below", ""),
    Key("pageup", "page_up", "a page up", ""),
    Key("pagedown", "page_down", "a page down", ""),
    Key("left", "left", "earlier: trend, cursor, replay", ""),
    Key("right", "right", "later: trend, cursor, replay", ""),
    Key("home", "home", "to the begin: list, replay", ""),
    Key("end", "end", "to the end: list, trend, replay", ""),
    Key("[", "zoom_out", "trend over a longer time; slower replay", ""),
    Key("]", "zoom_in", "trend over a shorter time; faster replay", ""),
    Key(" ", "pause", "replay: stand, or go on", ""),
    Key("c", "cursor", "trend: cursor with values", ""),
    Key("e", "export", "trend: write what is shown as CSV", ""),
    Key("t", "trend", "add the chosen value to the trends, or take it away (pages 1-3, 9)", ""),
    Key("s", "shelve", "shelve the chosen alarm for a time, or take it back (page 6)", ""),
    Key("v", "check", "check the chosen recipe and show its steps (page 5)", ""),
    Key("/", "filter", "show only lines with a word", ""),
    Key(":", "command", "type a command, as behind `springback`", "cmd"),
    Key("r", "retry", "connect again now", ""),
    Key("?", "help", "these keys", "help"),
    Key("escape", "back", "close, clear the filter, back to the overview, there clear what was missed", ""),
    Key("q", "quit", "leave; the run stays", "leave (run stays)"),
)
BY_KEY = {key.key: key for key in KEYS}
LOOKS = frozenset("0123456789[]c ")  # at once: a scan that begins with one of them is taken back


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key that a person pressed."""

    key: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scanner typed; `whole` when it ended in Enter."""

    text: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Burst:
    """A scan has begun, and its first character was taken for a person's key: take that back."""


Effect = Pressed | Scanned | Burst


class ScanGuard:
    """Characters with their times in, keys and scans out. Call `due` when `wait_s` has passed.

    All but `at_once` wait until it is sure that no burst follows.
    """

    def __init__(self) -> None:
        self.at_once = LOOKS
        self._last = ""
        self._last_s = float("-inf")
        self._held: str | None = None
        self._burst = ""

    @property
    def wait_s(self) -> float | None:
        """After so long `due` may have something to say; None when nothing waits."""
        if self._burst:
            return SCAN_S
        return GAP_S if self._held is not None else None

    def press(self, key: str, now_s: float) -> list[Effect]:
        """One key, a character or a name like `enter`."""
        out = self.due(now_s)
        near = now_s - self._last_s < (SCAN_S if self._burst else GAP_S)
        if near and key == "enter" and self._burst:
            text, self._burst, self._held = self._burst, "", None
            self._last_s = float("-inf")
            return [*out, Scanned(text, True)]
        if near and len(key) == 1 and (self._burst or len(self._last) == 1):
            if not self._burst:
                out += [Burst()] if self._held is None else []
                self._burst, self._held = self._last, None
            self._burst += key
        elif len(key) == 1 and key not in self.at_once:
            self._held = key
        else:
            out.append(Pressed(key))
        self._last, self._last_s = key, now_s
        return out

    def due(self, now_s: float) -> list[Effect]:
        """What has become certain by waiting."""
        waited_s = now_s - self._last_s
        if self._burst and waited_s >= SCAN_S:
            text, self._burst, self._last = self._burst, "", ""
            return [Scanned(text, False)]
        if self._held is not None and waited_s >= GAP_S:
            key, self._held = self._held, None
            return [Pressed(key)]
        return []
