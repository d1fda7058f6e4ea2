"""The one place that starts a simulated station for the command line; all else meets the simulators on the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from controller.cli.exits import CommandError, Exit
from controller.cli.script import OperatorScript
from controller.recipe.problems import did_you_mean
from simulators.scaled_time import ScaledLoop
from simulators.scenario import parse_fault
from simulators.station import INSTRUMENTS, Scene, SimulatedStation
from simulators.virtual_time import VirtualLoop
from simulators.workpiece import KINDS
from springback.places import config_file

__all__ = ["ScaledLoop", "Scene", "SimulatedStation", "VirtualLoop", "make_scene", "make_station", "serve"]


def make_scene(seed: int, faults: Sequence[str], operator: OperatorScript, part: str = "") -> Scene:
    """Check what is played before anything starts; CommandError for a fault, or a part, that does not exist.

    `part` is the kind that the hands bring; theirs by default.
    """
    try:
        for spec in faults:
            parse_fault(spec, INSTRUMENTS)
    except ValueError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    if part and part not in KINDS:
        hint = did_you_mean(part, KINDS)
        raise CommandError(f'the recipe is for part "{part}", which nobody can bring; {hint}', Exit.INVALID)
    hands: dict[str, Any] = {"kind": part} if part else {}
    if operator.reaction_s is not None:
        hands["reaction"] = operator.reaction_s
    return Scene(seed, tuple(faults), hands)


def make_station(scene: Scene) -> SimulatedStation:
    """The simulated station, in the running loop."""
    return SimulatedStation(scene, config_file("line_plc_map.yaml"))


async def serve(station: SimulatedStation, lines: Sequence[str]) -> Mapping[str, str]:
    """Serve every line of the tool in memory (virtual time) or on real ports; returns their addresses."""
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualLoop):
        addresses = station.serve_memory(loop.network)
    else:
        addresses = await station.serve_real()
    missing = [name for name in lines if name not in addresses]
    if missing:
        raise CommandError(
            f"the simulated station has no line {', '.join(missing)}; it has {', '.join(addresses)}", Exit.INVALID
        )
    station.start()
    return addresses
