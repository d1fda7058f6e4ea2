"""The console as a stream of lines: for screen readers, serial terminals and logs. Typed lines are commands.

It says what changed, once; nothing is redrawn and nothing depends on colour or place.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from controller.console import alarms, handover, interrupted, words
from controller.console.caller import not_sent, refused_words, spoken
from controller.console.chrome import JOB_WORDS
from controller.console.layout import MODULES
from controller.console.link import DaemonLink
from controller.console.rows import clean
from controller.console.sentences import sentence
from controller.console.view import View
from controller.server.client import Refused, Unreachable

LOOK_S = 0.2
HELP = (
    "status, values, alarms, quit, or a command: hold, resume, stop, abort, reset, start RECIPE, answer PROMPT VALUE,"
    " handover TEXT, take_over"
)


class PlainConsole:
    """One person, two streams of lines."""

    def __init__(self, view: View, find: Callable[[], Path], out: Callable[[str], None]) -> None:
        self._view, self._out = view, out
        self._link = DaemonLink(find, view, self._heard)
        self._seen = -1
        self._instance = ""
        self._said_link = ""
        self._prompts: list[str] = []

    async def run(self, typed: Callable[[], Awaitable[str]]) -> None:
        """Until `typed` returns an empty text (the end of the input) or `quit`."""
        tasks = [asyncio.create_task(self._link.run()), asyncio.create_task(self._watch())]
        try:
            while line := await typed():
                if line.strip() in ("quit", "q"):
                    return
                await self._do(line.strip())
        finally:
            for task in tasks:
                task.cancel()

    # ------------------------------------------------------------------------------------------ saying
    def _say(self, text: str) -> None:
        self._out(f"{self._view.wall():%H:%M:%S} {clean(text)}")

    def _badge(self) -> str:
        return "SIMULATED " if self._view.simulated else ""

    async def _watch(self) -> None:
        """Say it when what is known becomes old, and when it is fresh again."""
        while True:
            view = self._view
            if not view.link.live:
                now = f"LINK LOST: {view.link.problem}"
            elif not view.fresh:
                now = "STALE: no sign of life from the daemon, all that was said is old"
            else:
                now = (
                    f"{self._badge()}link ok: {view.facts['tool']}, you are {view.facts['user']} ({view.facts['role']})"
                )
            if now != self._said_link:
                self._said_link = now
                self._say(f"{now}. {view.link.note}" if view.link.note and view.fresh else now)
            await asyncio.sleep(LOOK_S)

    def _heard(self, what: str) -> None:
        picture = self._view.picture
        if picture is None or what == "tags":
            return
        if picture.instance != self._instance:  # what was before this console is not news
            self._instance, self._seen = picture.instance, picture.seq
            self._status()
        for told in [told for told in picture.events if told["seq"] > self._seen]:
            self._seen = told["seq"]
            self._event(told["event"])
        prompts = self._view.state.get("prompts", ())
        for prompt in prompts:
            if prompt["id"] not in self._prompts:
                self._say(
                    f"asked: {prompt['step']}: {prompt['text']} ({prompt['expects']}); answer '{prompt['id']}' VALUE"
                )
        for id in self._prompts:
            if id not in [prompt["id"] for prompt in prompts]:
                self._say(f"answered: {id}")
        self._prompts = [prompt["id"] for prompt in prompts]

    def _event(self, event: dict[str, Any]) -> None:
        if event["kind"] == "alarm" and event["active"]:
            self._say(f"{self._badge()}ALARM {alarms.MARKS[event['failure_class']].strip()} {alarms.name_of(event)}")
            for label, key in (("happened", "happened"), ("we did", "we_did"), ("likely", "likely"), ("do", "do")):
                self._say(f"  {label}: {event[key]}")
        elif event["kind"] == "job":
            word = JOB_WORDS.get(event["new"], event["new"])
            self._say(f"{self._badge()}job {word} {event['reason']}".rstrip())
        elif said := sentence(event):
            self._say(said)

    def _status(self) -> None:
        view, job = self._view, self._view.job
        if job is None:
            down = view.state.get("down")
            self._say(f"{self._badge()}no job runs" + (f"; instruments are not connected: {down}" if down else ""))
        else:
            step = job["step"]
            at = (
                f", step {step['index'] + 1} of {len(job['steps'])} {step['name']} {step['phase'].lower()}"
                if step
                else ""
            )
            self._say(
                f"{self._badge()}{JOB_WORDS.get(job['state'], job['state'])} {job['recipe']} v{job['version']}{at}"
            )
        if trip := view.state.get("trip"):
            self._say(f"tripped: {trip['code']}: {trip['reason']}; look at the machine, then: reset")
        for one in interrupted.offered(view):
            self._say("; ".join(filter(None, (interrupted.line(view, one), interrupted.clocks(view, one)))))
            moves = ", ".join(move["move"] for move in one["moves"])
            self._say(f"take it up by {moves}: resume_run {one['run']} MOVE confirmed")
        for note in handover.lines(view):
            self._say(f"note {note}; read it, then: take_over")
        for line in alarms.lines(view):
            if line.standing:
                self._say(f"alarm {line.name} {line.word}: {line.said['happened']}; do: {line.said['do']}")

    def _values(self) -> None:
        for module in MODULES:
            for gauge in module.gauges:
                if self._view.tag(gauge.tag) is not None:
                    self._say(f"{self._badge()}{gauge.tag} {self._view.reading(gauge.tag, 1)[0].strip()}")

    # ------------------------------------------------------------------------------------------ doing
    async def _do(self, line: str) -> None:
        looks = {"status": self._status, "values": self._values, "alarms": self._status}
        if line in looks:
            looks[line]()
            return
        try:
            method, params = words.parse(line)
        except words.Misunderstood:
            self._say(f"{line!r} is not known. {HELP}" if line != "help" else HELP)
            return
        if why_not := not_sent(self._view, method):
            self._say(why_not)
            return
        try:
            await self._link.call(method, **params)
        except (Refused, Unreachable) as error:
            self._say(refused_words(method, error))
        else:
            self._say(f"{spoken(method)}: done")
