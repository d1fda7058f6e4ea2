"""`springback sim up`: the simulated station on real ports and ptys, until Ctrl-C."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from controller.cli.boundary import show
from controller.cli.exits import CommandError, Exit
from controller.cli.loops import ScaledLoop
from controller.cli.scenario import Scenario
from controller.cli.script import load_operator
from controller.cli.simulated import make_scene, make_station, serve
from springback.places import config_file


def sim_up(write_tool: Path | None, seed: int, scenario: Scenario, operator: Path | None, *, as_json: bool) -> int:
    """Serve until SIGINT or SIGTERM; addresses are on stdout, and in the tool file, before the first client comes."""
    scene = make_scene(seed, scenario, load_operator(operator))
    template: dict[str, Any] = yaml.safe_load(config_file("tool.yaml").read_text(encoding="utf-8"))

    async def serve_until_told() -> None:
        loop = asyncio.get_running_loop()
        told = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told.set)
        station = make_station(scene)
        try:
            addresses = await serve(station, list(template["lines"]))
            if write_tool is not None:
                _write(write_tool, tool_text(template, addresses))
            show(_announce(addresses, write_tool, as_json=as_json))
            sys.stdout.flush()
            await told.wait()
        finally:
            await station.close()

    loop = ScaledLoop()
    try:
        loop.run_until_complete(serve_until_told())
    finally:
        loop.close()
    return Exit.PASSED


def _write(path: Path, text: str) -> None:
    """Whole or not at all: another process may be waiting for the file."""
    if not path.name:
        raise CommandError(f'--write-tool "{path}" is not a file; name one', Exit.USAGE)
    half = path.with_name(f".{path.name}.half")
    try:
        half.write_text(text, encoding="utf-8")
        half.replace(path)
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}; name another file", Exit.USAGE) from None


def tool_text(template: dict[str, object], addresses: Mapping[str, str]) -> str:
    """A tool file with these addresses in it, for a simulated station."""
    lines = template["lines"]
    assert isinstance(lines, dict)
    changed = {name: {**spec, "address": addresses[name]} for name, spec in lines.items()}
    for spec in changed.values():
        spec.pop("parity", None)  # a pty has none, and refuses to be opened a second time with one
    return yaml.safe_dump({**template, "simulated": True, "lines": changed}, sort_keys=False, width=1000)


def _announce(addresses: Mapping[str, str], write_tool: Path | None, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"schema": "springback.sim/1", "simulated": True, "lines": dict(addresses)})
    rows = [f"  {name:<10} {address}" for name, address in addresses.items()]
    tool = (
        [f"tool file {write_tool}; use it with: springback run RECIPE --live --tool {write_tool}"] if write_tool else []
    )
    return "\n".join(["SIMULATED station, Ctrl-C ends it", *rows, *tool])
