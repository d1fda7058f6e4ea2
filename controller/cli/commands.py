"""The command tree. Each command parses, calls one function and sets the exit code; heavy imports wait until then."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from controller.cli.boundary import exits, show, warn
from controller.cli.exits import CommandError, Exit
from controller.cli.maintain import maintain
from controller.cli.recipe import recipe as recipe_group
from controller.cli.runs import JSON, RUNS, replay, verify
from controller.cli.runs import runs as runs_group
from controller.cli.seat import COMMANDS
from controller.cli.site import site

TOOL = click.option(
    "--tool", type=click.Path(path_type=Path), help="tool file; the shipped config/tool.yaml by default"
)
SEED = click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="of the simulated noise")
FAULT = click.option("--fault", "faults", multiple=True, metavar="SPEC", help="NAME[=VALUE][@TIME], may be repeated")
SCENARIO = click.option(
    "--scenario",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="faults and plant parameters, or NAME of a shipped one",
)
OPERATOR = click.option("--operator", type=click.Path(path_type=Path), help="file: what the simulated operator does")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="springback")
def cli() -> None:
    """Run recipes on a packaging line: press, mold-tool dispenser and grinder, real or simulated."""


@cli.command()
@click.argument("recipes", nargs=-1, required=True, metavar="RECIPE...")
@TOOL
@JSON
@exits
def check(recipes: tuple[str, ...], tool: Path | None, as_json: bool) -> int:
    """Check recipes without hardware: syntax, units, limits, reachability, holds and aborts."""
    from controller.cli.check import check_recipes

    return check_recipes(recipes, tool, as_json=as_json)


@cli.command()
@click.argument("recipe")
@TOOL
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="a parameter of the recipe")
@JSON
@exits
def prove(recipe: str, tool: Path | None, settings: tuple[str, ...], as_json: bool) -> int:
    """Explore every way through a recipe without hardware: what would be refused, what must be impossible."""
    from controller.cli.prove import prove_recipe

    return prove_recipe(recipe, tool, _assignments(settings), as_json=as_json)


@cli.command()
@click.argument("recipe")
@TOOL
@click.option("--live", is_flag=True, help="on the tool itself: by its daemon, else with the addresses of its file")
@click.option("--attach", metavar="SOCKET|TOOL", help="on the tool of a daemon that runs: its socket, or its name")
@SEED
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="a parameter of the recipe")
@click.option("--real-time", is_flag=True, help="simulators on real ports and ptys, at the pace of the wall clock")
@click.option("--speed", type=click.FloatRange(0.1, 20.0), help="of --real-time, times the wall clock; 1 by default")
@FAULT
@SCENARIO
@OPERATOR
@click.option("--answers", type=click.Path(path_type=Path), help="file: answers to the recipe's questions")
@click.option("--part", type=click.Path(path_type=Path), help="file: the part of an earlier run, its part.json")
@click.option("--part-id", metavar="ID", help="which part this is: its earlier runs are looked up, and recorded")
@click.option("--lot", metavar="LOT", help="the lot that the part belongs to")
@click.option("--carrier", metavar="ID", help="the carrier that the part lies on")
@click.option("--out", type=click.Path(path_type=Path), help="folder for record and report; runs/<recipe>-<time>")
@click.option("--engineering", default="", metavar="WHY", help="with --live: the recipe need not be released")
@click.option("--bypass", "bypasses", multiple=True, metavar="NAME=WHY", help="an interlock that is out of force")
@click.option("--watch", is_flag=True, help="with an independent monitor on the wires and the record")
@JSON
@exits
def run(
    as_json: bool,
    settings: tuple[str, ...],
    speed: float | None,
    bypasses: tuple[str, ...],
    attach: str | None,
    part_id: str | None,
    lot: str | None,
    carrier: str | None,
    **options: Any,
) -> int:
    """Run a recipe on simulated instruments, or with --live on the tool; exit 0 when it passed."""
    from controller.cli.attach import daemon_for, run_attached

    engineering = options["engineering"] = options["engineering"].strip()
    if engineering and not (attach or options["live"]):
        raise CommandError("--engineering goes with --live: simulators take any recipe", Exit.USAGE)
    labels = {name: text for name, text in (("part", part_id), ("lot", lot), ("carrier", carrier)) if text is not None}
    daemon = daemon_for(attach, {**options, "bypasses": bypasses})
    if daemon is not None:
        wanted = {"recipe": options["recipe"], "set": _assignments(settings), "engineering": engineering, **labels}
        return run_attached(daemon, "start", wanted, as_json=as_json)
    from controller.cli.outcome import ending, show_outcome, with_progress
    from controller.cli.run import RunOptions
    from controller.cli.run import run as run_recipe
    from controller.site_acts import close_left_open, enter_closed

    nature = options["faults"] or options["scenario"] or options["part"]
    if options["live"] and (nature or options["real_time"] or speed):
        text = "--live takes no --fault, --part, --scenario, --real-time or --speed: the tool decides those"
        raise CommandError(text, Exit.USAGE)
    if speed is not None and math.isnan(speed):
        raise CommandError("--speed nan is not a number; give one in 0.1 .. 20", Exit.USAGE)
    if speed and not options["real_time"]:
        raise CommandError("--speed goes with --real-time; without it a run is as fast as it can be", Exit.USAGE)
    why = _assignments(bypasses, '--bypass wants NAME=WHY, as in --bypass "press.air=no air yet"')
    chosen = RunOptions(settings=_assignments(settings), bypasses=why, speed=speed or 1.0, labels=labels, **options)

    def say(text: str) -> None:
        warn(text, as_json=as_json)

    if not chosen.live:  # a live run does it behind the safe state
        for said in close_left_open(chosen.out.parent if chosen.out else RUNS):
            say(said)
    outcome = with_progress(Path(chosen.recipe).stem, lambda progress: run_recipe(chosen, progress, say))
    for said in [] if chosen.out else enter_closed(outcome.record):
        warn(said, as_json=as_json)
    if as_json and outcome.summary.reason:
        click.echo(ending(outcome), err=True)
    show(json.dumps(outcome.result, allow_nan=False) if as_json else show_outcome(outcome))
    return outcome.exit


@cli.command()
@click.argument("run", metavar="RUN")
@JSON
@exits
def explain(run: str, as_json: bool) -> int:
    """Why a run was held, refused or aborted: RUN is its folder, its id below runs/, or its record file."""
    from controller.cli.explain import explain_run

    return explain_run(run, as_json=as_json)


for _command in (runs_group, recipe_group, site, verify, replay, maintain, *COMMANDS):
    cli.add_command(_command)


@cli.group()
def sim() -> None:
    """The simulated station on its own."""


@sim.command()
@click.option("--write-tool", type=click.Path(path_type=Path), help="write a tool file with these addresses")
@SEED
@FAULT
@SCENARIO
@OPERATOR
@JSON
@exits
def up(
    write_tool: Path | None,
    seed: int,
    faults: tuple[str, ...],
    scenario: Path | None,
    operator: Path | None,
    as_json: bool,
) -> int:
    """Serve all instruments on real ports and ptys until Ctrl-C; prints their addresses."""
    from controller.cli.scenario import load_scenario
    from controller.cli.sim_up import sim_up

    if RUNS.is_dir():
        from controller.site_acts import enter_act

        for said in enter_act(RUNS, "sim_up", {"seed": seed, "faults": faults}):
            warn(said, as_json=as_json)
    return sim_up(write_tool, seed, load_scenario(scenario, faults), operator, as_json=as_json)


@cli.command()
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="a setting, or a plant parameter")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="draw into an .svg or .png file")
@JSON
@exits
def model(name: str | None, settings: tuple[str, ...], plot: Path | None, as_json: bool) -> int:
    """Try one model of the simulated plant by itself; without a name, list them with their settings."""
    from controller.cli.model import show_models, try_model

    if name is None:
        if settings or plot:
            raise CommandError("--set and --plot need a model; springback model lists them", Exit.USAGE)
        return show_models(as_json=as_json)
    return try_model(name, _assignments(settings), plot, as_json=as_json)


@cli.command()
@FAULT
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs/demo"), show_default=True)
@exits
def demo(faults: tuple[str, ...], out: Path) -> int:
    """Both methods on one simulated line, in virtual time, with results, curves and reports."""
    from controller.cli.demo import demo as run_demo

    return run_demo(faults, out)


@cli.command()
@click.option("--seeds", type=click.IntRange(1), default=20, show_default=True, help="how many runs")
@click.option("--seed-from", "first", type=click.IntRange(0), default=1, show_default=True, help="the first seed")
@click.option("--faults", default="5..20", show_default=True, metavar="LEAST..MOST", help="faults in each run")
@click.option("--jobs", type=click.IntRange(0), default=0, help="processes; one per core by default")
@click.option("--out", type=click.Path(path_type=Path), help="folder that keeps recipe and record of each run")
@JSON
@exits
def campaign(seeds: int, first: int, faults: str, jobs: int, out: Path | None, as_json: bool) -> int:
    """Play random recipes with random faults under an independent monitor; exit 1 when an invariant was broken."""
    from controller.cli.campaign.campaign import Plan, run_campaign
    from controller.cli.campaign.show import seeds_progress, show_campaign

    plan = Plan(seeds, first, *_span(faults), jobs, out)
    with seeds_progress(seeds) as update:
        done = run_campaign(plan, update)
    show(json.dumps(done.to_json(), allow_nan=False) if as_json else show_campaign(done))
    return Exit.OUT_OF_ACCEPTANCE if done.failing else Exit.PASSED


def _span(text: str) -> tuple[int, int]:
    least, dots, most = text.partition("..")
    if not (dots and least.isdecimal() and most.isdecimal() and int(least) <= int(most)):
        raise CommandError(f"--faults wants LEAST..MOST, as in 5..20; got {text!r}", Exit.USAGE)
    return int(least), int(most)


def _assignments(
    pairs: tuple[str, ...], wanted: str = '--set wants NAME=VALUE, as in --set "peak=380 kPa"'
) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for name, equals, _ in split:
        if not equals or not name:
            raise CommandError(f"{wanted}; got {name!r}", Exit.USAGE)
    return {name.strip(): value.strip() for name, _, value in split}
