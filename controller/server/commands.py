"""What clients may ask: each method one function, which returns its result or raises Refused.

`requests.py` calls them, checks roles and records what was refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from controller.recipe.model import Recipe
from controller.recipe.problems import RecipeError
from controller.record.events import PersonSaid
from controller.server.connection import Connection
from controller.server.jobs import ASKS, Jobs
from controller.server.looks import about, preview
from controller.server.params import TEXT_MAX, Params
from controller.server.protocol import NOTE_MAX, PROTOCOL, Code, Refused
from controller.server.queue import Wanted
from controller.server.releasing import Releasing
from controller.server.requests import Method, check_role
from controller.server.resuming import Resuming
from controller.server.roles import commands_of
from controller.server.users import Users
from springback import __version__

LOADING_MAX = 4  # recipes that are checked at a time
LOGIN_PAUSE_S = 1.0  # after a wrong PIN nobody may try again for so long


@dataclass(frozen=True, slots=True)
class Facts:
    """What a client is told about the daemon. `instance` names this start of it."""

    instance: str
    tool: str
    simulated: bool
    speed: float


class Commands:
    """`methods` by name; `hello` greets, `ping` is answered to everybody."""

    def __init__(
        self,
        facts: Facts,
        jobs: Jobs,
        users: Users,
        load: Callable[[str, Mapping[str, str]], Recipe],
        releasing: Releasing,
    ) -> None:
        """`load` reads and checks a recipe by name, in a thread."""
        self.facts, self._jobs, self._users, self._load, self._releasing = facts, jobs, users, load, releasing
        self._loading = 0
        resuming = Resuming(jobs, releasing)
        self._login_at_s = 0.0
        self.methods: dict[str, Method] = {
            "attach": self._attach,
            "status": self._status,
            "recipes": self._list_recipes,
            "check": self._check,
            "permissives": self._permissives,
            "login": self._login,
            "logout": self._logout,
            "load": self._load_job,
            "start": self._start,
            "unload": self._unload,
            "sign": lambda client, params: releasing.sign(client.who, params, self._read),
            "release": lambda client, params: releasing.release(client.who, params, self._read),
            "retire": lambda client, params: releasing.retire(client.who, params),
            "interrupted": resuming.look,
            "resume_run": resuming.resume_run,
            "answer": self._answer,
            "reset": self._reset,
            "acknowledge": self._acknowledge,
            "shelve": self._shelve,
            "unshelve": self._unshelve,
            "load_lot": self._load_lot,
            "unload_lot": self._unload_lot,
            "handover": self._handover,
            "take_over": self._take_over,
            **{command: self._say_to_job(command) for command in ASKS},
        }

    # ------------------------------------------------------------------------------------------ looking
    def hello(self, client: Connection, params: Params) -> dict[str, Any]:
        """Greet a client of our version; it is known by its token from now on."""
        spoken = params.take("protocol")
        if spoken != PROTOCOL:
            text = f"this daemon (springback {__version__}) speaks protocol {PROTOCOL}, you speak {str(spoken)[:20]}"
            raise Refused(Code.VERSION, text, "install the same version on both sides")
        token = params.text("token")
        params.text("name", "")
        observer = params.flag("observer")
        params.end()
        if client.token or not token:
            raise Refused(Code.HELLO, "hello comes once, with a token", "see the protocol's page")
        client.token = token
        if observer:
            client.who.role = client.who.peer_role = "observer"
        facts = self.facts
        return {
            "protocol": PROTOCOL, "version": __version__, "instance": facts.instance, "tool": facts.tool,
            "simulated": facts.simulated, "speed": facts.speed, **self._who(client),
        }  # fmt: skip

    def _who(self, client: Connection) -> dict[str, Any]:
        return {"user": client.who.user, "role": client.who.role, "may": commands_of(client.who.role)}

    def _attach(self, client: Connection, params: Params) -> dict[str, Any]:
        since, instance = params.whole("since"), params.text("instance", "")
        params.end()
        known = since if instance == self.facts.instance else None
        return {"instance": self.facts.instance, **self._jobs.hub.attach(client.outbox, known)}

    def _status(self, client: Connection, params: Params) -> dict[str, Any]:
        params.end()
        facts = self.facts
        about = {"instance": facts.instance, "tool": facts.tool, "simulated": facts.simulated}
        return {**about, "user": client.who.user, "role": client.who.role, **self._jobs.state()}

    def _list_recipes(self, client: Connection, params: Params) -> Awaitable[dict[str, Any]]:
        params.end()
        return asyncio.to_thread(self._releasing.states)

    def _permissives(self, client: Connection, params: Params) -> dict[str, Any]:
        params.end()
        return {"permissives": self._jobs.instruments.permissives()}

    def _check(self, client: Connection, params: Params) -> Awaitable[dict[str, Any]]:
        name, settings = params.text("recipe"), params.settings("set")
        params.end()

        async def check() -> dict[str, Any]:
            recipe = await self._read(name, settings)
            return {**preview(recipe), "release": await asyncio.to_thread(self._releasing.look, recipe)}

        return check()

    # ------------------------------------------------------------------------------------------ people
    def _login(self, client: Connection, params: Params) -> Awaitable[dict[str, Any]]:
        user, pin, badge = params.text("user", ""), params.text("pin", ""), params.text("badge", "")
        params.end()
        if not badge and not (user and pin):
            raise Refused(Code.PARAMS, "login: a badge, or user and PIN", "give one of them")
        loop = asyncio.get_running_loop()
        if loop.time() < self._login_at_s:
            raise Refused(Code.LOGIN, "the login before is wrong or being checked", f"wait {LOGIN_PAUSE_S:g} s")
        self._login_at_s = loop.time() + LOGIN_PAUSE_S * self.facts.speed

        async def login() -> dict[str, Any]:
            name = await asyncio.to_thread(self._users.find, user, pin, badge)
            if name is None:
                raise Refused(Code.LOGIN, "user, PIN or badge are wrong", "try again, or ask for a new PIN")
            self._login_at_s = 0.0
            client.who.user, client.who.role = name, self._users.people[name].role
            self._jobs.record(PersonSaid("login", client.who.by, f"as {client.who.peer_user}"))
            return self._who(client)

        return login()

    def _logout(self, client: Connection, params: Params) -> dict[str, Any]:
        params.end()
        self._jobs.record(PersonSaid("logout", client.who.by))
        client.who.user, client.who.role = client.who.peer_user, client.who.peer_role
        return self._who(client)

    # ------------------------------------------------------------------------------------------ jobs
    def _load_job(self, client: Connection, params: Params) -> Awaitable[dict[str, Any]]:
        return self._loaded(client, params, start=False)

    def _start(self, client: Connection, params: Params) -> Any:
        id = params.text("job", "")
        self._jobs.may_start()
        if not id:
            return self._loaded(client, params, start=True)
        params.end()
        job = self._jobs.queue.find(id)

        async def begin() -> dict[str, Any]:
            await asyncio.to_thread(self._jobs.may_run, job.recipe, job.engineering)
            self._jobs.queue.find(id)  # meanwhile somebody may have taken it out
            self._jobs.record(PersonSaid("start", client.who.by, id))
            self._jobs.start(job)
            return about(job)

        return begin()

    def _loaded(self, client: Connection, params: Params, *, start: bool) -> Awaitable[dict[str, Any]]:
        name, settings, piece = params.text("recipe"), params.settings("set"), params.piece()
        engineering = params.text("engineering", "").strip()
        params.end()
        if engineering:
            check_role(client, "engineering")
        return self._add(client, name, settings, Wanted(piece, engineering), start=start)

    async def _add(
        self, client: Connection, name: str, settings: Mapping[str, str], wanted: Wanted, *, start: bool
    ) -> dict[str, Any]:
        by = client.who.by
        recipe = await self._read(name, settings)
        if any(recipe.parameters[name].who != "operator" for name in settings):
            check_role(client, "set")
        await asyncio.to_thread(self._jobs.may_run, recipe, wanted.engineering)
        with self._jobs.lots.piece(recipe, wanted.piece) as piece:
            await self._jobs.look(recipe, piece)
            job = self._jobs.add(recipe, settings, by, replace(wanted, piece=piece))
        self._jobs.record(PersonSaid("load", by, job.id))
        if start:
            self._jobs.start(job)
        return about(job)

    async def _read(self, name: str, settings: Mapping[str, str]) -> Recipe:
        """A checked recipe; Refused with its problems."""
        if self._loading >= LOADING_MAX:
            raise Refused(Code.STATE, f"{LOADING_MAX} recipes are being checked already", "try again later")
        self._loading += 1
        try:
            return await asyncio.to_thread(self._load, name, settings)
        except RecipeError as error:
            problems = error.render().splitlines()[:50]
            raise Refused(Code.RECIPE, str(error)[:TEXT_MAX], "see data.problems", {"problems": problems}) from None
        finally:
            self._loading -= 1

    def _unload(self, client: Connection, params: Params) -> dict[str, Any]:
        job = self._jobs.queue.find(params.text("job"))
        params.end()
        self._jobs.record(PersonSaid("unload", client.who.by, job.id))
        self._jobs.remove(job)
        return {}

    def _say_to_job(self, command: str) -> Method:
        def say(client: Connection, params: Params) -> dict[str, Any]:
            reason = params.text("reason", "")
            params.end()
            return self._jobs.say(command, client.who.by, reason)

        return say

    def _acknowledge(self, client: Connection, params: Params) -> dict[str, Any]:
        alarm, reason = params.text("alarm", ""), params.text("reason", "")
        params.end()
        return self._jobs.say_of_alarm("acknowledge", alarm, client.who.by, reason, alarm)

    def _shelve(self, client: Connection, params: Params) -> dict[str, Any]:
        alarm, for_s, reason = params.text("alarm"), params.seconds("for_s"), params.text("reason", "")
        params.end()
        return self._jobs.say_of_alarm("shelve", alarm, client.who.by, reason, (alarm, for_s))

    def _unshelve(self, client: Connection, params: Params) -> dict[str, Any]:
        alarm, reason = params.text("alarm"), params.text("reason", "")
        params.end()
        return self._jobs.say_of_alarm("unshelve", alarm, client.who.by, reason, alarm)

    def _answer(self, client: Connection, params: Params) -> dict[str, Any]:
        prompt, value = params.text("prompt"), params.value("value")
        params.end()
        return {"prompt": prompt, "value": self._jobs.prompts.answer(prompt, value, client.who.by)}

    def _reset(self, client: Connection, params: Params) -> dict[str, Any]:
        reason = params.text("reason", "")
        params.end()
        self._jobs.reset()
        self._jobs.record(PersonSaid("reset", client.who.by, reason))
        return {}

    def _load_lot(self, client: Connection, params: Params) -> dict[str, Any]:
        lot, parts, carrier = params.text("lot"), params.text("parts", most=NOTE_MAX), params.text("carrier", "")
        params.end()
        said = self._jobs.lots.load(lot, parts.strip(), carrier, client.who.by)
        self._jobs.enter(PersonSaid("load_lot", client.who.by, said))
        return {"lot": said}

    def _unload_lot(self, client: Connection, params: Params) -> dict[str, Any]:
        params.end()
        said = self._jobs.lots.unload([job.piece for job in self._jobs.queue.jobs])
        self._jobs.enter(PersonSaid("unload_lot", client.who.by, said))
        return {"lot": said}

    def _handover(self, client: Connection, params: Params) -> dict[str, Any]:
        text = params.text("text", most=NOTE_MAX).strip()
        params.end()
        if not text:
            raise Refused(Code.PARAMS, "handover: text says nothing", "write what the next person has to know")
        self._jobs.handovers.leave(client.who.by, text, self._jobs.state())
        return {}

    def _take_over(self, client: Connection, params: Params) -> dict[str, Any]:
        params.end()
        return {"notes": self._jobs.handovers.take(client.who.by)}
