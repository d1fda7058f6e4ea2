"""The one place that starts a simulated station for the command line; all else meets the simulators on the wire.

Its neighbours here are loaded only by the commands that need them: single models, and the monitor of the campaign.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.cli.exits import CommandError, Exit
from controller.cli.script import OperatorScript
from controller.recipe.problems import did_you_mean
from simulators.faults import PLANT_FAULTS
from simulators.parameters import PARAMETERS
from simulators.scenario import parse_fault
from simulators.station import INSTRUMENTS, Scene, SimulatedStation
from simulators.virtual_time import VirtualLoop
from simulators.wire.faults import WireFault
from simulators.workpiece import KINDS, part_of_kind
from springback.places import config_file

__all__ = [
    "FAULT_UNITS", "INSTRUMENTS", "KINDS", "PARAMETERS", "PART_FILE", "PLANT_FAULTS", "Scene",
    "SimulatedStation", "WireFault", "begin_fault", "check_fault", "keep_part", "make_scene",
    "make_station", "serve",
]  # fmt: skip

if TYPE_CHECKING:
    from controller.cli.scenario import Scenario

PART_FILE = "part.json"
# Every fault with the unit of its severity; "" where it takes a word, or a number without unit.
FAULT_UNITS = {name: kind.unit or "" for name, kind in PLANT_FAULTS.items()} | dict.fromkeys(INSTRUMENTS, "")


def check_fault(spec: str) -> None:
    """Raise ValueError when a fault, written as `--fault` takes it, does not exist."""
    parse_fault(spec, INSTRUMENTS)


def make_scene(
    seed: int, scenario: Scenario, operator: OperatorScript, part: str = "", brought: Path | None = None
) -> Scene:
    """Check what is played before anything starts; CommandError for a fault, or a part, that does not exist.

    `part` is the kind that the hands bring, theirs by default; `brought` the file of a part from an earlier run.
    """
    try:
        for spec in scenario.faults:
            check_fault(spec)
    except ValueError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    if part and part not in KINDS:
        hint = did_you_mean(part, KINDS)
        raise CommandError(f'the recipe is for part "{part}", which nobody can bring; {hint}', Exit.INVALID)
    hands: dict[str, Any] = {"kind": part} if part else {}
    if operator.reaction_s is not None:
        hands["reaction"] = operator.reaction_s
    scene = Scene(seed, scenario.faults, hands, parameters=scenario.parameters)
    return replace(scene, part=_kept(brought, part)) if brought else scene


def _kept(path: Path, kind: str) -> Any:
    """What an earlier run kept of its part; it means nothing to anyone but the simulators."""
    try:
        return part_of_kind(path.read_text(encoding="utf-8"), kind)
    except OSError as error:
        text = f"cannot read {path}: {error.strerror}; --part takes the {PART_FILE} of a run"
    except ValueError as error:
        text = f"{path} is not a part for this recipe: {error}; take the {PART_FILE} of a run as it is"
    raise CommandError(text, Exit.INVALID)


def keep_part(station: SimulatedStation, folder: Path, recipe: str) -> None:
    """Write the state of the part into the folder of its run; nothing when the run has not begun."""
    path = folder / PART_FILE
    text = station.part_text(recipe) if (folder / "run.sqlite").exists() else ""
    if text:
        try:
            path.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            raise CommandError(f"cannot write {path}: {error.strerror}", Exit.USAGE) from None


def make_station(scene: Scene) -> SimulatedStation:
    """The simulated station, in the running loop."""
    return SimulatedStation(scene, config_file("line_plc_map.yaml"))


def begin_fault(station: SimulatedStation, spec: str) -> None:
    """Break something of the machine now."""
    station.plant.inject(parse_fault(spec))


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
