"""`springback console --browser`: the console in browser tabs, each a program of its own, behind one secret address.

textual-serve draws and carries; here is who gets in: only who knows the token, asks by the right host name, and comes
from a page of ours. It holds nothing of the tool and opens no instrument.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
import shlex
import signal
import socket
import sys
from dataclasses import dataclass
from typing import Any

from controller.cli.boundary import show, warn
from controller.cli.exits import CommandError, Exit

try:
    from aiohttp import web
    from textual_serve.server import Server
except ImportError:
    text = "the browser view needs an extra; install it: pip install 'springback[browser]'"
    raise CommandError(text, Exit.USAGE) from None

LOOPBACK = "127.0.0.1"
PORT = 8737  # chosen; nobody else's by habit
TABS_MAX = 8  # consoles at a time, about 60 MB each
MAIN = "from springback.main import main; main()"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self' 'unsafe-inline' data:; connect-src 'self' {socket}; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where it listens, and the secret that its addresses begin with."""

    host: str
    port: int
    token: str

    @property
    def netloc(self) -> str:
        """Host and port as a browser says them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{self.netloc}/{self.token}/"


def serve_browser(arguments: list[str], listen: str | None, port: int | None) -> int:
    """Serve `springback console ARGUMENTS` until Ctrl-C; CommandError when it cannot listen there."""
    with _listening(listen or LOOPBACK, PORT if port is None else port) as ours:
        place = Place(listen or LOOPBACK, ours.getsockname()[1], secrets.token_urlsafe(32))
        if not _is_loopback(place.host):
            text = (
                "everybody who reaches this address and has the link sees the tool, and the way there is not encrypted"
            )
            warn(f"{text}; ssh -L {place.port}:{LOOPBACK}:{place.port} is the better way", as_json=False)
        asyncio.run(_serve(shlex.join([sys.executable, "-c", MAIN, "console", *arguments]), place, ours))
    return Exit.PASSED


def _listening(host: str, port: int) -> socket.socket:
    try:
        if ipaddress.ip_address(host).is_unspecified:
            text = f"--listen {host} is every address of this machine; name the one that browsers ask for"
            raise CommandError(text, Exit.USAGE)
    except ValueError:
        pass  # a name
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        text = f"cannot listen at {host} port {port}: {error.strerror}; choose with --listen and --port"
        raise CommandError(text, Exit.USAGE) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _serve(command: str, place: Place, ours: socket.socket) -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, told.set)
    runner = web.AppRunner(await guarded(command, place), access_log=None)  # addresses hold the token
    await runner.setup()
    try:
        await web.SockSite(runner, ours, shutdown_timeout=1.0).start()
        show(f"open {place.url}\nCtrl-C ends the view, not the run")
        await told.wait()
    finally:
        await runner.cleanup()


async def guarded(command: str, place: Place) -> Any:
    """The web application: all of textual-serve below the token, and nothing else."""

    @web.middleware  # type: ignore[untyped-decorator]
    async def guard(request: Any, handler: Any) -> Any:
        if (why_not := refusal(request, place)) is not None:
            raise web.HTTPForbidden(text=why_not)
        return await handler(request)

    async def prepare(request: Any, response: Any) -> None:
        for name, value in HEADERS.items():
            response.headers[name] = value.format(socket=f"ws://{place.netloc}")

    root = web.Application(middlewares=[guard])
    root.on_response_prepare.append(prepare)
    root.add_subapp(f"/{place.token}", await Tabs(command, place).application())
    return root


def refusal(request: Any, place: Place) -> str | None:
    """Why a request gets nothing; None when it may pass. Where the token is wrong nothing else is told."""
    token = request.path.split("/")[1]
    if not hmac.compare_digest(token.encode(), place.token.encode()):
        return "open the whole address that the command has printed"
    if request.headers.getall("Host", []) != [place.netloc]:  # a name that was bent to this address: DNS rebinding
        return f"this view is at http://{place.netloc} only"
    if request.headers.get("Origin", f"http://{place.netloc}") != f"http://{place.netloc}":
        return "this view is for its own pages only"
    return None


class Tabs(Server):  # type: ignore[misc]
    """textual-serve with a bound, and without its own words on stdout."""

    def __init__(self, command: str, place: Place) -> None:
        super().__init__(
            command, place.host, place.port, title="springback console", public_url=f"http://{place.netloc}"
        )
        self._open = 0

    async def application(self) -> Any:
        """Its routes."""
        return await self._make_app()

    async def on_startup(self, app: Any) -> None:
        """It would print its name."""

    async def handle_websocket(self, request: Any) -> Any:
        """One tab: a console of its own, until the tab is closed."""
        if self._open >= TABS_MAX:
            raise web.HTTPServiceUnavailable(text=f"{TABS_MAX} tabs are open; close one")
        self._open += 1
        try:
            return await super().handle_websocket(request)
        finally:
            self._open -= 1
