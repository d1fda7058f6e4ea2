"""A run or a resume where a daemon owns the tool: the job runs there, this command watches it and asks its questions.

When it leaves, the job goes on. Ctrl-C holds the job, a second one aborts it.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from controller.cli.boundary import show
from controller.cli.daemon import refusal, socket_for
from controller.cli.exits import CommandError, Exit
from controller.cli.status import printable
from controller.record.text import engineering_words
from controller.server.client import AsyncClient, Refused, Unreachable, answers
from controller.server.places import socket_of
from controller.server.protocol import PING_S

SCHEMA = "springback.attached/1"
# A run in a daemon has these from the daemon.
ALONE = {
    "answers": "--answers",
    "bypasses": "--bypass",
    "faults": "--fault",
    "operator": "--operator",
    "out": "--out",
    "part": "--part",
    "real_time": "--real-time",
    "scenario": "--scenario",
    "watch": "--watch",
}


def daemon_for(attach: str | None, options: Mapping[str, Any]) -> Path | None:
    """The socket of the daemon that shall run it; None for a run of our own."""
    if attach is not None:
        path = socket_for(attach)
    elif options["live"]:
        from controller.cli.tool_file import read_tool

        path = socket_of(read_tool(options["tool"]).name, simulated=False)
        if not answers(path):
            return None
    else:
        return None
    given = [flag for name, flag in ALONE.items() if options.get(name)]
    if given:
        raise CommandError(f"{given[0]} is for a run without a daemon; {path} has one", Exit.USAGE)
    return path


def run_attached(path: Path, method: str, wanted: Mapping[str, Any], *, as_json: bool) -> int:
    """Begin a job and follow it to its end; the exit code is that of a run. `wanted` are the params of `method`."""
    try:
        last = asyncio.run(_Attached(path).follow(method, wanted))
    except Unreachable as error:
        raise CommandError(f"{error}; the job goes on without this command", Exit.UNREACHABLE) from None
    except Refused as refused:
        raise refusal(refused) from None
    code = _exit_code(last)
    if as_json:
        if last["reason"]:
            from controller.cli.failures import as_object

            click.echo(as_object(f"{last['state']}: {last['reason']}", code), err=True)
        show(json.dumps({"schema": SCHEMA, **last}))
    else:
        show(printable(f"{last['id']}  {last['state']}  {last['verdict']}  {last['reason']}".rstrip()))
        if last["engineering"]:
            show(printable(engineering_words(last["engineering"])))
        show(printable(f"record   {last['folder']}"))
    return code


class _Attached:
    """One job in the daemon, seen from here."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._interrupts = 0
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def follow(self, method: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Begin it and return its entry in `last`."""
        self._client = client = await AsyncClient.connect(self._path, "springback run")
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._interrupted)
        pinging = loop.create_task(self._ping())
        try:
            picture = await client.attach()
            for note in picture.state.get("notes", ()):
                _say(f"note for this shift by {note['by']}: {note['text']}")
            job = (await client.call(method, **wanted, timeout_s=30.0))["job"]
            _say(f"{job} on {client.greeting['tool']}; Ctrl-C holds it, twice aborts it")
            while True:
                last = picture.state["last"]
                if last is not None and last["id"] == job:
                    return dict(last)
                self._ask(picture.state["prompts"])
                if picture.apply(await client.news()) == "event":
                    _show(picture.events[-1], job)
        finally:
            pinging.cancel()
            for task in self._asking.values():
                task.cancel()
            await client.close()

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            await self._client.call("ping")

    def _interrupted(self) -> None:
        self._interrupts += 1
        command = "hold" if self._interrupts == 1 else "abort"
        self._begin(self._tell(command, reason="Ctrl-C"))

    async def _tell(self, command: str, **params: Any) -> None:
        try:
            await self._client.call(command, **params)
        except (Refused, Unreachable) as error:
            _say(str(error))
        else:
            _say("held; springback resume lets it go on, Ctrl-C aborts it" if command == "hold" else command)

    def _begin(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _ask(self, prompts: list[dict[str, Any]]) -> None:
        """Put new questions, withdraw those that were answered elsewhere."""
        ids = [prompt["id"] for prompt in prompts]
        for id in [id for id in self._asking if id not in ids]:
            self._asking.pop(id).cancel()
        for prompt in prompts:
            if prompt["id"] not in self._asking:
                self._asking[prompt["id"]] = self._begin(self._put(prompt))

    async def _put(self, prompt: Mapping[str, Any]) -> None:
        from controller.cli.terminal import typed_line

        _say(f"{prompt['step']}: {prompt['text']} ({prompt['expects']})")
        if not sys.stdin.isatty():
            _say(f"answer it with: springback answer {prompt['id']!r} VALUE")
            return
        while line := await typed_line():
            try:
                await self._client.call("answer", prompt=prompt["id"], value=line.strip())
                return
            except Refused as refused:
                _say(str(refused))


def _show(told: Mapping[str, Any], job: str) -> None:
    event = told["event"]
    if told["run"] != job:
        return
    if event["kind"] == "job":
        _say(f"{event['new']}  {event['reason']}".rstrip())
    elif event["kind"] == "phase" and event["new"] == "RUNNING":
        _say(f"step {event['index'] + 1}  {event['step']}")
    elif event["kind"] == "alarm" and event["active"]:
        _say(f"{event['code']}: {event['happened']}; {event['we_did']}; do: {event['do']}")


def _say(text: str) -> None:
    click.echo(printable(text), err=True)


def _exit_code(last: Mapping[str, Any]) -> Exit:
    if last["state"] == "PROCESS_COMPLETE":
        return Exit.OUT_OF_ACCEPTANCE if last["verdict"] == "FAIL" else Exit.PASSED
    return Exit.ABORTED_BY_PERSON if last["by_person"] else Exit.STOPPED_BY_ALARM
