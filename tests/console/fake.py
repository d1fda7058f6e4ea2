"""A daemon that says what a test wants, on a real socket: the console meets it through its own client and decoder."""

from __future__ import annotations

import asyncio
import copy
import json
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from controller.console.app import Console
from controller.console.view import View
from controller.server.protocol import Refused, decode, encode, notification
from controller.server.roles import commands_of
from springback import __version__

TOOL = json.loads((Path(__file__).parent / "tool.json").read_text(encoding="utf-8"))
NOW = datetime.fromisoformat(TOOL["now_utc"])
ALARM = {
    "kind": "alarm", "code": "monitor.track", "failure_class": 3, "active": True,
    "happened": "press.pressure_error in -12 kPa .. 12 kPa is not met (press.pressure_error 13.1)",
    "we_did": "held the job; the pressure is kept", "likely": "supply regulator slow, seal leak",
    "do": "look at the supply gauge; resume when the pressure follows again", "first_out": "press.pressure_error",
    "values": {"press.pressure_error": 13.1}, "utc": "2026-11-21T09:43:58+00:00", "state": "UNACKNOWLEDGED", "of": "",
    "name": "monitor.track", "priority": "medium", "follows": "",
}  # fmt: skip
SCAN = {
    "id": "Load.carrier", "step": "Load", "text": "scan the carrier", "kind": "scan", "unit": "", "low": None,
    "high": None, "match": "C-[0-9]{4}", "choices": [], "default": None, "expects": "a scan that matches C-[0-9]{4}",
}  # fmt: skip


OFFERED = {
    "run": "cover-grind-expose-20261121-093107-412", "recipe": "cover-grind-expose", "version": 5,
    "title": "Cover with mold, cure, grind", "labels": {"part": "HX2231/05", "lot": "HX2231"}, "part": 5,
    "engineering": "", "interrupted_utc": "2026-11-21T09:41:07+00:00", "pot_life_ends_utc": "2026-11-21T13:05:00+00:00",
    "cure_percent": {"mold.cure": 61.3},
    "steps": [
        {"step": "Load", "known": "done"}, {"step": "Cover", "known": "done"}, {"step": "Cure", "known": "in doubt"},
        {"step": "Grind", "known": "not started"}, {"step": "Inspect", "known": "not started"},
    ],
    "moves": [{"move": "redo", "step": "Cure", "after": ["secure"]}, {"move": "scrap", "step": "end", "after": []}],
}  # fmt: skip
FOUND: dict[str, Any] = {
    **OFFERED, "outage_s": 190.0, "pot_life_left_s": 12043.0,
    "release": {"state": "draft", "why": "nobody has signed it"},
    "orders_in_doubt": [{"output": "platen.setpoint", "value": 150.0, "unit": "degC", "now": 20.0}],
    "offers": [
        {"move": "redo", "step": "Cure", "after": ["secure"], "refused": ""},
        {"move": "rework", "step": "Cover", "after": [], "refused": "nothing lies in the mold now; put it as it was"},
        {"move": "scrap", "step": "end", "after": [], "refused": ""},
    ],
}  # fmt: skip


class FakeDaemon:
    """Answers what it is asked, notes it in `asked`, and tells what a test tells it."""

    def __init__(self, folder: Path, *, role: str = "operator", simulated: bool = True) -> None:
        self.path = folder / "tool.sock"
        self.snapshot: dict[str, Any] = copy.deepcopy(TOOL["snapshot"])
        self.role, self.simulated = role, simulated
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refuse: dict[str, Refused] = {}
        self.silent = False
        self.version = __version__
        self.release = {"state": "released", "why": "", "fix": ""}
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    @property
    def state(self) -> dict[str, Any]:
        """The state that the next snapshot holds."""
        found: dict[str, Any] = self.snapshot["state"]
        return found

    async def start(self) -> None:
        """Listen."""
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        """Close the socket and every connection."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        self._writers.clear()
        self.path.unlink(missing_ok=True)

    def tell(self, method: str, **params: Any) -> None:
        """Say something to all clients."""
        for writer in self._writers:
            writer.write(notification(method, params))

    def tell_state(self, **changes: Any) -> None:
        """Another state."""
        self.state.update(changes)
        self.tell("state", **self.state)

    def tell_event(self, **event: Any) -> None:
        """Another event."""
        self.snapshot["seq"] += 1
        self.tell("event", seq=self.snapshot["seq"], run="", t_s=900.0, utc=TOOL["now_utc"], event=event)

    def acted(self) -> list[str]:
        """The commands that act, in their order."""
        looks = ("hello", "attach", "recipes", "check", "permissives", "interrupted", "ping", "status")
        return [method for method, _ in self.asked if method not in looks]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        with suppress(asyncio.CancelledError, ConnectionError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            message = decode(line)
            method, params = message["method"], message["params"]
            self.asked.append((method, params))
            if self.silent:
                continue
            if method in self.refuse:
                writer.write(encode({"id": message["id"], "error": self.refuse[method].to_json()}))
            else:
                writer.write(encode({"id": message["id"], "result": self._answer(method, params)}))

    def _answer(self, method: str, params: dict[str, Any]) -> Any:
        who = {"user": "otto", "role": self.role, "may": commands_of(self.role)}
        match method:
            case "hello":
                about = {
                    "protocol": 1,
                    "version": self.version,
                    "instance": self.snapshot["instance"],
                    "tool": "packaging-line",
                }
                return {**about, "simulated": self.simulated, "speed": 1.0, **who}
            case "attach":
                since = params["since"] if params["instance"] == self.snapshot["instance"] else None
                events = [told for told in self.snapshot["events"] if since is None or told["seq"] > since]
                return {**self.snapshot, "events": events}
            case "recipes":
                states = {"compress-release": "released", "cover-grind-expose": "retired", "smoke": "draft"}
                return {"recipes": list(states), "states": states}
            case "check":
                return {**TOOL["plan"], "release": self.release}
            case "permissives":
                return {"permissives": TOOL["permissives"]}
            case "interrupted":
                return FOUND
            case "login":
                return {**who, "user": params["user"] or "badge", "role": "engineer", "may": commands_of("engineer")}
        return {}


class Clock:
    """A clock of the console that stands until a test moves it."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s

    def wall(self) -> datetime:
        """The wall's time at this clock."""
        return NOW + timedelta(seconds=self.s - 1000.0)


def console(daemon: FakeDaemon, clock: Clock, folder: Path, *, readonly: bool = False) -> Console:
    """The real console on the daemon, with a clock that stands."""
    view = View(now_s=clock, wall=clock.wall, readonly=readonly)
    return Console(view, lambda: daemon.path, folder / "runs")


def shown(app: Console) -> str:
    """What stands on the screen, read from the terminal's cells."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


async def settled(app: Console) -> None:
    """Return when all that was asked is answered, and what the daemon said before is taken in."""
    assert app.link is not None
    while under_way := [task for task in app.caller._tasks if task.get_coro().__name__ != "run"]:  # the link stays
        await asyncio.wait(under_way)
    await app.link.call("ping")
    for _ in range(5):
        await asyncio.sleep(0)


async def until(app: Console, pilot: Any, words: str) -> str:
    """The screen as soon as the words stand on it."""
    for _ in range(400):
        await pilot.pause()
        if words in (text := shown(app)):
            return text
        await asyncio.sleep(0.005)
    raise AssertionError(f"{words!r} is not on the screen:\n{shown(app)}")
