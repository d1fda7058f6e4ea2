"""The machine's side of a bench: a simulated station on real ports, in a process of its own that says what it sees.

`Machine` starts and asks it; run as a program this file is that process. Times are the system's monotonic clock, which
all processes of one computer share, so instants of two processes may be compared.
"""

from __future__ import annotations

import asyncio
import json
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import yaml

from controller.cli.sim_up import tool_text
from controller.cli.simulated import make_station
from simulators.instruments.line_plc_map import load_map
from simulators.scaled_time import ScaledLoop
from simulators.station import Scene, SimulatedStation
from simulators.wire.firmware import Answer, Firmware
from springback.places import config_file

SCAN, WRITE = 23, 6  # function codes of the PLC's scan, and of an order for one output
QUICK = {"reaction": 0.0}  # hands that press the reset button at once
LOOK_S = 0.005
HEARD_S = 30.0
MAP = config_file("line_plc_map.yaml")
SCAN_HZ = 100
PERIOD_S = 1.0 / SCAN_HZ
FED = (
    "inner_vacuum_open", "pump", "platen_contactor", "mold_contactor", "dispenser_air", "needle_down", "z_powered",
)  # fmt: skip
OPEN_WITHOUT = ("dump_open", "inner_vent_open")


# ---------------------------------------------------------------------------------------------- for a bench
@dataclass(frozen=True, slots=True)
class Machine:
    """A station that serves; `tool` is the tool file that reaches it, with the PLC scanned at SCAN_HZ."""

    process: subprocess.Popen[str]
    tool: Path
    said: SimpleQueue[dict[str, Any]]

    def tell(self, word: str) -> None:
        """Say `trip`, `mend` or `end`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def hear(self, kind: str) -> dict[str, Any]:
        """The next thing it says of this kind; ends the bench when nothing comes."""
        while True:
            try:
                said = self.said.get(timeout=HEARD_S)
            except Empty:
                sys.exit(f"the simulated machine says nothing of {kind!r}; is this computer too busy?")
            if said["kind"] == kind:
                return said


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A fresh station, ended afterwards; its tool file lies in the folder."""
    process = subprocess.Popen(
        [sys.executable, __file__, str(folder / "tool.yaml")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    said: SimpleQueue[dict[str, Any]] = SimpleQueue()
    assert process.stdout is not None
    lines = process.stdout
    listening = Thread(target=lambda: [said.put(json.loads(line)) for line in lines])
    listening.start()
    one = Machine(process, folder / "tool.yaml", said)
    try:
        one.hear("ready")
        yield one
    finally:
        one.tell("end")
        process.wait(HEARD_S)
        listening.join()


# ---------------------------------------------------------------------------------------------- the process
class Tap:
    """Sees each request to the PLC before the PLC does."""

    def __init__(self, firmware: Firmware, seen: Station) -> None:
        self._firmware, self._seen = firmware, seen

    def receive(self, data: bytes) -> list[Answer]:
        """As the firmware's own."""
        self._seen.asked(data[7:12], time.monotonic())
        return self._firmware.receive(data)


class Station:
    """Lets the E-stop chain's switch show open at once, and watches what comes over the wire then, and ENABLE."""

    def __init__(self, station: SimulatedStation) -> None:
        self._station = station
        self._opened_s = self._shown_s = 0.0
        air = next(point.pdu for point in load_map(MAP).holdings if point.name == "dispenser_air")
        self._safe = struct.pack(">BHH", WRITE, air, 0)
        plc = station.wires["plc"]
        station.wires["plc"] = replace(plc, firmware=lambda: Tap(plc.firmware(), self))

    def trip(self) -> None:
        """The next reply shows the chain open; the relay behind it stays as it is, so only the controller reacts."""
        self._opened_s, self._shown_s = time.monotonic(), 0.0
        self._station.plant.hardwired.estop_chain = False

    def mend(self) -> None:
        """The chain is closed again."""
        self._station.plant.hardwired.estop_chain = True

    def asked(self, request: bytes, now_s: float) -> None:
        """Remember the first scan after the chain has opened, and say when the order to shut the air comes."""
        if not self._opened_s:
            return
        if request[:1] == bytes([SCAN]):
            self._shown_s = self._shown_s or now_s
        elif request == self._safe:
            say("safe", opened_s=self._opened_s, shown_s=self._shown_s, safe_s=now_s)
            self._opened_s = 0.0

    async def watch_enable(self) -> None:
        """Say when ENABLE changes, and what has power after that."""
        enabled = False
        while True:
            await asyncio.sleep(LOOK_S)
            truth = self._station.plant.truth()
            if bool(truth["enabled"]) is not enabled:
                enabled = not enabled
                say("enable", on=enabled, at_s=time.monotonic(), energised=energised(truth))


def energised(truth: Mapping[str, float]) -> list[str]:
    """What has power, or holds pressure in, of what ENABLE feeds; the spindle's contactor follows 1.5 s later."""
    return [name for name in FED if truth[name]] + [name for name in OPEN_WITHOUT if not truth[name]]


def say(kind: str, **facts: object) -> None:
    print(json.dumps({"kind": kind, **facts}), flush=True)


async def serve(write_tool: Callable[[str], object]) -> None:
    """Serve until stdin ends or says `end`."""
    loop = asyncio.get_running_loop()
    station = make_station(Scene(hands=QUICK))
    seen = Station(station)
    told = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    write_tool(tool_of(await station.serve_real()))
    station.start()
    watch = loop.create_task(seen.watch_enable())
    say("ready")
    words = {b"trip": seen.trip, b"mend": seen.mend}
    while (word := (await told.readline()).strip()) in words:
        words[word]()
    watch.cancel()
    await station.close()


def tool_of(addresses: Mapping[str, str]) -> str:
    """The shipped tool at these addresses, with its PLC scanned at SCAN_HZ."""
    tool = yaml.safe_load(config_file("tool.yaml").read_text(encoding="utf-8"))
    tool["instruments"]["line_plc"]["scan_hz"] = SCAN_HZ
    return tool_text(tool, addresses)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=ScaledLoop) as runner:
        runner.run(serve(Path(sys.argv[1]).write_text))
