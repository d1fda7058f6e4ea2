"""What `springback runs` does with files: export, bundle, report, retain, recover."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

from controller import wall
from controller.cli.boundary import show
from controller.cli.exits import CommandError, Exit
from controller.record import export
from controller.record.archive import GOLDEN, RECORD, SITE, Run, find, remove, runs
from controller.record.index import digest
from controller.record.recover import recover
from controller.record.releases import Ledger
from controller.record.report.folder import report_on
from controller.record.runfile import RunFile
from controller.record.site import DELETED, enter
from controller.record.store import RecordError
from controller.site_acts import enter_recovered
from controller.upkeep.counters import wear_of

BINARY = {"parquet": export.write_parquet, "hdf5": export.write_hdf5}


def export_run(name: str, folder: Path, form: str, out: Path | None) -> int:
    """Write all samples, to stdout when no file is named."""
    if form in BINARY and out is None:
        raise CommandError(f"{form} is no text; name a file with --out", Exit.USAGE)
    with RunFile(find(name, folder) / RECORD) as run:
        if form in BINARY and out is not None:
            _written(out, lambda: BINARY[form](run, out))
            return Exit.PASSED
        text = io.StringIO()
        (export.write_csv if form == "csv" else export.write_json)(run, text)
    if out is None:
        show(text.getvalue().rstrip("\n"))
    else:
        _written(out, lambda: out.write_text(text.getvalue(), encoding="utf-8"))
    return Exit.PASSED


def bundle_run(name: str, folder: Path, out: Path | None) -> int:
    """Write one zip, beside the caller when no file is named."""
    place = find(name, folder)
    archive = out or Path(f"{place.resolve().name}.zip")
    parts: list[str] = []
    _written(archive, lambda: parts.extend(export.write_bundle(place, archive)))
    show(f"{archive}: {', '.join(parts)}")
    return Exit.PASSED


def report_run(name: str, folder: Path) -> int:
    """Write `report.html` beside the record."""
    show(f"report   {report_on(find(name, folder))}")
    return Exit.PASSED


def retain_runs(folder: Path, days: int, *, dry_run: bool) -> int:
    """Delete, or name, the runs that are older than so many days; what is golden, open or a twin stays."""
    old = [run for run in _ended(folder) if run.started_utc < wall.utc_text(days_ago=days)]
    twins = Ledger(folder).read().twins()
    for run in old:
        if GOLDEN in run.tags or run.id in twins:
            why = "golden" if GOLDEN in run.tags else "a released recipe rests on it"
            show(f"keep     {run.folder}  {run.started_utc}  {why}")
        elif dry_run:
            show(f"would go {run.folder}  {run.started_utc}")
        else:
            wear = wear_of(digest(run.folder))
            remove(run.folder)
            if (folder / SITE).is_dir():
                enter(folder, wall.utc_text(), DELETED, {"run": run.id, **wear})
            show(f"deleted  {run.folder}  {run.started_utc}")
    if not old:
        show(f"nothing in {folder} is older than {days} days")
    return Exit.PASSED


def _ended(folder: Path) -> Iterator[Run]:
    for run in runs(folder):
        if isinstance(run, Run) and run.started_utc and run.summary.end_reason:
            yield run


def recover_runs(folder: Path) -> int:
    """Close every open record below a folder; a damaged one is named and left as it is."""
    code, closed = Exit.PASSED, 0
    for path in sorted(folder.rglob(RECORD)):
        try:
            if recover(path):
                closed += 1
                show(f"closed   {path}")
                enter_recovered(path)
        except RecordError as error:
            code = Exit.NOT_INTACT
            show(f"left     {error}")
    show(f"{closed} closed")
    return code


def _written(path: Path, write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}; name another file with --out", Exit.USAGE) from None
