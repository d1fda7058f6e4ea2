"""What the console asks of the daemon and of the folder of runs: without waiting, and with the outcome said in place.

It holds the tasks that are under way. Which key asks for what is the seat's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Protocol

from controller.console import history
from controller.console.view import View
from controller.server.client import Refused, Unreachable

SHOWN_ANYWAY = frozenset({"recipe", "version", "title", "carrier"})
TOWARDS_REST = frozenset({"hold", "stop", "abort"})  # these may come late; all else is told to a daemon that lives


def not_sent(view: View, method: str) -> str:
    """Why this console does not even ask; nothing when it does."""
    if view.readonly:
        return f"{spoken(method)}: this console only looks"
    if view.link.live and not view.fresh and method not in TOWARDS_REST:
        return f"{spoken(method)} was not sent: the daemon gives no sign of life, and might do it much later"
    return ""


def refused_words(method: str, error: Refused | Unreachable) -> str:
    """Why nothing came of a command, and what fixes it."""
    if isinstance(error, Refused):
        return f"{spoken(method)} refused: {error.message}." + (f" Fix: {error.fix}" if error.fix else "")
    return f"{spoken(method)}: {error}"


def spoken(method: str) -> str:
    """A command as people say it."""
    return method.replace("_", " ")


def said(result: Mapping[str, Any]) -> str:
    """What came of a command, in a line: what the screen shows anyway is left out."""
    about = {key: value for key, value in result.items() if key not in SHOWN_ANYWAY}
    return ", ".join(f"{spoken(key)} {value}" for key, value in about.items() if isinstance(value, str | int | float))


class Daemon(Protocol):
    """What the seat needs of the link."""

    def call(self, method: str, **params: Any) -> Awaitable[Any]:
        """Ask the daemon."""
        ...

    def retry(self) -> None:
        """Connect now."""
        ...


class Caller:
    """Calls for one view. `link` is None for a record, which cannot be told anything."""

    def __init__(self, view: View, link: Daemon | None, changed: Callable[[], None], runs: Path) -> None:
        self.view, self._link, self._changed, self._runs = view, link, changed, runs
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def looks_only(self) -> bool:
        """True when nothing can be told."""
        return self.view.readonly or self._link is None

    def retry(self) -> None:
        """Connect now."""
        if self._link is not None:
            self._link.retry()

    def tell(
        self,
        method: str,
        *,
        then: Callable[[], None] | None = None,
        again: Callable[[str], None] | None = None,
        **params: Any,
    ) -> None:
        """Ask the daemon, without waiting; say what came of it.

        `then` follows when it was done, `again` hears why not.
        """
        why_not = not_sent(self.view, method)
        if self._link is None or why_not:
            self.view.say(why_not or f"{method}: a record cannot be told anything", "p2")
        else:
            self.spawn(self._tell(self._link, method, then, again, params))

    async def _tell(
        self,
        link: Daemon,
        method: str,
        then: Callable[[], None] | None,
        again: Callable[[str], None] | None,
        params: dict[str, Any],
    ) -> None:
        try:
            result = await link.call(method, **params)
        except (Refused, Unreachable) as error:
            why = refused_words(method, error)
            self.view.say(why, "p2")
            if again is not None:
                again(why)
        else:
            self.view.say(f"{spoken(method)}: {said(result) or 'done'}")
            if then is not None:
                then()
        self._changed()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the screen."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.view.say(f"a fault of the console itself: {error!r}", "p2")

    async def read_history(self) -> None:
        """Read the runs, in a thread."""
        self.view.history, self.view.durations = await asyncio.to_thread(
            history.read, self._runs, self.view.wall().tzinfo
        )
        self._changed()

    async def check(self, name: str) -> None:
        """Let the daemon check a recipe, and keep what it told."""
        await self.checked(name, {})
        self._changed()

    async def checked(self, name: str, settings: dict[str, str]) -> bool:
        """Ask for a check with these settings; False when nobody answered."""
        if self._link is None:
            return False
        try:
            self.view.plans[name] = await self._link.call("check", recipe=name, set=settings)
        except Refused as refused:
            problems = refused.data.get("problems") or [str(refused)]
            self.view.plans[name] = {"problems": problems}
            self.view.say(f"check {name}: {len(problems)} lines of problems on page 5", "p2")
        except Unreachable as error:
            self.view.say(str(error), "p2")
            return False
        return True

    async def look(self, method: str, **params: Any) -> dict[str, Any] | None:
        """Ask for something that changes nothing; None, with the reason said, when there is no answer."""
        if self._link is None:
            return None
        try:
            found: dict[str, Any] = await self._link.call(method, **params)
        except (Refused, Unreachable) as error:
            self.view.say(refused_words(method, error), "p2")
            return None
        return found

    async def look_at_permissives(self) -> None:
        """Ask what may be done now, for page 7."""
        if self._link is not None:
            try:
                self.view.permissives = (await self._link.call("permissives"))["permissives"]
            except (Refused, Unreachable):
                self.view.permissives = []
            self._changed()
