"""Requests of clients: who may, once each, recorded when refused, always answered, never waited for.

A command is carried out once for each pair of token and id: asked again it gets the first answer. What the methods do
is in `commands.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.recipe.problems import did_you_mean
from controller.record.events import Event, PersonRefused
from controller.server.audit import Audit
from controller.server.connection import Connection
from controller.server.params import Params, parts
from controller.server.protocol import PROTOCOL, Code, Refused
from controller.server.roles import LOOKS, MAY, may

log = logging.getLogger(__name__)

ANSWERED_MAX = 1000
BUG = Refused(Code.BUG, "a bug of springback; the daemon goes on", "see its log")

Method = Callable[[Connection, Params], Any]  # returns the result, or something to await for it; raises Refused


def check_role(client: Connection, command: str) -> None:
    """Refused when the client's role does not have the command."""
    if not may(client.who.role, command):
        roles = " or ".join(sorted(MAY.get(command, ())))
        raise Refused(Code.ROLE, f"{command} is not for the role {client.who.role}", f"log in as {roles}")


@dataclass(slots=True)
class _Done:
    """A command and its answer, or who waits for it."""

    asked: int
    answer: dict[str, Any] | None = None
    waiting: list[Connection] = field(default_factory=list)


class Requests:
    """`serve` is called for every line of every client."""

    def __init__(
        self, hello: Method, methods: Mapping[str, Method], record: Callable[[Event], None], audit: Audit
    ) -> None:
        """An answer to a command waits until the audit has written what the command entered."""
        self._hello, self._methods, self._record, self._audit = hello, methods, record, audit
        self._done: OrderedDict[tuple[str, str], _Done] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, client: Connection, message: Mapping[str, Any]) -> None:
        """Answer one request, at once or later."""
        id = None
        try:
            id, method, given = parts(message)
            if method == "hello":
                client.answer(id, self._hello(client, Params(method, given)))
            elif not client.token:
                raise Refused(Code.HELLO, "hello has to come first", f"with protocol {PROTOCOL} and a token")
            elif method == "ping":
                client.answer(id, {})
            elif method not in self._methods:
                raise Refused(Code.METHOD, f"unknown method {method[:40]!a}", did_you_mean(method[:40], self._methods))
            elif method in LOOKS:
                client.answer(id, self._methods[method](client, Params(method, given)))
            else:
                self._once(client, id, method, given)
        except Refused as refused:
            client.refuse(id, refused)
            if refused.code == Code.VERSION:
                client.hang_up()
        except Exception:
            log.exception("request")
            client.refuse(id, BUG)

    def _once(self, client: Connection, id: str, method: str, given: Any) -> None:
        """Carry a command out, unless it was asked before with this token and id."""
        asked = hash((method, str(given)))
        done = self._done.get((client.token, id))
        if done is None:
            done = self._done[client.token, id] = _Done(asked, waiting=[client])
            if len(self._done) > ANSWERED_MAX:
                self._done.popitem(last=False)
            self._carry_out(client, id, done, method, given)
        elif done.asked != asked:
            raise Refused(Code.ID, f"the id {id[:40]!a} was used for another command", "make a new one")
        elif done.answer is None:
            done.waiting.append(client)
        else:
            client.send(done.answer)

    def _carry_out(self, client: Connection, id: str, done: _Done, method: str, given: Any) -> None:
        def finish(answer: dict[str, Any]) -> None:
            done.answer = {"id": id, **answer}
            for asked in done.waiting:
                asked.send(done.answer)
            done.waiting.clear()

        entered = self._audit.entered
        result: Any = None
        answer: dict[str, Any] | None = None
        try:
            check_role(client, method)
            result = self._methods[method](client, Params(method, given))
            if not asyncio.iscoroutine(result):
                answer = {"result": result}
        except Exception as error:
            answer = self._error(client, method, error)
        if answer is not None and self._audit.entered == entered:
            finish(answer)
            return

        async def later() -> None:
            found = answer
            try:
                found = found or {"result": await result}
            except Exception as error:
                found = self._error(client, method, error)
            await self._audit.written()
            finish(found)

        task = asyncio.get_running_loop().create_task(later(), name=method)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _error(self, client: Connection, method: str, error: Exception) -> dict[str, Any]:
        """The answer to a command that was not carried out; a refusal is recorded."""
        if isinstance(error, Refused):
            self._record(PersonRefused(method, client.who.by, error.message))
            return {"error": error.to_json()}
        log.error("%s", method, exc_info=error)
        return {"error": BUG.to_json()}
