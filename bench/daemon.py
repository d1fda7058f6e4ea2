"""How quick the operator's seat is, from the outside: real processes, a real socket, simulators in real time.

`measure()` returns rows for a table; run as a program it prints them. Goals stand beside the figures.
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
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from controller.record.events import PhaseChanged
from controller.record.runfile import RunFile
from controller.server.client import Client
from controller.server.picture import Picture

# numpy is no dependency, but a library takes it where it is, and it would count as our memory.
MAIN = "import sys; sys.modules['numpy'] = None; from springback.main import main; main()"
STARTS, ASKS, ABORTS, HOLDS, SCANS_S = 3, 9, 10, 150, 20.0
TURNING = """
recipe: turning
version: 1
title: A wheel turns, so that every scan is recorded
for: {tool: packaging-line, part: WLP-200}
on_hold: {policy: freeze, max: 10 min}
on_abort: safe-release
steps:
  - name: Turn
    spindle: {speed: 500 rpm}
  - name: Wait
    then: {dwell: 3000 s}
"""
WATCH = "import sys; from pathlib import Path; from controller.server.client import Client\n" + (
    "c = Client(Path(sys.argv[1]), 'w'); c.attach(); print('attached', flush=True); sys.stdin.read()"
)


@dataclass(frozen=True, slots=True)
class Daemon:
    """One that is ready, and how long that took."""

    process: subprocess.Popen[str]
    folder: Path
    environment: dict[str, str]
    ready_s: float

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "packaging-line.simulated.sock"

    @property
    def rss_MB(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def daemon() -> Iterator[Daemon]:
    """A fresh daemon in an empty folder, ended afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "turning.yaml").write_text(TURNING, encoding="utf-8")
        environment = {**os.environ, "SPRINGBACK_RUN_DIR": str(folder / "run")}
        begun_s = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, "serve", "--simulated", "--recipes", str(folder)],
            cwd=folder, env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        if "ready" not in process.stdout.readline():
            sys.exit("the daemon did not start")
        try:
            yield Daemon(process, folder, environment, time.perf_counter() - begun_s)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def measure() -> list[tuple[str, str, str]]:
    """Rows of what, figure, goal."""
    ready = []
    for _ in range(STARTS):
        with daemon() as one:
            ready.append(one.ready_s)
            rss_MB = one.rss_MB
    with daemon() as one:
        status = [status_s(one) for _ in range(ASKS)]
        holds = hold_ms(one)
        aborts = [abort_ms(one) for _ in range(ABORTS)]
        alone, stopped = lateness_ms(one, watched=False), lateness_ms(one, watched=True)
    return [
        ("start to ready", f"{statistics.median(ready):.2f} s", "1 s"),
        ("memory when ready", f"{rss_MB:.0f} MB", "60 MB"),
        ("`springback status`", f"{statistics.median(status) * 1000:.0f} ms", "150 ms"),
        (f"hold or resume on the socket to the job's event, {len(holds)} times", spread(holds), "2 ms"),
        (f"abort on the socket to the job's event, {len(aborts)} times", spread(aborts), "2 ms"),
        (f"lateness of {len(alone)} scans, nobody attached", spread(alone), "-"),
        (f"lateness of {len(stopped)} scans, a stopped client attached", spread(stopped), "the same"),
    ]


def status_s(one: Daemon) -> float:
    """Wall time of the command."""
    begun_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", MAIN, "status"], env=one.environment, check=True, capture_output=True)
    return time.perf_counter() - begun_s


def hold_ms(one: Daemon) -> list[float]:
    """From sending the command to reading the event of the new state."""
    found = []
    with Client(one.socket, "bench") as client:
        picture = turning(client)
        for i in range(HOLDS):
            found.append(asked_ms(client, "hold" if i % 2 == 0 else "resume"))
            settle(client, picture, "PAUSED" if i % 2 == 0 else "PROCESSING")
        end(client, picture)
    return found


def abort_ms(one: Daemon) -> float:
    """The same for an abort; each needs a job of its own."""
    with Client(one.socket, "bench") as client:
        picture = turning(client)
        found = asked_ms(client, "abort")
        settle(client, picture, "")
    return found


def lateness_ms(one: Daemon, *, watched: bool) -> list[float]:
    """How far apart scans were from a multiple of their usual distance, from the record."""
    with Client(one.socket, "bench") as client:
        watcher = subprocess.Popen(
            [sys.executable, "-c", WATCH, str(one.socket)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert watcher.stdout is not None
        watcher.stdout.readline()
        watcher.send_signal(signal.SIGSTOP if watched else signal.SIGKILL)
        picture = turning(client)
        until_s = time.perf_counter() + SCANS_S
        while time.perf_counter() < until_s:
            client.news(0.5)
        end(client, picture)
        watcher.kill()
        watcher.communicate()
    with RunFile(Path(picture.state["last"]["folder"]) / "run.sqlite") as record:
        times_s, _ = record.series("press.pressure")
        waits_s = max(t_s for t_s, e, _ in record.events() if isinstance(e, PhaseChanged) and e.new == "RUNNING")
    within = [t_s for t_s in times_s if waits_s < t_s < waits_s + 0.9 * SCANS_S]
    apart = [b - a for a, b in pairwise(within)]
    usual_s = statistics.median(apart)
    return [abs(gap_s - usual_s) * 1000 for gap_s in apart]


def turning(client: Client) -> Picture:
    """A job in its last step; who attaches is told everything."""
    picture = client.attach()
    settle(client, picture, "", open_again=True)
    job = client.call("start", recipe="turning")["job"]
    while not (picture.state["job"] and (picture.state["job"]["step"] or {}).get("name") == "Wait"):
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
    while client.news(0.0) is not None:
        pass
    begun_s = time.perf_counter()
    client.call(command)
    while True:
        news = client.news(10.0)
        assert news is not None
        if news["method"] == "event" and news["params"]["event"]["kind"] == "job":
            return (time.perf_counter() - begun_s) * 1000


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


def spread(found: Sequence[float]) -> str:
    """Median, 99 % and worst."""
    ordered = sorted(found)
    return f"{statistics.median(ordered):.2f} ms, 99 %: {ordered[int(0.99 * (len(ordered) - 1))]:.2f} ms," + (
        f" worst {ordered[-1]:.2f} ms"
    )


def main() -> None:
    """Print the rows."""
    for row in measure():
        print(f"{row[0]:<75} {row[1]:<50} goal {row[2]}")


if __name__ == "__main__":
    main()
