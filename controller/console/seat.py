"""What keys and scans do: the hands of the console, without a screen.

Lower case looks, upper case acts; what acts is told to the daemon, which alone decides. A refusal is said in place with
its reason and what fixes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.console import alarms, asking, handover, interrupted, lots, moving, words
from controller.console.caller import Caller
from controller.console.dialogs import Dialog, Line, fits
from controller.console.keys import BY_KEY, LOOKS, Burst, Effect, Pressed, ScanGuard, Scanned
from controller.console.pages import acts
from controller.console.pages import alarms as alarm_page
from controller.console.pages import recipes as recipe_page
from controller.console.replay import Player
from controller.console.screen import HELP
from controller.console.view import View

TWICE_S = 2.0  # a second X within so long aborts without asking


class Seat:
    """One person at one console. `changed` is called when something else is to be seen, `leave` to end."""

    def __init__(
        self, view: View, caller: Caller, changed: Callable[[], None], leave: Callable[[], None],
        player: Player | None = None,
    ) -> None:  # fmt: skip
        self.view, self.guard, self.caller = view, ScanGuard(), caller
        self.dialog: Dialog | None = None
        self._changed, self._leave, self.player = changed, leave, player
        self._before = 0  # the page before a key that may turn out to be a scan
        self._aborted_s = float("-inf")
        self._asked = ""  # the prompt of the dialog
        self._label = ""  # what was scanned last, and nothing asked for

    # ------------------------------------------------------------------------------------------ keys
    def press(self, key: str) -> None:
        """One key as the terminal gives it: a character, or a name."""
        if self.dialog is not None and self.dialog.types:
            self._into_dialog(key)
        else:
            self.guard.at_once = LOOKS if self.dialog is None else frozenset()
            self._take(self.guard.press(key, self.view.now_s()))
        self._changed()

    def due(self) -> None:
        """Time has passed: keys that waited for a burst may act."""
        effects = self.guard.due(self.view.now_s())
        if effects:
            self._take(effects)
            self._changed()

    def _take(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Pressed(key):
                    self._pressed(key)
                case Burst():
                    self.view.page = self._before
                case Scanned(text, whole):
                    self._scanned(text, whole=whole)

    def _pressed(self, key: str) -> None:
        if self.dialog is not None and key not in ("H", "X"):
            self._into_dialog(key)
            return
        self._before = self.view.page
        known = BY_KEY.get(key)
        if known is None:
            return
        action: Callable[[], None] | None = getattr(self, f"_{known.action}", None)
        if known.action.startswith("page_") and known.action[5:].isdecimal():
            self._page(int(known.action[5:]))
        elif action is not None:
            self.view.say("")
            action()
        else:
            moving.act(self.view, known.action, self.player)

    def _into_dialog(self, key: str) -> None:
        dialog = self.dialog
        if dialog is not None and dialog.key(key) and self.dialog is dialog:
            self.dialog = None

    def _scanned(self, text: str, *, whole: bool) -> None:
        if not whole:
            self.view.say(f"ignored {text!r}: it came faster than a person types, and is no key", "dim")
            return
        for prompt in self.view.state.get("prompts", ()):
            if fits(prompt, text):
                self.tell("answer", prompt=prompt["id"], value=text)
                return
        self._label = text
        hint = "; M loads it as a lot" if lots.may_load(self.view) else ""
        self.view.say(f"scanned {text!r}: nothing asks for such a scan now{hint}", "p2")

    # ------------------------------------------------------------------------------------------ acting
    def tell(self, method: str, **params: Any) -> None:
        """Ask the daemon, without waiting; see the caller for `then` and `again`."""
        self.caller.tell(method, **params)

    def _hold(self) -> None:
        self.tell("hold", reason="console")

    def _resume(self) -> None:
        runs = interrupted.offered(self.view)
        if not runs:
            self.tell("resume")
        elif len(runs) == 1:
            self._take_up(runs[0]["run"])
        else:
            self.dialog = interrupted.runs(self.view, self._take_up)

    def _take_up(self, run: str) -> None:
        async def look() -> None:
            if (found := await self.caller.look("interrupted", run=run)) is not None:
                self.dialog = interrupted.moves(self, found)
            self._changed()

        self.caller.spawn(look())

    def _abort(self) -> None:
        now_s = self.view.now_s()
        if self.view.job is None:
            self.view.say("abort: no job runs; the red button at the tool works always", "p2")
        elif now_s - self._aborted_s <= TWICE_S:
            self.dialog = None
            self.tell("abort", reason="console, XX")
        else:
            self._aborted_s = now_s
            if self.view.job["state"] not in acts.HELD:
                self.tell("hold", reason="console, before abort")
            self.dialog = asking.abort(self) if not self.view.readonly else None

    def _reset(self) -> None:
        self.tell("reset", reason="console")

    def _login(self) -> None:
        self.dialog = asking.login(self)

    def _lot(self) -> None:
        self.dialog = lots.loaded(self) if self.view.state.get("lot") else lots.load(self, self._label)
        self._label = ""

    def _note(self) -> None:
        self.dialog = handover.notes(self) if self.view.state.get("notes") else handover.write(self)

    def _start(self) -> None:
        chosen = recipe_page.chosen(self.view) if self.view.page == 5 else None
        waiting = [job for job in self.view.state.get("queue", ()) if not job["started"]]
        if chosen is None and not waiting:
            self.view.say("start: 5 chooses a recipe first")
            return
        name, job = chosen or (waiting[0]["recipe"], waiting[0])
        self.caller.spawn(self._ready(name, {}, job))

    async def _ready(self, name: str, settings: dict[str, str], job: dict[str, Any] | None) -> None:
        if await self.caller.checked(name, settings):

            def change(new: dict[str, str]) -> None:
                self.caller.spawn(self._ready(name, new, job))

            self.dialog = asking.ready(self, name, settings, job, change)
        self._changed()

    def _unload(self) -> None:
        chosen = recipe_page.chosen(self.view) if self.view.page == 5 else None
        if chosen is None or chosen[1] is None:
            self.view.say("unload: choose a job of the queue on page 5 first")
        else:
            self.tell("unload", job=chosen[1]["id"])

    # ------------------------------------------------------------------------------------------ alarms and questions
    def _alarm(self) -> alarms.Line | None:
        found = alarm_page.shown(self.view) if self.view.page == 6 else []
        return found[self.view.choice(len(found))] if found else alarms.worst(self.view)

    def _acknowledge(self) -> None:
        self._about_alarm("acknowledge", asking.acknowledge)

    def _shelve(self) -> None:
        self._about_alarm("shelve", asking.shelve)

    def _about_alarm(self, method: str, ask: Callable[[Seat, alarms.Line], Dialog]) -> None:
        alarm = self._alarm()
        if alarm is None or not alarm.standing:
            self.view.say(f"{method}: no alarm stands")
        elif not self.view.may(method):
            self.view.say(f"{method}: not for the role {self.view.facts.get('role', '')}. Fix: L, log in", "p2")
        else:
            self.dialog = ask(self, alarm)

    def _prompt(self) -> None:
        prompts = self.view.state.get("prompts", ())
        if not prompts:
            self.view.say("nothing is asked now")
        elif self.caller.looks_only:
            self.view.say("answer: this console only looks", "p2")
        else:
            self._asked = prompts[0]["id"]
            self.dialog = asking.answer(self, prompts[0])

    def heard(self) -> None:
        """The state has changed: a question that somebody else answered is withdrawn."""
        open_ids = [prompt["id"] for prompt in self.view.state.get("prompts", ())]
        if self._asked and self._asked not in open_ids:
            if self.dialog is not None and self.dialog.title.endswith(" asks"):
                self.dialog = None
                self.view.say(f"{self._asked} was answered elsewhere, or is asked no more")
            self._asked = ""

    def _open(self) -> None:
        if self.view.page == 0 and self.view.state.get("prompts"):
            self._prompt()
        elif self.view.page == 0 and alarms.worst(self.view) is not None:
            self._page(6)
        elif self.view.page == 5:
            self._check()

    # ------------------------------------------------------------------------------------------ looking
    def _page(self, page: int) -> None:
        self.view.page = page
        if page == 8:
            self.caller.spawn(self.caller.read_history())

    def _check(self) -> None:
        chosen = recipe_page.chosen(self.view) if self.view.page == 5 else None
        if chosen is not None:
            self.caller.spawn(self.caller.check(chosen[0]))

    def _help(self) -> None:
        self.view.page = HELP

    def _back(self) -> None:
        view = self.view
        if view.cursor_s is not None or view.end_s is not None:
            view.cursor_s = view.end_s = None
        elif view.filters.get(view.page):
            view.filters[view.page] = ""
        elif view.page:
            view.page = 0
        else:
            view.link.note = ""

    def _retry(self) -> None:
        self.caller.retry()

    def _quit(self) -> None:
        self._leave()

    def _filter(self) -> None:
        def give(text: str) -> str:
            self.view.filters[self.view.page] = text
            self.view.chosen[self.view.page] = 0
            return ""

        self.dialog = Line(
            "SHOW ONLY LINES WITH", ["a word, or nothing for all:"], give, self.view.filters.get(self.view.page, "")
        )

    def _command(self) -> None:
        def give(text: str) -> str:
            try:
                method, params = words.parse(text)
            except words.Misunderstood as error:
                return str(error)
            self.tell(method, **params)
            return ""

        self.dialog = Line("COMMAND", ["as behind `springback`, e.g. hold, start smoke:"], give)
