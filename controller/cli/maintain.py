"""`springback maintain`: what has worn how far, which certificates run out, and that something was replaced."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from controller import wall
from controller.cli.boundary import exits, show, warn
from controller.cli.exits import CommandError, Exit
from controller.cli.runs import IN, JSON

TOOL = click.option(
    "--tool", type=click.Path(path_type=Path), help="tool file; the shipped config/tool.yaml by default"
)
SIMULATED = click.option("--simulated", is_flag=True, help="of the simulated tool, whose runs wear nothing real")


@click.group()
def maintain() -> None:
    """Wear and calibration: counted from the records of a folder of runs."""


@maintain.command("list")
@IN
@TOOL
@SIMULATED
@JSON
@exits
def list_(folder: Path, tool: Path | None, simulated: bool, as_json: bool) -> int:
    """What has worn how far, and which certificates run out."""
    from controller.cli.show import table
    from controller.cli.tool_file import read_tool
    from controller.record.index import digests
    from controller.record.site import acts
    from controller.upkeep.calibration import Due, dues
    from controller.upkeep.counters import Counter, Whose, counters
    from controller.upkeep.items import load_items, maintenance_file

    about = read_tool(tool)
    runs, broken = digests(folder)
    items = load_items(maintenance_file(about.path))
    found = counters(items, runs, list(acts(folder)), Whose(about.name, simulated))
    certified = list(dues(about, wall.today()))
    for error in broken:
        warn(f"not counted: {error}", as_json=as_json)
    if as_json:
        due = [
            {"instrument": one.instrument, **asdict(one.calibration), "days_left": one.days_left, "state": one.state}
            for one in certified
        ]
        listed = [one.to_json() for one in found]
        show(json.dumps({"schema": "springback.maintenance/1", "simulated": simulated, "items": listed, "due": due}))
        return Exit.PASSED
    rows = [(one.item.name, one.serial, one.since[:10], ", ".join(one.amounts()), one.state) for one in found]
    show(table(["ITEM", "serial", "since", "used", "state"], rows))
    if certified:
        dated = [
            (d.instrument, d.calibration.certificate, d.calibration.due, str(d.days_left), d.state) for d in certified
        ]
        show("\n" + table(["CERTIFICATE of", "number", "due", ">days left", "state"], dated))
    checked: list[Counter | Due] = [*found, *certified]
    for one in checked:
        if one.state != "ok":
            show(f"{one.state:<6}{one.says()}")
    return Exit.PASSED


@maintain.command()
@click.argument("name")
@click.option("--serial", required=True, help="of the new one, as printed on it")
@click.option("--why", required=True, help="for who reads the journal")
@IN
@TOOL
@SIMULATED
@exits
def replaced(name: str, serial: str, why: str, folder: Path, tool: Path | None, simulated: bool) -> int:
    """Enter into the journal that something was replaced: its count begins anew."""
    import pwd

    from controller.cli.tool_file import read_tool
    from controller.recipe.problems import did_you_mean
    from controller.record.site import enter
    from controller.start import LABEL
    from controller.upkeep.counters import REPLACED
    from controller.upkeep.items import load_items, maintenance_file

    about = read_tool(tool)
    names = [item.name for item in load_items(maintenance_file(about.path))]
    if name not in names:
        raise CommandError(f"nothing is called {name!a}; {did_you_mean(name, names)}", Exit.USAGE)
    if not LABEL.fullmatch(serial) or not why.strip() or not why.isprintable():
        raise CommandError("--serial wants a label as W-8841, --why a line of text", Exit.USAGE)
    by = pwd.getpwuid(os.getuid()).pw_name
    facts = {"item": name, "serial": serial, "tool": about.name, "simulated": simulated, "by": by, "why": why}
    enter(folder, wall.utc_text(), REPLACED, facts)
    show(f"{name} is {serial} from now on, entered by {by}")
    return Exit.PASSED
