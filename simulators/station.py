"""The whole simulated station: one plant, the firmware of every instrument, the wires, the hands, the faults.

Lines have the names that the tool file uses; how they are wired here is how a panel builder would wire them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulators.inspection import INSPECTED, inspect
from simulators.instruments.abb_acs355 import AbbAcs355
from simulators.instruments.druck_pace5000 import DruckPace5000
from simulators.instruments.eurotherm_3216 import Eurotherm3216
from simulators.instruments.heidenhain_nd287 import HeidenhainNd287
from simulators.instruments.line_plc import LinePlc
from simulators.instruments.nordson_ultimus_v import NordsonUltimusV
from simulators.instruments.sartorius_sbi import SartoriusSbi
from simulators.instruments.zaber_x import ZaberX
from simulators.operator import Hands, Script
from simulators.parameters import Parameters
from simulators.plant import Plant
from simulators.protocols.modbus import ModbusTcp
from simulators.scenario import Fault, parse_fault
from simulators.wire.bus import BusUnit, RtuBus
from simulators.wire.faults import Faulty, WireFaults
from simulators.wire.firmware import Firmware
from simulators.wire.memory import MemoryNetwork
from simulators.workpiece import Part

INSTRUMENTS = (
    "line_plc", "press_pressure", "platen_heater", "mold_heater", "spindle", "dispenser", "balance", "z_stage", "gauge",
)  # fmt: skip
LATE_S = 0.5  # longer than any deadline


@dataclass(frozen=True, slots=True)
class Wire:
    """How a line is reached: its firmware (one per connection), its baud rate (0 on Ethernet), its VISA form."""

    firmware: Callable[[], Firmware]
    baud: float
    visa: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """What is played: seed, faults as written, settings of the hands, a part of an earlier run, plant parameters."""

    seed: int = 1
    faults: Sequence[str] = ()
    hands: Mapping[str, Any] = field(default_factory=dict)
    part: Part | None = None
    parameters: Mapping[str, float] = field(default_factory=dict)


class SimulatedStation:
    """Build it inside the loop it shall live in: its clock is the loop's, counted from now."""

    def __init__(self, scene: Scene, plc_map: Path) -> None:
        loop = asyncio.get_running_loop()
        start_s = loop.time()

        def since_start_s() -> float:
            return loop.time() - start_s

        clock = since_start_s if start_s else loop.time  # the same, a call less for every reading
        self._loop, self._start_s = loop, start_s
        self.scene = scene
        self._parameters = Parameters(scene.parameters)
        self.plant = Plant(scene.seed, clock, self._parameters)
        self.wire_faults = WireFaults()
        self.on_scanned: Callable[[str, str], None] = lambda field, text: None  # for a monitor
        self.wires = self._wire(plc_map, clock)
        self._servers: list[Any] = []
        self._hands = Hands(self.plant, Script(**scene.hands), scene.part)
        self._task: asyncio.Task[None] | None = None
        for spec in scene.faults:
            self._schedule(parse_fault(spec, INSTRUMENTS))

    def start(self) -> None:
        """Let the hands work."""
        self._task = self._loop.create_task(self._hands.run(), name="hands")

    def serve_memory(self, network: MemoryNetwork) -> dict[str, str]:
        """Serve all lines in memory; returns the address of each."""
        for name, wire in self.wires.items():
            network.serve(name, wire.firmware, wire.baud)
        return {name: f"mem:{name}" for name in self.wires}

    async def serve_real(self) -> dict[str, str]:
        """Serve all lines on loopback ports and ptys; returns the address of each, as the tool file writes it."""
        from simulators.wire.pty import serve_pty
        from simulators.wire.tcp import serve_tcp

        addresses = {}
        for name, wire in self.wires.items():
            if wire.baud:
                pty = await serve_pty(wire.firmware())
                self._servers.append(pty)
                addresses[name] = f"ASRL{pty.address}::INSTR" if wire.visa else pty.address
            else:
                tcp = await serve_tcp(wire.firmware)
                self._servers.append(tcp)
                host, port = tcp.address.rsplit(":", 1)
                addresses[name] = f"TCPIP0::{host}::{port}::SOCKET" if wire.visa else f"tcp://{tcp.address}"
        return addresses

    def bring(self, kind: str) -> None:
        """The hands bring a new part for what comes next, of this kind; of the kind before when it is empty."""
        self._hands.handling.expect(kind)

    fields = INSPECTED

    @property
    def part(self) -> Part | None:
        """The part of this run, wherever it is; None before one was carried."""
        return self._hands.handling.current()

    def inspect(self, what: str) -> float:
        """One field of the inspection record of the part of this run: an answer from off the line, with its error."""
        part = self.part
        if part is None:
            raise LookupError("no part has been carried in this run; there is nothing to inspect")
        return inspect(part, self.scene.seed, self._parameters)[what][0]

    def faults_to_come(self) -> list[str]:
        """Faults whose time has not come yet, as they were written."""
        now_s = self._loop.time() - self._start_s
        return [spec for spec in self.scene.faults if parse_fault(spec, INSTRUMENTS).at_s > now_s]

    def scanned(self, field: str, text: str) -> None:
        """A person has scanned a label; the syringe whose lot it was goes into the dispenser."""
        self.on_scanned(field, text)
        if field == "syringe":
            self._hands.handling.mount_syringe(text)

    def part_text(self, run: str) -> str:
        """The part of this run as it is now, for a later run, with the run's name; "" when none has been carried."""
        part = self._hands.handling.current()
        if part is None:
            return ""
        part.runs.append(run)
        return part.to_json()

    async def close(self) -> None:
        """Stop the hands and take all ports away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for server in self._servers:
            await server.close()

    def _wire(self, plc_map: Path, clock: Callable[[], float]) -> dict[str, Wire]:
        plant, faults = self.plant, self.wire_faults
        plc = LinePlc(plant, plc_map, clock)
        pace = DruckPace5000(plant, clock)
        bus = RtuBus(
            {
                1: BusUnit("platen_heater", Eurotherm3216(plant, "platen", clock)),
                2: BusUnit("mold_heater", Eurotherm3216(plant, "mold", clock)),
                3: BusUnit("spindle", AbbAcs355(plant, clock)),
            },
            clock,
            faults,
        )
        dispenser = Faulty(NordsonUltimusV(plant, clock), "dispenser", faults)
        balance = Faulty(SartoriusSbi(plant, clock), "balance", faults)
        stage = Faulty(ZaberX(plant, clock), "z_stage", faults)
        gauge = Faulty(HeidenhainNd287(plant, clock), "gauge", faults)
        return {
            "plc": Wire(lambda: Faulty(ModbusTcp(plc), "line_plc", faults), 0, visa=False),
            "pressure": Wire(lambda: Faulty(pace.connection(), "press_pressure", faults), 0, visa=True),
            "rs485_a": Wire(lambda: bus, 19200, visa=False),
            "dispenser": Wire(lambda: dispenser, 19200, visa=False),
            "balance": Wire(lambda: balance, 9600, visa=False),
            "stage": Wire(lambda: stage, 115200, visa=False),
            "gauge": Wire(lambda: gauge, 9600, visa=True),
        }

    def _schedule(self, fault: Fault) -> None:
        if fault.wire:
            self._loop.call_at(self._start_s + fault.at_s, self._break_wire, fault)
        else:
            self.plant.inject(fault)

    def _break_wire(self, fault: Fault) -> None:
        wire = self.wire_faults.of(fault.name)
        if fault.value == "silent":
            wire.silent = True
        elif fault.value == "late":
            wire.late_s = LATE_S
        else:
            wire.garble = True
