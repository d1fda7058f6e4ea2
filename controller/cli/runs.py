"""`springback runs`, `verify` and `replay`: what has been recorded. Each parses and calls; imports wait until then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from controller.cli.boundary import exits, show
from controller.cli.exits import CommandError, Exit

RUNS = Path("runs")
IN = click.option(
    "--in", "folder", type=click.Path(path_type=Path), default=RUNS, show_default=True, help="folder of runs"
)
JSON = click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")
RUN = click.argument("run", metavar="RUN")
OUT = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="file to write")


@click.group()
def runs() -> None:
    """Recorded runs. RUN is a folder, a record, or the beginning of the id of one run."""


@runs.command("list")
@IN
@click.option("--recipe", help="only runs of this recipe")
@click.option("--verdict", type=click.Choice(["PASS", "FAIL", "NONE"], case_sensitive=False), help="only these")
@click.option("--since", metavar="DATE", help="only runs begun at or after this UTC date or time, as 2026-11-21")
@click.option("--tag", help="only runs with this tag")
@click.option("--part", help="only runs of this part")
@click.option("--lot", help="only runs of parts of this lot")
@click.option("--carrier", help="only runs on this carrier")
@JSON
@exits
def list_(folder: Path, part: str | None, lot: str | None, carrier: str | None, **options: Any) -> int:
    """The runs in a folder, the oldest first."""
    from controller.cli.runs_text import list_runs

    labels = {name: text for name, text in (("part", part), ("lot", lot), ("carrier", carrier)) if text is not None}
    return list_runs(folder, labels=labels, **options)


@runs.command("show")
@RUN
@IN
@JSON
@exits
def show_(run: str, folder: Path, as_json: bool) -> int:
    """What a run came to: results, alarms, what was unusual."""
    from controller.cli.runs_text import show_run

    return show_run(run, folder, as_json=as_json)


@runs.command()
@RUN
@IN
@click.option("--all", "whole", is_flag=True, help="from the start of the run, not only what comes")
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line")
@exits
def watch(run: str, folder: Path, whole: bool, as_json: bool) -> int:
    """Follow a run of another process until it ends: its state, what happens, how far it is."""
    from controller.cli.watch import watch_run

    return watch_run(run, folder, whole=whole, as_json=as_json)


@runs.command()
@click.argument("a")
@click.argument("b")
@IN
@JSON
@exits
def compare(a: str, b: str, folder: Path, as_json: bool) -> int:
    """Two runs side by side, aligned by step: durations, results, what the steps moved."""
    from controller.cli.runs_text import compare_runs

    return compare_runs(a, b, folder, as_json=as_json)


@runs.command()
@RUN
@IN
@click.option(
    "--format", "form", type=click.Choice(["csv", "json", "parquet", "hdf5"]), default="csv", show_default=True
)
@OUT
@exits
def export(run: str, folder: Path, form: str, out: Path | None) -> int:
    """All samples as a table; csv and json go to stdout without --out."""
    from controller.cli.runs_files import export_run

    return export_run(run, folder, form, out)


@runs.command()
@RUN
@IN
@OUT
@exits
def bundle(run: str, folder: Path, out: Path | None) -> int:
    """One zip for the report of a problem: record, report, recipe, configuration, versions."""
    from controller.cli.runs_files import bundle_run

    return bundle_run(run, folder, out)


@runs.command()
@RUN
@IN
@exits
def report(run: str, folder: Path) -> int:
    """Write the report of a run again, from its record alone."""
    from controller.cli.runs_files import report_run

    return report_run(run, folder)


@runs.command()
@RUN
@click.argument("name", metavar="TAG")
@IN
@click.option("--remove", is_flag=True, help="take the tag away")
@exits
def tag(run: str, name: str, folder: Path, remove: bool) -> int:
    """Say something about a run; what is tagged `golden` is never deleted by `retain`."""
    from controller.record import archive

    place = archive.find(run, folder)
    said = archive.tag(place, name, remove=remove)
    show(f"{place}: {', '.join(said) or 'no tags'}")
    return Exit.PASSED


@runs.command()
@click.option("--keep", "days", type=click.IntRange(1), required=True, metavar="DAYS", help="runs that are younger")
@click.option("--dry-run/--delete", default=True, show_default=True, help="only say what would go, or delete it")
@IN
@exits
def retain(days: int, dry_run: bool, folder: Path) -> int:
    """Delete old runs; never golden ones, and none that is open or cannot be read."""
    from controller.cli.runs_files import retain_runs

    return retain_runs(folder, days, dry_run=dry_run)


@runs.command()
@IN
@exits
def recover(folder: Path) -> int:
    """Close the records of runs whose controller was killed, as aborted with `end_reason` interrupted."""
    from controller.cli.runs_files import recover_runs

    return recover_runs(folder)


@click.command()
@click.argument("run", metavar="[RUN]", required=False)
@click.option("--all", "every", is_flag=True, help="all runs of the folder")
@click.option("--key", type=click.Path(path_type=Path), help="public key that must have signed; those of the site")
@IN
@JSON
@exits
def verify(run: str | None, every: bool, key: Path | None, folder: Path, as_json: bool) -> int:
    """Is a record still what was written? Follows its chain of hashes; exit 9 names the first bad record."""
    from controller.cli.verify import verify_runs

    if (run is None) is not every:
        raise CommandError("name one run, or say --all", Exit.USAGE)
    return verify_runs(run, folder, key, as_json=as_json)


@click.command()
@RUN
@click.option("--speed", type=click.FloatRange(0.1), help="times the run's own pace; at once by default")
@IN
@exits
def replay(run: str, speed: float | None, folder: Path) -> int:
    """Tell a run again: steps, questions, alarms, results, and why it held, repeated or aborted."""
    from controller.cli.replay import replay as replay_run

    return replay_run(run, folder, speed)
