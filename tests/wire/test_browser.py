"""The browser view as browsers and strangers meet it: real HTTP, real websockets, the real program in a tab."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("textual_serve", reason="the extra springback[browser] is not installed")
import aiohttp

from tests.cli.commands import MAIN
from tests.server.seat import Seat, environment, serving, wait_until
from tests.unit.recorded_run import write_run

WAIT_S = 30.0


class View:
    """The command, and the address that it told."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", MAIN, "console", "--browser", "--port", "0", *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
            env=environment(folder),
        )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.fullmatch(r"open (http://(127\.0\.0\.1:\d+)/([\w-]{43})/)\n", line)
        assert found, line or self._process.communicate()[1]
        self.url, self.netloc, self.token = found.groups()

    def end(self) -> tuple[int, str]:
        self._process.send_signal(signal.SIGINT)
        _, err = self._process.communicate(timeout=WAIT_S)
        return self._process.returncode, err


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Iterator[View]:
    folder = tmp_path_factory.mktemp("browser")
    (folder / "run").mkdir(mode=0o700)
    write_run(folder / "run.sqlite")
    made = View(folder, "--replay", str(folder / "run.sqlite"))
    yield made
    code, err = made.end()
    assert code == 0, err


async def status(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        await answer.read()
        return answer.status


async def test_the_page_and_what_belongs_to_it_need_the_token(view: View) -> None:
    page = f"http://{view.netloc}"
    wrong = view.token[:-1] + ("A" if view.token[-1] != "A" else "B")

    assert await status(view.url) == 200
    assert await status(f"{view.url}static/js/textual.js") == 200
    for token in ("", wrong, view.token[:-1], view.token + "x", "static", "%00"):
        for path in ("", "ws", "static/js/textual.js", "download/x", "../static/js/textual.js"):
            assert await status(f"{page}/{token}/{path}") == 403, (token, path)
    assert await status(page) == 403
    assert await status(f"{page}/?token={view.token}") == 403


async def test_another_host_name_or_another_page_gets_nothing(view: View) -> None:
    assert await status(view.url, Host="evil.example") == 403
    assert await status(view.url, Host=f"evil.example:{view.netloc.split(':')[1]}") == 403
    assert await status(view.url, Origin="http://evil.example") == 403
    assert await status(view.url, Origin="null") == 403
    assert await status(view.url, Origin=f"http://{view.netloc}") == 200
    for url, headers in (
        (f"ws://{view.netloc}/wrong/ws", {}),
        (f"ws://{view.netloc}/{view.token}/ws", {"Origin": "http://evil.example"}),
        (f"ws://{view.netloc}/{view.token}/ws", {"Host": "evil.example"}),
    ):
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url, headers=headers)
            assert refused.value.status == 403


async def test_no_page_sends_its_address_on_or_asks_somebody_else(view: View) -> None:
    async with aiohttp.ClientSession() as session, session.get(view.url) as answer:
        headers, page = answer.headers, await answer.text()

    assert "springback console" in page
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'self' 'unsafe-inline' data:;" in headers["Content-Security-Policy"]


async def read_until(socket: aiohttp.ClientWebSocketResponse, words: str) -> str:
    """What the console has drawn, as soon as the words stand in it."""
    drawn = b""
    async with asyncio.timeout(WAIT_S):
        while words.encode() not in drawn:
            message = await socket.receive()
            assert message.type == aiohttp.WSMsgType.BINARY, (message, drawn)
            drawn += message.data
    return drawn.decode(errors="replace")


async def test_a_tab_is_the_console_and_takes_keys(view: View) -> None:
    url = f"ws://{view.netloc}/{view.token}/ws?width=100&height=30"
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
        await read_until(socket, "SIMULATED")
        await socket.send_str(json.dumps(["stdin", "9"]))
        await read_until(socket, "INPUTS AND OUTPUTS")


async def test_a_tab_on_a_tool_only_looks_and_with_acts_it_is_an_observer_until_a_login(tmp_path: Path) -> None:
    with serving(tmp_path) as seat:
        looks, acts = await asyncio.gather(_hold(seat), _hold(seat, "--acts"))

    assert "this console only looks" in looks
    assert "observer" in acts and "not for the role observer" in acts


async def _hold(seat: Seat, *arguments: str) -> str:
    """What a tab says to a person who wants to reset a trip."""
    view = await asyncio.to_thread(View, seat.folder, *arguments)
    try:
        url = f"ws://{view.netloc}/{view.token}/ws?width=100&height=30"
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            drawn = await read_until(socket, "link ok")
            await socket.send_str(json.dumps(["stdin", "T"]))
            return drawn + await read_until(socket, "only looks" if not arguments else "Fix: log in")
    finally:
        await asyncio.to_thread(view.end)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--listen", "0.0.0.0"), "is every address of this machine"),
        (("--listen", "::"), "is every address of this machine"),
        (("--listen", "203.0.113.7"), "cannot listen at 203.0.113.7"),
        (("--acts", "--readonly"), "without --readonly"),
    ],
)
def test_where_it_must_not_or_cannot_listen_is_said(tmp_path: Path, given: tuple[str, ...], says: str) -> None:
    write_run(tmp_path / "run.sqlite")
    command = ["console", "--browser", "--port", "0", "--replay", str(tmp_path / "run.sqlite"), *given]
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *command],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
    )

    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


# ---------------------------------------------------------------------------------------------- a real browser
@pytest.fixture
def chromium(tmp_path: Path) -> Iterator[str]:
    """The address at which a browser without a window is told what to do; it reaches this machine only."""
    process = subprocess.Popen(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"),
            *(f"--user-data-dir={tmp_path}", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
            "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    told = tmp_path / "DevToolsActivePort"
    wait_until(lambda: told.exists() and len(told.read_text().split()) > 1, "chromium has not started")
    yield f"http://127.0.0.1:{told.read_text().split()[0]}/json"
    process.kill()
    process.wait()


DRAWN = """new Promise(done => setInterval(() => {
  const canvas = document.querySelector(".xterm-text-layer");
  if (!canvas || !document.body.classList.contains("-first-byte")) return;
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
  if (colours.size > 3) done("drawn");
}, 50))"""
ASKED = "performance.getEntriesByType('resource').filter(r => r.responseStatus && !r.name.startsWith(origin)).length"


@pytest.mark.screens
@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed (apt install chromium)")
async def test_a_browser_draws_the_console_and_asks_nobody_else(view: View, chromium: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(WAIT_S):
        async with session.get(chromium) as answer:
            page = next(target for target in await answer.json() if target["type"] == "page")
        async with session.ws_connect(page["webSocketDebuggerUrl"]) as browser:

            async def ask(method: str, **params: object) -> dict[str, dict[str, object]]:
                for id in count(1):  # what a page is asked while it is left has no result
                    await browser.send_json({"id": id, "method": method, "params": params})
                    while (answer := await browser.receive_json()).get("id") != id:
                        pass
                    if "result" in answer:
                        break
                found: dict[str, dict[str, object]] = answer["result"]
                return found

            await ask("Page.navigate", url=view.url)
            drawn = await ask("Runtime.evaluate", expression=DRAWN, awaitPromise=True)
            asked = await ask("Runtime.evaluate", expression=ASKED)

    assert drawn["result"]["value"] == "drawn"
    assert asked["result"]["value"] == 0
