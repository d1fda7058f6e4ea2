"""How quick the operator's seat is, from the outside: real processes, a real socket, real ports.

What happens on the socket is measured at a daemon that owns a machine in another process, as on a tool PC, and scans
its PLC 100 times a second. `measure()` returns rows for a table; run as a program it prints them, with their goals.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from random import Random

from machine import PERIOD_S, machine

from controller.record.events import PhaseChanged
from controller.record.runfile import RunFile
from controller.server.client import Client
from controller.server.picture import Picture

# numpy is no dependency, but a library takes it where it is, and it would count as our memory.
MAIN = "import sys; sys.modules['numpy'] = None; from springback.main import main; main()"
STARTS, ASKS, ABORTS, HOLDS = 3, 9, 50, 150
AMONG_S = (0.05, 0.55)  # of the step that is aborted
ROUNDS, ROUND_S, SETTLE_S = 15, 2.0, 0.5  # of scans with a stopped client, and as many without
HEAD = """
recipe: {name}
version: 1
title: Something moves, so that every scan is recorded
for: {{tool: packaging-line, part: WLP-200}}
on_hold: {{policy: freeze, max: 10 min}}
on_abort: safe-release
steps:
"""
RECIPES = {
    "air": "  - {name: Move, air: {pressure: 100 kPa}}\n",
    "turning": "  - {name: Turn, spindle: {speed: 500 rpm}}\n  - {name: Move, then: {dwell: 1 h}}\n",
}
WATCH = "import sys; from pathlib import Path; from controller.server.client import Client\n" + (
    "c = Client(Path(sys.argv[1]), 'w'); c.attach(); print('attached', flush=True); sys.stdin.read()"
)


@dataclass(frozen=True, slots=True)
class Daemon:
    """One that is ready, and how long that took."""

    process: subprocess.Popen[str]
    environment: dict[str, str]
    ready_s: float

    @property
    def socket(self) -> Path:
        (found,) = Path(self.environment["SPRINGBACK_RUN_DIR"]).glob("*.sock")
        return found

    @property
    def rss_MB(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def daemon(*owns: str) -> Iterator[Daemon]:
    """A fresh daemon in an empty folder, ended afterwards; `owns` is what it is told about its instruments."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for recipe, steps in RECIPES.items():
            (folder / f"{recipe}.yaml").write_text(HEAD.format(name=recipe) + steps, encoding="utf-8")
        environment = {**os.environ, "SPRINGBACK_RUN_DIR": str(folder / "run")}
        begun_s = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, "serve", *owns, "--recipes", name],
            cwd=folder, env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        if "ready" not in process.stdout.readline():
            sys.exit("the daemon did not start")
        try:
            yield Daemon(process, environment, time.perf_counter() - begun_s)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def measure() -> list[tuple[str, str, str]]:
    """Rows of what, figure, goal."""
    ready = []
    for _ in range(STARTS):
        with daemon("--simulated") as one, Client(one.socket, "bench") as client:
            ready.append(one.ready_s)
            client.call("check", recipe="air")  # what reads recipes is loaded after it is ready
            rss_MB = one.rss_MB
    with (
        tempfile.TemporaryDirectory() as name,
        machine(Path(name)) as plant,
        daemon("--live", "--tool", str(plant.tool)) as one,
        Client(one.socket, "bench") as client,
    ):
        draw = Random(1)
        status = [status_s(one) for _ in range(ASKS)]
        pings = [ping_ms(client) for _ in range(HOLDS)]
        holds = hold_ms(client)
        aborts = [abort_ms(client, draw.uniform(*AMONG_S)) for _ in range(ABORTS)]
        alone, stopped = lateness_ms(one, client)
    return [
        ("start to ready, with simulators", f"{statistics.median(ready):.2f} s", "1 s"),
        ("memory when ready to read recipes, with simulators", f"{rss_MB:.0f} MB", "60 MB"),
        ("`springback status`", f"{statistics.median(status) * 1000:.0f} ms", "150 ms"),
        (f"floor: a ping on the socket and its answer, {len(pings)} times", spread(pings), "-"),
        (f"hold or resume on the socket to the job's event, {len(holds)} times", spread(holds), "99 %: 2 ms"),
        (f"abort on the socket to the job's event, {len(aborts)} times", spread(aborts), "99 %: 2 ms"),
        (f"lateness of {len(alone)} scans at 100 Hz, nobody else attached", spread(alone), "-"),
        (f"lateness of {len(stopped)} scans at 100 Hz, a stopped client attached", spread(stopped), "-"),
        ("99 % of these two, stopped : alone", f"{at(stopped, 0.99) / at(alone, 0.99):.2f}", "1.2"),
    ]


def status_s(one: Daemon) -> float:
    """Wall time of the command."""
    begun_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", MAIN, "status"], env=one.environment, check=True, capture_output=True)
    return time.perf_counter() - begun_s


def ping_ms(client: Client) -> float:
    """There and back, with nothing to do in between."""
    time.sleep(0.01)
    begun_s = time.perf_counter()
    client.ping()
    return (time.perf_counter() - begun_s) * 1000


def hold_ms(client: Client) -> list[float]:
    """From sending the command to reading the event of the new state."""
    found = []
    picture = moving(client, "turning")
    for i in range(HOLDS):
        found.append(asked_ms(client, "hold" if i % 2 == 0 else "resume"))
        settle(client, picture, "PAUSED" if i % 2 == 0 else "PROCESSING")
    end(client, picture)
    return found


def abort_ms(client: Client, after_s: float) -> float:
    """The same for an abort; each needs a job of its own."""
    picture = moving(client, "air")
    listen(client, after_s)
    found = asked_ms(client, "abort")
    settle(client, picture, "")
    return found


def lateness_ms(one: Daemon, client: Client) -> tuple[list[float], list[float]]:
    """How far the time between two scans was from their period, from the record: with nobody else attached, and with a
    client that is attached and stopped, in turns of the same job.
    """
    picture = moving(client, "turning")
    began_s, spans = time.monotonic(), []
    for i in range(2 * ROUNDS):
        with stopped_client(one) if i % 2 else nullcontext():
            listen(client, SETTLE_S)
            from_s = time.monotonic() - began_s
            listen(client, ROUND_S)
            client.ping()  # who says nothing for a minute is let go
            spans.append((from_s, time.monotonic() - began_s))
    end(client, picture)
    with RunFile(Path(picture.state["last"]["folder"]) / "run.sqlite") as record:
        times_s, _ = record.series("press.pressure")
        moves_s = max(t_s for t_s, e, _ in record.events() if isinstance(e, PhaseChanged) and e.new == "RUNNING")
    gaps = [
        [abs(b - a - PERIOD_S) * 1000 for a, b in pairwise(times_s) if moves_s + first < a and b < moves_s + last]
        for first, last in spans
    ]
    return list(chain(*gaps[0::2])), list(chain(*gaps[1::2]))


@contextmanager
def stopped_client(one: Daemon) -> Iterator[None]:
    """Another client, attached and stopped."""
    watcher = subprocess.Popen(
        [sys.executable, "-c", WATCH, str(one.socket)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert watcher.stdout is not None
    watcher.stdout.readline()
    watcher.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        watcher.kill()
        watcher.communicate()


def listen(client: Client, for_s: float) -> None:
    """Take what the daemon says for so long."""
    until_s = time.monotonic() + for_s
    while (left_s := until_s - time.monotonic()) > 0:
        client.news(left_s)


def moving(client: Client, recipe: str) -> Picture:
    """A job whose step Move is at work; who attaches is told everything."""
    picture = client.attach()
    settle(client, picture, "", open_again=True)
    drain(client)
    job = client.call("start", recipe=recipe)["job"]
    while not (picture.state["job"] and (picture.state["job"]["step"] or {}).get("name") == "Move"):
        news = client.news(60.0)
        assert news is not None
        picture.apply(news)
        for alarm in picture.state["alarms"]:  # a disk that is too slow holds the job
            sys.exit(f"the job was disturbed: {alarm['happened']}; is the machine too busy?")
        last = picture.state["last"]
        if last and last["id"] == job:
            sys.exit(f"the job ended with {last['state']}: {last['reason']}; is the machine too busy?")
    return picture


def asked_ms(client: Client, command: str) -> float:
    """Until the `job` event comes back."""
    drain(client)
    begun_s = time.perf_counter()
    client.call(command)
    while True:
        news = client.news(10.0)
        assert news is not None
        if news["method"] == "event" and news["params"]["event"]["kind"] == "job":
            return (time.perf_counter() - begun_s) * 1000


def drain(client: Client) -> None:
    """Forget what the daemon has said."""
    while client.news(0.0) is not None:
        pass


def settle(client: Client, picture: Picture, state: str, *, open_again: bool = False) -> None:
    """Return when the job is in this state, none for an empty one."""
    while True:
        status = client.call("status")
        picture.state = status
        if (status["job"]["state"] if status["job"] else "") == state and not (open_again and status["down"]):
            return
        time.sleep(0.02)


def end(client: Client, picture: Picture) -> None:
    """Abort the job and wait for its end."""
    client.call("abort")
    settle(client, picture, "")


def at(found: Sequence[float], part: float) -> float:
    """The value below which this part lies."""
    return sorted(found)[int(part * (len(found) - 1))]


def spread(found_ms: Sequence[float]) -> str:
    """Median, 99 % and worst."""
    return f"{at(found_ms, 0.5):.2f} ms, 99 %: {at(found_ms, 0.99):.2f} ms, worst {max(found_ms):.2f} ms"


def main() -> None:
    """Print the rows."""
    for row in measure():
        print(f"{row[0]:<75} {row[1]:<50} goal {row[2]}")


if __name__ == "__main__":
    main()
