"""The connection of a console to its daemon: for ever again, and never stale without saying so.

It fills the view and calls `changed` with what changed. It attaches with the last sequence number, so that alarms and
prompts are read anew and only events are caught up on. It repeats no command.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from controller.console.view import View
from controller.server.client import AsyncClient, Refused, Unreachable
from controller.server.picture import Picture
from controller.server.protocol import PING_S
from controller.together import together
from springback import __version__

BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 5.0)
SIGN_S = 0.3  # without news for so long the daemon is asked for a sign of life
READS = frozenset({"load", "start", "check", "interrupted", "resume_run"})  # files: that may take a while
PATIENCE_S = 60.0  # for an answer to a ping: a daemon that stands still may go on


class DaemonLink:
    """Keeps one console connected. `run` never returns; `call` asks the daemon."""

    def __init__(
        self, find: Callable[[], Path], view: View, changed: Callable[[str], None], speak_s: float = PING_S
    ) -> None:
        """`find` returns the socket, or raises with what to do. `changed` hears tags, event, state, table or link.

        However much the daemon tells, it hears from this console every `speak_s`.
        """
        self._speak_s = speak_s
        self._find, self._view, self._changed = find, view, changed
        self._client: AsyncClient | None = None
        self._token = ""
        self._failed = 0
        self._again = asyncio.Event()

    async def run(self) -> None:
        """Connect, follow, connect again."""
        while True:
            try:
                await self._follow()
            except Refused as refused:
                self._lost(str(refused))
            except (Unreachable, LookupError) as error:
                self._lost(str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._again.wait()
            self._again.clear()

    def retry(self) -> None:
        """Do not wait for the next attempt."""
        self._again.set()

    async def call(self, method: str, **params: Any) -> Any:
        """Ask the daemon; Refused when it says no, Unreachable without one."""
        if self._client is None:
            raise Unreachable("there is no connection to the daemon; nothing was sent")
        result = await self._client.call(method, timeout_s=30.0 if method in READS else 5.0, **params)
        if method in ("sign", "release", "retire"):
            await self._list(self._client)
        if method in ("login", "logout"):
            self._view.facts.update(result)
            self._changed("link")
        return result

    # ------------------------------------------------------------------------------------------ parts
    async def _follow(self) -> None:
        view = self._view
        client = await AsyncClient.connect(
            self._find(), "springback console", token=self._token, observer=view.observer
        )
        self._token = client.token
        try:
            before = view.picture
            since = (before.seq, before.instance) if before is not None else (None, "")
            picture = await client.attach(*since)
            view.link.note = "; ".join(filter(None, (_other_version(client.greeting), _missed(before, picture))))
            view.facts, view.picture, self._client = dict(client.greeting), picture, client
            await self._list(client)
            view.link.live, view.link.problem, view.link.retry_s, self._failed = True, "", None, 0
            self._heard("link")
            await together(self._signs(client), self._news(client, picture))
        finally:
            self._client = None
            await client.close()

    async def _list(self, client: AsyncClient) -> None:
        found = await client.call("recipes")
        self._view.recipes, self._view.released = found["recipes"], found["states"]

    async def _news(self, client: AsyncClient, picture: Picture) -> None:
        while True:
            what = picture.apply(await client.news())
            if what == "tags":
                self._view.took()
            self._heard(what)

    async def _signs(self, client: AsyncClient) -> None:
        """Ask for a sign of life when none comes by itself, and give one: who never speaks is let go."""
        loop = asyncio.get_running_loop()
        spoke_s = loop.time()
        while True:
            await asyncio.sleep(SIGN_S)
            if self._view.age_s >= SIGN_S or loop.time() - spoke_s >= self._speak_s:
                await client.call("ping", timeout_s=PATIENCE_S)
                spoke_s = loop.time()
                self._heard("link")

    def _heard(self, what: str) -> None:
        self._view.link.heard_s = self._view.now_s()
        self._changed(what)

    def _lost(self, why: str) -> None:
        self._view.link.live, self._view.link.problem = False, why
        self._changed("link")

    def _pause(self) -> float:
        pause_s = BACK_OFF_S[min(self._failed, len(BACK_OFF_S) - 1)]
        self._failed += 1
        self._view.link.retry_s = self._view.now_s() + pause_s
        return pause_s


def _other_version(greeting: Mapping[str, Any]) -> str:
    """They understand each other, since the protocol is the same, and still may mean different things."""
    if greeting["version"] == __version__:
        return ""
    return f"this console is springback {__version__}, the daemon {greeting['version']}: install the same on both sides"


def _missed(before: Picture | None, now: Picture) -> str:
    """What the person in front has to know after a break; the events before it stay on the screens."""
    if before is None:
        return ""
    job = (before.state.get("job") or {}).get("id")
    if before.instance != now.instance:
        gone = f"; the job {job} went with the old one, nothing resumes by itself" if job else ""
        return f"the daemon was started anew{gone}"
    new = len(now.events)
    for told in reversed(before.events):
        now.events.appendleft(told)
    lost = f", {now.missed_events} more are lost" if now.missed_events else ""
    return f"connected again; you missed {new} events{lost}" if new or lost else ""
